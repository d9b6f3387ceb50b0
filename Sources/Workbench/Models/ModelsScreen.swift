import EngineWire

/// The installed models: a list, and everything that is known about the chosen one.
struct ModelsScreen: Screen {
  enum Pane: Hashable, Sendable { case list, details }

  static let reload = Command("reload", "look for models again", short: "reload", "R")
  static let use = Command("use-model", "plan with a model by its name")
  static let copyPath = Command("copy-path", "copy the path of the model's file", "c")

  static let commands: [Command] = [
    .open.called("use this model in the plan", short: "use in the plan"),
    .nextPane.called("list or details", short: "list or details"), .find, .nextMatch, .previousMatch, reload,
    copyPath, use,
  ]

  var cursor = ListCursor()
  var pane = Pane.list
  /// First line of the details that is shown.
  var scroll = 0
  var search = ""

  func model(_ session: Session) -> ModelInfo? {
    session.models.indices.contains(cursor.index) ? session.models[cursor.index] : nil
  }

  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case .open: use(&session)
    case .nextPane, .previousPane: pane = pane == .list ? .details : .list
    case .back where pane == .details && layout(session).isFolded: pane = .list
    case Self.reload:
      session.ask(.listModels, for: .models, .models)
      session.say(session.isConnected ? "looking for models" : "no engine to ask")
    case Self.copyPath:
      guard let model = model(session) else { return true }
      session.effects.append(.copy(model.path))
      session.say("copied \(model.path)")
    case .find: session.prompt("find a model", tag: "find", for: .models, text: search)
    case .nextMatch: step(1, &session)
    case .previousMatch: step(-1, &session)
    case Self.use:
      session.prompt("model", tag: "use", for: .models, completion: .words(session.models.map(\.name)))
    case .left where pane == .details: pane = .list
    case .right where pane == .list: pane = .details
    default: return move(command, session)
    }
    return true
  }

  private mutating func move(_ command: Command, _ session: Session) -> Bool {
    let layout = layout(session)
    guard pane == .details else {
      let before = cursor.index
      let isDone = cursor.perform(command, count: session.models.count, visible: layout.listRows)
      if cursor.index != before { scroll = 0 }
      return isDone
    }
    let count = model(session).map { ModelDetails.lines(of: $0, columns: layout.detailColumns).count } ?? 0
    let last = max(0, count - layout.detailRows)
    let page = max(1, layout.detailRows - 1)
    let steps: [Command: Int] = [
      .up: -1, .down: 1, .pageUp: -page, .pageDown: page, .halfPageUp: -max(1, page / 2),
      .halfPageDown: max(1, page / 2),
      .top: -last, .bottom: last,
    ]
    guard let step = steps[command] else { return false }
    scroll = min(max(0, min(scroll, last) + step), last)
    return true
  }

  /// Goes to the plan with this model and its task.
  private mutating func use(_ session: inout Session) {
    guard let model = model(session) else { return }
    session.draft.edit {
      $0.task = model.task
      $0.model = model.name
      $0.variant = nil
      $0.scale = model.scale > 1 ? model.scale : nil
    }
    session.go(to: .plan)
    session.say("the plan uses \(model.name); u takes it back")
  }

  private mutating func step(_ direction: Int, _ session: inout Session) {
    guard !search.isEmpty else { return session.say("nothing was looked for yet: /") }
    let count = session.models.count
    for offset in 1...max(1, count) {
      let place = ((cursor.index + direction * offset) % max(1, count) + count) % max(1, count)
      guard session.models.indices.contains(place), matches(session.models[place]) else { continue }
      cursor.move(to: place, count: count, visible: layout(session).listRows)
      scroll = 0
      return
    }
    session.say("no model with '\(search)'")
  }

  private func matches(_ model: ModelInfo) -> Bool {
    "\(model.name) \(model.summary) \(model.origin)".lowercased().contains(search.lowercased())
  }

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {
    switch reply {
    case .models(let models):
      session.models = models
      session.say(Quantity.count(models.count, "model"))
      refresh(&session)
    case .failure(let failure): session.say(failure.message, .error)
    default: break
    }
  }

  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {
    if tag == "use" {
      guard let place = session.models.firstIndex(where: { $0.name == text.trimmed }) else {
        return session.say("there is no model \(text.trimmed)", .warning)
      }
      cursor.move(to: place, count: session.models.count, visible: layout(session).listRows)
      return use(&session)
    }
    guard tag == "find" else { return }
    search = text.trimmed
    if let model = model(session), matches(model) { return }
    step(1, &session)
  }

  mutating func edited(_ text: String?, of tag: String, _ session: inout Session) {
    guard let text, !text.isEmpty else { return }
    let (past, query) = (search, text.trimmed)
    search = query
    if let model = model(session), !matches(model) { step(1, &session) }
    search = past
    session.notice = nil
  }

  mutating func refresh(_ session: inout Session) {
    cursor.move(to: cursor.index, count: session.models.count, visible: layout(session).listRows)
  }

  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    let layout = ModelsLayout(area, count: session.models.count, pane: pane)
    let isInList = layout.list.contains(column: event.column, row: event.row)
    if event.action == .press { pane = isInList ? .list : .details }
    switch event.action {
    case .scrollUp, .scrollDown:
      let isDown = event.action == .scrollDown
      if isInList {
        cursor.scroll(by: isDown ? 3 : -3, count: session.models.count, visible: layout.listRows)
      } else {
        let old = pane
        pane = .details
        for _ in 0..<3 { _ = move(isDown ? .down : .up, session) }
        pane = old
      }
    case .press where isInList:
      let first = cursor.firstRow(count: session.models.count, visible: layout.listRows)
      let row = first + event.row - layout.rows.row
      guard event.row >= layout.rows.row, session.models.indices.contains(row) else { return }
      cursor.move(to: row, count: session.models.count, visible: layout.listRows)
      scroll = 0
    default: break
    }
  }

  func layout(_ session: Session) -> ModelsLayout {
    ModelsLayout(session.area, count: session.models.count, pane: pane)
  }
}

/// Where list and details stand: side by side where it is wide, one above the other where it is high enough, else one at a time.
struct ModelsLayout: Hashable, Sendable {
  let list: CanvasArea
  let details: CanvasArea
  let isFolded: Bool

  init(_ area: CanvasArea, count: Int, pane: ModelsScreen.Pane) {
    if area.columns >= 110 {
      list = area.left(min(96, area.columns * 9 / 20))
      details = area.dropLeft(list.columns)
      isFolded = false
    } else if area.rows >= 18, area.columns >= 50 {
      list = area.top(min(count + 3, area.rows * 2 / 5))
      details = area.dropTop(list.rows)
      isFolded = false
    } else {
      list = pane == .list ? area : area.top(0)
      details = pane == .details ? area : area.top(0)
      isFolded = true
    }
  }

  /// Title and column heads.
  private var heads: Int { list.rows >= 5 ? 2 : list.rows >= 3 ? 1 : 0 }
  var rows: CanvasArea { list.dropTop(heads) }
  var hasHeads: Bool { heads == 2 }
  var listRows: Int { max(1, rows.rows) }
  /// The title stands above the text.
  private var detailHeads: Int { details.rows >= 3 ? 1 : 0 }
  /// No wider than one likes to read.
  var detailText: CanvasArea { details.dropTop(detailHeads).inset(columns: details.columns > 20 ? 2 : 0).left(92) }
  var detailRows: Int { max(1, detailText.rows) }
  var detailColumns: Int { max(1, detailText.columns) }
}
