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
    Table.Column("carries", least: 14, most: 22, rank: 1),
  ])

  private func drawList(on canvas: inout Canvas, _ layout: FilesLayout, _ session: Session, _ look: Look) {
    let inner = layout.list.dropLeft(layout.list.columns > 8 ? 2 : 0).dropRight(layout.list.columns > 8 ? 1 : 0)
    let places = Self.table.places(in: inner.columns)
    if layout.heads > 0 { drawHead(on: &canvas, in: inner.top(1), session, look) }
    if layout.heads > 1 { canvas.writeTitles(of: Self.table, at: places, in: inner.dropTop(1), look) }
    guard !tree.rows.isEmpty else { return drawEmpty(on: &canvas, in: layout.rows.inset(columns: 2), session, look) }
    let marked = Set(session.marked.map(PathKey.init))
    let first = cursor.firstRow(count: tree.rows.count, visible: layout.listRows)
    for line in 0..<min(layout.listRows, tree.rows.count - first) {
      let area = layout.rows.dropTop(line).top(1)
      drawRow(first + line, on: &canvas, in: area, places, marked, look)
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
    canvas.write(shortPath(session), in: area.dropRight(used + (used > 0 ? 2 : 0)), look[.title], cut: .start)
  }

  /// With `~` for the home folder.
  private func shortPath(_ session: Session) -> String {
    guard let home = session.engine?.home, home.count > 1, tree.path.hasPrefix(home) else { return tree.path }
    let rest = tree.path.dropFirst(home.count)
    return rest.isEmpty || rest.first == "/" ? "~" + rest : tree.path
  }

  private func drawEmpty(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    if let failure {
      for (row, line) in failure.wrapped(columns: area.columns).enumerated() {
        canvas.write(line, in: area.dropTop(row), look[.error])
      }
    } else if tree.path.isEmpty {
      canvas.write(session.isConnected ? "reading" : "waiting for the engine", in: area, look[.faint])
    } else {
      canvas.write(tree.filter.isEmpty ? "empty" : "nothing matches", in: area, look[.faint])
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

  /// A bar at the border of the list that tells which part of it is in sight.
  private func drawPosition(on canvas: inout Canvas, _ layout: FilesLayout, _ first: Int, _ look: Look) {
    let rail = layout.rows.right(1)
    guard rail.rows > 2, layout.list.columns > 8 else { return }
    let size = max(1, rail.rows * layout.listRows / tree.rows.count)
    let start = first * (rail.rows - size) / max(1, tree.rows.count - layout.listRows)
    canvas.fill(rail.dropTop(start).top(size), look[.bar], look.colours == .none ? "|" : " ")
  }
}
