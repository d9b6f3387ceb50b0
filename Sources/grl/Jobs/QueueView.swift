import Base
import EngineWire

/// The queue as the engine tells it, event by event.
struct QueueView {
  private(set) var jobs: [JobInfo] = []
  /// The last word on the running picture of each job.
  private(set) var progress: [String: Progress] = [:]
  /// The queue has been told once.
  private(set) var isKnown = false

  mutating func take(_ event: EngineEvent) {
    switch event {
    case .jobs(let jobs): (self.jobs, isKnown) = (jobs, true)
    case .job(let id, let state, let reason):
      guard let place = jobs.firstIndex(where: { $0.id == id }) else { return }
      (jobs[place].state, jobs[place].reason) = (state, reason)
    case .picture(let id, let number, let picture):
      guard let place = jobs.firstIndex(where: { $0.id == id }), jobs[place].pictures.indices.contains(number) else {
        return
      }
      jobs[place].pictures[number] = picture
    case .cluster(let id, let told, let estimate):
      guard let place = jobs.firstIndex(where: { $0.id == id }) else { return }
      (jobs[place].cluster, jobs[place].estimate) = (told, estimate)
    case .progress(let told): progress[told.job] = told
    case .tile, .planning, .analysing, .log: break
    }
  }

  /// How far a job is as a whole.
  func estimate(_ job: JobInfo) -> JobEstimate {
    if job.state == .running, let told = progress[job.id]?.estimate { return told }
    let count = job.pictures.count
    let settled = job.pictures.count { $0.state != .waiting && $0.state != .running }
    let counted = JobEstimate(
      settled: settled, count: count, fraction: count > 0 ? Double(settled) / Double(count) : 0, secondsRemaining: nil)
    // What the list said is older than what became of pictures since.
    guard let estimate = job.estimate, estimate.settled >= settled else { return counted }
    return estimate
  }

  /// The picture of a job that is restored now, and how far it is.
  func current(_ job: JobInfo) -> (picture: PictureProgress, fraction: Double)? {
    guard job.state == .running, let told = progress[job.id], job.pictures.indices.contains(told.picture) else {
      return nil
    }
    let picture = job.pictures[told.picture]
    guard picture.state == .running else { return nil }
    let share = told.tileCount > 0 ? (Double(told.tilesDone) + told.tileFraction) / Double(told.tileCount) : 0
    return (picture, min(max(share, 0), 1))
  }
}

extension JobInfo {
  var isEnded: Bool { [.done, .failed, .cancelled].contains(state) }

  /// `denoise`, `train denoise`
  var title: String { (training == nil ? "" : "train ") + request.task }
}
