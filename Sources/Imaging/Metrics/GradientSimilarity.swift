import Glibc

/// Gradient magnitude similarity deviation: the spread, over the picture, of how alike gradients are.
enum GradientSimilarity {
  /// After halving, two gradients at least.
  static let smallestSide = 4
  private static let constant = 170.0

  /// Sample standard deviation of the similarity map; rows of one channel.
  static func deviation(_ a: MeasuredRows, _ b: MeasuredRows) -> Double {
    let (g, h) = (gradientMagnitudes(a), gradientMagnitudes(b))
    var similarity = g
    for i in g.indices { similarity[i] = (2 * g[i] * h[i] + constant) / (g[i] * g[i] + h[i] * h[i] + constant) }
    let mean = similarity.reduce(0, +) / Double(similarity.count)
    let squares = similarity.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(similarity.count - 1)).squareRoot()
  }

  /// Length of the Prewitt gradient at half size, with zeros around the picture as Matlab's `conv2` has them.
  private static func gradientMagnitudes(_ rows: MeasuredRows) -> [Double] {
    let plane = Plane(rows, channel: 0).halved(repeatsEdge: false)
    let (width, height) = (plane.width, plane.height)
    let stride = width + 2
    var framed = [Double](repeating: 0, count: stride * (height + 2))
    for y in 0..<height {
      for x in 0..<width { framed[(y + 1) * stride + x + 1] = plane.values[y * width + x] }
    }
    var magnitudes = [Double](repeating: 0, count: width * height)
    framed.withUnsafeBufferPointer { p in
      for y in 0..<height {
        for x in 0..<width {
          let (above, here, below) = (y * stride + x, (y + 1) * stride + x, (y + 2) * stride + x)
          let across = (p[above] + p[here] + p[below] - p[above + 2] - p[here + 2] - p[below + 2]) / 3
          let down = (p[above] + p[above + 1] + p[above + 2] - p[below] - p[below + 1] - p[below + 2]) / 3
          magnitudes[y * width + x] = (across * across + down * down).squareRoot()
        }
      }
    }
    return magnitudes
  }
}
