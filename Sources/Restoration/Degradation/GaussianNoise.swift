import Base
import Tensors

/// White Gaussian noise as NumPy draws it, so that a test picture of a paper can be made again.
public struct GaussianNoise: Hashable, Sendable {
  /// Where the random numbers start.
  public enum Seed: Hashable, Sendable {
    /// `RandomState(number)`.
    case number(UInt32)
    /// `RandomState(words)` with the SHA-256 digest of the UTF-8 text, read as eight little-endian 32-bit words.
    case text(String)

    /// GRL's own test noise: the text is `<data set>/<path of the picture>` up to its first underscore.
    public static func grlTestPicture(_ path: String) -> Seed { .text(String(path.prefix { $0 != "_" })) }

    var generator: LegacyRandomState {
      switch self {
      case .number(let number): return LegacyRandomState(seed: number)
      case .text(let text):
        let digest = SHA256.digest(Array(text.utf8))
        return LegacyRandomState(
          seeds: (0..<8).map { word in (0..<4).reduce(0) { $0 | UInt32(digest[4 * word + $1]) << (8 * $1) } })
      }
    }
  }

  /// Which sample gets the next random number.
  public enum Order: String, Hashable, Sendable, CaseIterable {
    /// The whole red plane, then green, then blue: GRL.
    case planes
    /// Pixel by pixel, red first: KAIR, Restormer.
    case pixels
    /// Pixel by pixel, blue first: programs that read with OpenCV, such as SwinIR's test.
    case pixelsBGR = "pixels-bgr"
  }

  /// Standard deviation in 8-bit levels; 0...255.
  public var sigma: Double
  public var seed: Seed
  public var order: Order

  public init(sigma: Double, seed: Seed, order: Order = .planes) {
    self.sigma = sigma
    self.seed = seed
    self.order = order
  }
}

extension Tensor {
  /// The picture with `noise` added; any shape.
  ///
  /// Equal in every bit to `x + float32(RandomState(seed).normal(0, sigma / 255, shape))`. Neither clipped nor rounded:
  /// that is the input papers measure with. A file cannot hold it, so writing one does both, which changes what a restored
  /// picture measures by some hundredths of a decibel (more where much of it is black or white).
  public func adding(_ noise: GaussianNoise) -> Tensor {
    var generator = noise.seed.generator
    return adding(noise.sigma, noise.order, from: &generator)
  }

  /// `sigma` in 8-bit levels.
  func adding(_ sigma: Double, _ order: GaussianNoise.Order, from generator: inout LegacyRandomState) -> Tensor {
    let channels = shape.channels
    let deviation = sigma / 255
    var output = self
    output.values.withUnsafeMutableBufferPointer { values in
      switch order {
      case .planes:
        for channel in 0..<channels {
          for i in stride(from: channel, to: values.count, by: channels) {
            values[i] += Float(deviation * generator.nextNormal())
          }
        }
      case .pixels:
        for i in values.indices { values[i] += Float(deviation * generator.nextNormal()) }
      case .pixelsBGR:
        for pixel in stride(from: 0, to: values.count, by: channels) {
          for channel in (0..<channels).reversed() {
            values[pixel + channel] += Float(deviation * generator.nextNormal())
          }
        }
      }
    }
    return output
  }
}
