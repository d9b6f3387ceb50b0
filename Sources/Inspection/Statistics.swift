import Glibc

func exponential(_ x: Float) -> Float { exp(x) }

/// Pearson's correlation; 0 where one of both is constant.
func correlation(_ a: [Float], _ b: [Float]) -> Double {
  precondition(a.count == b.count && !a.isEmpty)
  let n = Double(a.count)
  let (meanA, meanB) = (a.reduce(0.0) { $0 + Double($1) } / n, b.reduce(0.0) { $0 + Double($1) } / n)
  var (aa, bb, ab) = (0.0, 0.0, 0.0)
  for index in a.indices {
    let (u, v) = (Double(a[index]) - meanA, Double(b[index]) - meanB)
    aa += u * u
    bb += v * v
    ab += u * v
  }
  return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
}

/// The distribution of some numbers.
public struct Distribution: Sendable, Hashable, Codable {
  public let count: Int
  public let mean: Double
  public let least: Double
  /// A quarter of the numbers is no larger.
  public let lowerQuartile: Double
  public let median: Double
  public let upperQuartile: Double
  public let largest: Double

  /// - Precondition: there is at least one number.
  public init(_ numbers: [Double]) {
    precondition(!numbers.isEmpty)
    let sorted = numbers.sorted()
    /// Linear between neighbours, as NumPy's `quantile`.
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let (below, above) = (Int(place), min(sorted.count - 1, Int(place) + 1))
      return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
    count = sorted.count
    mean = sorted.reduce(0, +) / Double(sorted.count)
    (least, largest) = (sorted[0], sorted[sorted.count - 1])
    (lowerQuartile, median, upperQuartile) = (quantile(0.25), quantile(0.5), quantile(0.75))
  }
}

/// Gini's coefficient of numbers that are not negative: 0 where all are alike, towards 1 where one has all.
public func gini(_ numbers: [Double]) -> Double {
  let sorted = numbers.sorted()
  let total = sorted.reduce(0, +)
  guard total > 0 else { return 0 }
  let n = Double(sorted.count)
  let ranked = sorted.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
  return 2 * ranked / (n * total) - (n + 1) / n
}
