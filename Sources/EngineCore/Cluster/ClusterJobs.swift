import Base
import EngineWire
import Foundation
import JobStore

/// Looks at the jobs that clusters work on, for the engine to show. What has not changed is not read again, and the scheduler is asked once for all of
/// them, every ``pace`` seconds at most.
package final class ClusterJobs: Sendable {
  /// Seconds between two calls of `squeue`.
  package static let pace = 5.0

  private struct State {
    var jobs: [String: Known] = [:]
    var tasks: [String: Slurm.Task]? = [:]
    /// When the scheduler was asked last.
    var asked = -Double.infinity
  }

  /// A job as it was read last.
  private struct Known {
    let job: SharedJob
    /// Its pictures as the plan has them, and their places by their results.
    let pictures: [PictureProgress]
    let places: [PathKey: Int]
    /// By shard.
    var records: [Int: (bytes: Int, record: JobRecord)] = [:]
    /// Of a job that has ended, and when its folder changed last.
    var ended: (stamp: [Int], info: JobInfo)?
  }

  private let list: SharedJobList
  private let queue: @Sendable ([String]) -> [String: Slurm.Task]?
  private let state = Locked(State())

  /// - Parameters:
  ///   - stateFolder: `$XDG_STATE_HOME/grl`.
  ///   - queue: `Slurm.queue`, or a test's.
  package init(
    stateFolder: String, queue: @escaping @Sendable ([String]) -> [String: Slurm.Task]? = { Slurm.queue($0) }
  ) {
    list = SharedJobList(stateFolder: stateFolder)
    self.queue = queue
  }

  /// All of them, oldest first, and a line for each that cannot be read.
  ///
  /// - Parameter now: by `clockSeconds`.
  package func look(at now: Double = clockSeconds()) -> (jobs: [JobInfo], problems: [String]) {
    let listed = list.jobs()
    return state.withLock { state in
      let ids = Set(listed.map(\.id))
      state.jobs = state.jobs.filter { ids.contains($0.key) }
      var (seen, problems): ([(Known, Submission?, [SharedJob.State])], [String]) = ([], [])
      var infos: [String: JobInfo] = [:]
      for (id, folder) in listed {
        do throws(JobError) {
          let known = if let known = state.jobs[id] { known } else { try Self.known(folder) }
          state.jobs[id] = known
          if let ended = known.ended, ended.stamp == Self.stamp(known.job) {
            infos[id] = ended.info
            continue
          }
          let states = try JobError.storing { () throws(StoreError) in try known.job.states() }
          seen.append((known, try Submission.read(known.job), states))
        } catch {
          problems.append("\(error)")
        }
      }
      ask(about: seen, at: now, &state)
      for (known, submission, states) in seen {
        var known = known
        let stamp = Self.stamp(known.job)
        let info = Self.info(&known, submission, states, state.tasks)
        known.ended = [.done, .failed, .cancelled].contains(info.state) ? (stamp, info) : nil
        (infos[info.id], state.jobs[info.id]) = (info, known)
      }
      return (listed.compactMap { infos[$0.id] }, problems)
    }
  }

  func job(_ id: String) -> SharedJob? { state.withLock { $0.jobs[id]?.job } }

  func forget(_ id: String) { list.forget(id) }

  /// One call of `squeue` for all that have not ended.
  private func ask(
    about seen: [(known: Known, submission: Submission?, states: [SharedJob.State])], at now: Double,
    _ state: inout State
  ) {
    guard now >= state.asked + Self.pace else { return }
    let jobs = seen.flatMap { known, submission, states -> [String] in
      let isDone = states.filter { $0.number > 0 }.allSatisfy(\.isEnded) && Self.isFinished(known.job)
      return isDone || known.job.isCancelled ? [] : submission?.jobs ?? []
    }
    if jobs.isEmpty { return state.tasks = [:] }
    state.tasks = queue(jobs)
    state.asked = now
  }

  /// When something of the job's folder was last made, taken, given back or removed.
  private static func stamp(_ job: SharedJob) -> [Int] {
    ["", "/shards", "/report.json"].flatMap { name -> [Int] in
      var status = stat()
      guard stat((job.folder + name).systemPath, &status) == 0 else { return [-1] }
      return [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
  }

  private static func isFinished(_ job: SharedJob) -> Bool { fileExists(job.folder + "/report.json") }

  // MARK: Reading

  private static func known(_ folder: String) throws(JobError) -> Known {
    try JobError.storing { () throws(StoreError) in
      let job = try SharedJob(folder)
      var (pictures, places): ([PictureProgress], [PathKey: Int]) = ([], [:])
      try job.readManifest { line throws(StoreError) in
        // What a message holds.
        guard pictures.count < JobPlanner.mostPictures else { return }
        places[PathKey(line.output)] = pictures.count
        pictures.append(
          PictureProgress(
            input: line.input, output: line.output, state: .waiting, reason: line.problem, width: line.width,
            height: line.height))
      }
      return Known(job: job, pictures: pictures, places: places)
    }
  }

  private static func info(
    _ known: inout Known, _ submission: Submission?, _ states: [SharedJob.State], _ tasks: [String: Slurm.Task]?
  ) -> JobInfo {
    let job = known.job
    let status = SharedJobStatus(job, states, submission, tasks)
    for state in states { read(state, &known) }
    let pictures = pictures(known, status)
    let (state, reason) = self.state(job, status, submission, tasks, pictures)
    var info = JobInfo(
      id: job.plan.id, created: job.plan.created, state: state, reason: reason, request: job.plan.request,
      pictures: pictures)
    info.cluster = ClusterProgress(
      folder: job.folder, scheduler: status.scheduler, shards: status.shards,
      pixelsPerSecond: status.pixelsPerSecond)
    let settled = status.shards.reduce(0) { $0 + $1.done + $1.failed + $1.skipped }
    info.estimate = JobEstimate(
      settled: min(settled, status.shards.reduce(0) { $0 + $1.pieces }),
      count: status.shards.reduce(0) { $0 + $1.pieces }, fraction: status.fraction,
      secondsRemaining: status.secondsRemaining)
    return info
  }

  /// Reads the journal of a shard where it has grown.
  private static func read(_ state: SharedJob.State, _ known: inout Known) {
    var file = stat()
    guard stat((state.path + "/journal").systemPath, &file) == 0 else { return known.records[state.number] = nil }
    if known.records[state.number]?.bytes == Int(file.st_size) { return }
    // Its folder may have another name by now: the next look finds it.
    do throws(StoreError) { known.records[state.number] = (Int(file.st_size), try known.job.record(state)) } catch {}
  }

  private static func pictures(_ known: Known, _ status: SharedJobStatus) -> [PictureProgress] {
    var pictures = known.pictures
    // The joining comes last: it knows best of a divided picture.
    for (number, found) in known.records.sorted(by: { ($0.key == 0 ? .max : $0.key) < ($1.key == 0 ? .max : $1.key) }) {
      guard (0...status.shards.count).contains(number) else { continue }
      let isRunning = number == 0 || status.shards[number - 1].state == .running
      for (index, entry) in found.record.pictures.enumerated() {
        let paths = found.record.job.pictures[index]
        guard let place = known.places[PathKey(paths.output)] else { continue }
        var told = found.record.progress(index)
        (told.width, told.height) = (pictures[place].width, pictures[place].height)
        told.state = entry.state == .running ? (isRunning ? .running : .waiting) : entry.state
        guard paths.tiles?.range != nil else {
          if number > 0 || told.state != .waiting { pictures[place] = told }
          continue
        }
        // A part: the picture is at work until it is joined.
        if told.state == .done { told.state = .running }
        let before = pictures[place]
        told.tilesDone = before.tilesDone + entry.tiles.count
        told.seconds += before.seconds
        if before.state == .failed || before.state == .running && told.state == .waiting { told.state = before.state }
        (told.reason, told.notes) = (told.reason ?? before.reason, [])
        pictures[place] = told
      }
    }
    if status.isCancelled {
      for place in pictures.indices where [.waiting, .running].contains(pictures[place].state) {
        pictures[place].state = .cancelled
      }
    }
    return pictures
  }

  /// How the job is as a whole, and why it stands still where it does.
  private static func state(
    _ job: SharedJob, _ status: SharedJobStatus, _ submission: Submission?, _ tasks: [String: Slurm.Task]?,
    _ pictures: [PictureProgress]
  ) -> (JobState, String?) {
    if status.isCancelled { return (.cancelled, nil) }
    func count(_ states: ShardInfo.State...) -> Int { status.shards.count { states.contains($0.state) } }
    let left = status.shards.count - count(.done, .failed)
    if left == 0 {
      if isFinished(job) {
        let failed = max(status.shards.reduce(0) { $0 + $1.failed }, pictures.count { $0.state == .failed })
        return failed > 0 ? (.failed, "\(failed) of \(status.pictures) pictures failed") : (.done, nil)
      }
      let isFinishing = tasks == nil || submission?.finish.map { tasks?[$0] != nil } == true
      return isFinishing
        ? (.running, "its shards are done; they are joined and checked")
        : (.paused, "its shards are done: grl finish --job-dir \(ShellLine.quoted(job.folder)) joins and checks them")
    }
    if count(.running, .starting) > 0 { return (.running, tasks == nil ? "the scheduler does not answer" : nil) }
    if tasks == nil { return (.waiting, "the scheduler does not answer") }
    if count(.queued) > 0 { return (.waiting, nil) }
    let lost = count(.lost)
    return (
      .paused,
      "\(left) of \(status.shards.count) shards are neither done nor in a queue"
        + (lost > 0 ? ", \(lost) of them lost with their machines" : "")
    )
  }
}
