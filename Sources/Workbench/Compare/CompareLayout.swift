/// Where the parts of the screen stand.
struct CompareLayout: Hashable, Sendable {
  let head: CanvasArea
  /// Areas of one size, and a line above each.
  let panes: [CanvasArea]
  let captions: [CanvasArea]
  let notes: CanvasArea
  let pixel: CanvasArea
  let figures: CanvasArea

  /// - Parameters:
  ///   - pictures: how many are side by side; 1 where one is shown at a time.
  ///   - notes, figures: rows that are wanted for them.
  init(_ area: CanvasArea, pictures: Int, notes: Int, figures: Int) {
    head = area.top(area.rows >= 4 ? 1 : 0)
    var rest = area.dropTop(head.rows)
    // The pictures keep more than half of the rows.
    let figureRows = rest.rows >= 11 ? min(figures, (rest.rows - 3) * 2 / 5) : 0
    self.figures = rest.bottom(figureRows)
    rest = rest.dropBottom(figureRows)
    pixel = rest.bottom(rest.rows >= 5 ? 1 : 0)
    rest = rest.dropBottom(pixel.rows)
    self.notes = rest.bottom(rest.rows >= 9 ? min(notes, 2) : 0)
    rest = rest.dropBottom(self.notes.rows)
    let captionRows = rest.rows >= 3 ? 1 : 0
    let cells = Self.grid(rest, max(1, pictures))
    panes = cells.map { $0.dropTop(captionRows) }
    captions = cells.map { $0.top(captionRows) }
  }

  /// Areas of one size: a row of them, or two rows where they would be narrow. One where there is no room for more.
  private static func grid(_ area: CanvasArea, _ count: Int) -> [CanvasArea] {
    guard count > 1 else { return [area] }
    let isSquare = count > 2 && area.columns / count < 40 && area.rows >= 12
    let (across, down) = isSquare ? (2, 2) : (count, 1)
    let (columns, rows) = ((area.columns - (across - 1)) / across, area.rows / down)
    guard columns >= 10 else { return [area] }
    return (0..<count).map { place in
      area.dropLeft(place % across * (columns + 1)).left(columns).dropTop(place / across * rows).top(rows)
    }
  }
}
