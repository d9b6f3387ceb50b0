import Foundation

/// Which input samples make each output sample along one axis, and with what weights, as Matlab's `imresize` has it.
///
/// Output `i` is the sum over `t < taps` of `weights[i * taps + t] * input[indices[i * taps + t]]`. The kernel is Keys' cubic
/// with a = -1/2; when shrinking it is stretched by 1/scale, so that it also removes what the smaller picture cannot hold.
/// Weights sum to one. Samples beyond an edge are mirrored with the edge sample repeated.
struct ResamplingWeights {
  let taps: Int
  let indices: [Int]
  let weights: [Double]

  private init(taps: Int, indices: [Int], weights: [Double]) {
    self.taps = taps
    self.indices = indices
    self.weights = weights
  }

  /// - Precondition: `inputCount`, `outputCount` and `scale` are positive.
  init(from inputCount: Int, to outputCount: Int, scale: Double) {
    precondition(inputCount > 0 && outputCount > 0 && scale > 0)
    let squeeze = min(scale, 1)
    let support = 4 / squeeze
    let candidates = Int(support.rounded(.up)) + 2

    var positions = [Int]()
    var values = [Double]()
    positions.reserveCapacity(outputCount * candidates)
    values.reserveCapacity(outputCount * candidates)
    var isUsed = [Bool](repeating: false, count: candidates)
    for output in 0..<outputCount {
      let centre = (Double(output) + 0.5) / scale - 0.5
      let first = Int((centre - support / 2).rounded(.down))
      var row = (0..<candidates).map { Self.cubic(squeeze * (centre - Double(first + $0))) }
      let sum = row.reduce(0, +)
      for tap in 0..<candidates {
        row[tap] /= sum
        if row[tap] != 0 { isUsed[tap] = true }
        positions.append(Self.mirrored(first + tap, count: inputCount))
      }
      values += row
    }

    // Taps that are zero for every output cost time and say nothing.
    let used = isUsed.indices.filter { isUsed[$0] }
    taps = used.count
    indices = (0..<outputCount).flatMap { output in used.map { positions[output * candidates + $0] } }
    weights = (0..<outputCount).flatMap { output in used.map { values[output * candidates + $0] } }
  }

  /// The input samples that outputs `range` are made of.
  func inputs(of range: Range<Int>) -> Range<Int> {
    let used = indices[range.lowerBound * taps..<range.upperBound * taps]
    return (used.min() ?? 0)..<((used.max() ?? -1) + 1)
  }

  /// The same weights for outputs `range` alone, of input that begins with the first sample they need.
  func part(_ range: Range<Int>) -> ResamplingWeights {
    let first = inputs(of: range).lowerBound
    let places = range.lowerBound * taps..<range.upperBound * taps
    return ResamplingWeights(taps: taps, indices: indices[places].map { $0 - first }, weights: Array(weights[places]))
  }

  /// Keys' cubic convolution kernel, a = -1/2.
  static func cubic(_ x: Double) -> Double {
    let d = abs(x)
    if d <= 1 { return (1.5 * d - 2.5) * d * d + 1 }
    if d <= 2 { return ((-0.5 * d + 2.5) * d - 4) * d + 2 }
    return 0
  }

  /// ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
  private static func mirrored(_ index: Int, count: Int) -> Int {
    let period = 2 * count
    let phase = ((index % period) + period) % period
    return phase < count ? phase : period - 1 - phase
  }
}
