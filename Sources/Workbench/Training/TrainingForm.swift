import Base
import EngineWire

/// A fine-tuning that is about to be queued: the model that goes on to learn, the marked pictures, how long, and what the engine says to it.
struct TrainingForm: Sendable {
  enum Row: String, Hashable, Sendable, CaseIterable { case model, minutes, rate, name }

  /// What the engine was asked, and what it said.
  enum Outcome: Hashable, Sendable {
    case plan(TrainingPlan)
    case failed(String)
  }

  static let train = Command("train", "fine-tune the chosen model on the marked pictures", short: "train", "t")
  /// What the footer offers while it is open.
  static let hints: [Command] = [
    .run.called("", short: "start"), .open.called("", short: "change"), .escape.called("", short: "back"),
    .showCommand.called("", short: "command"),
  ]
  /// What the help lists while it is open.
  static let helped: [Command] = [
    .run.called("start the training; screen 3 shows how it goes"), .open.called("change the row under the cursor"),
    .left.called("the value before"), .right.called("the next value"), .showCommand,
    .escape.called("put the form away"),
  ]
  /// Minutes that stepping leads through.
  static let minutes = [1.0, 2, 5, 10, 20, 30, 60, 120, 240, 480, 720, 1440]
  /// Rates that stepping leads through; nil is that of the preset.
  static let rates: [Double?] = [nil, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3]
  static let question = Purpose.other("training plan")
  static let start = Purpose.other("train")

  private(set) var isOpen = false
  private(set) var request = TrainingRequest(task: "denoise", data: [], output: "")
  var cursor = ListCursor()
  private var asked: TrainingRequest?
  private var known: (request: TrainingRequest, outcome: Outcome)?

  var row: Row { Row.allCases[min(cursor.index, Row.allCases.count - 1)] }
  /// What the engine is asked about: how long and how fast changes nothing of its answer, which takes a look at every picture.
  private var asking: TrainingRequest {
    var asking = request
    (asking.minutes, asking.rate) = (10, nil)
    return asking
  }
  /// The engine's word on what the rows say now; nil while it is asked.
  var outcome: Outcome? { known?.request == asking ? known?.outcome : nil }
  var plan: TrainingPlan? {
    guard case .plan(let plan) = outcome else { return nil }
    return plan
  }

  // MARK: Opening

  /// Opens it for what is marked, or else the picture under the cursor of screen 1.
  mutating func open(_ session: inout Session) {
    let job = PlanScreen.request(session)
    guard !job.inputs.isEmpty else {
      return session.say("no picture is marked to learn from: 1 shows the files, Space marks", .warning)
    }
    let named = job.model ?? session.plan?.pictures.first { !$0.model.isEmpty }?.model
    guard let model = named ?? Self.models(job, session).first?.name else {
      return session.say(
        PlanModels.problem(job, session.models) ?? "the plan has no model yet; choose one in its row model", .warning)
    }
    request = TrainingRequest(
      task: job.task, data: job.inputs.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 },
      output: Self.freeName(model, session))
    (request.model, request.minutes) = (model, 10)
    (request.memoryBytes, request.threadCount, request.maxPixels) = (job.memoryBytes, job.threadCount, job.maxPixels)
    (known, asked) = (nil, nil)
    cursor = ListCursor()
    cursor.move(to: Row.allCases.firstIndex(of: .minutes)!, count: Row.allCases.count, visible: Row.allCases.count)
    isOpen = true
  }

  mutating func close(_ session: inout Session) {
    isOpen = false
    session.forget(.plan, Self.question)
  }

  /// Models of the plan's task, of any scale and colours.
  private static func models(_ job: JobRequest, _ session: Session) -> [ModelInfo] {
    PlanModels.fitting(job, session.models)
  }

  /// `denoise-photo-tiny-own`, `denoise-photo-tiny-own2`, ...: no model's name yet.
  private static func freeName(_ model: String, _ session: Session) -> String {
    let taken = Set(session.models.map(\.name) + session.jobs.compactMap { $0.training?.output.lastPathPart })
    let last = model.lastPathPart
    let base = (last.hasSuffix(".safetensors") ? String(last.dropLast(".safetensors".count)) : last) + "-own"
    let names = [base] + (2...999).map { base + "\($0)" }
    return names.first { !taken.contains($0) && !taken.contains($0 + ".safetensors") } ?? base
  }

  // MARK: The engine's word

  /// Asks the engine where it has not been asked yet.
  mutating func settle(_ session: inout Session) {
    guard isOpen else { return }
    if asked != nil && !session.isAsking(.plan, Self.question) { asked = nil }
    let asking = asking
    guard known?.request != asking, asked != asking else { return }
    session.ask(.planTraining(asking), for: .plan, Self.question)
    asked = session.isAsking(.plan, Self.question) ? asking : nil
  }

  mutating func receive(plan reply: Reply) {
    guard let request = asked else { return }
    asked = nil
    switch reply {
    case .trainingPlan(let plan): known = (request, .plan(plan))
    case .failure(let failure): known = (request, .failed(failure.message))
    default: known = (request, .failed("the engine did not answer with a plan"))
    }
  }

  /// The row in which a problem can be settled.
  static func row(of problem: TrainingPlan.Problem) -> Row? {
    switch problem.option {
    case "from", "init", "variant", "task": .model
    case "output": .name
    case "minutes", "steps": .minutes
    case "rate": .rate
    default: nil
    }
  }

  private mutating func show(_ problem: TrainingPlan.Problem) {
    guard let row = Self.row(of: problem) else { return }
    cursor.move(to: Row.allCases.firstIndex(of: row)!, count: Row.allCases.count, visible: Row.allCases.count)
  }

  /// What is wrong, with the row and the key that settle it.
  static func advice(_ problem: TrainingPlan.Problem) -> String {
    let way =
      switch row(of: problem) {
      case .model: "row model, Enter: take another"
      case .name: "row name, Enter: give another"
      case .minutes: "row minutes, Enter"
      case .rate: "row rate, Enter"
      case nil where problem.option == "memory": "screen 7, row memory: allow more"
      case nil: "Esc, then 1: mark other pictures"
      }
    return "\(problem.message) (\(way))"
  }

  // MARK: Keys

  /// False for what means nothing here.
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case .escape, .back: close(&session)
    case .run: submit(&session)
    case .left: step(-1, session)
    case .right: step(1, session)
    case .open: ask(&session)
    case .showCommand:
      var shown = plan?.request ?? request
      (shown.minutes, shown.rate) = (request.minutes, request.rate)
      session.show(command: shown.commandLine)
    default: return cursor.perform(command, count: Row.allCases.count, visible: Row.allCases.count)
    }
    return true
  }

  private mutating func submit(_ session: inout Session) {
    guard session.isConnected else { return session.say("there is no engine to train it", .warning) }
    switch outcome {
    case nil: return session.say("the engine is still looking at the pictures")
    case .failed(let reason): return session.say(reason, .error)
    case .plan(let plan):
      if let problem = plan.problem {
        show(problem)
        return session.say(Self.advice(problem), .error)
      }
    }
    guard !session.isAsking(.plan, Self.start) else { return }
    session.ask(.train(request), for: .plan, Self.start)
  }

  mutating func receive(start reply: Reply, _ session: inout Session) {
    switch reply {
    case .submitted(let job):
      session.submitted = job
      session.trainings.insert(job)
      session.marked = []
      close(&session)
      session.go(to: .run)
    case .failure(let failure):
      known = nil
      session.say(failure.message, .error)
    default: session.say("the engine did not say whether it took the training; see screen 3", .warning)
    }
  }

  private mutating func step(_ step: Int, _ session: Session) {
    func next<Value: Equatable>(_ values: [Value], _ value: Value) -> Value {
      guard !values.isEmpty else { return value }
      guard let place = values.firstIndex(of: value) else { return step > 0 ? values[0] : values[values.count - 1] }
      return values[((place + step) % values.count + values.count) % values.count]
    }
    switch row {
    case .model:
      let names = Self.models(PlanScreen.request(session), session).map(\.name)
      take(model: next(names, request.model ?? ""), session)
    case .minutes:
      let now = request.minutes ?? 10
      let found = step > 0 ? Self.minutes.first { $0 > now } : Self.minutes.last { $0 < now }
      request.minutes = found ?? now
    case .rate: request.rate = next(Self.rates, request.rate)
    case .name: break
    }
  }

  private mutating func take(model: String, _ session: Session) {
    guard model != request.model else { return }
    // A name that was not chosen follows the model.
    if request.output == Self.freeName(request.model ?? "", session) {
      request.output = Self.freeName(model, session)
    }
    request.model = model
  }

  private func ask(_ session: inout Session) {
    let names = Self.models(PlanScreen.request(session), session).map(\.name)
    switch row {
    case .model:
      session.prompt(
        "model that goes on to learn", tag: "training model", for: .plan, text: request.model ?? "",
        completion: .words(names))
    case .minutes: session.prompt("minutes of training", tag: "training minutes", for: .plan, text: value(.minutes))
    case .rate:
      session.prompt(
        "highest learning rate, such as 1e-4", tag: "training rate", for: .plan,
        text: request.rate.map { "\($0)" } ?? "auto", completion: .words(["auto"]))
    case .name:
      session.prompt("name of the model that comes of it", tag: "training name", for: .plan, text: request.output)
    }
  }

  /// Takes the text of a prompt.
  mutating func answered(_ text: String, to row: Row, _ session: inout Session) {
    let typed = text.trimmed
    switch row {
    case .model: if !typed.isEmpty { take(model: typed, session) }
    case .minutes:
      guard let minutes = Double(typed), (0.1...100_000).contains(minutes) else {
        return session.say("minutes are a number, 0.1 to 100000", .warning)
      }
      request.minutes = minutes
    case .rate:
      guard typed.isEmpty || typed == "auto" || Double(typed).map((1e-7...0.1).contains) == true else {
        return session.say("a rate is a number, 1e-7 to 0.1, or auto", .warning)
      }
      request.rate = Double(typed)
    case .name:
      guard !typed.isEmpty else { return session.say("a model needs a name", .warning) }
      request.output = typed
    }
  }

  // MARK: Words

  func value(_ row: Row) -> String {
    switch row {
    case .model: request.model ?? ""
    case .minutes: request.minutes.map(Quantity.short) ?? ""
    case .rate: request.rate.map { "\($0)" } ?? "automatic"
    case .name: request.output
    }
  }

  func note(_ row: Row, _ session: Session) -> String {
    switch row {
    case .model: session.models.first { $0.name == request.model }.map { PlanModels.text($0, isNamed: false) } ?? ""
    case .minutes: "of learning; reading and measuring take some more"
    case .rate: request.rate == nil ? "the one that the task was trained with" : "lower changes the model less"
    case .name: plan.map { $0.request.output } ?? ""
    }
  }

  /// What it will do and how long, or why it cannot.
  func summary(_ session: Session) -> [(text: String, role: Look.Role)] {
    switch outcome {
    case nil: return [(session.isConnected ? "the engine looks at the pictures" : "no engine", .faint)]
    case .failed(let reason): return [(reason, .error)]
    case .plan(let plan):
      if let problem = plan.problem { return [(Self.advice(problem), .error)] }
      let what = plan.request.arePairs == true ? "pair" : "picture"
      var lines: [(text: String, role: Look.Role)] = [
        (
          "\(lastComponent(request.model ?? "")) learns \(value(.minutes)) min from \(Quantity.count(plan.training, what)); "
            + "\(plan.heldOut) held out to measure", .title
        )
      ]
      if !plan.title.isEmpty {
        let how = plan.request.arePairs == true ? "as the pairs have it" : "the pictures are damaged for it"
        lines.append(("\(plan.title): \(how)", .text))
      }
      lines.append(
        (
          "memory \(Quantity.memory(plan.estimateBytes)) of \(Quantity.memory(plan.budgetBytes)); "
            + "pictures that are queued meanwhile come first", .text
        ))
      lines.append(("written to \(plan.request.output), and used at once", .text))
      if plan.refusedCount > 0, let first = plan.refused.first {
        let more = plan.refusedCount > 1 ? " and \(plan.refusedCount - 1) more" : ""
        lines.append(("passed over: \(first)\(more)", .warning))
      }
      if (request.minutes ?? 0) < 5 {
        lines.append(("a model gets worse before it gets better: give it ten minutes, or a lower rate", .faint))
      }
      return lines
    }
  }
}

extension TrainingForm {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let inner = area.inset(columns: area.columns > 30 ? 2 : 0)
    let top = area.rows >= 10 ? 2 : area.rows >= 7 ? 1 : 0
    if top > 0 {
      let count = Quantity.count(request.data.count, "path")
      canvas.write("Train: \(request.task), \(count) marked", in: inner, look[.title])
    }
    for (place, row) in Row.allCases.enumerated() where top + place < area.rows {
      let line = area.dropTop(top + place).top(1)
      let isCursor = row == self.row
      if isCursor { canvas.fill(line, look[.cursor]) }
      func style(_ role: Look.Role) -> Style {
        isCursor ? (role == .cursor ? look[.cursor] : look[role, on: .cursor]) : look[role]
      }
      let text = line.inset(columns: area.columns > 30 ? 2 : 0)
      canvas.write(row.rawValue, in: text.left(9), style(.faint))
      let used = canvas.write(value(row), in: text.dropLeft(10), style(.title))
      let room = text.dropLeft(10 + max(26, used + 2))
      if room.columns >= 8 {
        canvas.write(note(row, session), in: room, style(.faint), cut: row == .name ? .start : .end)
      }
    }
    let below = area.dropTop(top + Row.allCases.count + (area.rows >= 10 ? 1 : 0))
    canvas.fill(below, look[.panel])
    var rest = below.inset(columns: area.columns > 30 ? 2 : 0)
    for (text, role) in summary(session) {
      for line in text.wrapped(columns: max(1, rest.columns)) where !rest.isEmpty {
        canvas.write(line, in: rest, look[role, on: .panel])
        rest = rest.dropTop(1)
      }
    }
    if rest.rows >= 2, plan?.problem == nil, plan != nil {
      canvas.write("r starts it; screen 3 shows how it goes", in: rest.dropTop(1), look[.accent, on: .panel])
    }
  }

  func plainLines(_ session: Session) -> [String] {
    Row.allCases.enumerated().map { place, row in
      let note = note(row, session)
      return "\(place + 1) \(row.rawValue): \(value(row))" + (note.isEmpty ? "" : ", \(note)")
    } + summary(session).map(\.text) + ["here: \(row.rawValue); run starts it, back leaves it"]
  }
}
