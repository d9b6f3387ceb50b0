import Base
import EngineWire

/// Folders and pictures of the engine's machine: what to restore is chosen here, and looked at.
struct FilesScreen: Screen {
  enum Pane: Hashable, Sendable { case list, preview }

  static let toPlan = Command("to-plan", "to the plan of what is marked, where r runs it", "r")
  static let suggestion = Command("take-suggestion", "take the task that the preview suggests", "t")
  static let hidden = Command("hidden", "hidden files on or off", ".")
  static let sort = Command("sort", "sort by name, newest, largest", "s")
  static let invert = Command("invert-marks", "mark what is not marked, and the other way round", "*")
  static let unmarkAll = Command("unmark-all", "unmark everything", "U")
  static let view = Command("view", "open the picture in a viewer", "O")
  static let copyPath = Command("copy-file-path", "copy the path", "C")
  static let rename = Command("rename", "rename the file or folder", "e", "F2")
  static let trash = Command("trash", "delete: move the file, or what is marked, to the trash", "D", "Del")
  static let newFolder = Command("new-folder", "make a folder here", "a")
  static let goTo = Command("go-to", "go to a path", "g p")
  static let home = Command("home", "home folder", "~", "g h")
  static let reload = Command("reload", "read the folder again", "R")
  static let flip = Command("flip", "after a preview: before and after in turn", "b")

  static let commands: [Command] = [
    toPlan,
    .mark, .range, .find, .filter, .trial.called("restore only the framed part and compare", short: "preview"),
    view, suggestion, invert, .undo.called("undo the last change of marks", short: nil), unmarkAll, .nextMatch,
    .previousMatch, hidden, sort, home, goTo,
    .zoomOut.called("folder above; in the preview: smaller frame"), .zoomIn.called("in the preview: larger frame"),
    .fit.called("after a preview: all of it"), .actualSize.called("after a preview: one pixel to one"), flip, reload,
    Trial.less, Trial.more, Trial.control, Trial.several, Trial.otherModel,
    copyPath, rename, trash, newFolder,
    .compare.called("compare the marked pictures, two to four"),
  ]

  private static let previewHints: [Command] = [
    .trial.called("", short: "preview"), .zoomIn.called("", short: "larger"), .zoomOut.called("", short: "smaller"),
    .mark, .escape.called("", short: "back"),
  ]

  func hints(_ session: Session) -> [Command] {
    if trial.isOpen { return Trial.hints }
    let plan = ScreenID.plan.command(short: session.marked.isEmpty ? "plan >" : "plan \(session.marked.count) >")
    guard pane == .list else { return [plan] + Self.previewHints }
    let hasPictures = tree.rows.contains { tree.entry($0)?.kind == .picture }
    if !session.marked.isEmpty || session.current != nil { return [plan] + Self.commands }
    let enter = Command.open.called("", short: entry?.kind == .folder ? "open" : "up")
    return (row == nil ? [] : [enter]) + (hasPictures ? [] : [Self.goTo.called("", short: "go to")]) + Self.commands
  }

  func helped(_ session: Session) -> [Command] {
    trial.isOpen ? Trial.helped : Self.commands.filter { !$0.isForPreview }
  }

  var tree = FilesTree()
  var cursor = ListCursor()
  var pane = Pane.list
  var details = FilesDetails()
  var preview = FilesPreview(screen: .files)
  var trial = Trial(screen: .files)
  /// Marks before each change, the latest last.
  var pastMarks: [[String]] = []
  /// Commands that came before the folder did.
  var early: [Command] = []
  /// The row at which `v` was pressed.
  var rangeStart: Int?
  var search = FilesSearch()
  /// The folder whose listing is on its way, with the path to stand on when it is there.
  var entering: (folder: String, landing: String?)?
  /// Why there is nothing to show.
  var failure: String?
  /// Where the cursor stood in folders that were left.
  var landings: [String: String] = [:]
  /// How many pictures of all jobs were done when the folder was read: more, and it is read again.
  var donePictures = 0
  /// Something was pressed at this place of the preview and not let go yet.
  var dragStart: (x: Int, y: Int)?

  init() {}

  /// The row under the cursor.
  var row: FilesTree.Row? { tree.rows.indices.contains(cursor.index) ? tree.rows[cursor.index] : nil }
  var entry: FolderListing.Entry? { row.flatMap(tree.entry) }

  func layout(_ session: Session) -> FilesLayout {
    FilesLayout(session.area, pane: pane)
  }

  mutating func refresh(_ session: inout Session) {
    trial.notice(lossIn: session)
    guard session.isConnected else { return }
    if tree.path.isEmpty && entering == nil { start(&session) }
    // An answer that was lost with the engine.
    if let entering, !session.isAsking(.files, .listing) { enter(entering.folder, landing: entering.landing, &session) }
    let done = session.jobs.reduce(0) { $0 + $1.pictures.count { $0.state == .done } }
    if done > donePictures && !tree.path.isEmpty && tree.entryCount < 5000 { reload(&session) }
    donePictures = done
    settle(&session)
  }

  /// Brings cursor, preview and details to where they belong now.
  mutating func settle(_ session: inout Session) {
    let layout = layout(session)
    session.folder = tree.path
    cursor.move(to: cursor.index, count: tree.rows.count, visible: layout.listRows)
    let path = entry?.kind == .picture ? row.map(tree.path(of:)) : nil
    if session.current.map(PathKey.init) != path.map(PathKey.init) {
      session.current = path
      session.framed = nil
    }
    if !layout.showsList && path == nil && !trial.isOpen { pane = .list }
    preview.want(previewKey(layout, session), &session)
    if preview.isWaiting { session.wake(in: FilesPreview.rest) }
    if trial.isRunning { session.wake(in: 1) }
    askDetails(layout, &session)
  }

  private func previewKey(_ layout: FilesLayout, _ session: Session) -> FilesPreview.Key? {
    guard let entry, let path = session.current, !layout.picture.isEmpty else { return nil }
    let size = session.pixels(in: layout.picture)
    return FilesPreview.Key(path: PathKey(path), modified: entry.modified, width: size.width, height: size.height)
  }

  private mutating func askDetails(_ layout: FilesLayout, _ session: inout Session) {
    let first = cursor.firstRow(count: tree.rows.count, visible: layout.listRows)
    let shown = tree.rows[first..<min(first + layout.listRows, tree.rows.count)]
    let wanted = ([row].compactMap { $0 } + shown).compactMap { row -> (path: String, modified: Double)? in
      guard let entry = tree.entry(row), entry.kind == .picture else { return nil }
      return (tree.path(of: row), entry.modified)
    }
    details.ask(wanted, &session)
  }
}

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

  /// - Parameter landing: the path to stand on; nil for the one under the cursor.
  mutating func reload(landing: String? = nil, _ session: inout Session) {
    guard !tree.path.isEmpty, entering == nil else { return }
    enter(tree.path, landing: landing ?? row.map(tree.path(of:)), &session)
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
      let commands = early
      early = []
      for command in commands { _ = perform(command, &session) }
    case .failure where asked?.folder == asked?.landing && asked != nil && tree.path.isEmpty:
      enter(parentFolder(asked!.folder), landing: asked!.landing, &session)
    case .failure(let problem):
      if tree.path.isEmpty { failure = problem.message }
      early = []
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
