import EngineWire

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
