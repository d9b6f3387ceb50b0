import Base
import EngineWire

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
