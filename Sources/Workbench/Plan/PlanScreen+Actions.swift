import Base
import EngineWire

extension PlanScreen {
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    if training.isOpen {
      // Rows and pictures of the plan behind it are out of reach.
      let isDone = training.perform(command, &session)
      settle(&session)
      return isDone
    }
    let isDone =
      trial.isOpen && trial.perform(command, in: session.area, &session) || performHere(command, &session)
    settle(&session)
    return isDone
  }

  private mutating func performHere(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case .run: submit(&session)
    case .trial: startTrial(&session)
    case TrainingForm.train: training.open(&session)
    case .undo:
      if !session.draft.undo() { session.say("nothing to undo") }
    case .edit:
      session.prompt("plan", tag: "edit", for: .plan, text: ShellLine.text(session.draft.request.optionWords))
    case Command("reset", ""):
      session.draft.reset()
      session.say("everything is automatic again; u brings it back")
    case Self.choosePreset:
      guard !session.presets.isEmpty else { return sayNoPreset(&session) }
      session.prompt("preset", tag: "preset", for: .plan, completion: .words(session.presets.map(\.name)))
    case Self.savePreset: session.prompt("save as preset", tag: "save-preset", for: .plan)
    case .nextPane, .previousPane: pane = pane == .rows ? .plan : .rows
    case .escape where pane == .plan: pane = .rows
    case .showCommand where session.plan == nil: session.say(missing(session) ?? "the engine is still working it out")
    case .showCommand where session.draft.cluster != nil:
      if let order = session.draft.cluster { session.show(command: order.commandLine(Self.request(session))) }
    case let command where PlaceRow.allCases.contains { $0.command == command }:
      if let row = PlaceRow.allCases.first(where: { $0.command == command }) { ask(for: row, &session) }
    case let command where PlanRow.allCases.contains { $0.command == command }:
      if let row = PlanRow.allCases.first(where: { $0.command == command }) { ask(for: row, &session) }
    default: return pane == .rows ? performInRows(command, &session) : performInPlan(command, &session)
    }
    return true
  }

  private mutating func performInRows(_ command: Command, _ session: inout Session) -> Bool {
    let rows = rows(session)
    switch command {
    case .left, .right: step(command == .right ? 1 : -1, &session)
    case .open:
      switch row(session) {
      case .place(let row) where row != .place: ask(for: row, &session)
      case .option(let row):
        guard let prompt = row.prompt(session.draft.request, session) else {
          step(1, &session)
          return true
        }
        session.prompt(
          row.title, tag: "row " + row.rawValue, for: .plan, text: prompt.text, completion: prompt.completion,
          replaces: row.takesNumber)
      case .place: step(1, &session)
      case nil: break
      }
    default: return cursor.perform(command, count: rows.count, visible: layout(session).visibleRows)
    }
    return true
  }

  private mutating func performInPlan(_ command: Command, _ session: inout Session) -> Bool {
    let count = session.plan?.pictures.count ?? 0
    guard command != .open else {
      showPicture(&session)
      return true
    }
    return pictures.perform(command, count: count, visible: layout(session).visiblePictures)
  }

  /// Everything about one picture of the plan, in lines to read.
  private func showPicture(_ session: inout Session) {
    guard let plan = session.plan, plan.pictures.indices.contains(pictures.index) else { return }
    let picture = plan.pictures[pictures.index]
    let lines = PlanReport.lines(picture).joined(separator: "\n")
    session.overlay = .report(Report(title: lastComponent(picture.input), text: lines))
  }

  private mutating func step(_ step: Int, _ session: inout Session) {
    guard let line = row(session) else { return }
    let copy = session
    guard case .option(let row) = line else {
      guard case .place(let row) = line else { return }
      var order = session.draft.cluster
      if let reason = row.step(&order, by: step, copy) { return session.say(reason) }
      return session.draft.edit(place: order)
    }
    session.draft.edit { row.step(&$0, by: step, copy) }
    if row == .task { cursor.move(to: 0, count: rows(session).count, visible: layout(session).visibleRows) }
  }

  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {
    if tag == "edit" {
      switch PlanText.read(text, session) {
      case .success(let request): session.draft.edit { $0 = request }
      case .failure(let problem): session.say(problem.text, .warning)
      }
    } else if tag.hasPrefix("training "),
      let row = TrainingForm.Row(rawValue: String(tag.dropFirst("training ".count)))
    {
      training.answered(text, to: row, &session)
    } else if tag == "preset" {
      choosePreset(text.trimmed, &session)
    } else if tag == "save-preset" {
      savePreset(text.trimmed, mayReplace: false, &session)
    } else if tag.hasPrefix("replace-preset ") {
      if text == "r" { savePreset(String(tag.dropFirst("replace-preset ".count)), mayReplace: true, &session) }
    } else if tag.hasPrefix("place "), let row = PlaceRow(rawValue: String(tag.dropFirst("place ".count))) {
      answer(text, row, &session)
    } else if tag.hasPrefix("pick "), let row = PlanRow(rawValue: String(tag.dropFirst("pick ".count))) {
      pick(text, row, &session)
    } else if let row = PlanRow(rawValue: String(tag.dropFirst("row ".count))) {
      var request = session.draft.request
      if let problem = row.take(text, &request, session) {
        session.say(problem, .warning)
      } else {
        session.draft.edit { $0 = request }
      }
    }
    settle(&session)
  }

  private func sayNoPreset(_ session: inout Session) -> Bool {
    session.say("there are no presets; S keeps what is chosen as one", .warning)
    return true
  }

  private func choosePreset(_ name: String, _ session: inout Session) {
    guard let preset = session.presets.first(where: { $0.name == name }) else {
      return session.say("the presets are \(session.presets.map(\.name).joined(separator: ", "))", .warning)
    }
    let task = session.draft.request.task
    session.draft.edit {
      $0 = preset.job(task: task)
      if $0.task == "sr" { $0.scale = $0.scale ?? 2 }
    }
    session.say(preset.about.isEmpty ? "preset \(name); u brings back what was" : preset.about)
  }

  private func savePreset(_ name: String, mayReplace: Bool, _ session: inout Session) {
    guard JobPreset.isName(name) else {
      return session.say(
        "a preset's name has letters, digits, '.', '_' and '-', and begins with a letter or digit", .warning)
    }
    if session.presets.contains(where: { $0.name == name }) && !mayReplace {
      return session.confirm(
        "There is a preset \(name).", tag: "replace-preset \(name)", for: .plan,
        choices: [("r", "replace it"), ("k", "keep it")])
    }
    let preset = JobPreset(name: name, session.draft.request)
    session.presets = (session.presets.filter { $0.name != name } + [preset]).sorted { $0.name < $1.name }
    session.effects.append(.savePreset(preset))
    session.say("kept as preset \(name)")
  }

  /// A click chooses a row, one on the chosen row changes it; the wheel scrolls what it is over.
  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    guard !training.isOpen else { return }
    guard !trial.isOpen else { return trial.mouse(event, in: area, &session) }
    let layout = layout(area, session)
    let isOverPlan = layout.plan.contains(column: event.column, row: event.row)
    let count = isOverPlan ? session.plan?.pictures.count ?? 0 : rows(session).count
    let visible = isOverPlan ? layout.visiblePictures : layout.visibleRows
    switch event.action {
    case .scrollUp, .scrollDown:
      let step = event.action == .scrollUp ? -3 : 3
      if isOverPlan {
        pictures.scroll(by: step, count: count, visible: visible)
      } else {
        cursor.scroll(by: step, count: count, visible: visible)
      }
    case .press where isOverPlan:
      pane = .plan
      let row = event.row - layout.plan.row - layout.summaryRows
      guard row >= 0 else { break }
      pictures.move(to: pictures.firstRow(count: count, visible: visible) + row, count: count, visible: visible)
    case .press where layout.rows.contains(column: event.column, row: event.row):
      pane = .rows
      let row = cursor.firstRow(count: count, visible: visible) + event.row - layout.rows.row
      guard row < count else { break }
      if row == cursor.index {
        _ = performInRows(.open, &session)
      } else {
        cursor.move(to: row, count: count, visible: visible)
      }
    case .press, .drag, .release: break
    }
    settle(&session)
  }

  /// What keeps the plan from being run, whatever the engine says; nil where nothing does.
  func missing(_ session: Session) -> String? {
    if !session.isConnected { return "there is no engine to run it" }
    if Self.request(session).inputs.isEmpty { return "no picture is marked: 1 shows the files, Space marks" }
    if session.draft.cluster != nil && !session.hasSlurm {
      return "there is no Slurm on the engine's machine: row where takes that machine itself"
    }
    return PlanModels.problem(Self.request(session), session.models)
  }

  private mutating func submit(_ session: inout Session) {
    if let missing = missing(session) { return session.say(missing, .warning) }
    if let (problem, isClash) = problem(session) {
      if isClash, let place = rows(session).firstIndex(of: .option(.existing)) {
        pane = .rows
        cursor.move(to: place, count: rows(session).count, visible: layout(session).visibleRows)
      }
      return session.say(problem, .error)
    }
    guard !session.isAsking(.plan, .submit) else { return }
    if let plan = session.plan, !plan.pictures.isEmpty {
      if let problem = plan.pictures[0].problem, plan.pictures.allSatisfy({ $0.problem != nil }) {
        return session.say(problem, .error)
      }
      if plan.pictures.allSatisfy(\.isSkipped) {
        return session.say("all results are there already, and the plan says skip", .warning)
      }
    }
    guard let order = session.draft.cluster else {
      return session.ask(.submit(Self.request(session)), for: .plan, .submit)
    }
    session.ask(.submitToCluster(Self.request(session), order), for: .plan, .submit)
    session.say("planning its shards and submitting them")
  }

  private mutating func startTrial(_ session: inout Session) {
    guard let path = session.current else {
      return session.say("a preview needs a picture under the cursor of screen 1")
    }
    if let problem = PlanModels.problem(Self.request(session), session.models) { return session.say(problem, .warning) }
    let planned = session.plan?.pictures.first { $0.input == path && $0.width > 0 }
    guard let region = session.framed ?? planned.map({ RegionFrame.standard(width: $0.width, height: $0.height) })
    else {
      return session.say("frame a part of the picture first: screen 1, Tab, hjkl")
    }
    trial.start(path: path, region: region, &session)
  }
}

/// The engine's word on a plan: asked for when the plan has rested, and only the last one counts.
struct PlanQuestion: Sendable {
  enum Outcome: Hashable, Sendable {
    case plan(JobPlan, PlanTotals)
    case failed(String)
  }

  /// Edits within this time of each other are one.
  static let quick = 0.25
  /// How long a plan that is being edited must rest, in seconds.
  static let rest = 0.12

  private(set) var wanted: JobRequest?
  private var asked: JobRequest?
  private var known: (request: JobRequest, outcome: Outcome)?
  private var since = -Double.infinity
  private var isQuick = false

  /// What was said last, to whatever plan.
  var last: Outcome? { known?.outcome }
  /// `last` is the word on what is wanted.
  var isCurrent: Bool { wanted != nil && known?.request == wanted }
  var isWaiting: Bool { wanted != nil && !isCurrent && asked != wanted }

  func plan(for request: JobRequest) -> JobPlan? {
    guard known?.request == request, case .plan(let plan, _) = known?.outcome else { return nil }
    return plan
  }

  mutating func ask(_ request: JobRequest, _ session: inout Session) {
    guard !request.inputs.isEmpty else {
      (wanted, asked, known) = (nil, nil, nil)
      return session.forget(.plan, .plan)
    }
    if request != wanted {
      isQuick = session.time - since < Self.quick
      wanted = request
      since = session.time
    }
    if asked != nil && !session.isAsking(.plan, .plan) { asked = nil }
    guard !isCurrent, asked != request else { return }
    guard !isQuick || session.time - since > Self.rest - 0.05 else { return }
    session.planning = nil
    session.ask(.plan(request, tellsProgress: true), for: .plan, .plan)
    asked = session.isAsking(.plan, .plan) ? request : nil
  }

  mutating func receive(_ reply: Reply) {
    guard let request = asked else { return }
    asked = nil
    switch reply {
    case .plan(let plan): known = (request, .plan(plan, PlanTotals(plan)))
    case .failure(let failure): known = (request, .failed(failure.message))
    default: known = (request, .failed("the engine did not answer with a plan"))
    }
  }
}
