import Workbench

/// Turns a canvas into the bytes that make the terminal show it, given what it shows already.
///
/// Not ncurses' cells. Direct colour there needs a terminal description that few machines have (`xterm-direct`), all colour pairs of
/// a picture must be defined first, and re-defining one scans the screen: 8 frames a second at 200 x 60 half blocks, against 96
/// for plain bytes. This painter needs no pairs, so pictures keep all 24 bits, and the bytes of an update are counted, not hoped
/// for. It speaks ECMA-48; `Capabilities` refuses terminals that do not.
package struct Painter: Sendable {
  package struct Features: Sendable {
    package var depth = ColourDepth.indexed
    package var isASCII = false
    package var isBrightBold = false
    /// Erasing takes the background colour.
    package var erasesInColour = true
    package var hide: [UInt8] = Array("\u{1b}[?25l".utf8)
    package var show: [UInt8] = Array("\u{1b}[?25h".utf8)

    package init() {}
  }

  private let features: Features
  private var translation: ScreenCells
  private var columns = 0
  private var rows = 0
  private var shown: [ScreenCell] = []
  private var bytes: [UInt8] = []
  // Where the terminal's pen stands; nil is not known.
  private var place: (column: Int, row: Int)?
  private var pen: (foreground: Ink, background: Ink, attributes: Style.Attributes)?
  private var cursor: CanvasPoint??

  package init(_ features: Features) {
    self.features = features
    translation = ScreenCells(features.depth, isASCII: features.isASCII, isBrightBold: features.isBrightBold)
  }

  /// Forgets what the terminal shows; the next frame is drawn whole.
  package mutating func forget() {
    shown = []
    place = nil
    pen = nil
    cursor = nil
  }

  /// The cells of `area` no longer show what was drawn (a picture lies over them): they are drawn anew.
  package mutating func damage(_ area: CanvasArea) {
    guard shown.count == columns * rows else { return }
    for row in max(area.row, 0)..<max(min(area.row + area.rows, rows), max(area.row, 0)) {
      for column in max(area.column, 0)..<max(min(area.column + area.columns, columns), max(area.column, 0)) {
        // Equal to no cell of a canvas.
        shown[row * columns + column].glyph = 1
      }
    }
  }

  /// Bytes for the terminal; none where it shows `canvas` already.
  package mutating func paint(_ canvas: Canvas) -> [UInt8] {
    bytes = []
    let isWhole = columns != canvas.columns || rows != canvas.rows || shown.isEmpty
    if isWhole { clear(canvas.columns, canvas.rows) }
    var line = [ScreenCell](repeating: .blank, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { line[column] = translation.cell(canvas.cells[row * columns + column]) }
      paint(line, row)
    }
    settleCursor(canvas.cursor)
    return bytes
  }

  private mutating func clear(_ columns: Int, _ rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    shown = [ScreenCell](repeating: .blank, count: columns * rows)
    bytes += Array("\u{1b}[0m\u{1b}[2J".utf8)
    pen = (.standard, .standard, [])
    place = nil
    cursor = nil
  }

  private mutating func paint(_ line: [ScreenCell], _ row: Int) {
    let base = row * columns
    guard var first = line.indices.first(where: { line[$0] != shown[base + $0] }),
      var last = line.indices.last(where: { line[$0] != shown[base + $0] })
    else { return }
    // Halves of wide characters depend on each other; such a row is drawn whole.
    let isWide = line.contains { $0.glyph == 0 } || shown[base..<base + columns].contains { $0.glyph == 0 }
    if isWide { (first, last) = (0, columns - 1) }
    let end = tail(line, last)
    var column = first
    while column < min(last + 1, end) {
      if isWide || line[column] != shown[base + column] {
        if line[column].glyph != 0 {
          reach(column, row, line)
          put(line[column])
          let isWideHere = column + 1 < columns && line[column + 1].glyph == 0
          advance(line[column], isWide: isWideHere)
        }
      }
      column += 1
    }
    if last >= end {
      reach(end, row, line)
      use(line[end])
      bytes += [0x1b, UInt8(ascii: "["), UInt8(ascii: "K")]
    }
    for column in first...last { shown[base + column] = line[column] }
    if last >= end { for column in end..<columns { shown[base + column] = line[column] } }
  }

  /// Where the blank rest of a line begins that is erased rather than written; the number of columns where nothing is.
  private func tail(_ line: [ScreenCell], _ last: Int) -> Int {
    guard let final = line.last, final.isBlank, final.background == .standard || features.erasesInColour else {
      return columns
    }
    var start = columns
    while start > 0 && line[start - 1] == final { start -= 1 }
    return last - start >= 4 ? start : columns
  }

  /// Brings the pen to a cell: by writing the few cells between once more, or by moving.
  private mutating func reach(_ column: Int, _ row: Int, _ line: [ScreenCell]) {
    if let place, place.row == row, place.column <= column {
      if place.column == column { return }
      let between = line[place.column..<column]
      if between.count <= 4, let pen,
        between.allSatisfy({
          $0.glyph >= 0x20 && $0.glyph < 0x7f && $0.background == pen.background && $0.attributes == pen.attributes
            && ($0.foreground == pen.foreground || $0.isBlank)
        })
      {
        for cell in between { bytes.append(UInt8(cell.glyph)) }
      } else {
        bytes += [0x1b, UInt8(ascii: "[")]
        if between.count > 1 { bytes.append(decimal: between.count) }
        bytes.append(UInt8(ascii: "C"))
      }
    } else {
      move(column, row)
    }
    place = (column, row)
  }

  private mutating func move(_ column: Int, _ row: Int) {
    bytes += [0x1b, UInt8(ascii: "[")]
    if row > 0 || column > 0 { bytes.append(decimal: row + 1) }
    if column > 0 {
      bytes.append(UInt8(ascii: ";"))
      bytes.append(decimal: column + 1)
    }
    bytes.append(UInt8(ascii: "H"))
  }

  private mutating func put(_ cell: ScreenCell) {
    use(cell)
    translation.append(cell.glyph, to: &bytes)
  }

  private mutating func advance(_ cell: ScreenCell, isWide: Bool) {
    guard let old = place else { return }
    let column = old.column + (isWide ? 2 : 1)
    // Terminals do not agree how wide other characters are, nor where the pen is after the last column.
    let isSure = cell.glyph < 0x80 || cell.isBlock
    place = isSure && column < columns ? (column, old.row) : nil
  }

  /// Sets colours and attributes for `cell`, telling only what changes.
  private mutating func use(_ cell: ScreenCell) {
    guard let old = pen else {
      bytes += Array("\u{1b}[0m".utf8)
      pen = (.standard, .standard, [])
      return use(cell)
    }
    // A blank has no foreground and looks the same in bold.
    let foreground = cell.isBlank ? old.foreground : cell.foreground
    let attributes = cell.isBlank ? old.attributes.intersection([.bold, .dim]) : cell.attributes
    guard old != (foreground, cell.background, attributes) else { return }
    bytes += [0x1b, UInt8(ascii: "[")]
    appendAttributes(from: old.attributes, to: attributes)
    if foreground != old.foreground { foreground.append(to: &bytes, asBackground: false) }
    if cell.background != old.background { cell.background.append(to: &bytes, asBackground: true) }
    bytes[bytes.count - 1] = UInt8(ascii: "m")
    pen = (foreground, cell.background, attributes)
  }

  private mutating func appendAttributes(from old: Style.Attributes, to new: Style.Attributes) {
    var present = old
    if !present.isDisjoint(with: [.bold, .dim])
      && present.intersection([.bold, .dim]) != new.intersection([.bold, .dim])
    {
      bytes += Array("22;".utf8)
      present.subtract([.bold, .dim])
    }
    let codes: [(Style.Attributes, String, String)] = [
      (.bold, "1;", ""), (.dim, "2;", ""), (.underline, "4;", "24;"), (.reverse, "7;", "27;"),
    ]
    for (attribute, on, off) in codes where present.contains(attribute) != new.contains(attribute) {
      bytes += Array((new.contains(attribute) ? on : off).utf8)
    }
  }

  private mutating func settleCursor(_ wanted: CanvasPoint?) {
    let point = wanted.flatMap { $0.column < columns && $0.row < rows && $0.column >= 0 && $0.row >= 0 ? $0 : nil }
    if cursor == .some(point) {
      // Painting has moved it.
      guard let point, !bytes.isEmpty else { return }
      move(point.column, point.row)
      place = (point.column, point.row)
      return
    }
    if let point {
      move(point.column, point.row)
      place = (point.column, point.row)
      bytes += features.show
    } else {
      bytes += features.hide
    }
    cursor = .some(point)
  }
}
