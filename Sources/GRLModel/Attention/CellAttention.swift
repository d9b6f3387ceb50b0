import Tensors

/// Which parts of an attention's scores count. Masks always do.
public struct ScoreTerms: Hashable, Sendable {
  public var hasBias: Bool
  /// Without it the cosine itself is the score, as if the temperature were 1.
  public var hasTemperature: Bool

  public init(hasBias: Bool = true, hasTemperature: Bool = true) {
    self.hasBias = hasBias
    self.hasTemperature = hasTemperature
  }
}

/// One cell and head of an attention written out row by row, to be looked at.
///
///     row(a) = softmax over b of  cos(q_a, k_b) * temperature + bias(a, b) + mask(a, b)
///
/// The network's own kernels never store these numbers. Always float32. Source: Docs/Network.md section 6.
package struct CellAttention {
  /// Where projected vectors lie: vector `t` begins at `values[t * stride + channel]`.
  package struct Vectors {
    let values: [Float]
    let stride: Int
    let channel: Int

    package init(values: [Float], stride: Int, channel: Int) {
      self.values = values
      self.stride = stride
      self.channel = channel
    }
  }

  typealias Lanes = SIMD16<Float>

  /// Log 2 of e: scores are kept in units of log 2.
  private static let logBase = Float(1.4426950408889634)

  private let geometry: AttentionGeometry
  /// Regions of queries and keys that were apart before the roll; empty where no key is masked.
  private let regions: (queries: [Int], keys: [Int])
  /// By entry of the geometry's table; empty where biases do not count.
  private let bias: [Float]
  private let width: Int
  /// `[queries, width]`, of length 1 times temperature and the base of logarithms.
  private let queries: [Float]
  /// `[width, blocks]`, of length 1: block `b` holds keys `16 b ..< 16 b + 16`.
  private let keys: [Lanes]
  private let blocks: Int

  /// - Parameters:
  ///   - biases: of all heads, `[heads, tableRows, tableColumns]`.
  ///   - width: channels of the head.
  package init(
    _ rule: AttentionRule, biases: [Float], cell: Int, head: Int, terms: ScoreTerms, queries: Vectors, keys: Vectors,
    width: Int
  ) {
    geometry = rule.geometry
    self.width = width
    let (own, others) = (geometry.queries, geometry.keys)
    let isMasked = !geometry.maskedKeys(token: 0, cell: cell).isEmpty
    regions =
      isMasked
      ? (own.regions(on: own.border(of: cell)), others.regions(on: others.border(of: cell))) : ([], [])
    let entries = geometry.tableRows * geometry.tableColumns
    bias = terms.hasBias ? biases[head * entries..<(head + 1) * entries].map { $0 * Self.logBase } : []
    let factor = (terms.hasTemperature ? rule.temperatures[head] : 1) * Self.logBase
    self.queries = (0..<geometry.queries.tokens).flatMap { token in
      Self.unit(queries, token, width).map { $0 * factor }
    }
    let count = geometry.keys.tokens
    blocks = (count + Lanes.scalarCount - 1) / Lanes.scalarCount
    var columns = [Lanes](repeating: Lanes(), count: width * blocks)
    for token in 0..<count {
      let (block, lane) = (token / Lanes.scalarCount, token % Lanes.scalarCount)
      for (channel, value) in Self.unit(keys, token, width).enumerated() {
        columns[channel * blocks + block][lane] = value
      }
    }
    self.keys = columns
  }

  private static func unit(_ vectors: Vectors, _ token: Int, _ width: Int) -> [Float] {
    let start = token * vectors.stride + vectors.channel
    let vector = vectors.values[start..<start + width]
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / max(length, 1e-12) }
  }

  /// What query `token` makes of each key: `[keys]`, sum 1.
  package func row(_ token: Int) -> [Float] {
    var lanes = [Lanes](repeating: Lanes(), count: blocks)
    lanes.withUnsafeMutableBufferPointer { write(token, share: 1, scratch: $0, addingTo: nil) }
    return values(lanes)
  }

  /// The sum of `weights[a] * row(a)` over all queries `a`: `[keys]`. Same numbers for any number of threads.
  package func sum(weightedBy weights: [Float], on threads: ThreadLease) -> [Float] {
    precondition(weights.count == geometry.queries.tokens)
    let negligible = 1e-6 / Float(weights.count)
    let heard = weights.indices.filter { weights[$0] > negligible }
    let parts = min(16, heard.count)
    guard parts > 0 else { return [Float](repeating: 0, count: geometry.keys.tokens) }
    let blocks = blocks
    var scratch = [Lanes](repeating: Lanes(), count: blocks * threads.threadCount)
    var sums = [Lanes](repeating: Lanes(), count: blocks * parts)
    scratch.withUnsafeMutableBufferPointer { scratch in
      sums.withUnsafeMutableBufferPointer { sums in
        threads.run(count: parts) { part, worker in
          let mine = UnsafeMutableBufferPointer(rebasing: sums[part * blocks..<(part + 1) * blocks])
          let own = UnsafeMutableBufferPointer(rebasing: scratch[worker * blocks..<(worker + 1) * blocks])
          for index in part * heard.count / parts..<(part + 1) * heard.count / parts {
            write(heard[index], share: weights[heard[index]], scratch: own, addingTo: mine)
          }
        }
      }
    }
    var total = Array(sums[0..<blocks])
    for part in 1..<max(1, parts) {
      for block in 0..<blocks { total[block] += sums[part * blocks + block] }
    }
    return values(total)
  }

  private func values(_ lanes: [Lanes]) -> [Float] {
    lanes.withUnsafeBytes { Array($0.bindMemory(to: Float.self).prefix(geometry.keys.tokens)) }
  }

  /// `share` times one query's row, into `scratch` or added to `sums`.
  private func write(
    _ token: Int, share: Float, scratch: UnsafeMutableBufferPointer<Lanes>,
    addingTo sums: UnsafeMutableBufferPointer<Lanes>?
  ) {
    for block in 0..<blocks { scratch[block] = Lanes() }
    keys.withUnsafeBufferPointer { keys in
      for channel in 0..<width {
        let factor = Lanes(repeating: queries[token * width + channel])
        let column = keys.baseAddress! + channel * blocks
        for block in 0..<blocks { scratch[block] += factor * column[block] }
      }
    }
    let scores = UnsafeMutableRawBufferPointer(scratch).bindMemory(to: Float.self)
    addBias(token, to: scores)
    let count = geometry.keys.tokens
    if !regions.queries.isEmpty {
      let (own, penalty) = (regions.queries[token], AttentionGeometry.maskPenalty * Self.logBase)
      for key in 0..<count where regions.keys[key] != own { scores[key] += penalty }
    }
    for lane in count..<scores.count { scores[lane] = -Float.infinity }
    var largest = Lanes(repeating: -Float.infinity)
    for block in 0..<blocks { largest = pointwiseMax(largest, scratch[block]) }
    let shift = Lanes(repeating: largest.max())
    var sum = Lanes()
    for block in 0..<blocks {
      scratch[block] = Self.powerOfTwo(scratch[block] - shift)
      sum += scratch[block]
    }
    // The surplus lanes hold 2^-126 each: nothing beside the largest key's 1.
    let factor = Lanes(repeating: share / sum.sum())
    if let sums {
      for block in 0..<blocks { sums[block] += scratch[block] * factor }
    } else {
      for block in 0..<blocks { scratch[block] *= factor }
    }
  }

  private func addBias(_ token: Int, to scores: UnsafeMutableBufferPointer<Float>) {
    guard !bias.isEmpty else { return }
    let cell = geometry.keys
    bias.withUnsafeBufferPointer { bias in
      for row in 0..<cell.cellHeight {
        // To the right in the cell is to the left in the table.
        let first = row * cell.cellWidth
        let entry = geometry.tableEntry(query: token, key: first)
        for column in 0..<cell.cellWidth { scores[first + column] += bias[entry - column] }
      }
    }
  }

  /// 2^x for x at most 0, to 2e-7 of its value; 2^-126 for anything smaller.
  static func powerOfTwo(_ x: Lanes) -> Lanes {
    let bounded = pointwiseMax(x, Lanes(repeating: -126))
    // Adding 1.5 * 2^23 leaves the nearest whole number in the lowest bits.
    let magic = Lanes(repeating: 12_582_912)
    let shifted = bounded + magic
    let f = bounded - (shifted - magic)
    // Taylor's series of exp(f ln 2), |f| <= 1/2.
    var series = Lanes(repeating: 0.00015403530)
    for coefficient: Float in [0.0013333558, 0.009618129, 0.05550411, 0.2402265, 0.6931472, 1] {
      series = series * f + Lanes(repeating: coefficient)
    }
    let exponent = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23
    return unsafeBitCast(unsafeBitCast(series, to: SIMD16<Int32>.self) &+ exponent, to: Lanes.self)
  }
}
