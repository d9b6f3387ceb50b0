import Restoration
import Tensors
import Testing

@Suite struct BlurTests {
  struct Fixture: Decodable {
    struct Case: Decodable {
      let kind: String
      let parameters: [Double]
      let kernel, values: [Double]

      var blur: BlurKernel? {
        let p = parameters
        switch kind {
        case "motion": return .motion(length: p[0], angleDegrees: p[1])
        case "disc": return .disc(radius: p[0])
        case "left": return .disc(radius: p[0], through: .left)
        case "right": return .disc(radius: p[0], through: .right)
        case "gaussian": return .gaussian(sigma: p[0], sigmaAcross: p[1], angleDegrees: p[2])
        default: return nil
        }
      }
    }
    let height, width: Int
    let cases: [Case]
  }

  @Test("Kernels and blurred pictures equal SciPy's, in linear light and with edges that go on")
  func blur() throws {
    let fixture = try DegradationFixture.load("blur", as: Fixture.self)
    let picture = try DegradationFixture.picture().topLeft(height: fixture.height, width: fixture.width)
    for expected in fixture.cases {
      let kernel = try #require(expected.blur)
      #expect(largestDifference(kernel.weights, expected.kernel) < 1e-6, "\(expected.kind) \(expected.parameters)")
      let blurred = picture.blurredInLinearLight(by: kernel, on: ThreadLease(threadCount: 2))
      #expect(largestDifference(blurred.values, expected.values) < 3e-6, "\(expected.kind) \(expected.parameters)")
    }
  }

  static let kernels: [BlurKernel] = [
    .motion(length: 33, angleDegrees: 61), .disc(radius: 7.3),
    .gaussian(sigma: 2.9, sigmaAcross: 0.2, angleDegrees: 45),
  ]

  @Test("A kernel sums to one and looks the same upside down", arguments: kernels)
  func symmetry(kernel: BlurKernel) {
    #expect(kernel.weights.count == kernel.side * kernel.side)
    #expect(kernel.weights.allSatisfy { $0 >= 0 })
    #expect(abs(kernel.weights.reduce(0.0) { $0 + Double($1) } - 1) < 1e-5)
    #expect(zip(kernel.weights, kernel.weights.reversed()).allSatisfy { abs($0 - $1) < 1e-7 })
  }

  @Test("Blur keeps a flat picture and the light of a point", arguments: kernels)
  func energy(kernel: BlurKernel) {
    let flat = Tensor(shape: Shape(height: 6, width: 9, channels: 1), repeating: 0.3)
    #expect(
      flat.blurredInLinearLight(by: kernel, on: ThreadLease(threadCount: 2)).values.allSatisfy { abs($0 - 0.3) < 1e-5 })

    let side = 2 * kernel.side + 1
    var point = Tensor(shape: Shape(height: side, width: side, channels: 1))
    point[kernel.side, kernel.side, 0] = 1
    let spread = point.blurred(by: kernel, on: ThreadLease(threadCount: 2))
    #expect(abs(spread.values.reduce(0.0) { $0 + Double($1) } - 1) < 1e-5)
    #expect(spread[kernel.side, kernel.side, 0] == kernel.weights[kernel.weights.count / 2])
  }

  @Test("A point moves where the kernel says: the right half aperture spreads to the right")
  func direction() {
    let kernel = BlurKernel.disc(radius: 3, through: .right)
    var point = Tensor(shape: Shape(height: 15, width: 15, channels: 1))
    point[7, 7, 0] = 1
    let spread = point.blurred(by: kernel, on: ThreadLease(threadCount: 2))
    #expect(spread[7, 9, 0] > 0.03 && spread[7, 4, 0] == 0)
  }

  @Test("The two views of a dual pixel are mirror images whose mean is the whole aperture", arguments: [0.5, 2, 7.25])
  func dualPixel(radius: Double) throws {
    let left = BlurKernel.disc(radius: radius, through: .left)
    let right = BlurKernel.disc(radius: radius, through: .right)
    let whole = BlurKernel.disc(radius: radius)
    for y in 0..<whole.side {
      for x in 0..<whole.side {
        let i = y * whole.side + x
        #expect(abs((left.weights[i] + right.weights[i]) / 2 - whole.weights[i]) < 1e-7)
        #expect(abs(left.weights[i] - right.weights[(y + 1) * whole.side - 1 - x]) < 1e-7)
      }
    }
    let views = try Degradation.dualPixelDefocus(DegradationFixture.picture(), radius: radius)
    // A disc of one pixel has no sides.
    #expect((views.left.values == views.right.values) == (radius < 1))
  }

  @Test("Blur is the same for any number of threads")
  func threads() throws {
    let picture = try DegradationFixture.picture()
    let kernel = BlurKernel.disc(radius: 3)
    let alone = picture.blurredInLinearLight(by: kernel, on: ThreadLease(threadCount: 1))
    let shared = picture.blurredInLinearLight(by: kernel, on: ThreadLease(threadCount: 5))
    #expect(alone.values == shared.values)
  }
}
