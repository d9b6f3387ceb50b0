extension CanvasArea {
  var isEmpty: Bool { columns <= 0 || rows <= 0 }
  /// The column and row behind the last.
  var endColumn: Int { column + columns }
  var endRow: Int { row + rows }

  func contains(column: Int, row: Int) -> Bool {
    (self.column..<max(endColumn, self.column)).contains(column) && (self.row..<max(endRow, self.row)).contains(row)
  }

  // Parts never reach over the whole: asked for more than there is, they are all of it or empty.

  func top(_ count: Int) -> CanvasArea {
    CanvasArea(column: column, row: row, columns: columns, rows: min(max(count, 0), max(rows, 0)))
  }

  func bottom(_ count: Int) -> CanvasArea { dropTop(rows - min(max(count, 0), max(rows, 0))) }

  func left(_ count: Int) -> CanvasArea {
    CanvasArea(column: column, row: row, columns: min(max(count, 0), max(columns, 0)), rows: rows)
  }

  func right(_ count: Int) -> CanvasArea { dropLeft(columns - min(max(count, 0), max(columns, 0))) }

  func dropTop(_ count: Int) -> CanvasArea {
    let cut = min(max(count, 0), max(rows, 0))
    return CanvasArea(column: column, row: row + cut, columns: columns, rows: rows - cut)
  }

  func dropBottom(_ count: Int) -> CanvasArea { top(rows - max(count, 0)) }

  func dropLeft(_ count: Int) -> CanvasArea {
    let cut = min(max(count, 0), max(columns, 0))
    return CanvasArea(column: column + cut, row: row, columns: columns - cut, rows: rows)
  }

  func dropRight(_ count: Int) -> CanvasArea { left(columns - max(count, 0)) }

  func inset(columns: Int, rows: Int = 0) -> CanvasArea {
    dropLeft(columns).dropRight(columns).dropTop(rows).dropBottom(rows)
  }

  /// An area of this size in the middle, smaller where there is not so much room.
  func centred(columns: Int, rows: Int) -> CanvasArea {
    let (columns, rows) = (min(max(columns, 0), self.columns), min(max(rows, 0), self.rows))
    return CanvasArea(
      column: column + (self.columns - columns) / 2, row: row + (self.rows - rows) / 2, columns: columns, rows: rows)
  }

  /// The part that lies within `other`.
  func clipped(to other: CanvasArea) -> CanvasArea {
    let (left, top) = (max(column, other.column), max(row, other.row))
    return CanvasArea(
      column: left, row: top, columns: max(0, min(endColumn, other.endColumn) - left),
      rows: max(0, min(endRow, other.endRow) - top))
  }
}

extension Canvas {
  /// All of it.
  var area: CanvasArea { CanvasArea(column: 0, row: 0, columns: columns, rows: rows) }
}
