import Base
import EngineCore
import EngineWire
import Foundation
import JobStore

/// `grl jobs show`, `cancel` and `resume` of a job that several machines share: they are given its folder.
enum SharedJobs {
  /// The job in this folder; nil where the word is the ID of another one.
  static func find(_ word: String) throws(StoreError) -> SharedJob? {
    SharedJob.isThere(word) ? try SharedJob(word) : nil
  }

  static func show(_ job: SharedJob, json: Bool, _ console: Console) throws {
    let shown = try SharedJobStatus(job)
    if json { return console.result(jsonLine(shown)) }
    let counts = Dictionary(grouping: shown.shards, by: \.state).mapValues(\.count)
    let order: [ShardInfo.State] = [
      .done, .failed, .running, .starting, .queued, .stopped, .lost, .waiting, .missing,
    ]
    let words = order.compactMap { state in counts[state].map { "\($0) \(state.rawValue)" } }
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
        "\(shard.shard)", shard.state.rawValue, "\(Int(shard.share * 100)) %", "\(shard.done)/\(shard.pieces)",
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
    try job.end()
    console.note("job \(job.folder) is cancelled; what is done stays, grl jobs resume \(job.folder) goes on".printable)
  }

  /// Tries again what failed, and submits what is neither done nor in the queue.
  static func resume(_ job: SharedJob, _ console: Console) throws {
    switch try job.resume(onRepair: { console.note($0) }) {
    case .nothingMissing:
      console.note("nothing is missing that is not in work; grl finish --job-dir \(job.folder) checks it".printable)
    case .submitted(let shards, let jobs):
      console.note("\(shards) shards submitted as \(jobs.joined(separator: ", "))")
    case .missing(let numbers):
      if let hosts = try HostRun.Hosts.read(job) { return try HostRun.run(job, on: hosts, numbers, console) }
      for number in numbers {
        console.result("grl work --job-dir \(ShellLine.quoted(job.folder)) --shard \(number)/\(job.plan.shards.count)")
      }
      console.note("\(numbers.count) shards are missing; these commands do them")
    }
  }
}
