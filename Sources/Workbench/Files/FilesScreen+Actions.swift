import Base
import EngineWire

extension FilesScreen {
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    // What is typed before the folder is there waits for it.
    if tree.path.isEmpty, failure == nil, !session.isLost, !Command.workbench.contains(command) {
      if early.count < 100 { early.append(command) }
      return true
    }
    let marked = session.marked
    let isDone = trial.isOpen ? performInTrial(command, &session) : performHere(command, &session)
    if command != .undo && session.marked != marked {
      pastMarks.append(marked)
      if pastMarks.count > 200 { pastMarks.removeFirst() }
    }
    settle(&session)
    return isDone
  }

  private mutating func performInTrial(_ command: Command, _ session: inout Session) -> Bool {
    trial.perform(command, in: session.area, &session)
  }

  private mutating func performHere(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case .nextPane, .previousPane: pane = pane == .list && session.current != nil ? .preview : .list
    case .trial: startTrial(&session)
    case Self.toPlan:
      session.go(to: .plan)
      session.say("r again runs this; 1 goes back to the files")
    case .compare: compare(&session)
    case Self.suggestion: takeSuggestion(&session)
    case .filter:
      session.prompt("show only names with", tag: "filter", for: .files, text: tree.filter)
    case .find: session.prompt("find", tag: "find", for: .files)
    case .nextMatch: find(isForward: true, &session)
    case .previousMatch: find(isForward: false, &session)
    case .mark: mark(&session)
    case .range: markRange(&session)
    case Self.invert: invertMarks(&session)
    case Self.unmarkAll: unmarkAll(&session)
    case .undo:
      guard let past = pastMarks.popLast() else { return session.sayTrue("no change of marks to undo") }
      session.marked = past
      session.say(past.isEmpty ? "nothing is marked, as before" : "\(past.count) marked, as before")
    case Self.view: withPath(&session) { $0.view($1) }
    case Self.copyPath:
      withPath(&session) {
        $0.effects.append(.copy($1))
        $0.say("copied \($1)")
      }
    case Self.rename:
      guard session.mayChange() else { return true }
      withPath(&session) { $0.prompt("new name", tag: "rename " + $1, for: .files, text: lastComponent($1)) }
    case Self.trash: askTrash(&session)
    case Self.newFolder:
      guard session.mayChange() else { return true }
      session.prompt("new folder", tag: "new-folder", for: .files)
    case Self.hidden: toggleHidden(&session)
    case Self.sort: sort(&session)
    case Self.home: enter("~", &session)
    case Self.goTo:
      session.prompt(
        "go to", tag: "go-to", for: .files, text: tree.path == "/" ? "/" : tree.path + "/", completion: .path)
    case Self.reload: reload(&session)
    case .escape, .back: return putAway(command, &session)
    default: return pane == .preview ? frame(command, &session) : performInList(command, &session)
    }
    return true
  }

  private mutating func performInList(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case .open: open(&session)
    case .right: openInPlace(&session)
    case .left: closeOrLeave(&session)
    case .zoomOut: leave(&session)
    default: return cursor.perform(command, count: tree.rows.count, visible: layout(session).listRows)
    }
    return true
  }

  /// Esc and q put away what lies over the list, the innermost first. q goes on to the workbench when there is nothing.
  private mutating func putAway(_ command: Command, _ session: inout Session) -> Bool {
    if rangeStart != nil {
      rangeStart = nil
    } else if pane == .preview {
      pane = .list
    } else if command == .escape && !tree.filter.isEmpty {
      keepingPlace { $0.filter = "" }
    } else {
      return command == .escape
    }
    return true
  }

  /// Acts on what is under the cursor.
  private func withPath(_ session: inout Session, _ body: (inout Session, String) -> Void) {
    guard let row, tree.entry(row) != nil else { return session.say("the cursor is on no file") }
    body(&session, tree.path(of: row))
  }

  private func askTrash(_ session: inout Session) {
    let here = row.flatMap { row in
      tree.entry(row).map { tree.path(of: row) + ($0.kind == .folder ? "/" : "") }
    }
    session.askTrash(session.marked.isEmpty ? [here].compactMap { $0 } : session.marked, from: tree.path, for: .files)
  }

  /// A name for a file in this folder; nil, and said why, where it is none.
  private func name(_ text: String, _ session: inout Session) -> String? {
    guard !text.isEmpty, text != ".", text != "..", !text.contains("/"), !text.contains("\0") else {
      session.say("'\(text)' is no name for a file: one word without '/'", .warning)
      return nil
    }
    return text
  }

  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {
    switch tag {
    case _ where tag.hasPrefix("rename "):
      if let name = name(text, &session) {
        session.effects.append(.change(.rename(path: String(tag.dropFirst("rename ".count)), name: name)))
      }
    case "new-folder":
      if let name = name(text, &session) { session.effects.append(.change(.makeFolder(joined(tree.path, name)))) }
    case _ where tag.hasPrefix("trash "): session.answeredTrash(text, to: tag)
    case "find":
      search.begin(text)
      find(isForward: true, from: cursor.index - 1, &session)
    case "filter":
      rangeStart = nil
      keepingPlace { $0.filter = text }
    case "go-to":
      let path = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
      enter(path.isEmpty ? "~" : session.absolute(path), &session)
    default: break
    }
    settle(&session)
  }

  private mutating func find(isForward: Bool, from start: Int? = nil, _ session: inout Session) {
    guard !search.text.isEmpty else { return session.say("nothing to find yet: / begins") }
    guard let index = search.next(after: start ?? cursor.index, isForward: isForward, in: tree) else {
      return session.say("no name here holds \(search.text)")
    }
    cursor.move(to: index, count: tree.rows.count, visible: layout(session).listRows)
  }

  private mutating func toggleHidden(_ session: inout Session) {
    session.settings.showsHidden.toggle()
    session.effects.append(.save(session.settings))
    let isShown = session.settings.showsHidden
    keepingPlace { $0.showsHidden = isShown }
    session.say(isShown ? "hidden files are shown" : "hidden files are not shown")
  }

  private mutating func sort(_ session: inout Session) {
    let orders = FilesTree.Order.allCases
    let next = orders[(orders.firstIndex(of: tree.order)! + 1) % orders.count]
    keepingPlace { $0.order = next }
    session.say("sorted by \(next == .name ? "name" : next == .newest ? "time, newest first" : "size, largest first")")
  }

  /// Changes the rows; the cursor stays on the path it was on, if that is still shown.
  mutating func keepingPlace(_ change: (inout FilesTree) -> Void) {
    let path = row.map(tree.path(of:))
    rangeStart = nil
    change(&tree)
    let index = path.flatMap(tree.index(of:)) ?? min(cursor.index, max(0, tree.rows.count - 1))
    cursor.move(to: index, count: tree.rows.count, visible: 1)
  }

  mutating func startTrial(_ session: inout Session) {
    guard let path = session.current else { return session.say("a preview needs a picture under the cursor") }
    if let problem = PlanModels.problem(session.draft.request, session.models) { return session.say(problem, .warning) }
    guard let size = pictureSize(of: path) else { return session.say("this picture's size is not known yet", .warning) }
    let region = session.framed ?? RegionFrame.standard(width: size.width, height: size.height)
    session.framed = region
    trial.start(path: path, region: region, &session)
  }

  /// The marked pictures, or the one under the cursor with its result.
  private func compare(_ session: inout Session) {
    let marked = session.marked.filter { !$0.hasSuffix("/") }
    if (2...ComparisonRequest.pictureLimit).contains(marked.count) {
      session.compared = marked
    } else if marked.isEmpty, let path = session.current, let offer = CompareScreen.offer(session), offer[0] == path {
      session.compared = offer
    } else {
      return session.say("mark two to four pictures to compare them")
    }
    session.go(to: .compare)
  }

  private mutating func takeSuggestion(_ session: inout Session) {
    guard let path = session.current,
      let task = PictureImpression(preview.shown?.info, of: details.picture(path)).task
    else {
      return session.say("the preview suggests no task")
    }
    let models = session.models
    session.draft.edit { PlanRow.choose(task, &$0, models) }
    session.say("task \(task); 2 shows the plan")
  }

  /// Of the upright picture.
  func pictureSize(of path: String) -> (width: Int, height: Int)? {
    if let info = preview.shown?.info { return (info.pictureWidth, info.pictureHeight) }
    return details.picture(path).map { ($0.width, $0.height) }
  }
}

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

  /// Marks of files that are gone do not come back by undo.
  mutating func forgetMarks(where isGone: (String) -> Bool) {
    pastMarks = pastMarks.map { $0.filter { !isGone($0) } }
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
    let unreadable = session.marked.count { if case .failed = details[$0] { true } else { false } }
    text += known.count + unreadable < session.marked.count ? ", over " : ", "
    text += Quantity.megapixels(known.reduce(0) { $0 + Double($1.width) * Double($1.height) })
    return unreadable > 0 ? text + ", \(unreadable) unreadable" : text
  }
}
