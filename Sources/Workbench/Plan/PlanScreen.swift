import EngineWire

/// What shall be done with the pictures that are marked, and what the engine says to it before it is done.
struct PlanScreen: Screen {
  enum Pane: Hashable, Sendable { case rows, plan }

  static let commands: [Command] =
    [
      .run.called("run: queue the job and watch it", short: "run"),
      .trial.called("restore only the framed part and compare", short: "preview"), .undo,
      .edit.called("edit as text", short: "edit"),
      Command("reset", "everything back to automatic", "0"), choosePreset, savePreset, TrainingForm.train,
      FilesScreen.flip, Trial.less, Trial.more, Trial.control, Trial.several, Trial.otherModel,
    ] + PlanRow.allCases.map(\.command) + PlaceRow.allCases.map(\.command)

  static let choosePreset = Command("preset", "take a named set of options", short: "preset", "P")
  static let savePreset = Command("save-preset", "keep what is chosen as a named set of options", "S")

  func hints(_ session: Session) -> [Command] {
    if training.isOpen { return TrainingForm.hints }
    if trial.isOpen { return Trial.hints }
    if Self.request(session).inputs.isEmpty {
      return [ScreenID.files.command(short: "< files")] + Self.commands.dropFirst()
    }
    return Self.commands
  }

  /// Without the rows, which stand on the screen.
  func helped(_ session: Session) -> [Command] {
    if training.isOpen { return TrainingForm.helped }
    return trial.isOpen ? Trial.helped : Self.commands.filter { !$0.keys.isEmpty && !$0.isForPreview }
  }

  var cursor = ListCursor()
  /// In the pictures of the plan.
  var pictures = ListCursor()
  var pane = Pane.rows
  var question = PlanQuestion()
  var trial = Trial(screen: .plan)
  var training = TrainingForm()

  init() {}

  /// What would be queued now: the plan for the marked pictures, or else the one under the cursor, within what screen 7 allows.
  static func request(_ session: Session) -> JobRequest {
    let inputs = session.marked.isEmpty ? [session.current].compactMap { $0 } : session.marked
    var request = session.draft.request(for: inputs)
    request.memoryBytes = request.memoryBytes ?? session.settings.memoryBytes
    request.threadCount = request.threadCount ?? session.settings.threadCount
    return request
  }

  func rows(_ session: Session) -> [PlanLine] {
    PlanLine.lines(for: Self.request(session), on: session.draft.cluster)
  }
  func row(_ session: Session) -> PlanLine? {
    let rows = rows(session)
    return rows.isEmpty ? nil : rows[min(cursor.index, rows.count - 1)]
  }
  func layout(_ session: Session) -> PlanLayout {
    layout(session.area, session)
  }
  func layout(_ area: CanvasArea, _ session: Session) -> PlanLayout {
    PlanLayout(
      area, rows: rows(session).count, summary: summary(session).count, pictures: session.plan?.pictures.count ?? 3,
      pane: pane)
  }

  mutating func refresh(_ session: inout Session) {
    if session.screen == .plan, let words = session.draft.recalled {
      session.draft.recalled = nil
      session.say("as last time: \(words); 0 sets everything back")
    }
    trial.notice(lossIn: session)
    settle(&session)
  }

  /// Brings cursors and the engine's plan to where they belong now.
  mutating func settle(_ session: inout Session) {
    let layout = layout(session)
    if let wanted = session.wantedRow.flatMap({ rows(session).firstIndex(of: .option($0)) }) {
      (pane, cursor) = (.rows, ListCursor())
      cursor.move(to: wanted, count: rows(session).count, visible: layout.visibleRows)
    }
    if session.screen == .plan { session.wantedRow = nil }
    cursor.move(to: cursor.index, count: rows(session).count, visible: layout.visibleRows)
    question.ask(Self.request(session), &session)
    if question.isWaiting { session.wake(in: PlanQuestion.rest) }
    if trial.isRunning { session.wake(in: 1) }
    session.plan = question.plan(for: Self.request(session))
    training.settle(&session)
    pictures.move(to: pictures.index, count: session.plan?.pictures.count ?? 0, visible: layout.visiblePictures)
  }

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {
    switch purpose {
    case .plan:
      question.receive(reply)
      if case .plan(let plan) = reply { session.askSpeeds(of: plan) }
    case .submit: receiveSubmitted(reply, &session)
    case .trial: trial.receive(reply, body: body, &session)
    case TrainingForm.question: training.receive(plan: reply)
    case TrainingForm.start: training.receive(start: reply, &session)
    default: break
    }
    settle(&session)
  }

  private mutating func receiveSubmitted(_ reply: Reply, _ session: inout Session) {
    switch reply {
    case .submitted(let job):
      session.submitted = job
      session.settings.task = session.draft.request.task
      session.settings.plan = session.draft.remembered
      session.effects.append(.save(session.settings))
      session.go(to: .run)
      if !session.marked.isEmpty { session.say("queued; the marks stay, U on screen 1 takes them away") }
    case .failure(let failure): session.say(failure.message, .error)
    default: session.say("the engine did not say whether it took the job; see screen 3", .warning)
    }
  }
}

extension PlanRow {
  /// Sets the row by name, from the palette and in plain mode: `task sr`, `scale 4`.
  var command: Command {
    // `right` is the way to move there, `fit` that to see all of a picture.
    Command(self == .right ? "right-view" : self == .fit ? "fit-into" : rawValue, "plan: \(title), \(help)")
  }

  /// Values that stepping leads through, each with the request that has it.
  func choices(_ request: JobRequest, _ session: Session) -> [(text: String, request: JobRequest)] {
    var choices = [(text: value(request), request: request)]
    var next = request
    for _ in 0..<40 {
      step(&next, by: 1, session)
      let text = value(next)
      guard !choices.contains(where: { $0.text == text }) else { break }
      choices.append((text, next))
    }
    return choices
  }
}

extension PlanScreen {
  /// Asks for a row's value, or offers those it can have.
  mutating func ask(for row: PlanRow, _ session: inout Session) {
    let rows = rows(session)
    guard let place = rows.firstIndex(of: .option(row)) else {
      return session.say("\(row.title) means nothing for \(session.draft.request.task)", .warning)
    }
    pane = .rows
    cursor.move(to: place, count: rows.count, visible: layout(session).visibleRows)
    if let prompt = row.prompt(session.draft.request, session) {
      session.prompt(
        row.title, tag: "row \(row.rawValue)", for: .plan, text: prompt.text, completion: prompt.completion,
        replaces: row.takesNumber)
    } else {
      let words = row.choices(session.draft.request, session).map(\.text)
      session.prompt(row.title, tag: "pick \(row.rawValue)", for: .plan, completion: .words(words))
    }
  }

  /// The same for a row about where the job runs.
  mutating func ask(for row: PlaceRow, _ session: inout Session) {
    let rows = rows(session)
    guard let place = rows.firstIndex(of: .place(row)) else {
      return session.say("\(row.title) is of a cluster: choose Slurm in row where first", .warning)
    }
    pane = .rows
    cursor.move(to: place, count: rows.count, visible: layout(session).visibleRows)
    guard let text = row.prompt(session.draft.cluster) else {
      return session.prompt(
        row.title, tag: "place \(row.rawValue)", for: .plan,
        completion: .words(["here"] + (session.hasSlurm ? ["Slurm"] : [])))
    }
    session.prompt(row.title, tag: "place \(row.rawValue)", for: .plan, text: text, replaces: true)
  }

  /// Takes what was typed into a row about where the job runs; of the first of them, the beginning of `Slurm`, or anything else for the engine's
  /// machine.
  func answer(_ text: String, _ row: PlaceRow, _ session: inout Session) {
    var order = session.draft.cluster
    if row == .place {
      let isSlurm = !text.trimmed.isEmpty && "slurm".hasPrefix(text.trimmed.lowercased())
      if isSlurm && !session.hasSlurm { return session.say(row.note(order, session), .warning) }
      order = isSlurm ? order ?? ClusterOrder() : nil
    } else if let problem = row.take(text, &order) {
      return session.say(problem, .warning)
    }
    session.draft.edit(place: order)
  }

  /// Takes one of the values of a row that is not typed otherwise; `4` will do for `x4`.
  mutating func pick(_ text: String, _ row: PlanRow, _ session: inout Session) {
    let wanted = text.trimmed.lowercased()
    let choices = row.choices(session.draft.request, session)
    let match =
      choices.first { $0.text.lowercased() == wanted } ?? choices.first { $0.text.lowercased() == "x" + wanted }
      ?? choices.first { !wanted.isEmpty && $0.text.lowercased().hasPrefix(wanted) }
    guard let match else {
      return session.say("\(row.title) is one of \(choices.map(\.text).joined(separator: ", "))", .warning)
    }
    session.draft.edit { $0 = match.request }
  }

  func plainLines(_ session: Session) -> [String] {
    if training.isOpen { return training.plainLines(session) }
    let request = Self.request(session)
    let rows = rows(session)
    var lines = rows.enumerated().map { place, row in
      let note = row.note(request, session.plan?.pictures.first, session.plan.map { PlanTotals($0) }, session)
      return "\(place + 1) \(row.title): \(row.value(request, session))" + (note.isEmpty ? "" : ", \(note)")
    }
    if let missing = missing(session) { lines.append(missing) }
    guard let plan = session.plan else { return lines }
    if let problem = plan.problem { lines.append("problem: \(problem)") }
    for picture in plan.pictures.prefix(100) {
      let name = picture.input.lastPathPart
      if let problem = picture.problem {
        lines.append("\(name): \(problem)")
      } else if picture.isSkipped {
        lines.append("\(name): skipped, \(picture.output.lastPathPart) exists")
      } else {
        let time = picture.seconds.map { ", about \(Quantity.duration($0))" } ?? ""
        let exists = picture.outputExists ? ", which exists" : ""
        lines.append(
          "\(name) to \(picture.output.lastPathPart)\(exists): \(Quantity.count(picture.tileCount, "tile")), "
            + "\(Quantity.memory(picture.estimateBytes))\(time)")
      }
    }
    if plan.pictures.count > 100 { lines.append("and \(plan.pictures.count - 100) more pictures") }
    return lines
  }

  mutating func choose(row: Int, _ session: inout Session) -> Bool {
    if training.isOpen {
      let rows = TrainingForm.Row.allCases.count
      guard (1...rows).contains(row) else { return false }
      training.cursor.move(to: row - 1, count: rows, visible: rows)
      return true
    }
    let count = rows(session).count
    guard (1...max(1, count)).contains(row) else { return false }
    pane = .rows
    cursor.move(to: row - 1, count: count, visible: layout(session).visibleRows)
    return true
  }
}

/// The plan for the next job as the person has it so far, with the way back. Its inputs are not looked at: what is marked in the
/// files screen goes in.
package struct PlanDraft: Sendable {
  package private(set) var request: JobRequest
  /// How it goes to a cluster; nil where the engine's machine computes.
  package private(set) var cluster: ClusterOrder?
  private var past: [(request: JobRequest, cluster: ClusterOrder?)] = []

  /// What was remembered and is not as by default, in the words of the rows: told once.
  var recalled: String?

  /// - Parameters:
  ///   - task: the one chosen last; nil or one that is not known becomes `denoise`.
  ///   - plan: what was chosen with it, see `Settings.plan`.
  init(task: String? = nil, plan: [String: String]? = nil) {
    let task = task.flatMap { JobOption.task.values.contains($0) ? $0 : nil } ?? "denoise"
    request = JobRequest(inputs: [], task: task)
    if task == "sr" { request.scale = 2 }
    guard var plan else { return }
    (plan["task"], plan["existing"]) = (task, nil)
    request = JobPreset(name: "last", plan).job(task: task)
    let chosen = PlanRow.allCases.filter { $0 != .task && $0.isChosen(request) }
    if !chosen.isEmpty || task != "denoise" {
      recalled = (["task \(task)"] + chosen.map { "\($0.title) \($0.value(request))" }).joined(separator: ", ")
    }
  }

  /// What is worth remembering: all that was chosen but what replaces files or is about single pictures.
  var remembered: [String: String] {
    var values = JobPreset(name: "last", request).values
    values["existing"] = nil
    return values
  }

  /// Most steps back.
  static let depth = 200

  /// Changes the plan; one step for `undo`. Nothing is noted where nothing changes.
  mutating func edit(_ change: (inout JobRequest) -> Void) {
    var edited = request
    change(&edited)
    guard edited != request else { return }
    keep()
    request = edited
  }

  /// Changes where the job runs, in one step for `undo`.
  mutating func edit(place order: ClusterOrder?) {
    guard order != cluster else { return }
    keep()
    cluster = order
  }

  /// Everything as at first, but for the task.
  mutating func reset() {
    let untouched = JobRequest(inputs: [], task: request.task)
    guard untouched != request || cluster != nil else { return }
    keep()
    (request, cluster) = (untouched, nil)
  }

  private mutating func keep() {
    past.append((request, cluster))
    if past.count > Self.depth { past.removeFirst() }
  }

  /// Takes the last change back; false where there is none.
  mutating func undo() -> Bool {
    guard let last = past.popLast() else { return false }
    (request, cluster) = last
    return true
  }

  /// The request for `inputs`.
  func request(for inputs: [String]) -> JobRequest {
    var request = request
    request.inputs = inputs
    return request
  }
}
