import EngineWire

/// What shall be done with the pictures that are marked, and what the engine says to it before it is done.
struct PlanScreen: Screen {
  enum Pane: Hashable, Sendable { case rows, plan }

  static let commands: [Command] =
    [
      .run.called("run: queue the job and watch it", short: "run"),
      .trial.called("restore only the framed part and compare", short: "preview"), .undo,
      .edit.called("edit as text", short: "edit"),
      Command("reset", "everything back to automatic", "0"),
      FilesScreen.flip,
    ] + PlanRow.allCases.map(\.command)

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
