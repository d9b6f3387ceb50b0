import EngineWire

/// What shall be done with the pictures that are marked, and what the engine says to it before it is done.
struct PlanScreen: Screen {
  enum Pane: Hashable, Sendable { case rows, plan }

  static let commands: [Command] = [
    .run.called("run: queue the job and watch it", short: "run"),
    .trial.called("restore only the framed part and compare", short: "preview"), .undo,
    .edit.called("edit as text", short: "edit"),
    Command("reset", "everything back to automatic", "0"),
    FilesScreen.flip,
  ]

  var hints: [Command] { trial.isOpen ? Trial.hints : Self.commands }

  var cursor = ListCursor()
  /// In the pictures of the plan.
  var pictures = ListCursor()
  var pane = Pane.rows
  var question = PlanQuestion()
  var trial = Trial(screen: .plan)

  init() {}

  /// What would be queued now: the plan for the marked pictures, or else the one under the cursor, within what screen 7 allows.
  static func request(_ session: Session) -> JobRequest {
    let inputs = session.marked.isEmpty ? [session.current].compactMap { $0 } : session.marked
    var request = session.draft.request(for: inputs)
    request.memoryBytes = request.memoryBytes ?? session.settings.memoryBytes
    request.threadCount = request.threadCount ?? session.settings.threadCount
    return request
  }

  func rows(_ session: Session) -> [PlanRow] { PlanRow.rows(for: Self.request(session)) }
  func row(_ session: Session) -> PlanRow? {
    let rows = rows(session)
    return rows.isEmpty ? nil : rows[min(cursor.index, rows.count - 1)]
  }
  func layout(_ session: Session) -> PlanLayout {
    layout(session.area, session)
  }
  func layout(_ area: CanvasArea, _ session: Session) -> PlanLayout {
    PlanLayout(area, rows: rows(session).count, summary: summary(session).count, pane: pane)
  }

  mutating func refresh(_ session: inout Session) {
    trial.notice(lossIn: session)
    settle(&session)
  }

  /// Brings cursors and the engine's plan to where they belong now.
  mutating func settle(_ session: inout Session) {
    let layout = layout(session)
    cursor.move(to: cursor.index, count: rows(session).count, visible: layout.visibleRows)
    question.ask(Self.request(session), &session)
    if question.isWaiting { session.wake(in: PlanQuestion.rest) }
    if trial.isRunning { session.wake(in: 1) }
    session.plan = question.plan(for: Self.request(session))
    pictures.move(to: pictures.index, count: session.plan?.pictures.count ?? 0, visible: layout.visiblePictures)
  }

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {
    switch purpose {
    case .plan: question.receive(reply)
    case .submit: receiveSubmitted(reply, &session)
    case .trial: trial.receive(reply, body: body, &session)
    default: break
    }
    settle(&session)
  }

  private mutating func receiveSubmitted(_ reply: Reply, _ session: inout Session) {
    switch reply {
    case .submitted(let job):
      session.submitted = job
      session.marked = []
      session.settings.task = session.draft.request.task
      session.effects.append(.save(session.settings))
      session.go(to: .run)
    case .failure(let failure): session.say(failure.message, .error)
    default: session.say("the engine did not say whether it took the job; see screen 3", .warning)
    }
  }
}

/// The engine's word on a plan: asked for when the plan has rested, and only the last one counts.
struct PlanQuestion: Sendable {
  enum Outcome: Hashable, Sendable {
    case plan(JobPlan)
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
    guard known?.request == request, case .plan(let plan) = known?.outcome else { return nil }
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
    session.ask(.plan(request), for: .plan, .plan)
    asked = session.isAsking(.plan, .plan) ? request : nil
  }

  mutating func receive(_ reply: Reply) {
    guard let request = asked else { return }
    asked = nil
    switch reply {
    case .plan(let plan): known = (request, .plan(plan))
    case .failure(let failure): known = (request, .failed(failure.message))
    default: known = (request, .failed("the engine did not answer with a plan"))
    }
  }
}
