import CKernels
import Tensors

/// How the kernels walk over the queries and keys of a cell, and what they add to scores.
///
/// Tables of biases (`AttentionGeometry`) are kept with both axes reversed, so that the biases of one query against a run of keys of
/// the same row lie side by side: at `(Rq - 1 - i + k, Cq - 1 - j + l)`. Where rows of keys are shorter than the kernels' step,
/// the table is spread out once for each query column `j`, and all keys of a query lie side by side.
package final class CellLayout: PackedData {
  package let queries: Partition
  package let keys: Partition
  let tableRows: Int
  let tableColumns: Int

  /// Runs of keys as the kernel walks them.
  package let keyRows: Int
  package let keyColumns: Int
  package let biasRowStep: Int
  /// Floats of one head's bias as the kernel reads it.
  package let biasFloats: Int
  /// Where each query's biases begin. (A cell so large that this wraps cannot be given its memory; it may be measured, though.)
  package let biasOffsets: [Int32]
  /// By `Partition.Border`: additive masks of each region of queries `[region, keys]`, and where each query's begins;
  /// nil where no key is masked.
  package let masks: [Mask?]

  package struct Mask: Sendable {
    package let values: Parameters
    package let offsets: [Int32]
    /// Whether every query has a key that is not masked. (Anchors whose shift rounds to 0 have none: Docs/Network.md section 6.)
    package let leavesEveryQueryAKey: Bool
  }

  /// Log 2 of e: scores are kept in units of log 2, so that the kernels need only powers of two.
  package static let logBase = Float(1.4426950408889634)
  /// Keys that a kernel takes at once, at most; rows of keys that are multiples of it need no spreading.
  package static let step = 32

  private let isSpread: Bool

  package var bytes: Int {
    masks.reduce(biasOffsets.count * 4) { $0 + ($1.map { $0.values.bytes + $0.offsets.count * 4 } ?? 0) }
  }

  /// - Parameters:
  ///   - queries: cells of the queries; tokens of a window or stripe, or anchors.
  ///   - keys: cells of the keys; cell `n` of `queries` looks at cell `n` of `keys`.
  init(queries: Partition, keys: Partition) {
    precondition(queries.cellCount == keys.cellCount)
    self.queries = queries
    self.keys = keys
    tableRows = queries.cellHeight + keys.cellHeight - 1
    tableColumns = queries.cellWidth + keys.cellWidth - 1
    isSpread = keys.cellWidth % CellLayout.step != 0
    if isSpread {
      let perColumn = tableRows * keys.cellWidth
      (keyRows, keyColumns, biasRowStep) = (1, keys.tokens, 0)
      biasFloats = queries.cellWidth * perColumn
      biasOffsets = (0..<queries.tokens).map { token in
        let (i, j) = (token / queries.cellWidth, token % queries.cellWidth)
        return Int32(truncatingIfNeeded: j * perColumn + (queries.cellHeight - 1 - i) * keys.cellWidth)
      }
    } else {
      let columns = tableColumns
      (keyRows, keyColumns, biasRowStep) = (keys.cellHeight, keys.cellWidth, columns)
      biasFloats = tableRows * columns
      biasOffsets = (0..<queries.tokens).map { token in
        let (i, j) = (token / queries.cellWidth, token % queries.cellWidth)
        return Int32(truncatingIfNeeded: (queries.cellHeight - 1 - i) * columns + queries.cellWidth - 1 - j)
      }
    }
    masks = Partition.Border.allCases.map { CellLayout.mask(queries: queries, keys: keys, on: $0) }
  }

  private static func mask(queries: Partition, keys: Partition, on border: Partition.Border) -> Mask? {
    let queryRegions = queries.regions(on: border)
    let keyRegions = keys.regions(on: border)
    let distinct = Array(Set(queryRegions)).sorted()
    guard distinct.contains(where: { region in keyRegions.contains { $0 != region } }) else { return nil }
    let penalty = AttentionGeometry.maskPenalty * logBase
    let values = Parameters(distinct.flatMap { region in keyRegions.map { $0 == region ? 0 : penalty } })
    let offsets = queryRegions.map { Int32(truncatingIfNeeded: distinct.firstIndex(of: $0)! * keyRegions.count) }
    return Mask(
      values: values, offsets: offsets, leavesEveryQueryAKey: distinct.allSatisfy { keyRegions.contains($0) })
  }

  /// Lays one head's reversed table `[tableRows, tableColumns]` out as the kernel reads it.
  package func writeBias(table: UnsafePointer<Float>, to bias: UnsafeMutablePointer<Float>) {
    guard isSpread else {
      bias.update(from: table, count: biasFloats)
      return
    }
    let run = keys.cellWidth
    for j in 0..<queries.cellWidth {
      for row in 0..<tableRows {
        (bias + (j * tableRows + row) * run).update(
          from: table + row * tableColumns + queries.cellWidth - 1 - j, count: run)
      }
    }
  }

  /// The gradient of one head's reversed table from that of its biases as the kernel reads them: the adjoint of `writeBias`.
  package func foldGradient(_ gradient: UnsafePointer<Float>, into table: UnsafeMutablePointer<Float>) {
    guard isSpread else {
      table.update(from: gradient, count: biasFloats)
      return
    }
    table.update(repeating: 0, count: tableRows * tableColumns)
    grl_fold_bias(gradient, Int32(queries.cellWidth), Int32(tableRows), Int32(keys.cellWidth), table)
  }

  /// Whether the kernel reads the table itself, without `writeBias`.
  var readsTable: Bool { !isSpread }

  /// Where the largest score that a head can reach is put, in units of log 2: the softmax does not notice, and the kernels need
  /// not look for the maximum (`grl_scores`).
  static let scoreTop = Float(GRL_SCORE_TOP)
  /// How far apart the scores of a bounded head may lie.
  static let boundSpan = Float(GRL_SCORE_TOP - GRL_SCORE_BOTTOM)
}

/// The position bias of each head as the kernels add it: `[heads, tableRows, tableColumns]`, both axes reversed, in units of log 2.
///
/// A constant is added to all biases of a head so that its scores reach at most `CellLayout.scoreTop`: the cosine is at most 1, so a score
/// reaches at most the largest bias plus the temperature. A head is bounded where they also stay above `GRL_SCORE_BOTTOM`.
package struct BiasTable: PackedData {
  package let values: Parameters
  let floatsPerHead: Int
  package let isBounded: [Bool]

  package var bytes: Int { values.bytes }

  /// - Parameters:
  ///   - biases: `[heads, entries]` in the table's own order, or nil in a pass that measures.
  ///   - entries: of the table of one head.
  package init(biases: [Float]?, temperatures: [Float], entries count: Int) {
    let heads = temperatures.count
    floatsPerHead = count
    guard let biases else {
      (values, isBounded) = (Parameters(measuring: heads * count), [])
      return
    }
    var isBounded: [Bool] = []
    values = Parameters(count: heads * count) { memory in
      for head in 0..<heads {
        let table = UnsafeMutableBufferPointer(start: memory + head * count, count: count)
        for index in 0..<count { table[count - 1 - index] = biases[head * count + index] * CellLayout.logBase }
        let reach = temperatures[head] * CellLayout.logBase * 1.0001
        let (low, high) = table.reduce((Float.infinity, -Float.infinity)) { (min($0.0, $1), max($0.1, $1)) }
        isBounded.append(high - low + 2 * reach < CellLayout.boundSpan)
        let shift = CellLayout.scoreTop - (high + reach)
        for index in 0..<count { table[index] += shift }
      }
    }
    self.isBounded = isBounded
  }
}
