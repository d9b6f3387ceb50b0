import ArgumentParser
import Base
import EngineCore
import EngineWire
import Foundation
import JobStore

/// Jobs that are waited for: those that are named, or all that have not ended.
private struct WatchedJobs {
  let ids: [String]

  /// - Throws: where a job does not exist, or nobody works on it and nobody will.
  init(_ named: [String]) throws {
    let store = Jobs.store
    let snapshots = named.isEmpty ? store.list().jobs : try named.map { (id) in try store.snapshot(id) }
    let left = snapshots.filter { !$0.record.isEnded }
    for job in left where job.holder == nil && job.record.job.owner == .restore {
      guard !named.isEmpty else { continue }
      let id = job.record.job.id
      throw Failure(
        .usage, "job \(id) was interrupted and nobody works on it; 'grl jobs resume \(id)' goes on", code: "job-state")
    }
    let isWorked = { (job: JobStore.Snapshot) in job.holder != nil || job.record.job.owner == .engine }
    ids = (named.isEmpty ? left.filter(isWorked) : snapshots).map(\.record.job.id)
  }

  /// The worst of how jobs ended: 0 where all are done.
  static func status(_ jobs: [JobInfo]) -> ExitStatus { jobs.allSatisfy { $0.state == .done } ? .done : .someFailed }

  /// How a job ended or is, in one line.
  static func line(_ job: JobInfo) -> String {
    let done = job.pictures.count { [.done, .skipped].contains($0.state) }
    let failed = job.pictures.count { $0.state == .failed }
    let what = job.training == nil ? "\(done) of \(job.pictures.count) pictures" : job.pictures.first?.output ?? ""
    let reason = job.reason ?? job.pictures.lazy.compactMap(\.reason).first
    return "\(job.id): \(job.title) \(job.state.rawValue), \(what)" + (failed > 0 ? ", \(failed) failed" : "")
      + (job.state == .done ? "" : reason.map { ": \($0)" } ?? "")
  }
}

struct JobsWait: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until jobs have ended.",
    discussion: """
      Without IDs: until all jobs have that somebody works on. Exit status 0: all are done; 1: something failed or was cancelled, \
      or the time has passed. A job that is paused has not ended.

      EXAMPLES
        grl jobs wait && echo all done
        grl jobs wait --timeout 600 20261122-215219-k3f9
      """)

  @Argument(help: "IDs of the jobs.", completion: .jobs) var id: [String] = []
  @Option(
    help: "Give up after so many seconds.",
    transform: reading("seconds, 0 to 10000000") { Double($0).flatMap { (0...1e7).contains($0) ? $0 : nil } })
  var timeout: Double?
  @OptionGroup var common: CommonOptions

  func run() throws {
    let wanted = try WatchedJobs(id)
    let console = common.console()
    guard !wanted.ids.isEmpty else { return console.note("no job is left to wait for") }
    var queue = QueueView()
    var ended: [JobInfo] = []
    let isOver = try RunningEngine.follow(until: timeout.map { clockSeconds() + $0 } ?? .infinity) { event in
      guard let event else { return false }
      queue.take(event)
      guard queue.isKnown else { return false }
      ended = try queue.ended(wanted.ids)
      return ended.count == wanted.ids.count
    }
    for job in ended { console.report(WatchedJobs.line(job).printable) }
    if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
    guard isOver else {
      throw Failure(
        .someFailed, "\(wanted.ids.count - ended.count) of \(wanted.ids.count) jobs have not ended in time",
        code: "job-state")
    }
    if WatchedJobs.status(ended) != .done { throw ExitCode(WatchedJobs.status(ended).rawValue) }
  }
}

struct JobsWatch: ParsableCommand {
  enum EventFormat: String, ExpressibleByArgument, CaseIterable { case ndjson }

  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Show how jobs go on until they have ended.",
    discussion: """
      On a terminal a bar; with --events one JSON object a line, as Docs/Guide.md describes. Ctrl-C ends the watching, not the jobs. \
      Exit status as that of 'grl jobs wait'.

      EXAMPLES
        grl jobs watch
        grl jobs watch 20261122-215219-k3f9 --events ndjson | jq .jobFraction
      """)

  @Argument(help: "IDs of the jobs (default: all that have not ended).", completion: .jobs) var id: [String] = []
  @Option(help: "Tell events on standard output, one JSON object a line.") var events: EventFormat?
  @OptionGroup var common: CommonOptions

  func run() throws {
    let wanted = try WatchedJobs(id)
    let console = common.console(showsProgress: events == nil)
    var queue = QueueView()
    var told: [String: (state: JobState, settled: Int, time: Double)] = [:]
    var ended: [JobInfo] = []
    guard !wanted.ids.isEmpty else { return console.note("no job is left to watch") }
    _ = try RunningEngine.follow { event in
      guard let event else { return false }
      queue.take(event)
      guard queue.isKnown else { return false }
      for job in queue.jobs where wanted.ids.contains(job.id) {
        let estimate = queue.estimate(job)
        let last = told[job.id]
        let isNew = last?.state != job.state || last?.settled != estimate.settled
        guard isNew || clockSeconds() - (last?.time ?? 0) >= 1 else { continue }
        // Of a job that stands still nothing new is told.
        if !isNew && job.state != .running { continue }
        if last?.state != job.state, job.isEnded, events == nil { console.report(WatchedJobs.line(job).printable) }
        told[job.id] = (job.state, estimate.settled, clockSeconds())
        tell(job, queue, estimate, console)
      }
      ended = try queue.ended(wanted.ids)
      return ended.count == wanted.ids.count
    }
    console.endProgress()
    if Interruption.isRequested { throw ExitCode(Interruption.exitCode) }
    if WatchedJobs.status(ended) != .done { throw ExitCode(WatchedJobs.status(ended).rawValue) }
  }

  private func tell(_ job: JobInfo, _ queue: QueueView, _ estimate: JobEstimate, _ console: Console) {
    let current = queue.current(job)
    if events != nil {
      return EventStream(console: console, job: job.id).send(
        EventStream.Job(
          state: job.state.rawValue, reason: job.reason, task: job.request.task, isTraining: job.training != nil,
          picture: current?.picture.input, fraction: current?.fraction, jobFraction: estimate.fraction,
          jobSecondsRemaining: job.isEnded ? nil : estimate.secondsRemaining, jobSettled: estimate.settled,
          jobPictures: estimate.count, done: job.pictures.count { $0.state == .done },
          failed: job.pictures.count { $0.state == .failed }))
    }
    guard job.state == .running else { return }
    let left = estimate.secondsRemaining.map { ProgressBar.left($0) } ?? ""
    let picture =
      current.map { "  \(ProgressBar.shortened(lastComponent($0.picture.input))) \(Int($0.fraction * 100)) %" } ?? ""
    console.progress(
      "\(min(estimate.settled + 1, estimate.count))/\(estimate.count)", done: estimate.fraction, detail: left + picture)
  }
}

extension QueueView {
  /// Those of the jobs that have ended.
  ///
  /// - Throws: where one is not there any more.
  fileprivate func ended(_ ids: [String]) throws -> [JobInfo] {
    try ids.compactMap { id in
      guard let job = jobs.first(where: { $0.id == id }) else {
        // An engine that has just started may not have looked yet; one that was removed meanwhile had ended.
        _ = try Jobs.store.snapshot(id)
        return nil
      }
      return job.isEnded ? job : nil
    }
  }
}
