import Glibc

/// Crete's blur effect: how much of the picture's edges a further blur leaves, in the worse of both directions.
enum BlurEffect {
  static let smallestSide = 16
  private static let window = 11
  private static let least = Double.ulpOfOne

  /// 0 sharp ... 1 blurred; rows of one channel.
  static func measure(_ rows: MeasuredRows) -> Double {
    var plane = Plane(rows, channel: 0)
    for i in plane.values.indices { plane.values[i] /= 255 }
    return max(kept(plane), kept(plane.transposed))
  }

  /// The share of horizontal edges that blurring along rows leaves.
  private static func kept(_ plane: Plane) -> Double {
    let (width, height) = (plane.width, plane.height)
    let blurred = plane.averagedAlongRows(window)
    var (sum, lost) = (0.0, 0.0)
    for y in 2..<height - 1 {
      for x in 2..<width - 1 {
        let sharp = max(least, abs(plane.sobelAcross(x, y)))
        sum += sharp
        lost += max(0, sharp - max(least, abs(blurred.sobelAcross(x, y))))
      }
    }
    return abs(sum - lost) / sum
  }
}

extension Plane {
  fileprivate var transposed: Plane {
    var result = [Double](repeating: 0, count: values.count)
    for y in 0..<height {
      for x in 0..<width { result[x * height + y] = values[y * width + x] }
    }
    return Plane(width: height, height: width, values: result)
  }

  /// Means over `length` (odd) pixels of a row; the row is mirrored at its ends, the end pixel repeated.
  fileprivate func averagedAlongRows(_ length: Int) -> Plane {
    let reach = length / 2
    var result = self
    var line = [Double](repeating: 0, count: width + 2 * reach)
    for y in 0..<height {
      for x in -reach..<width + reach {
        let inside = x < 0 ? -1 - x : x >= width ? 2 * width - 1 - x : x
        line[x + reach] = values[y * width + inside]
      }
      var sum = line[0..<length].reduce(0, +)
      for x in 0..<width {
        result.values[y * width + x] = sum / Double(length)
        if x + 1 < width { sum += line[x + length] - line[x] }
      }
    }
    return result
  }

  /// Sobel's derivative along the row at an inner pixel, with weights that sum to one.
  fileprivate func sobelAcross(_ x: Int, _ y: Int) -> Double {
    func difference(_ y: Int) -> Double { values[y * width + x + 1] - values[y * width + x - 1] }
    return (difference(y - 1) + 2 * difference(y) + difference(y + 1)) / 8
  }
}
