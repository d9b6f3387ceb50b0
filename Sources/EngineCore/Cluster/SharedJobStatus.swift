import Base
import EngineWire
import Foundation
import JobStore

/// A job that several machines share, as its shards' signs of life, their journals and one call of `squeue` tell of it.
package struct SharedJobStatus: Encodable, Sendable {
  package let id: String
  package let folder: String
  package let isCancelled: Bool
  package let pictures: Int
  /// Of the cost, 0...1.
  package let fraction: Double
  /// Input pixels of all that run now, together.
  package let pixelsPerSecond: Double?
  package let secondsRemaining: Double?
  package let scheduler: [String]
  package let shards: [ShardInfo]

  /// As it is now; asks `squeue`.
  package init(_ job: SharedJob) throws(JobError) {
    let submission = try Submission.read(job)
    let states = try JobError.storing { () throws(StoreError) in try job.states() }
    self.init(job, states, submission, submission.flatMap { Slurm.queue($0.jobs) })
  }

  /// - Parameters:
  ///   - states: of its shards, as `SharedJob.states` has them.
  ///   - submission: nil where it was given to no scheduler.
  ///   - tasks: what `squeue` has; nil where it could not be asked.
  init(
    _ job: SharedJob, _ states: [SharedJob.State], _ submission: Submission?, _ tasks: [String: Slurm.Task]?
  ) {
    let queued = tasks.flatMap { tasks in submission?.shards(in: tasks) }
    let states = Dictionary(states.map { ($0.number, $0) }) { first, _ in first }
    var (rate, left, total) = (0.0, 0.0, 0.0)
    var shards: [ShardInfo] = []
    for (place, plan) in job.plan.shards.enumerated() {
      let state = states[place + 1]
      let progress = state?.worker?.progress ?? .init()
      let share = progress.isEnded ? 1 : progress.share
      total += plan.cost
      left += plan.cost * (1 - share)
      let word = Self.word(state, progress, queued?[place + 1])
      if word == .running { rate += progress.seconds > 0 ? progress.pixels / progress.seconds : 0 }
      shards.append(
        ShardInfo(
          shard: place + 1, state: word, share: (share * 1000).rounded() / 1000, done: progress.done,
          failed: progress.failed, skipped: progress.skipped, pieces: plan.pieces, host: state?.worker?.process.host,
          silentSeconds: word == .running || word == .lost ? state?.silentSeconds : nil))
    }
    let pixels = job.plan.shards.reduce(0) { $0 + Double($1.pixels) }
    (id, folder, isCancelled, pictures) = (job.plan.id, job.folder, job.isCancelled, job.plan.pictures)
    fraction = total > 0 ? 1 - left / total : 0
    pixelsPerSecond = rate > 0 ? rate.rounded() : nil
    secondsRemaining = left == 0 ? 0 : rate > 0 && total > 0 ? left / total * pixels / rate : nil
    scheduler = submission?.jobs ?? []
    self.shards = shards
  }

  private static func word(
    _ state: SharedJob.State?, _ progress: ShardWorker.Progress, _ task: Slurm.Task?
  ) -> ShardInfo.State {
    guard let state else { return .missing }
    if progress.isEnded { return progress.failed > 0 ? .failed : .done }
    if state.isRunning { return .running }
    if let task { return task.state == "running" ? .starting : .queued }
    if state.isTaken { return .lost }
    return state.worker == nil ? .waiting : .stopped
  }
}

/// Ending a job that several machines share, and going on with it.
extension SharedJob {
  /// Whoever works on it stops, and what waits in a queue does not begin. What is done stays.
  package func end() throws(JobError) {
    try JobError.storing { () throws(StoreError) in try cancel() }
    if let submission = try Submission.read(self) {
      _ = try Slurm.run(["scancel"] + submission.jobs)
    }
    try JobError.storing { () throws(StoreError) in ResultMark.remove(plan, from: try resultFolders()) }
  }

  /// What becomes of a job that is to go on.
  package enum Resumption {
    /// All is done, in work, or in the queue.
    case nothingMissing
    case submitted(shards: Int, jobs: [String])
    /// No scheduler has it: somebody is to start these.
    case missing([Int])
  }

  /// Puts what failed back among what waits, and submits what is neither done, in work, nor in the queue.
  ///
  /// - Parameter onRepair: called with a line on what was cut off a journal.
  package func resume(onRepair: (String) -> Void) throws(JobError) -> Resumption {
    goOn()
    let states = try JobError.storing { () throws(StoreError) in
      try ResultMark.put(plan, at: folder, in: try resultFolders())
      return try self.states()
    }
    let submission = try Submission.read(self)
    var queued: [Int: Slurm.Task] = [:]
    if let submission {
      guard let found = Slurm.queue(submission.arrays.map(\.job)).map({ submission.shards(in: $0) }) else {
        throw .scheduler("squeue cannot be asked what it still has; is this a machine of the cluster?")
      }
      queued = found
    }
    var missing: [Int] = []
    for state in states {
      if let progress = state.worker?.progress, progress.isEnded {
        guard progress.failed > 0 else { continue }
        try JobError.storing { () throws(StoreError) in try retry(state.number, onRepair) }
      }
      if state.number > 0, queued[state.number] == nil, !state.isRunning { missing.append(state.number) }
    }
    guard !missing.isEmpty else { return .nothingMissing }
    guard let slurm = try SlurmSubmission.read(self) else { return .missing(missing) }
    var submitted = try slurm.submit(self, shards: missing, maxArraySize: Slurm.maxArraySize())
    // Tasks of before may still be in the queue, and the finishing job waits for all.
    if let submission, !queued.isEmpty {
      submitted.arrays = submission.arrays + submitted.arrays
      let all = submitted
      try JobError.storing { () throws(StoreError) in try all.write(self) }
    }
    return .submitted(shards: missing.count, jobs: submitted.arrays.map(\.job))
  }

  /// Puts the failed pictures of a shard back among those that wait.
  private func retry(_ number: Int, _ onRepair: (String) -> Void) throws(StoreError) {
    let worker = ShardWorker(program: "grl jobs resume")
    guard case .taken(let hold, _) = try take(number, as: worker, onRepair: onRepair) else { return }
    defer { hold.release() }
    let record = hold.folder.record
    let failed = record.pictures.indices.filter { record.pictures[$0].state == .failed }
    try hold.folder.append(.retry(pictures: failed))
    var progress = ShardWorker.Progress()
    progress.done = record.pictures.count { $0.state == .done }
    hold.tell(progress)
  }
}
