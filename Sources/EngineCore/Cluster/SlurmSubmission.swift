import Base
import EngineWire
import Foundation
import JobStore

/// `submission.json` in a shared job's folder: what was given to a scheduler.
package struct Submission: Codable, Sendable {
  package struct Array: Codable, Sendable {
    package var job: String
    /// Added to an index to get the shard's number.
    package var offset: Int
    package var indices: [Int]
  }

  package var arrays: [Array] = []
  /// Of `grl finish`.
  package var finish: String?

  /// All of the scheduler's jobs.
  var jobs: [String] { arrays.map(\.job) + [finish].compactMap { $0 } }

  static func path(_ job: SharedJob) -> String { job.folder + "/submission.json" }

  /// nil where nothing was submitted.
  package static func read(_ job: SharedJob) throws(JobError) -> Submission? {
    try SlurmSubmission.decoded(path(job), limit: 16 << 20)
  }

  func write(_ job: SharedJob) throws(StoreError) {
    try DurableFile.write(Swift.Array(jsonLine(self).utf8) + [UInt8(ascii: "\n")], to: Self.path(job))
  }

  /// Of the tasks that the queue has, those of shards, by number.
  func shards(in tasks: [String: Slurm.Task]) -> [Int: Slurm.Task] {
    var shards: [Int: Slurm.Task] = [:]
    for array in arrays {
      for index in array.indices {
        if let task = tasks["\(array.job)_\(index)"] { shards[array.offset + index] = task }
      }
    }
    return shards
  }
}

/// How a shared job is submitted: the scripts in its folder and the calls of `sbatch`.
package struct SlurmSubmission: Codable, Sendable {
  var cpus: Int
  var memoryMegabytes: Int
  /// As `sbatch --time` takes it.
  var time: String
  var partition: String?
  var account: String?
  /// Tasks of the array that run at once; nil for as many as there is room for.
  var limit: Int?
  var scratch: String?
  /// Handed to `sbatch` as they are.
  var further: [String]

  /// Seconds between the signal and the end that it announces.
  private static let notice = 120
  /// Of these, for the tile in work.
  private static let grace = 75

  private static func path(_ job: SharedJob) -> String { job.folder + "/slurm.json" }

  static func read(_ job: SharedJob) throws(JobError) -> SlurmSubmission? { try decoded(path(job), limit: 1 << 20) }

  /// What a file of the job's folder holds; nil where there is none.
  static func decoded<Value: Decodable>(_ path: String, limit: Int) throws(JobError) -> Value? {
    guard fileExists(path) else { return nil }
    let bytes = try JobError.storing { () throws(StoreError) in try DurableFile.read(path, limit: limit) }
    do { return try JSONDecoder().decode(Value.self, from: Data(bytes)) } catch {
      throw .store(
        .refused(path: path, reason: "cannot be understood", advice: "submit the job again: grl jobs resume"))
    }
  }

  /// - Parameters:
  ///   - limit: tasks of the array that run at once; nil for as many as there is room for.
  ///   - scratch: for `grl work`.
  ///   - further: options of `sbatch`.
  package init(
    _ order: ClusterOrder, _ plan: SharedPlan, limit: Int? = nil, scratch: String? = nil, further: [String] = []
  ) {
    cpus = order.cpus ?? ClusterOrder.standardCPUs
    memoryMegabytes = Self.megabytes(plan)
    time = order.time ?? Self.time(plan, cpus: cpus)
    (partition, account) = (order.partition, order.account)
    (self.limit, self.scratch, self.further) = (limit, scratch, further)
  }

  /// What the costliest picture takes and a little more, since a scheduler counts other things too.
  private static func megabytes(_ plan: SharedPlan) -> Int { (plan.memoryBytes / 7 * 8 >> 20) / 64 * 64 + 320 }

  /// `2:00:00` for shards of an hour.
  private static func time(_ plan: SharedPlan, cpus: Int) -> String {
    guard let seconds = plan.seconds, plan.shards.count > 0 else { return "4:00:00" }
    let total = plan.shards.reduce(0) { $0 + $1.cost }
    let largest = plan.shards.map(\.cost).max() ?? 0
    let shard = total > 0 ? seconds * largest / total * Double(plan.threads) / Double(cpus) : 0
    let minutes = min(max(30, Int((2 * shard / 60).rounded(.up))), 7 * 24 * 60)
    return "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60):00"
  }

  /// Of this program, for the scripts.
  private static var program: String { URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path }

  // MARK: Scripts

  /// Of a task of the array. The program has the same path on the cluster's machines.
  package func shardScript(_ job: SharedJob) -> String {
    let work =
      [Self.program, "work", "--job-dir", job.folder, "--shard", "auto"] + [
        "--threads", "\(cpus)", "--grace", "\(Self.grace)s",
      ]
      + (scratch.map { ["--scratch", $0] } ?? [])
    return """
      #!/bin/bash
      # One shard of the job in this folder; grl submit made it. The array's index, and the offset behind the script's name, say which.
      \(lines(job, name: "grl-\(job.plan.id)", log: "shard-%A_%a.log"))
      #SBATCH --requeue
      #SBATCH --signal=B:USR1@\(Self.notice)

      # SIGUSR1 comes \(Self.notice) s before the time is over, SIGTERM with a preemption: grl work finishes its tile, keeps what it has, and ends with 75.
      \(ShellLine.text(work)) --offset "${1:-0}" &
      work=$!
      trap 'kill -USR1 "$work" 2>/dev/null' USR1 TERM
      while true; do
        wait "$work"
        status=$?
        # 138 and 143: a signal woke the shell up; the work goes on to its own end.
        [ "$status" -eq 138 ] || [ "$status" -eq 143 ] || break
      done
      if [ "$status" -eq 75 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 1000 ]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" && sleep 60
      fi
      exit "$status"

      """
  }

  package func finishScript(_ job: SharedJob) -> String {
    """
    #!/bin/bash
    # Joins and checks what the shards have made; grl submit made it.
    \(lines(job, name: "grl-\(job.plan.id)-finish", log: "finish-%j.log"))
    #SBATCH --requeue

    exec \(ShellLine.text([Self.program, "finish", "--job-dir", job.folder, "--threads", "\(cpus)"]))

    """
  }

  private func lines(_ job: SharedJob, name: String, log: String) -> String {
    var options = [
      "--job-name=\(name)", "--output=" + joined(job.folder + "/log", log), "--open-mode=append", "--ntasks=1",
      "--cpus-per-task=\(cpus)", "--mem=\(memoryMegabytes)M", "--time=\(time)",
    ]
    if let partition { options.append("--partition=\(partition)") }
    if let account { options.append("--account=\(account)") }
    return (options + further).map { "#SBATCH " + ShellLine.quoted($0) }.joined(separator: "\n")
  }

  // MARK: Submitting

  private static func script(_ job: SharedJob, _ name: String) -> String { "\(job.folder)/\(name).sbatch" }

  private func write(_ job: SharedJob) throws(JobError) {
    try JobError.storing { () throws(StoreError) in
      try DurableFile.makeFolder(job.folder + "/log")
      try DurableFile.write(Array(shardScript(job).utf8), to: Self.script(job, "shard"))
      try DurableFile.write(Array(finishScript(job).utf8), to: Self.script(job, "finish"))
      try DurableFile.write(Array(jsonLine(self).utf8) + [UInt8(ascii: "\n")], to: Self.path(job))
    }
  }

  /// The arrays that take shards: an index is below `maxArraySize`, what lies beyond is reached by an offset.
  package static func arrays(_ shards: [Int], maxArraySize: Int) -> [(offset: Int, indices: [Int])] {
    let most = maxArraySize - 1
    let groups = Dictionary(grouping: shards) { ($0 - 1) / most }
    return groups.sorted { $0.key < $1.key }.map { group, numbers in
      (group * most, numbers.sorted().map { $0 - group * most })
    }
  }

  /// `1-3,7%20`.
  static func ranges(_ indices: [Int], limit: Int?) -> String {
    var ranges: [ClosedRange<Int>] = []
    for index in indices {
      if let last = ranges.last, last.upperBound + 1 == index {
        ranges[ranges.count - 1] = last.lowerBound...index
      } else {
        ranges.append(index...index)
      }
    }
    let text = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    return text.joined(separator: ",") + (limit.map { "%\($0)" } ?? "")
  }

  /// The calls of `sbatch` for the arrays, without the last one, which hangs on their numbers.
  package func commands(_ job: SharedJob, _ arrays: [(offset: Int, indices: [Int])]) -> [[String]] {
    arrays.map { array in
      ["sbatch", "--parsable", "--array=" + Self.ranges(array.indices, limit: limit), Self.script(job, "shard")]
        + (array.offset > 0 ? ["\(array.offset)"] : [])
    }
  }

  package func finishCommand(_ job: SharedJob, after jobs: [String]) -> [String] {
    ["sbatch", "--parsable", "--dependency=afterany:" + jobs.joined(separator: ":"), Self.script(job, "finish")]
  }

  /// Writes the scripts into the job's folder and submits all of it.
  package func begin(_ job: SharedJob, maxArraySize: Int) throws(JobError) -> Submission {
    try write(job)
    return try submit(job, shards: Array(1...job.plan.shards.count), maxArraySize: maxArraySize)
  }

  /// Submits shards and the job that finishes. Where the second of several calls is refused, the first ones are taken back.
  func submit(_ job: SharedJob, shards: [Int], maxArraySize: Int) throws(JobError) -> Submission {
    let arrays = Self.arrays(shards, maxArraySize: maxArraySize)
    var submission = Submission()
    do throws(JobError) {
      for (array, words) in zip(arrays, commands(job, arrays)) {
        submission.arrays.append(
          Submission.Array(job: try Self.number(of: words), offset: array.offset, indices: array.indices))
      }
      submission.finish = try Self.number(of: finishCommand(job, after: submission.arrays.map(\.job)))
      let made = submission
      try JobError.storing { () throws(StoreError) in try made.write(job) }
    } catch {
      if !submission.jobs.isEmpty { _ = try? Slurm.run(["scancel"] + submission.jobs) }
      throw error
    }
    return submission
  }

  /// `17` of `17;cluster`, as `sbatch --parsable` prints it.
  private static func number(of words: [String]) throws(JobError) -> String {
    let text = try Slurm.run(words).trimmingCharacters(in: .whitespacesAndNewlines)
    let number = text.prefix { $0 != ";" }
    guard !number.isEmpty, number.allSatisfy(\.isNumber) else {
      throw .scheduler("sbatch: '\(text)' is no number of a job")
    }
    return String(number)
  }
}
