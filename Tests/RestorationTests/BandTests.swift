import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("Damage in bands")
struct BandTests {
  static let damages: [Degradation] = [
    .noise(GaussianNoise(sigma: 30, seed: .number(7))),
    .noise(GaussianNoise(sigma: 9, seed: .text("a"), order: .pixels)),
    .noise(GaussianNoise(sigma: 9, seed: .number(1), order: .pixelsBGR)),
    .bicubic(scale: 2), .bicubic(scale: 3), .bicubic(scale: 4), .jpeg(quality: 20), .mosaic(.rggb), .mosaic(.gbrg),
    .motionBlur(length: 0, angleDegrees: 0), .motionBlur(length: 13, angleDegrees: 70), .defocus(radius: 5),
    .realWorld(seed: 3), .realWorld(seed: 11),
  ]
  static let layouts: [(Image.Layout, bitDepth: Int)] = [
    (.rgb, 8), (.rgb, 16), (.gray, 8), (.grayAlpha, 16), (.rgbAlpha, 8), (.rgbAlpha, 16),
  ]

  /// Random samples; sides that are multiples of nothing.
  private static func picture(_ layout: Image.Layout, bitDepth: Int) -> Image {
    let (width, height) = (53, 139)
    var random = SplitMix64(state: 5)
    let count = width * height * layout.channels
    let samples: Image.Samples =
      bitDepth == 8
      ? .eight((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      : .sixteen((0..<count).map { _ in UInt16(truncatingIfNeeded: random.next()) })
    return Image(width: width, height: height, layout: layout, samples: samples)
  }

  /// What the damage of the whole in float is, rounded at the end.
  private static func whole(_ damage: Degradation, _ image: Image) throws -> Image {
    func tensor(_ planes: Image.Planes) -> Tensor {
      Tensor(
        shape: Shape(height: image.height, width: image.width, channels: planes.channels), values: image.floats(planes))
    }
    var (own, alphaDamage): (Degradation, Degradation?) = (damage, nil)
    var depth = image.bitDepth
    switch damage {
    case .bicubic(let scale, _):
      own = .bicubic(scale: scale, bitDepth: depth)
      alphaDamage = own
    case .realWorld:
      depth = 8
      alphaDamage = .bicubic(scale: 4, bitDepth: 8)
    case .jpeg: depth = 8
    default: break
    }
    let colours = try own.apply(to: tensor(image.layout.isColour ? .rgb : .gray))
    var alpha: Tensor? = image.layout.hasAlpha ? tensor(.alpha) : nil
    if let alphaDamage, let given = alpha { alpha = try alphaDamage.apply(to: given) }
    if case .mosaic = damage { alpha = nil }
    return Image(
      width: colours.shape.width, height: colours.shape.height, colour: colours.values, alpha: alpha?.values,
      bitDepth: depth)
  }

  @Test("a picture damaged in bands has the samples of one damaged whole", arguments: damages)
  func bands(damage: Degradation) throws {
    for (layout, bitDepth) in Self.layouts {
      if case .mosaic = damage, !layout.isColour { continue }
      let image = Self.picture(layout, bitDepth: bitDepth)
      let expected = try Self.whole(damage, image)
      for bytes in [1, 53 * 4 * 50] {
        let banded = try Band.$bytes.withValue(bytes) { try damage.apply(to: image, on: ThreadLease(threadCount: 2)) }
        #expect((banded.width, banded.height) == (expected.width, expected.height))
        #expect(
          banded.layout == expected.layout && banded.samples == expected.samples, "\(layout) \(bitDepth) \(bytes)")
      }
    }
  }

  @Test("both views of a dual-pixel picture too")
  func dualPixel() throws {
    let image = Self.picture(.rgbAlpha, bitDepth: 8)
    let tensor = Tensor(
      shape: Shape(height: image.height, width: image.width, channels: 3), values: image.floats(.rgb))
    let expected = try Degradation.dualPixelDefocus(tensor, radius: 3)
    let views = try Band.$bytes.withValue(1) { try Degradation.dualPixelDefocus(image, radius: 3) }
    for (view, values) in [(views.left, expected.left.values), (views.right, expected.right.values)] {
      let whole = Image(
        width: image.width, height: image.height, colour: values, alpha: image.floats(.alpha), bitDepth: 8)
      #expect(view.samples == whole.samples)
    }
  }
}

extension Image.Samples {
  fileprivate static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.eight(let a), .eight(let b)): a == b
    case (.sixteen(let a), .sixteen(let b)): a == b
    default: false
    }
  }
}
