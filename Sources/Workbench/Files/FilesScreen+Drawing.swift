import Base
import EngineWire

extension FilesScreen {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    guard !trial.isOpen else { return trial.draw(on: &canvas, in: area, session, look) }
    let layout = FilesLayout(area, pane: pane)
    if layout.showsList { drawList(on: &canvas, layout, session, look) }
    if layout.showsSide { drawSide(on: &canvas, layout, session, look) }
  }

  private static let table = Table([
    Table.Column("name", least: 14, most: 200),
    Table.Column("size", .right, least: 10, rank: 3),
    Table.Column("kind", least: 7, rank: 2),
    Table.Column("carries", least: 7, most: 22, rank: 1),
  ])

  private func drawList(on canvas: inout Canvas, _ layout: FilesLayout, _ session: Session, _ look: Look) {
    let inner = layout.list.dropLeft(layout.list.columns > 8 ? 2 : 0).dropRight(layout.list.columns > 8 ? 1 : 0)
    let first = cursor.firstRow(count: tree.rows.count, visible: layout.listRows)
    let shown = tree.rows.dropFirst(first).prefix(layout.listRows).map { texts($0, look) }
    let places = Self.table.places(in: inner.columns, texts: shown)
    if layout.heads > 0 { drawHead(on: &canvas, in: inner.top(1), session, look) }
    if layout.heads > 1 { canvas.writeTitles(of: Self.table, at: places, in: inner.dropTop(1), look) }
    guard !tree.rows.isEmpty else { return drawEmpty(on: &canvas, in: layout.rows.inset(columns: 2), session, look) }
    let marked = Set(session.marked.map(PathKey.init))
    for line in 0..<min(layout.listRows, tree.rows.count - first) {
      let area = layout.rows.dropTop(line).top(1)
      drawRow(first + line, on: &canvas, in: area, places, marked, look)
    }
    if tree.shownCount == 0 {
      drawEmpty(on: &canvas, in: layout.rows.dropTop(tree.rows.count + 1).inset(columns: 2), session, look)
    }
    let rest = tree.rows.count - first - layout.listRows
    if rest > 0 || first > 0 { drawPosition(on: &canvas, layout, first, look) }
  }

  private func drawHead(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    // Some of the path always stays to be seen.
    let most = max(0, area.columns - min(14, tree.path.columns) - 2)
    let count = "\(tree.shownCount)" + (tree.isCut ? "+" : "")
    var right = markedText(session)
    if !tree.filter.isEmpty {
      right = "with \(tree.filter.shown): \(count)" + (right.isEmpty ? "" : ", ") + right
    } else if right.isEmpty && !tree.path.isEmpty {
      right = count + (tree.shownCount == 1 ? " entry" : " entries")
    }
    let style = session.marked.isEmpty && tree.filter.isEmpty ? look[.faint] : look[.accent]
    let used = canvas.write(right, in: area.right(min(right.columns, most)), style, .right)
    let room = area.dropRight(used + (used > 0 ? 2 : 0))
    canvas.write(
      tree.path.relative(to: "", home: session.engine?.home).shortened(to: room.columns), in: room, look[.title])
  }

  private func drawEmpty(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    if let failure {
      for (row, line) in failure.wrapped(columns: area.columns).enumerated() {
        canvas.write(line, in: area.dropTop(row), look[.error])
      }
    } else if tree.path.isEmpty {
      canvas.write(session.isConnected ? "reading" : "waiting for the engine", in: area, look[.faint])
    } else {
      let text =
        tree.filter.isEmpty
        ? "nothing here. g p goes to a path, Enter on .. to the folder above; 'grl --demo' brings a picture to try."
        : "nothing matches \(tree.filter.shown); f changes that, Esc shows all"
      for (row, line) in text.wrapped(columns: area.columns).prefix(area.rows).enumerated() {
        canvas.write(line, in: area.dropTop(row), look[.faint])
      }
    }
  }

  private func drawRow(
    _ index: Int, on canvas: inout Canvas, in area: CanvasArea, _ places: [Table.Place], _ marked: Set<PathKey>,
    _ look: Look
  ) {
    let row = tree.rows[index]
    let isCursor = index == cursor.index
    let ground: Look.Role = isCursor ? (pane == .list ? .cursor : .bar) : .text
    if isCursor { canvas.fill(area, look[ground]) }
    let isMarked = markPath(row).map { marked.contains(PathKey($0)) } ?? false
    let isInRange = range?.contains(index) ?? false
    let inset = area.columns > 8 ? 2 : 0
    if inset > 0 && (isMarked || isInRange) {
      canvas.write(isMarked ? look[.marked] : "+", in: area.left(1), look[.mark, on: ground])
    }
    let entry = tree.entry(row)
    let role: Look.Role =
      isMarked || isInRange
      ? .mark : entry == nil || entry?.kind == .folder ? .accent : entry?.kind == .picture ? .text : .faint
    canvas.write(
      texts(row, look), of: Self.table, at: places, in: area.dropLeft(inset).dropRight(inset > 0 ? 1 : 0),
      role == ground ? look[role] : look[role, on: ground])
  }

  /// Name, size, kind, what it carries.
  private func texts(_ row: FilesTree.Row, _ look: Look) -> [String] {
    guard let entry = tree.entry(row) else { return ["..", "", "", ""] }
    let indent = String(repeating: "  ", count: min(tree.depth(of: row), 12))
    switch entry.kind {
    case .folder:
      let sign = tree.isOpen(tree.path(of: row)) ? look[.moreDown] : look[.pointer]
      return ["\(indent)\(sign) \(entry.name.shown)", "", "", ""]
    case .picture:
      switch details[tree.path(of: row)] {
      case .picture(let info):
        return [
          indent + entry.name, "\(info.width)x\(info.height)", info.kindText, info.carried.joined(separator: " "),
        ]
      case .failed: return [indent + entry.name, "unreadable", "", ""]
      case nil: return [indent + entry.name, "", "", ""]
      }
    case .other: return [indent + entry.name, Quantity.bytes(entry.bytes), "", ""]
    case .unreadable: return [indent + entry.name, "unreadable", "", ""]
    }
  }

  /// A bar at the border of the list that shows which part of it is in sight.
  private func drawPosition(on canvas: inout Canvas, _ layout: FilesLayout, _ first: Int, _ look: Look) {
    let rail = layout.rows.right(1)
    guard rail.rows > 2, layout.list.columns > 8 else { return }
    let size = max(1, rail.rows * layout.listRows / tree.rows.count)
    let start = first * (rail.rows - size) / max(1, tree.rows.count - layout.listRows)
    canvas.fill(rail.dropTop(start).top(size), look[.bar], look.colours == .none ? "|" : " ")
  }
}

/// Where list and preview stand: side by side where there is room, else the one that has the focus.
struct FilesLayout: Hashable, Sendable {
  /// Below this width there is one pane.
  static let twoPanes = 72

  let list: CanvasArea
  let side: CanvasArea
  /// Lines above the rows: path and column heads.
  let heads: Int
  /// Room for the picture.
  let picture: CanvasArea
  /// Lines of facts below the picture.
  let facts: CanvasArea

  init(_ area: CanvasArea, pane: FilesScreen.Pane) {
    if area.columns < Self.twoPanes {
      list = pane == .list ? area : area.left(0)
      side = pane == .preview ? area : area.left(0)
    } else {
      // Enough for the list's columns; the preview takes the rest.
      let wanted = min(76, max(43, area.columns / 2 - 4))
      list = area.left(wanted)
      side = area.dropLeft(wanted)
    }
    heads = area.rows >= 6 ? 2 : area.rows >= 3 ? 1 : 0
    let inner = side.inset(columns: side.columns >= 20 ? 1 : 0)
    let factRows = area.rows >= 20 ? 5 : area.rows >= 12 ? 4 : area.rows >= 6 ? 2 : 0
    facts = inner.bottom(factRows)
    picture = inner.dropTop(area.rows >= 3 ? 1 : 0).dropBottom(factRows)
  }

  var showsList: Bool { !list.isEmpty }
  var showsSide: Bool { !side.isEmpty }
  /// Rows of the list that are in sight, at least 1.
  var listRows: Int { max(1, list.rows - heads) }
  var rows: CanvasArea { list.dropTop(heads) }
}

// The preview with the focus: a frame in the picture says what is tried.

extension FilesScreen {
  /// Keys of the preview.
  mutating func frame(_ command: Command, _ session: inout Session) -> Bool {
    guard let path = session.current, let size = pictureSize(of: path) else { return false }
    let frame = session.framed ?? RegionFrame.standard(width: size.width, height: size.height)
    // One cell of the screen, so that every key is seen to do something.
    let step = max(1, size.width / max(1, layout(session).picture.columns))
    var (x, y) = (0, 0)
    switch command {
    case .left: x = -step
    case .right: x = step
    case .up: y = -step
    case .down: y = step
    case .halfPageUp, .pageUp: y = -max(step, frame.height)
    case .halfPageDown, .pageDown: y = max(step, frame.height)
    case .top: (x, y) = (-size.width, -size.height)
    case .bottom: (x, y) = (size.width, size.height)
    case .zoomIn, .zoomOut:
      session.framed = RegionFrame.resized(
        frame, by: command == .zoomIn ? 1 : -1, width: size.width, height: size.height)
      return true
    case .open:
      startTrial(&session)
      return true
    default: return false
    }
    session.framed = RegionFrame.moved(frame, x: x, y: y, width: size.width, height: size.height)
    return true
  }

  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    guard !trial.isOpen else { return trial.mouse(event, in: area, &session) }
    let layout = FilesLayout(area, pane: pane)
    switch event.action {
    case .scrollUp, .scrollDown:
      let rows = event.action == .scrollUp ? -3 : 3
      cursor.scroll(by: rows, count: tree.rows.count, visible: layout.listRows)
    case .press where layout.rows.contains(column: event.column, row: event.row):
      click(event.row - layout.rows.row, layout, &session)
    case .press, .drag, .release: drag(event, layout, &session)
    }
    settle(&session)
  }

  /// A click chooses a row; one on the chosen row opens it.
  private mutating func click(_ row: Int, _ layout: FilesLayout, _ session: inout Session) {
    pane = .list
    let first = cursor.firstRow(count: tree.rows.count, visible: layout.listRows)
    guard tree.rows.indices.contains(first + row) else { return }
    guard first + row != cursor.index else { return open(&session) }
    cursor.move(to: first + row, count: tree.rows.count, visible: layout.listRows)
  }

  /// Dragging over the preview frames what lies between.
  private mutating func drag(_ event: MouseEvent, _ layout: FilesLayout, _ session: inout Session) {
    guard let info = preview.shown?.info else { return }
    let placement = PicturePlacement(
      width: info.pictureWidth, height: info.pictureHeight, in: layout.picture, cell: session.pixelCell)
    guard let place = placement.pixel(column: event.column, row: event.row) else { return }
    switch event.action {
    case .press:
      dragStart = place
      pane = .preview
    case .drag, .release:
      guard let start = dragStart else { return }
      if start != place || event.action == .drag {
        session.framed = RegionFrame.spanning(start, place, width: info.pictureWidth, height: info.pictureHeight)
      }
      if event.action == .release { dragStart = nil }
    case .scrollUp, .scrollDown: break
    }
  }
}

extension FilesScreen {
  func plainLines(_ session: Session) -> [String] {
    guard !tree.path.isEmpty else { return [failure ?? (session.isConnected ? "reading" : "waiting for the engine")] }
    let marked = Set(session.marked.map(PathKey.init))
    var lines = ["folder \(tree.path), \(Quantity.count(tree.shownCount, "entry", "entries"))"]
    for (place, row) in tree.rows.enumerated().prefix(Self.plainLimit) {
      guard let entry = tree.entry(row) else {
        lines.append("\(place + 1) .. the folder above")
        continue
      }
      let path = tree.path(of: row)
      var line = "\(place + 1) \(entry.name)"
      switch entry.kind {
      case .folder: line += tree.isOpen(path) ? ", open folder" : ", folder"
      case .picture: line += marked.contains(PathKey(path)) ? ", marked" : ""
      case .other: line += ", not a picture"
      case .unreadable: line += ", unreadable"
      }
      lines.append(line)
    }
    if tree.rows.count > Self.plainLimit {
      lines.append("and \(tree.rows.count - Self.plainLimit) more; filter shows fewer")
    }
    if !session.marked.isEmpty { lines.append(Quantity.count(session.marked.count, "picture") + " marked") }
    if let entry { lines.append("here: \(entry.name)\(plainDetails)") }
    return lines
  }

  private static let plainLimit = 500

  /// What is known of the picture under the cursor.
  private var plainDetails: String {
    guard let row, case .picture(let info) = details[tree.path(of: row)] else { return "" }
    let carries = info.carried.isEmpty ? "" : ", carries " + info.carried.joined(separator: " and ")
    return ", \(info.width) by \(info.height), \(info.kindText)\(carries)"
  }

  mutating func choose(row: Int, _ session: inout Session) -> Bool {
    guard tree.rows.indices.contains(row - 1) else { return false }
    pane = .list
    cursor.move(to: row - 1, count: tree.rows.count, visible: layout(session).listRows)
    settle(&session)
    return true
  }
}
