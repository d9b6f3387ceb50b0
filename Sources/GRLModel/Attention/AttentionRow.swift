/// What one query pixel makes of the keys of its window or stripe.
public struct AttentionRow: Sendable {
  /// In picture coordinates.
  public let x: Int
  public let y: Int
  public let place: BlockPlace
  public let question: AttentionQuestion
  /// Where the keys lie.
  public let cell: AttentionCell
  /// `[rows * columns]` of the cell, not negative, sum 1.
  public let weights: [Float]
  /// Which keys the query must not see since the cyclic shift brought them together from opposite ends; empty where it may
  /// see all. For composed stripes: those that no anchor passes on to the query.
  public let masked: [Bool]
  /// The cell of the window attention of the same query and block.
  public let window: AttentionCell
  /// Whether windows, or stripes, of this block are shifted.
  public let isShifted: Bool
  /// For `gather`: the anchor's pixels.
  public let anchor: AttentionCell.Area?

  package init(
    x: Int, y: Int, place: BlockPlace, question: AttentionQuestion, cell: AttentionCell, weights: [Float],
    masked: [Bool], window: AttentionCell, isShifted: Bool, anchor: AttentionCell.Area? = nil
  ) {
    (self.x, self.y, self.place, self.question, self.cell) = (x, y, place, question, cell)
    (self.weights, self.masked, self.window) = (weights, masked, window)
    (self.isShifted, self.anchor) = (isShifted, anchor)
  }

  public func isMasked(_ key: Int) -> Bool { !masked.isEmpty && masked[key] }

  /// The weights as a map of `area`, row by row: NaN outside the cell. A key of several pixels gives each the same value, its
  /// weight; padding has no place in it.
  public func map() -> [Float] {
    let area = cell.area
    var map = [Float](repeating: .nan, count: area.width * area.height)
    for (key, weight) in weights.enumerated() {
      guard let pixels = cell.pixels(ofKey: key).intersection(area) else { continue }
      for y in pixels.y..<pixels.y + pixels.height {
        for x in pixels.x..<pixels.x + pixels.width { map[(y - area.y) * area.width + x - area.x] = weight }
      }
    }
    return map
  }

  /// The mean over rows of the same cell.
  static func mean(_ rows: [AttentionRow], question: AttentionQuestion) -> AttentionRow {
    let first = rows[0]
    var weights = [Float](repeating: 0, count: first.weights.count)
    for row in rows {
      for (key, weight) in row.weights.enumerated() { weights[key] += weight / Float(rows.count) }
    }
    return AttentionRow(
      x: first.x, y: first.y, place: first.place, question: question, cell: first.cell, weights: weights,
      masked: first.masked, window: first.window, isShifted: first.isShifted,
      anchor: rows.allSatisfy { $0.anchor == first.anchor } ? first.anchor : nil)
  }
}
