import EngineWire

/// The plan for the next job as the person has it so far, with the way back. Its inputs are not looked at: what is marked in the
/// files screen goes in.
package struct PlanDraft: Sendable {
  package private(set) var request: JobRequest
  private var past: [JobRequest] = []

  /// - Parameter task: the one chosen last; nil or one that is not known becomes `denoise`.
  init(task: String? = nil) {
    request = JobRequest(inputs: [], task: task.flatMap { PlanRow.tasks.contains($0) ? $0 : nil } ?? "denoise")
    if request.task == "sr" { request.scale = 2 }
  }

  /// Most steps back.
  static let depth = 200

  var canUndo: Bool { !past.isEmpty }

  /// Changes the plan; one step for `undo`. Nothing is noted where nothing changes.
  mutating func edit(_ change: (inout JobRequest) -> Void) {
    var edited = request
    change(&edited)
    guard edited != request else { return }
    past.append(request)
    if past.count > Self.depth { past.removeFirst() }
    request = edited
  }

  /// Takes the last change back; false where there is none.
  mutating func undo() -> Bool {
    guard let last = past.popLast() else { return false }
    request = last
    return true
  }

  /// The request for `inputs`.
  func request(for inputs: [String]) -> JobRequest {
    var request = request
    request.inputs = inputs
    return request
  }
}
