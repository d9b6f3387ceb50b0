import Base
import EngineWire

extension FilesScreen {
  private static let inPlace = "open "

  /// The folder of what was named on the command line, or the engine's own. A name alone may be a folder's: if it is not, its
  /// answer is a failure and the folder around it is asked for.
  mutating func start(_ session: inout Session) {
    tree.showsHidden = session.settings.showsHidden
    let named = session.arguments
    session.arguments = []
    guard let first = named.first else { return enter("", &session) }
    guard named.count > 1 else { return enter(first, landing: first, &session) }
    let marked = Set(session.marked.map(PathKey.init))
    session.marked += named.filter { !marked.contains(PathKey($0)) }
    enter(parentFolder(first), landing: first, &session)
  }

  /// Asks for a folder that becomes the top; `landing` is the path to stand on in it.
  mutating func enter(_ folder: String, landing: String? = nil, _ session: inout Session) {
    if let path = row.map(tree.path(of:)), !tree.path.isEmpty { landings[tree.path] = path }
    entering = (folder, landing)
    session.ask(.listFolder(path: folder), for: .files, .listing)
  }

  mutating func reload(_ session: inout Session) {
    guard !tree.path.isEmpty, entering == nil else { return }
    enter(tree.path, landing: row.map(tree.path(of:)), &session)
  }

  /// Enter: into a folder, or a close look at a picture.
  mutating func open(_ session: inout Session) {
    guard let row else { return }
    guard let entry = tree.entry(row) else { return leave(&session) }
    switch entry.kind {
    case .folder: enter(tree.path(of: row), &session)
    case .picture: pane = .preview
    case .other: session.say("\(entry.name) is not a picture")
    case .unreadable: session.say("\(entry.name) cannot be opened: its name or kind cannot be told", .warning)
    }
  }

  mutating func openInPlace(_ session: inout Session) {
    guard let row, let entry = tree.entry(row) else { return }
    guard entry.kind == .folder else { return open(&session) }
    let path = tree.path(of: row)
    guard !tree.isOpen(path) else {
      return cursor.move(to: cursor.index + 1, count: tree.rows.count, visible: layout(session).listRows)
    }
    session.ask(.listFolder(path: path), for: .files, .other(Self.inPlace + path))
  }

  /// Closes the folder under the cursor, goes to the one above in the tree, or leaves the folder.
  mutating func closeOrLeave(_ session: inout Session) {
    guard let row else { return leave(&session) }
    let path = tree.path(of: row)
    if tree.entry(row) != nil, tree.isOpen(path) {
      keepingPlace { $0.close(path) }
    } else if let above = tree.rowAbove(cursor.index) {
      cursor.move(to: above, count: tree.rows.count, visible: layout(session).listRows)
    } else {
      leave(&session)
    }
  }

  /// To the folder above, standing on the one that was left.
  mutating func leave(_ session: inout Session) {
    guard tree.path != "/", !tree.path.isEmpty else { return }
    enter(parentFolder(tree.path), landing: tree.path, &session)
  }

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {
    switch purpose {
    case .listing: receiveListing(reply, &session)
    case .preview: preview.receive(reply, body: body)
    case .trial: trial.receive(reply, body: body, &session)
    case .other(let text) where text.hasPrefix(Self.inPlace):
      receiveInPlace(reply, at: String(text.dropFirst(Self.inPlace.count)), &session)
    default: _ = details.receive(reply, to: purpose)
    }
    settle(&session)
  }

  private mutating func receiveListing(_ reply: Reply, _ session: inout Session) {
    let asked = entering
    entering = nil
    switch reply {
    case .folder(let listing):
      let isSame = listing.path == tree.path
      if !isSame && !tree.filter.isEmpty { tree.filter = "" }
      failure = nil
      rangeStart = nil
      let before = cursor.index
      tree.show(listing)
      let index = (asked?.landing ?? landings[listing.path]).flatMap(tree.index(of:))
      // Not on the way up where there is something else.
      let first = tree.rows.count > 1 && tree.rows[0].entry == FilesTree.Row.wayUp ? 1 : 0
      cursor.move(to: index ?? (isSame ? before : first), count: tree.rows.count, visible: layout(session).listRows)
    case .failure where asked?.folder == asked?.landing && asked != nil && tree.path.isEmpty:
      enter(parentFolder(asked!.folder), landing: asked!.landing, &session)
    case .failure(let problem):
      if tree.path.isEmpty { failure = problem.message }
      session.say(problem.message, .error)
    default: break
    }
  }

  private mutating func receiveInPlace(_ reply: Reply, at path: String, _ session: inout Session) {
    switch reply {
    case .folder(let listing): keepingPlace { $0.open(listing, at: path) }
    case .failure(let problem): session.say(problem.message, .error)
    default: break
    }
  }
}
