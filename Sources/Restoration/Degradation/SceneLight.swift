import Foundation
import Tensors

/// What the synthetic blurs have in common: a picture as linear light, how sharp it stays, and the way to display values.
struct SceneLight {
  /// How much of the blur a pair gets. What is not damaged must stay, and a network sees that only where it is frequent.
  enum Strength {
    /// One pair in twelve: the input is exactly the target.
    case none
    /// One in five: hardly blurred.
    case slight
    case full

    init(_ random: inout RandomStream) {
      let place = random.uniform()
      self = place < 1 / 12 ? .none : place < 1 / 12 + 1 / 5 ? .slight : .full
    }
  }

  /// Gamma 2.2 coded values to linear light, and back.
  static let gamma: Float = 2.2

  let height: Int
  let width: Int
  /// Red, green and blue of each pixel, row by row; the fourth number is 1.
  var pixels: [SIMD4<Float>]

  /// The light of a picture `[H, W, 3]` with what a sensor would have clipped: in three of ten pictures bright places rise up to seven
  /// times, one in ten has lamps besides.
  init(_ picture: Tensor, _ random: inout RandomStream) {
    (height, width) = (picture.shape.height, picture.shape.width)
    pixels = picture.values.withUnsafeBufferPointer { values in
      stride(from: 0, to: values.count, by: 3).map { i in
        SIMD4(pow(values[i], Self.gamma), pow(values[i + 1], Self.gamma), pow(values[i + 2], Self.gamma), 1)
      }
    }
    if random.chance(0.3) {
      let (start, rise) = (random.uniform(0.5, 0.9), random.uniform(0, 6))
      for i in pixels.indices {
        let mean = (pixels[i].x + pixels[i].y + pixels[i].z) / 3
        let factor = 1 + rise * min(max((mean - start) / (1 - start), 0), 1)
        pixels[i] *= SIMD4(factor, factor, factor, 1)
      }
    }
    if random.chance(0.1) {
      let strength = random.uniform(0.5, 8)
      for y in 0..<height {
        for x in 0..<width where random.chance(3e-4) {
          for row in max(0, y - 1)...min(height - 1, y + 1) {
            for column in max(0, x - 1)...min(width - 1, x + 1) {
              pixels[row * width + column] += SIMD4(strength, strength, strength, 0)
            }
          }
        }
      }
    }
  }

  /// Display values without `margin` pixels on each side: `[H - 2 margin, W - 2 margin, 3]`, clipped to 0...1.
  func display(margin: Int) -> Tensor {
    let inner = Shape(height: height - 2 * margin, width: width - 2 * margin, channels: 3)
    return Self.display(
      (0..<inner.pixels).map { pixels[($0 / inner.width + margin) * width + $0 % inner.width + margin] }, inner)
  }

  static func display(_ pixels: [SIMD4<Float>], _ shape: Shape) -> Tensor {
    var result = Tensor(shape: shape)
    for i in result.values.indices { result.values[i] = pow(min(max(pixels[i / 3][i % 3], 0), 1), 1 / gamma) }
    return result
  }

  /// White noise of up to 2 levels of 255 in three of five pictures, of up to 5 in one.
  static func grain(_ picture: Tensor, _ random: inout RandomStream) -> Tensor {
    let level = [0, 2, 5][random.index(weights: [0.2, 0.6, 0.2])] * random.uniform() / 255
    return level > 0 ? picture.mapped { $0 + level * random.normal() } : picture
  }
}
