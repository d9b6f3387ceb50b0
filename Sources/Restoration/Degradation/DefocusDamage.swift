import Foundation
import Tensors

/// Lens blur that varies with depth, composited from far to near in linear light, optionally as the two views of a dual-pixel sensor.
///
/// The scene is cut into slices of depth, each blurred by its own kernel and laid over those behind it, so that a blurred thing spreads over
/// what is sharp behind it and not the other way. A quarter of the pairs is gray, as one colour of a sensor is.
enum DefocusDamage {
  private static let levels = 13
  /// Deviation of a bell-shaped kernel over the radius of its disc.
  private static let bellShare: Float = 0.55

  /// - Parameters:
  ///   - crop: `[h, w, 3]`, display values.
  ///   - margin: pixels on each side that may be spread in.
  ///   - largest: radius of the largest disc, in pixels; at most `margin`.
  /// - Returns: `[h - 2 margin, w - 2 margin, 3]`, rounded to 8 bits; the input of a dual pixel has six channels, the left view first.
  static func pair(
    _ crop: Tensor, margin: Int, largest: Float, isDualPixel: Bool, _ random: inout RandomStream
  ) -> (input: Tensor, target: Tensor) {
    let (height, width) = (crop.shape.height, crop.shape.width)
    let strength = SceneLight.Strength(&random)
    let light = SceneLight(random.chance(0.25) ? crop.gray : crop, &random)
    let target = light.display(margin: margin).roundedTo8Bits()
    let limit = strength == .slight ? random.uniform(0.1, 0.9) : random.uniform(0.5, largest)
    let bell = random.chance(0.5) ? random.uniform() : 0
    let (slope, ring) = (random.uniform(0.38, 0.52), random.uniform(-0.4, 0.8))
    let depth = depthField(height: height, width: width, &random)
    if strength == .none { return (isDualPixel ? target.stacked(on: target) : target, target) }

    let shape = target.shape
    let views = (isDualPixel ? [-1, 1] : [0]).map { (side: Float) in
      let kernels = (0..<levels).map { level in
        Kernel(
          radius: limit * (2 * Float(level) / Float(levels - 1) - 1), bell: bell, slope: slope * side, ring: ring,
          reach: margin)
      }
      return SceneLight.display(composite(light, depth, kernels, margin: margin), shape)
    }
    let seen = views.count == 2 ? views[0].stacked(on: views[1]) : views[0]
    return (SceneLight.grain(seen, &random).roundedTo8Bits(), target)
  }

  /// How the light of a point spreads: `weights[(dy + reach) * side + dx + reach]`.
  private struct Kernel {
    let reach: Int
    let weights: [Float]

    /// - Parameters:
    ///   - radius: of the disc; below zero behind the plane of focus.
    ///   - bell: share of a bell in the disc.
    ///   - slope: of the light across a half aperture, by which the halves differ; 0 for the full one. Each half is the whole disc lit
    ///     from one side. Calibrated kernels of a Pixel 4 overlap by 0.57 to 0.66 and lie 0.83 to 0.98 of their rms radius apart; slopes
    ///     of 0.52 to 0.38 give 0.56 to 0.68 and 1.11 to 0.80.
    ///   - ring: brightness of the rim over that of the centre, less one.
    ///   - reach: pixels that it is cut off at.
    init(radius: Float, bell: Float, slope: Float, ring: Float, reach: Int) {
      let r = max(abs(radius), 0.05)
      // A bell ends three deviations out.
      let extent = max(r + 0.5, bell > 0 ? 3 * DefocusDamage.bellShare * r : 0)
      let reach = min(reach, Int(extent.rounded(.up)))
      let steps = (-reach...reach).map(Float.init)
      let lean = radius == 0 ? 0 : radius < 0 ? -slope : slope
      let shares = steps.flatMap { dy in
        steps.map { dx -> Float in
          let square = dx * dx + dy * dy
          let rim = square / (max(r, 1) * max(r, 1))
          let disc = min(max(r - square.squareRoot() + 0.5, 0), 1) * (1 + ring * rim)
          let deviation = DefocusDamage.bellShare * r
          let share = bell > 0 ? disc * (1 - bell) + exp(-square / (2 * deviation * deviation)) * bell : disc
          return share * min(max(0.5 + lean * dx / max(r, 1), 0), 1)
        }
      }
      let sum = shares.reduce(0, +)
      self.reach = reach
      weights = shares.map { $0 / sum }
    }
  }

  /// Every point lies between two slices and is spread in both by their kernels; then the slices are laid over each other, far to near.
  private static func composite(
    _ light: SceneLight, _ depth: [Float], _ kernels: [Kernel], margin: Int
  ) -> [SIMD4<Float>] {
    let (height, width) = (light.height - 2 * margin, light.width - 2 * margin)
    var slices = [SIMD4<Float>](repeating: .zero, count: levels * height * width)
    slices.withUnsafeMutableBufferPointer { slices in
      for i in light.pixels.indices {
        let place = (min(max(depth[i], -1), 1) + 1) / 2 * Float(levels - 1)
        let far = min(Int(place), levels - 2)
        for (level, share) in [(far, Float(far + 1) - place), (far + 1, place - Float(far))] where share > 0 {
          spread(
            light.pixels[i] * share, x: i % light.width - margin, y: i / light.width - margin, kernels[level],
            into: UnsafeMutableBufferPointer(rebasing: slices[level * height * width..<(level + 1) * height * width]),
            height: height, width: width)
        }
      }
    }
    return (0..<height * width).map { i in
      var total = SIMD4<Float>()
      for level in 0..<levels {
        let near = slices[level * height * width + i]
        total = total * (1 - min(max(near.w, 0), 1)) + near
      }
      return total / max(total.w, 1e-3)
    }
  }

  @inline(__always)
  private static func spread(
    _ pixel: SIMD4<Float>, x: Int, y: Int, _ kernel: Kernel, into slice: UnsafeMutableBufferPointer<SIMD4<Float>>,
    height: Int, width: Int
  ) {
    let (reach, side) = (kernel.reach, 2 * kernel.reach + 1)
    let (top, bottom) = (max(0, y - reach), min(height - 1, y + reach))
    let (left, right) = (max(0, x - reach), min(width - 1, x + reach))
    guard top <= bottom, left <= right else { return }
    kernel.weights.withUnsafeBufferPointer { weights in
      for row in top...bottom {
        let line = (row - y + reach) * side + reach - x
        for column in left...right { slice[row * width + column] += pixel * weights[line + column] }
      }
    }
  }

  /// Smooth surfaces with up to two occlusion edges: for each pixel -1...1, near is positive.
  private static func depthField(height: Int, width: Int, _ random: inout RandomStream) -> [Float] {
    let coarse = Tensor.smoothField(cells: 4, height: height, width: width, random: &random)
    let (relief, offset) = (random.uniform(0.1, 0.7), 0.8 * random.normal())
    var depth = coarse.values.map { relief * $0 + offset }
    for presence in [0.6, 0.3] as [Float] where random.chance(presence) {
      let bend = Tensor.smoothField(cells: 4, height: height, width: width, random: &random)
      let (angle, shift, jump) = (random.uniform(0, 2 * .pi), random.uniform(-0.5, 0.5), 1.2 * random.normal())
      let (c, s) = (cos(angle), sin(angle))
      for i in depth.indices {
        let x = 2 * Float(i % width) / Float(max(width - 1, 1)) - 1
        let y = 2 * Float(i / width) / Float(max(height - 1, 1)) - 1
        let edge = c * x + s * y + 0.3 * bend.values[i] + shift
        // Two or three pixels wide.
        depth[i] += jump / (1 + exp(-edge * Float(max(height, width))))
      }
    }
    return depth.map { tanh($0) }
  }
}

extension Tensor {
  /// The mean of the three channels, thrice.
  fileprivate var gray: Tensor {
    let mean = averagedChannels()
    return Tensor(shape: shape, values: mean.values.flatMap { [$0, $0, $0] })
  }
}
