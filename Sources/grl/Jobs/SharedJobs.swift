import Base
import EngineWire
import Foundation
import JobStore

/// `grl jobs show`, `cancel` and `resume` of a job that several machines share: they are given its folder.
enum SharedJobs {
  /// The job in this folder; nil where the word is the ID of another one.
  static func find(_ word: String) throws(StoreError) -> SharedJob? {
    SharedJob.isThere(word) ? try SharedJob(word) : nil
  }

  // MARK: Showing

  struct ShownShard: Encodable {
    let shard: Int
    /// `waiting`, `queued`, `running`, `stopped`, `lost`, `done`, `failed`.
    let state: String
    let share: Double
    let done: Int
    let failed: Int
    let skipped: Int
    let pieces: Int
    /// The machine that works on it, or did last.
    let host: String?
    let silentSeconds: Int?
  }

  struct Shown: Encodable {
    let id: String
    let folder: String
    let isCancelled: Bool
    let pictures: Int
    /// Of the cost, 0...1.
    let fraction: Double
    /// Of all that run now, together.
    let pixelsPerSecond: Double?
    let secondsRemaining: Double?
    let scheduler: [String]
    let shards: [ShownShard]
  }

  static func shown(_ job: SharedJob) throws -> Shown {
    let submission = try Submission.read(job)
    let queued = submission?.queued()
    let states = Dictionary(try job.states().map { ($0.number, $0) }) { first, _ in first }
    var (rate, left, total) = (0.0, 0.0, 0.0)
    var shards: [ShownShard] = []
    for (place, plan) in job.plan.shards.enumerated() {
      let state = states[place + 1]
      let progress = state?.worker?.progress ?? .init()
      let share = progress.isEnded ? 1 : progress.share
      total += plan.cost
      left += plan.cost * (1 - share)
      let word = Self.word(state, progress, queued?[place + 1])
      if word == "running" { rate += speed(progress, plan) }
      shards.append(
        ShownShard(
          shard: place + 1, state: word, share: (share * 1000).rounded() / 1000, done: progress.done,
          failed: progress.failed, skipped: progress.skipped, pieces: plan.pieces, host: state?.worker?.process.host,
          silentSeconds: word == "running" || word == "lost" ? state?.silentSeconds : nil))
    }
    let pixels = job.plan.shards.reduce(0) { $0 + Double($1.pixels) }
    return Shown(
      id: job.plan.id, folder: job.folder, isCancelled: job.isCancelled, pictures: job.plan.pictures,
      fraction: total > 0 ? 1 - left / total : 0, pixelsPerSecond: rate > 0 ? rate.rounded() : nil,
      secondsRemaining: left == 0 ? 0 : rate > 0 && total > 0 ? left / total * pixels / rate : nil,
      scheduler: (submission?.arrays.map(\.job) ?? []) + [submission?.finish].compactMap { $0 }, shards: shards)
  }

  /// Input pixels a second of a shard as far as it has measured itself.
  private static func speed(_ progress: ShardWorker.Progress, _ plan: SharedPlan.Shard) -> Double {
    progress.seconds > 0 ? progress.pixels / progress.seconds : 0
  }

  private static func word(
    _ state: SharedJob.State?, _ progress: ShardWorker.Progress, _ task: Slurm.Task?
  ) -> String {
    guard let state else { return "missing" }
    if progress.isEnded { return progress.failed > 0 ? "failed" : "done" }
    if state.isRunning { return "running" }
    if let task { return task.state == "running" ? "starting" : "queued" }
    if state.isTaken { return "lost" }
    return state.worker == nil ? "waiting" : "stopped"
  }

  static func show(_ job: SharedJob, json: Bool, _ console: Console) throws {
    let shown = try shown(job)
    if json { return console.result(jsonLine(shown)) }
    let counts = Dictionary(grouping: shown.shards, by: \.state).mapValues(\.count)
    let order = ["done", "failed", "running", "starting", "queued", "stopped", "lost", "waiting", "missing"]
    let words = order.compactMap { word in counts[word].map { "\($0) \(word)" } }
    var facts = [
      ["id", shown.id], ["folder", shown.folder],
      ["made", Date(timeIntervalSince1970: job.plan.created).formatted(.iso8601)],
      ["command", job.plan.request.commandLine], ["pictures", "\(shown.pictures)"],
      ["shards", "\(shown.shards.count): " + words.joined(separator: ", ")],
      ["done", "\(Int(shown.fraction * 100)) %"],
    ]
    if let rate = shown.pixelsPerSecond { facts.append(["speed", "\(Int(rate)) pixels/s"]) }
    if let left = shown.secondsRemaining, left > 0 {
      facts.append(["left", "\(clockTime(left)), until \(timeOfDay(after: left))"])
    }
    if !shown.scheduler.isEmpty { facts.append(["slurm", shown.scheduler.joined(separator: ", ")]) }
    if shown.isCancelled { facts.append(["state", "cancelled"]) }
    for line in table(facts.map { $0.map(\.printable) }, leftAligned: [0, 1]) { console.result(line) }
    let rows = shown.shards.map { shard in
      [
        "\(shard.shard)", shard.state, "\(Int(shard.share * 100)) %", "\(shard.done)/\(shard.pieces)",
        shard.failed > 0 ? "\(shard.failed) failed" : "", shard.host ?? "",
        shard.silentSeconds.map { "heard of \($0) s ago" } ?? "",
      ].map(\.printable)
    }
    for line in table([["SHARD", "STATE", "", "DONE", "", "WHERE", ""]] + rows, leftAligned: [1, 4, 5, 6]) {
      console.result(line)
    }
  }

  // MARK: Ending and going on

  static func cancel(_ job: SharedJob, _ console: Console) throws {
    // Whoever works on it looks for this; what waits in a queue need not begin.
    try job.cancel()
    if let submission = try Submission.read(job) {
      _ = try Slurm.run(["scancel"] + submission.arrays.map(\.job) + [submission.finish].compactMap { $0 })
    }
    ResultMark.remove(job.plan, from: try job.resultFolders())
    console.note("job \(job.folder) is cancelled; what is done stays, grl jobs resume \(job.folder) goes on")
  }

  /// Tries again what failed, and submits what is neither done nor in the queue.
  static func resume(_ job: SharedJob, _ console: Console) throws {
    job.goOn()
    try ResultMark.put(job.plan, at: job.folder, in: try job.resultFolders())
    var missing: [Int] = []
    let submission = try Submission.read(job)
    var queued: [Int: Slurm.Task] = [:]
    if let submission {
      guard let found = submission.queued() else {
        throw Failure(.engineLost, "squeue cannot be asked what it still has; is this a machine of the cluster?")
      }
      queued = found
    }
    for state in try job.states() {
      if let progress = state.worker?.progress, progress.isEnded {
        guard progress.failed > 0 else { continue }
        try retry(state.number, of: job, console)
      }
      if state.number > 0, queued[state.number] == nil, !state.isRunning { missing.append(state.number) }
    }
    guard !missing.isEmpty else {
      return console.note(
        "nothing is missing that is not in work; grl finish --job-dir \(job.folder) checks it".printable)
    }
    guard let slurm = try SlurmSubmission.read(job) else {
      for number in missing {
        console.result("grl work --job-dir \(ShellLine.quoted(job.folder)) --shard \(number)/\(job.plan.shards.count)")
      }
      return console.note("\(missing.count) shards are missing; these commands do them")
    }
    var submitted = try slurm.submit(job, shards: missing, maxArraySize: Slurm.maxArraySize())
    // Tasks of before may still be in the queue, and the finishing job waits for all.
    if let submission, !queued.isEmpty {
      submitted.arrays = submission.arrays + submitted.arrays
      try submitted.write(job)
    }
    console.note("\(missing.count) shards submitted as \(submitted.arrays.map(\.job).joined(separator: ", "))")
  }

  /// Puts the failed pictures of a shard back among those that wait.
  private static func retry(_ number: Int, of job: SharedJob, _ console: Console) throws {
    guard
      case .taken(let hold, _) = try job.take(
        number, as: ShardWorker(program: "grl jobs resume"), onRepair: { console.note($0) })
    else { return }
    defer { hold.release() }
    let record = hold.folder.record
    let failed = record.pictures.indices.filter { record.pictures[$0].state == .failed }
    try hold.folder.append(.retry(pictures: failed))
    var progress = ShardWorker.Progress()
    progress.done = record.pictures.count { $0.state == .done }
    hold.tell(progress)
  }
}
