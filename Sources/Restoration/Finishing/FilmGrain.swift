import Base
import Imaging

/// Grain as film has it: noise of luma alone, whose pixels hang together with their neighbours and which is strongest in the middle
/// tones and gone in black and white.
///
/// What is added at a place depends on seed, place and brightness alone.
struct FilmGrain {
  /// Standard deviation at middle gray, 0...1.
  private let sigma: Float
  private let seed: UInt64

  /// - Parameter sigma: standard deviation at middle gray on the scale 0...255.
  init(sigma: Double, seed: Int) {
    self.sigma = Float(sigma / 255)
    self.seed = UInt64(bitPattern: Int64(seed))
  }

  /// `image` with grain.
  ///
  /// - Parameter origin: where `image` lies in the picture that the grain is for.
  func grained(_ image: Image, origin: (x: Int, y: Int) = (0, 0)) -> Image {
    let planes: Image.Planes = image.layout.isColour ? .rgb : .gray
    let channels = planes.channels
    var rows = ImageRows(width: image.width, height: image.height, layout: image.layout, bitDepth: image.bitDepth)
    for y in 0..<image.height {
      let row = Rectangle(x: 0, y: y, width: image.width, height: 1)
      var values = image.floats(planes, of: row)
      let grain = grain(row: origin.y + y, columns: origin.x..<origin.x + image.width)
      values.withUnsafeMutableBufferPointer { values in
        for x in 0..<image.width {
          let level = min(max(luma(values.baseAddress! + x * channels, channels: channels), 0), 1)
          let added = sigma * 4 * level * (1 - level) * grain[x]
          for i in x * channels..<(x + 1) * channels { values[i] += added }
        }
      }
      rows.set(values, channels: 0..<channels, from: y)
      if image.layout.hasAlpha { rows.set(image.floats(.alpha, of: row), channels: channels..<channels + 1, from: y) }
    }
    return rows.image(metadata: image.metadata)
  }

  /// White noise behind the filter (1 2 1) / 4 both ways, scaled to variance 1: the filter leaves (6 / 16)^2.
  private func grain(row y: Int, columns: Range<Int>) -> [Float] {
    let down = (columns.lowerBound - 1..<columns.upperBound + 1).map { x in
      white(x, y - 1) + 2 * white(x, y) + white(x, y + 1)
    }
    return columns.indices.map { column in
      let x = column - columns.lowerBound
      return (down[x] + 2 * down[x + 1] + down[x + 2]) / 6
    }
  }

  /// Nearly normal, variance 1: the sum of four uniform numbers of 16 bits.
  private func white(_ x: Int, _ y: Int) -> Float {
    var bits = Self.mixed(
      Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15) &+ (UInt64(truncatingIfNeeded: y) << 32 ^ UInt64(truncatingIfNeeded: x))
    )
    var sum: Float = 0
    for _ in 0..<4 {
      sum += Float(bits & 0xFFFF)
      bits >>= 16
    }
    // The variance of a uniform number of 0..<65536 is (65536^2 - 1) / 12.
    return (sum - 4 * 32767.5) / (65536 * (Float(4) / 12).squareRoot())
  }

  /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
