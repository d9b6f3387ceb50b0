import EngineWire

/// How far a job is as a whole, or all jobs that are left, in words; what a single picture of it does is told apart.
struct WholeJob {
  let estimate: JobEstimate
  /// Other jobs count too.
  let isQueue: Bool
  /// What became of the pictures of a job that has ended: `4 of 5 done, 1 failed`; nil while anything is left to do.
  private let outcome: String?
  /// When `estimate` was told, by the person's clock: seconds since 1970, with their time zone. nil where that is not known.
  private let told: Double?

  /// What is left to do: of the queue where more than this job is left and its time is known, else of the job.
  init(_ job: JobInfo, _ session: Session, queue wantsQueue: Bool = false) {
    let progress = job.state == .running ? session.progress[job.id] : nil
    // What the engine told last stands still where a job has ended.
    let own = (job.isEnded ? nil : progress?.estimate ?? job.estimate) ?? Self.counted(job, progress)
    outcome = job.isEnded ? Self.outcome(job) : nil
    if wantsQueue, let queue = progress?.queue, queue.count > own.count, queue.secondsRemaining != nil {
      (estimate, isQueue) = (queue, true)
    } else {
      (estimate, isQueue) = (own, false)
    }
    told = progress?.time.map { $0 + Double(session.zoneSeconds) }
  }

  private static func outcome(_ job: JobInfo) -> String {
    func count(_ state: PictureState) -> Int { job.pictures.count { $0.state == state } }
    let rest = [(PictureState.failed, "failed"), (.skipped, "skipped"), (.cancelled, "cancelled")]
    let parts = rest.compactMap { state, word in count(state) > 0 ? "\(count(state)) \(word)" : nil }
    return (["\(count(.done)) of \(job.pictures.count) done"] + parts).joined(separator: ", ")
  }

  /// By pictures alone, for an engine that tells no more.
  private static func counted(_ job: JobInfo, _ progress: Progress?) -> JobEstimate {
    let count = job.pictures.count
    let settled = job.pictures.count { $0.state != .waiting && $0.state != .running }
    let running = progress?.fraction ?? 0
    let share = count > 0 ? min((Double(settled) + running) / Double(count), 1) : 0
    return JobEstimate(
      settled: settled, count: count, fraction: share,
      secondsRemaining: count == 1 ? progress?.secondsRemaining : nil)
  }

  /// `12/30`: the picture that is at work.
  var place: String? {
    estimate.count > 1 ? "\(min(estimate.settled + 1, estimate.count))/\(estimate.count)" : nil
  }

  var percent: String { "\(Int((estimate.fraction * 100).rounded(.down))) %" }

  /// `1:05`
  var left: String? { estimate.secondsRemaining.flatMap { $0.isFinite ? $0.clock : nil } }

  /// `23:41`, `23:41 in 2 days`: when it is over.
  var end: String? {
    guard let told, let seconds = estimate.secondsRemaining, seconds.isFinite, seconds < 31_536_000,
      (0..<1e11).contains(told)
    else { return nil }
    let minutes = Int(((told + seconds) / 60).rounded(.up))
    let days = minutes / 1440 - Int(told / 86_400)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let clock = "\(two(minutes / 60 % 24)):\(two(minutes % 60))"
    return days == 0 ? clock : clock + (days == 1 ? " tomorrow" : " in \(days) days")
  }

  /// For the header: the longest form first.
  var forms: [String] {
    let what = isQueue ? "queue" : "job"
    let places = place.map { "\($0), " } ?? ""
    let short = place.map { "\($0) " } ?? ""
    guard let left else { return ["\(what) \(places)\(percent)", "\(short)\(percent)", percent] }
    let over = end.map { ", done about \($0)" } ?? ""
    let until = end.map { ", until \($0)" } ?? ""
    return [
      "\(what) \(places)\(percent), \(left) left\(over)", "\(places)\(percent), \(left) left\(until)",
      "\(short)\(percent)  \(left) left", "\(percent)  \(left) left", "\(left) left", percent,
    ]
  }

  /// `12 of 30 done, 41 %, 1:05 left, done about 23:41`
  var text: String {
    if let outcome { return outcome }
    var parts = ["\(estimate.settled) of \(estimate.count) done", percent]
    if let left { parts.append("\(left) left") }
    if let end { parts.append("done about \(end)") }
    return parts.joined(separator: ", ")
  }
}
