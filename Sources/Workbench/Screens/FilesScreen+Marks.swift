import Base
import EngineWire

extension FilesScreen {
  /// How a row is marked: pictures by their path, folders with a slash at its end. nil for what cannot be marked.
  func markPath(_ row: FilesTree.Row) -> String? {
    switch tree.entry(row)?.kind {
    case .picture: tree.path(of: row)
    case .folder: tree.path(of: row) + "/"
    case .other, .unreadable, nil: nil
    }
  }

  /// Space: marks or unmarks the row and goes on; ends a range.
  mutating func mark(_ session: inout Session) {
    guard pane == .list || session.current != nil else { return }
    if rangeStart != nil { return markRange(&session) }
    guard let row, let path = markPath(row) else { return session.say("only pictures and folders can be marked") }
    if let place = session.marked.firstIndex(where: { PathKey($0) == PathKey(path) }) {
      session.marked.remove(at: place)
    } else {
      session.marked.append(path)
    }
    cursor.move(to: cursor.index + 1, count: tree.rows.count, visible: layout(session).listRows)
  }

  /// v: remembers the row; a second time, marks the pictures from there to here.
  mutating func markRange(_ session: inout Session) {
    guard let start = rangeStart else {
      rangeStart = cursor.index
      return session.say("a range begins here; go to its other end, then v or Space marks, Esc does not")
    }
    rangeStart = nil
    let rows = tree.rows[min(start, cursor.index)...max(start, cursor.index)]
    let added = add(rows.filter { tree.entry($0)?.kind == .picture }, &session)
    session.say("\(Quantity.count(added, "picture")) marked")
  }

  /// Rows between the beginning of a range and the cursor.
  var range: ClosedRange<Int>? { rangeStart.map { min($0, cursor.index)...max($0, cursor.index) } }

  /// *: in what is shown, pictures that are not marked become so and the other way round.
  mutating func invertMarks(_ session: inout Session) {
    let shown = tree.rows.filter { tree.entry($0)?.kind == .picture }
    let marked = Set(session.marked.map(PathKey.init))
    let paths = shown.map { PathKey(tree.path(of: $0)) }
    let shownPaths = Set(paths)
    session.marked.removeAll { shownPaths.contains(PathKey($0)) }
    session.marked += paths.filter { !marked.contains($0) }.map(\.text)
    session.say("\(session.marked.count) marked")
  }

  mutating func unmarkAll(_ session: inout Session) {
    session.say(session.marked.isEmpty ? "nothing is marked" : "\(session.marked.count) unmarked")
    session.marked = []
  }

  private func add(_ rows: [FilesTree.Row], _ session: inout Session) -> Int {
    let marked = Set(session.marked.map(PathKey.init))
    let new = rows.map(tree.path(of:)).filter { !marked.contains(PathKey($0)) }
    session.marked += new
    return new.count
  }

  /// `3 marked, 4.51 Mpx`; with what is not known told as such. "" where nothing is marked.
  func markedText(_ session: Session) -> String {
    guard !session.marked.isEmpty else { return "" }
    var text = "\(session.marked.count) marked"
    // Beyond this many a sum per drawing would be felt, and says little.
    guard session.marked.count <= 2000 else { return text }
    let known = session.marked.compactMap { details.picture($0) }
    guard !known.isEmpty else { return text }
    text += known.count < session.marked.count ? ", over " : ", "
    return text + Quantity.megapixels(known.reduce(0) { $0 + Double($1.width) * Double($1.height) })
  }
}
