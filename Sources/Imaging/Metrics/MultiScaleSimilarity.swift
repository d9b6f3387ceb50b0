import Glibc

/// SSIM over five scales: contrast and structure of each, luminance of the coarsest.
enum MultiScaleSimilarity {
  /// Exponents from the finest scale to the coarsest (Wang et al. 2003, section 3.2).
  static let exponents = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
  /// The window must lie in the picture halved four times.
  static let smallestSide = SSIMWindow.length << 4

  /// Mean over channels.
  static func mean(_ a: MeasuredRows, _ b: MeasuredRows) -> Double {
    let sum = (0..<a.channels).reduce(0) { $0 + similarity(Plane(a, channel: $1), Plane(b, channel: $1)) }
    return sum / Double(a.channels)
  }

  private static func similarity(_ a: Plane, _ b: Plane) -> Double {
    var (a, b) = (a, b)
    var product = 1.0
    for (scale, exponent) in exponents.enumerated() {
      let means = SSIMWindow.matlab.means(a, b)
      let isCoarsest = scale == exponents.count - 1
      product *= pow(max(0, isCoarsest ? means.similarity : means.contrastAndStructure), exponent)
      if !isCoarsest { (a, b) = (a.halved(repeatsEdge: true), b.halved(repeatsEdge: true)) }
    }
    return product
  }
}
