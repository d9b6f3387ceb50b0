import Foundation

/// Everything about one attention (queries of a cell against keys of a cell) that depends only on sizes.
///
/// The position bias of query `(i, j)` and key `(k, l)` is entry `(i - k + Rk - 1, j - l + Ck - 1)` of a small table of offsets
/// (Docs/Network.md section 6).
public final class AttentionGeometry: Sendable {
  /// Cells of the queries: tokens of a window or stripe, or anchors.
  public let queries: Partition
  /// Cells of the keys; cell `n` of `queries` looks at cell `n` of `keys`.
  public let keys: Partition
  package let packed: any PackedData

  public init(queries: Partition, keys: Partition, on device: any Device) {
    precondition(queries.cellCount == keys.cellCount)
    self.queries = queries
    self.keys = keys
    packed = device.pack(queries: queries, keys: keys)
  }

  public var tableRows: Int { queries.cellHeight + keys.cellHeight - 1 }
  public var tableColumns: Int { queries.cellWidth + keys.cellWidth - 1 }

  /// Added to a score whose query and key were apart before the roll; not minus infinity (Docs/Network.md section 6).
  public static let maskPenalty = Float(-100)

  /// Log-spaced signed offsets of a table axis for a cell of `tokens` and `anchors` (equal for windows), smallest first.
  ///
  /// Source: Docs/Network.md section 6, "Continuous position bias", with its order of float32 operations.
  static func axisOffsets(tokens: Int, anchors: Int) -> [Float] {
    let slack = (tokens - anchors) / 2
    let (low, high) = (1 - anchors - slack, tokens - 1 - slack)
    return (low...high).map { value in
      let r = Float(value) / Float(high) * 8
      return (r > 0 ? 1 : r < 0 ? -1 : 0) * log2(abs(r) + 1) / 3
    }
  }

  /// The table's (row, column) offsets, `[tableRows * tableColumns, 2]`.
  public var offsets: [Float] {
    let rows = AttentionGeometry.axisOffsets(
      tokens: max(queries.cellHeight, keys.cellHeight), anchors: min(queries.cellHeight, keys.cellHeight))
    let columns = AttentionGeometry.axisOffsets(
      tokens: max(queries.cellWidth, keys.cellWidth), anchors: min(queries.cellWidth, keys.cellWidth))
    return rows.flatMap { row in columns.flatMap { [row, $0] } }
  }

  /// The entry of the table that belongs to a query and a key, both counted in their cells.
  public func tableEntry(query: Int, key: Int) -> Int {
    let row = query / queries.cellWidth - key / keys.cellWidth + keys.cellHeight - 1
    let column = query % queries.cellWidth - key % keys.cellWidth + keys.cellWidth - 1
    return row * tableColumns + column
  }

  /// Which keys of a cell one query must not see, since they were apart before the roll; empty where no query of the cell has such keys.
  public func maskedKeys(token: Int, cell: Int) -> [Bool] {
    let (own, others) = (queries.regions(on: queries.border(of: cell)), keys.regions(on: keys.border(of: cell)))
    guard own.contains(where: { region in others.contains { $0 != region } }) else { return [] }
    return others.map { $0 != own[token] }
  }
}
