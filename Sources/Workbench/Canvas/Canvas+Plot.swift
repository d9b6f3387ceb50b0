/// A curve in cells: braille dots, two across and four down in each; three heights of a cell where only ASCII may be drawn.
struct Plot: Sendable {
  /// In the order of `x`.
  let points: [(x: Double, y: Double)]

  /// Lower and upper edge; nil leaves them to the points.
  private let edges: (low: Double, high: Double)?

  init(_ points: [(x: Double, y: Double)], edges: (low: Double, high: Double)? = nil) {
    (self.points, self.edges) = (points.filter { $0.x.isFinite && $0.y.isFinite }, edges)
  }

  /// Lowest and highest value; a little apart where they are one.
  var range: (low: Double, high: Double)? {
    if let edges, edges.high > edges.low { return edges }
    guard let low = points.map(\.y).min(), let high = points.map(\.y).max() else { return nil }
    return high - low > 1e-9 * max(1, abs(high)) ? (low, high) : (low - 0.5, high + 0.5)
  }

  /// The height at each of `columns` places from the first point to `last`, 0 (lowest) to 1; nil behind the last point.
  func heights(columns: Int, last: Double) -> [Double?] {
    guard let first = points.first, let end = points.last, let range, columns > 0 else { return [] }
    let width = max(last, end.x) - first.x
    var place = 0
    return (0..<columns).map { column in
      let x = first.x + (columns > 1 ? width * Double(column) / Double(columns - 1) : 0)
      // A single point, and the last one, have the column that they fall into.
      guard x <= end.x + (columns > 1 ? width / Double(columns - 1) / 2 : 0) else { return nil }
      while place + 1 < points.count, points[place + 1].x < x { place += 1 }
      let (from, to) = (points[place], points[min(place + 1, points.count - 1)])
      let share = to.x > from.x ? min(max((x - from.x) / (to.x - from.x), 0), 1) : 0
      return (from.y + (to.y - from.y) * share - range.low) / (range.high - range.low)
    }
  }
}

extension Canvas {
  /// Dots of a braille cell, by column and row from the top.
  private static let braille: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  /// Draws a curve into `area`, from the first point's `x` at the left to `last` at the right.
  mutating func draw(_ plot: Plot, to last: Double, in area: CanvasArea, _ style: Style, isASCII: Bool) {
    guard !area.isEmpty else { return }
    if isASCII { return drawASCII(plot, to: last, in: area, style) }
    let (columns, rows) = (area.columns * 2, area.rows * 4)
    var cells = [[UInt32]](repeating: [UInt32](repeating: 0, count: area.columns), count: area.rows)
    var before: Int?
    for (column, height) in plot.heights(columns: columns, last: last).enumerated() {
      guard let height else { break }
      let row = rows - 1 - Int((min(max(height, 0), 1) * Double(rows - 1)).rounded())
      // Steep parts stay one line.
      let middle = before.map { ($0 + row) / 2 } ?? row
      for dot in min(middle, row)...max(middle, row) {
        cells[dot / 4][column / 2] |= Self.braille[column % 2][dot % 4]
      }
      if let before, abs(before - row) > 1, column > 0 {
        for dot in min(before, middle)...max(before, middle) {
          cells[dot / 4][(column - 1) / 2] |= Self.braille[(column - 1) % 2][dot % 4]
        }
      }
      before = row
    }
    for (row, line) in cells.enumerated() {
      for (column, dots) in line.enumerated() where dots != 0 {
        guard let scalar = UnicodeScalar(0x2800 + dots) else { continue }
        set(area.column + column, area.row + row, Character(scalar), style)
      }
    }
  }

  private mutating func drawASCII(_ plot: Plot, to last: Double, in area: CanvasArea, _ style: Style) {
    let levels = area.rows * 3
    for (column, height) in plot.heights(columns: area.columns, last: last).enumerated() {
      guard let height else { break }
      let level = Int((min(max(height, 0), 1) * Double(levels - 1)).rounded())
      let sign: Character = [".", "-", "'"][level % 3]
      set(area.column + column, area.row + area.rows - 1 - level / 3, sign, style)
    }
  }
}
