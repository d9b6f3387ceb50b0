/// Where text stands in the room it is given.
package enum Alignment: Hashable, Sendable {
  case left, centre, right
}

extension Canvas {
  /// Sets one cell, if it lies on the canvas. Half of a wide glyph that was there goes too.
  package mutating func set(_ column: Int, _ row: Int, _ glyph: Character?, _ style: Style) {
    guard (0..<columns).contains(column), (0..<rows).contains(row) else { return }
    let place = row * columns + column
    if cells[place].glyph == nil, column > 0, glyph != nil { cells[place - 1].glyph = " " }
    if column + 1 < columns, cells[place + 1].glyph == nil { cells[place + 1].glyph = " " }
    cells[place] = Cell(glyph, style)
  }

  /// Writes `text` into the first row of `area`, cut with `..` where it is too long, and nothing outside it. Cells that the text does
  /// not need stay as they are.
  ///
  /// - Returns: the columns written.
  @discardableResult
  package mutating func write(
    _ text: some StringProtocol, in area: CanvasArea, _ style: Style, _ alignment: Alignment = .left,
    cut: ShownText.Cut = .end
  ) -> Int {
    guard !area.isEmpty else { return 0 }
    let limit = cut == .start ? Int.max : area.columns + 1
    let shown = ShownText(text, limit: limit).cut(to: area.columns, from: cut)
    let room = area.columns - shown.columns
    var column =
      switch alignment {
      case .left: area.column
      case .centre: area.column + room / 2
      case .right: area.column + room
      }
    for glyph in shown.glyphs {
      put(glyph, column, area.row, style)
      column += glyph.columns
    }
    return shown.columns
  }

  /// The same at a place, with as much room as there is up to the right border, or `width` columns.
  @discardableResult
  mutating func write(
    _ text: some StringProtocol, column: Int, row: Int, width: Int = .max, _ style: Style,
    _ alignment: Alignment = .left
  ) -> Int {
    write(
      text, in: CanvasArea(column: column, row: row, columns: min(width, columns - column), rows: 1), style, alignment)
  }

  /// Writes pieces of different styles one after the other.
  @discardableResult
  mutating func write(_ pieces: [(String, Style)], in area: CanvasArea) -> Int {
    var used = 0
    for (text, style) in pieces {
      used += write(text, in: area.dropLeft(used), style, cut: .end)
    }
    return used
  }

  private mutating func put(_ glyph: ShownText.Glyph, _ column: Int, _ row: Int, _ style: Style) {
    guard glyph.columns == 2 else { return set(column, row, glyph.character, style) }
    // A wide glyph that does not fit wholly is not drawn at all.
    guard column >= 0, column + 1 < columns else { return set(column, row, " ", style) }
    set(column, row, glyph.character, style)
    set(column + 1, row, " ", style)
    if (0..<rows).contains(row) { cells[row * columns + column + 1].glyph = nil }
  }

  /// Blanks an area.
  package mutating func fill(_ area: CanvasArea, _ style: Style, _ glyph: Character = " ") {
    let part = area.clipped(to: self.area)
    guard !part.isEmpty else { return }
    for row in part.row..<part.endRow {
      for column in part.column..<part.endColumn { set(column, row, glyph, style) }
    }
  }

  /// A line around an area, in its outermost cells: of ASCII, since terminals do not agree how wide Unicode's lines are.
  mutating func drawBorder(_ area: CanvasArea, _ style: Style) {
    let (right, bottom) = (area.endColumn - 1, area.endRow - 1)
    for column in area.column...right { for row in [area.row, bottom] { set(column, row, "-", style) } }
    for row in area.row...bottom {
      let glyph: Character = row == area.row || row == bottom ? "+" : "|"
      for column in [area.column, right] { set(column, row, glyph, style) }
    }
  }

  /// Replaces what is not ASCII, for terminals that show nothing else.
  package mutating func makeASCII() {
    for place in cells.indices {
      guard let glyph = cells[place].glyph else {
        cells[place].glyph = "?"
        continue
      }
      if !glyph.isASCII { cells[place].glyph = "?" }
    }
  }

  /// The rows as text, blanks at their ends left out: for tests, and for those who hear the screen.
  public var lines: [String] {
    (0..<rows).map { row in
      var line = ""
      for column in 0..<columns { if let glyph = self[column, row].glyph { line.append(glyph) } }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension Canvas {
  /// A bar of one row, filled from the left, with a few words on it. Coloured cells; `#` and `-` where there are no colours.
  ///
  /// - Parameter fraction: 0...1; anything else (not-a-number too) is brought there.
  package mutating func drawMeter(_ fraction: Double, _ label: String = "", in area: CanvasArea, _ look: Look) {
    let line = area.top(1).clipped(to: self.area)
    guard !line.isEmpty else { return }
    let share = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    // Full only when it is: the last cell is kept for the end.
    let filled = share >= 1 ? line.columns : min(line.columns - 1, Int((share * Double(line.columns)).rounded()))
    guard look.colours != .none else {
      fill(line.left(filled), look[.meter].withoutColours, "#")
      fill(line.dropLeft(filled), look[.meterRest].withoutColours, "-")
      if !label.isEmpty, line.columns >= label.columns + 4 {
        write(" \(label) ", in: line, .plain, .centre)
      }
      return
    }
    fill(line.left(filled), look[.meter])
    fill(line.dropLeft(filled), look[.meterRest])
    guard !label.isEmpty else { return }
    write(label, in: line, look[.meterRest], .centre)
    for column in line.column..<line.column + filled { self[column, line.row].style = look[.meter] }
  }
}

extension Style {
  fileprivate var withoutColours: Style { Style(.standard, on: .standard, attributes.subtracting(.reverse)) }
}
