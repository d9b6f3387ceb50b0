import Base
import EngineWire

extension CompareScreen {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    guard info != nil, let key = visible.key, visible.blocks.count == count else {
      return drawNothing(on: &canvas, in: area, session, look)
    }
    let layout = layout(area)
    let room = CompareRoom(layout.panes[0], look.graphics, look.colours, look.cell)
    let shown = CompareGeometry(window, frame: frame, room: room)
    drawHead(shown, on: &canvas, in: layout.head, look)
    let isOne = layout.panes.count == 1
    for (place, pane) in layout.panes.enumerated() {
      let picture = isOne ? front : place
      drawCaption(picture, on: &canvas, in: layout.captions[place], look)
      if isOne && mode == .difference && look.colours == .none {
        drawSigns(shown, room, key, on: &canvas, in: pane, look)
      } else {
        drawPicture(picture, shown, room, key, on: &canvas, in: pane, look, isOne: isOne)
      }
    }
    for (row, note) in notes.prefix(layout.notes.rows).enumerated() {
      canvas.write(note, in: Self.line(layout.notes, row), look[row == 0 && note == tiling.note ? .accent : .warning])
    }
    if !layout.pixel.isEmpty { drawPixel(on: &canvas, in: Self.line(layout.pixel, 0), look) }
    if !layout.figures.isEmpty { drawFigures(on: &canvas, in: layout.figures, look) }
  }

  static func line(_ area: CanvasArea, _ row: Int) -> CanvasArea {
    area.dropTop(row).top(1).inset(columns: area.columns > 20 ? 1 : 0)
  }

  private func drawNothing(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    var lines: [(String, Look.Role)]
    if let failure {
      lines = [(failure, .error), ("", .text), ("R reads the pictures again, X takes them away", .faint)]
    } else if paths.count >= 2 {
      let names = paths.map(\.lastPathPart).joined(separator: ", ")
      lines = [(session.isConnected ? "reading \(names)" : "waiting for the engine", .faint)]
    } else {
      lines = [("Compare two to four pictures", .title), ("", .text)]
      if let first = paths.first { lines.append(("\(first.lastPathPart) and one more: a adds it", .text)) }
      lines += [
        ("a adds a picture by its path", .text), ("on screen 1, mark two to four and press B", .text),
        ("on screen 3, B compares a restored picture with what it was", .text),
      ]
    }
    var rest = area.dropTop(area.rows > 8 ? 2 : 0).inset(columns: area.columns > 20 ? 2 : 0)
    for (text, role) in lines {
      for line in text.isEmpty ? [""] : text.wrapped(columns: max(1, rest.columns)) {
        canvas.write(line, in: rest, look[role])
        rest = rest.dropTop(1)
      }
    }
  }

  // MARK: Head and captions

  private func drawHead(_ shown: CompareGeometry, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let line = Self.line(area, 0)
    let used = canvas.write("zoom \(Self.scale(shown))   at \(window.x),\(window.y)", in: line, look[.faint], .right)
    var pieces = [(mode.title, look[.title])]
    switch mode {
    case .wipe: pieces.append(("  \(Self.letter(reference)) | \(Self.letter(other))", look[.accent]))
    case .difference:
      // What is made smaller shows means, and noise is smaller in means.
      let means = shown.step > 1 ? " of means" : ""
      pieces.append(("  \(Self.letter(other)) - \(Self.letter(reference))\(means), times \(gain)", look[.accent]))
    case .flip, .sideBySide: break
    }
    if let cropPlace, let list = numbers.cropList, list.indices.contains(cropPlace) {
      pieces.append(("  crop \(cropPlace + 1) of \(list.count)", look[.faint]))
    }
    canvas.write(pieces, in: line.dropRight(used + 2))
  }

  /// `1:8`, `1:2.5`, `4:1`: dots of the screen to pixels of the frame.
  static func scale(_ shown: CompareGeometry) -> String {
    shown.zoom > 1 ? "\(shown.zoom):1" : "1:\(Quantity.short((shown.step * 10).rounded() / 10))"
  }

  private func drawCaption(_ picture: Int, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    guard let info, info.pictures.indices.contains(picture) else { return }
    let line = area.inset(columns: area.columns > 20 ? 1 : 0)
    switch mode {
    case .difference:
      let below = look.colours == .none ? "=- darker" : "blue darker"
      let above = look.colours == .none ? "+# lighter" : "orange lighter"
      canvas.write("\(below), \(above): \(title(other)) beside \(title(reference))", in: line, look[.faint])
    case .wipe:
      let half = line.left(line.columns / 2 - 1)
      canvas.write(title(reference), in: half, look[.faint])
      canvas.write(title(other), in: line.dropLeft(half.columns + 2), look[.accent], .right)
    case .flip, .sideBySide:
      let shown = info.pictures[picture]
      let size = "\(shown.width) x \(shown.height), \(shown.bitDepth) bit"
      let name = canvas.write(title(picture), in: line, look[picture == front ? .accent : .text])
      canvas.write(size, in: line.dropLeft(name + 2), look[.faint])
    }
  }

  /// What the reference is to the others.
  private var referenceNote: String { isUndamaged ? " (undamaged)" : tiling.note == nil ? " (before)" : " (whole)" }

  func title(_ place: Int) -> String {
    guard paths.indices.contains(place) else { return "" }
    return "\(Self.letter(place)) \(paths[place].lastPathPart)"
      + (place == reference ? referenceNote : "")
  }

  // MARK: Pictures

  /// The cells that show the picture, in the middle of its pane.
  func picturePlace(_ shown: CompareGeometry, _ room: CompareRoom, in pane: CanvasArea) -> CanvasArea {
    pane.centred(
      columns: (shown.shownWidth + room.perColumn - 1) / room.perColumn,
      rows: (shown.shownHeight + room.perRow - 1) / room.perRow)
  }

  private func drawPicture(
    _ place: Int, _ shown: CompareGeometry, _ room: CompareRoom, _ key: CompareView.Key, on canvas: inout Canvas,
    in pane: CanvasArea, _ look: Look, isOne: Bool
  ) {
    let cells = picturePlace(shown, room, in: pane)
    guard !cells.isEmpty else { return }
    let size = (width: cells.columns * room.perColumn, height: cells.rows * room.perRow)
    let ground = look[.text].background.usualRGB ?? (look.isLight ? RGB(0xffffff) : RGB(0x000000))
    func dots(_ block: PixelBlock) -> PixelBlock {
      // While another part is on its way, what is known is shown in its place.
      let block = key == CompareView.Key(shown) ? block : block.scaled(width: shown.width, height: shown.height)
      return block.magnified(shown.zoom, to: size, on: ground)
    }
    var block = dots(visible.blocks[place])
    var outlines: [ShownPicture.Outline] = []
    if isOne && mode == .wipe {
      let column = Int((edge * Double(shown.shownWidth)).rounded())
      block = dots(visible.blocks[reference]).wiped(with: dots(visible.blocks[other]), at: column)
      outlines.append(
        ShownPicture.Outline(
          rectangle: Rectangle(x: min(column, size.width - 1), y: 0, width: 1, height: size.height), role: .accent))
    } else if isOne && mode == .difference {
      let (a, b) = (visible.blocks[other], visible.blocks[reference])
      block = dots(a.differenceMap(from: b, gain: gain, isLight: look.isLight))
    }
    outlines += marks(shown, room)
    var picture = ShownPicture(
      block, region: Rectangle(x: 0, y: 0, width: size.width, height: size.height), outlines: outlines)
    let isPlain = !isOne || mode == .flip
    // Only what was not made smaller has its pixels at the same places when the window moves.
    if isPlain, key.width == key.region.width, key.width == shown.width, key.height == shown.height {
      picture.source = PlacedPicture.Source(
        plane: "\(loads) \(place) \(shown.zoom)", x: key.region.x * shown.zoom, y: key.region.y * shown.zoom)
    }
    canvas.draw(picture, in: cells, look)
  }

  /// The crop and the pixel that is read, in dots.
  private func marks(_ shown: CompareGeometry, _ room: CompareRoom) -> [ShownPicture.Outline] {
    var outlines: [ShownPicture.Outline] = []
    if let cropPlace, let list = numbers.cropList, list.indices.contains(cropPlace) {
      let crop = list[cropPlace]
      let (first, end) = (
        shown.dot(x: crop.x, y: crop.y), shown.dot(x: crop.x + crop.width, y: crop.y + crop.height)
      )
      outlines.append(
        ShownPicture.Outline(
          rectangle: Rectangle(
            x: first.x - 1, y: first.y - 1, width: end.x - first.x + 2, height: end.y - first.y + 2), role: .mark))
    }
    let dot = shown.dot(x: window.x, y: window.y)
    // Four strokes that point at the pixel and leave it and its neighbours to be seen.
    let side = max(1, shown.zoom)
    let (gap, across, down) = (side + 1, max(2, room.perColumn), max(2, room.perRow / 2))
    let (x, y) = (dot.x + side / 2, dot.y + side / 2)
    for stroke in [
      Rectangle(x: dot.x - gap - across, y: y, width: across, height: 1),
      Rectangle(x: dot.x + side + gap - 1, y: y, width: across, height: 1),
      Rectangle(x: x, y: dot.y - gap - down, width: 1, height: down),
      Rectangle(x: x, y: dot.y + side + gap - 1, width: 1, height: down),
    ] { outlines.append(ShownPicture.Outline(rectangle: stroke, role: .accent)) }
    return outlines
  }

  /// The difference where there are no colours: sign and strength as a character.
  private func drawSigns(
    _ shown: CompareGeometry, _ room: CompareRoom, _ key: CompareView.Key, on canvas: inout Canvas,
    in pane: CanvasArea, _ look: Look
  ) {
    let (a, b) = (visible.blocks[other], visible.blocks[reference])
    let differences = a.differences(from: b)
    let cells = picturePlace(shown, room, in: pane)
    for row in 0..<cells.rows {
      for column in 0..<cells.columns {
        // The larger of the two dots of a cell.
        var value = 0
        for half in 0..<room.perRow {
          let (x, y) = (column * room.perColumn / shown.zoom, (row * room.perRow + half) / shown.zoom)
          guard x < a.width, y < a.height, differences.indices.contains(y * a.width + x) else { continue }
          let next = differences[y * a.width + x] * gain
          if abs(next) > abs(value) { value = next }
        }
        let glyph: Character = value < -96 ? "=" : value < -24 ? "-" : value > 96 ? "#" : value > 24 ? "+" : " "
        canvas.set(cells.column + column, cells.row + row, glyph, look[.text])
      }
    }
  }
}

/// Where the parts of the screen stand.
package struct CompareLayout: Hashable, Sendable {
  let head: CanvasArea
  /// Areas of one size, and a line above each.
  package let panes: [CanvasArea]
  let captions: [CanvasArea]
  let notes: CanvasArea
  let pixel: CanvasArea
  let figures: CanvasArea

  /// - Parameters:
  ///   - pictures: how many are side by side; 1 where one is shown at a time.
  ///   - frame: what each of them shows; wide ones stand above each other.
  ///   - notes, figures: rows that are wanted for them.
  package init(_ area: CanvasArea, pictures: Int, frame: (width: Int, height: Int), notes: Int, figures: Int) {
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
    let cells = Self.grid(rest, max(1, pictures), frame)
    panes = cells.map { $0.dropTop(captionRows) }
    captions = cells.map { $0.top(captionRows) }
  }

  /// Areas of one size: side by side, one above the other or two by two, as shows the pictures largest; side by side where that
  /// makes little difference. One where there is no room for more.
  private static func grid(_ area: CanvasArea, _ count: Int, _ frame: (width: Int, height: Int)) -> [CanvasArea] {
    guard count > 1 else { return [area] }
    func scale(_ across: Int, _ down: Int) -> Double {
      let (columns, rows) = ((area.columns - (across - 1)) / across, area.rows / down - 1)
      guard columns >= 10, rows >= 3 else { return 0 }
      return Fit.scale(max(1, frame.width), max(1, frame.height), within: (columns, rows * 2))
    }
    let others = (count == 2 ? [(1, 2)] : [(2, 2), (1, count)]).max { scale($0.0, $0.1) < scale($1.0, $1.1) }!
    let (across, down) = scale(others.0, others.1) > scale(count, 1) * 1.2 ? others : (count, 1)
    let (columns, rows) = ((area.columns - (across - 1)) / across, area.rows / down)
    guard columns >= 10 else { return [area] }
    return (0..<count).map { place in
      area.dropLeft(place % across * (columns + 1)).left(columns).dropTop(place / across * rows).top(rows)
    }
  }
}

/// How pictures are compared.
enum CompareMode: Hashable, Sendable, CaseIterable {
  case sideBySide, flip, wipe, difference

  var title: String {
    switch self {
    case .sideBySide: "side by side"
    case .flip: "flip"
    case .wipe: "wipe"
    case .difference: "difference"
    }
  }
}
