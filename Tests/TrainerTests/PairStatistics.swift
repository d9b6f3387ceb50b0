import Foundation
import Tensors
import Trainer

/// What is measured of one pair, as `statistics` of `Tests/Fixtures/training/generate.py` measures it: how the pairs of two programs are
/// distributed is compared by these.
struct PairStatistics {
  private(set) var values: [String: Double] = [:]

  /// - Parameter small: the target at the size of the input, where it is larger.
  init(_ pair: PatchPair, small: (Tensor) -> Tensor = { $0 }) {
    var x = pair.input
    values["detail"] = Self.detail(x)
    if x.shape.channels == 6 {
      let (left, right) = (Self.channels(x, 0..<3), Self.channels(x, 3..<6))
      let apart = zip(left.values, right.values).map { Double($1 - $0) }
      values["views"] = (Self.square(apart[...]) / Double(apart.count)).squareRoot()
      values["lean"] = Self.lean(apart, along: pair.target)
      x = Tensor(shape: left.shape, values: zip(left.values, right.values).map { ($0 + $1) / 2 })
    }
    let y = x.shape.width < pair.target.shape.width ? small(pair.target) : pair.target
    let d = zip(x.values, y.values).map { Double($0) - Double($1) }
    let clipped = zip(x.values, y.values).map { Double(min(max($0, 0), 1)) - Double(min(max($1, 0), 1)) }
    let error = Self.square(clipped[...]) / Double(d.count)
    values["exact"] = error == 0 ? 1 : 0
    values["psnr"] = min(60, -10 * log10(max(error, 1e-12)))
    let mean = d.reduce(0, +) / Double(d.count)
    values["shift"] = mean
    if error == 0 { return }
    values["deviation"] = (Self.square(d.map { $0 - mean }[...]) / Double(d.count)).squareRoot()

    let pixels = y.shape.pixels
    let luma = (0..<pixels).map { (pixel: Int) -> Float in
      let (red, green, blue) = (y.values[3 * pixel], y.values[3 * pixel + 1], y.values[3 * pixel + 2])
      return 0.299 * red + 0.587 * green + 0.114 * blue
    }
    for (name, isIn) in [("dark", { $0 < 0.3 }), ("bright", { $0 > 0.6 })] as [(String, (Float) -> Bool)] {
      let found = (0..<pixels).filter { isIn(luma[$0]) }
      guard found.count >= 64 else { continue }
      let squares = found.map { pixel in Self.square(d[3 * pixel..<3 * pixel + 3]) }
      values[name] = (squares.reduce(0, +) / Double(3 * found.count)).squareRoot()
    }
    let gray = (0..<pixels).map { pixel in d[3 * pixel..<3 * pixel + 3].reduce(0, +) / 3 }
    let power = Self.square(gray[...]) / Double(pixels)
    let (height, width) = (y.shape.height, y.shape.width)
    if power > 1e-8 {
      var product = 0.0
      for row in 0..<height {
        for column in 1..<width { product += gray[row * width + column] * gray[row * width + column - 1] }
      }
      values["neighbours"] = product / Double(height * (width - 1)) / power
    }
    let colour = d.indices.map { d[$0] - gray[$0 / 3] }
    values["colour"] = (Self.square(colour[...]) / Self.square(d[...])).squareRoot()
  }

  private static func square(_ values: ArraySlice<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 } }

  private static func channels(_ picture: Tensor, _ range: Range<Int>) -> Tensor {
    let count = picture.shape.channels
    return Tensor(
      shape: Shape(height: picture.shape.height, width: picture.shape.width, channels: range.count),
      values: (0..<picture.shape.pixels).flatMap { pixel in range.map { picture.values[pixel * count + $0] } })
  }

  private static func detail(_ picture: Tensor) -> Double {
    let (height, width, channels) = (picture.shape.height, picture.shape.width, picture.shape.channels)
    var (across, down) = (0.0, 0.0)
    for y in 0..<height {
      for i in 0..<(width - 1) * channels {
        across += Double(
          abs(picture.values[y * width * channels + i + channels] - picture.values[y * width * channels + i]))
      }
    }
    for i in 0..<(height - 1) * width * channels {
      down += Double(abs(picture.values[i + width * channels] - picture.values[i]))
    }
    return across / Double(height * (width - 1) * channels) + down / Double((height - 1) * width * channels)
  }

  /// How far the views' difference follows the slope of the target, whichever way it leans.
  private static func lean(_ apart: [Double], along target: Tensor) -> Double {
    let (height, width) = (target.shape.height, target.shape.width)
    var (product, slopes, differences) = (0.0, 0.0, 0.0)
    for y in 0..<height {
      for x in 1..<width - 1 {
        for channel in 0..<3 {
          let slope = Double(target[y, x - 1, channel] - target[y, x + 1, channel])
          let difference = apart[(y * width + x) * 3 + channel]
          (product, slopes, differences) = (
            product + slope * difference, slopes + slope * slope, differences + difference * difference
          )
        }
      }
    }
    let count = Double(height * (width - 2) * 3)
    return abs(product / count) / max(1e-9, (slopes / count * differences / count).squareRoot())
  }
}
