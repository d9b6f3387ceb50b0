import Base
import EngineWire
import Foundation
import JobStore

/// The commands of a Slurm cluster.
enum Slurm {
  /// What a command printed.
  ///
  /// - Throws: what it said on standard error, or that it is not there.
  static func run(_ words: [String]) throws(Failure) -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch {
      throw Failure(.engineLost, "\(words[0]): cannot be started (\(error.localizedDescription))".printable)
    }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let line =
        complaint.split(separator: "\n").last.map(String.init) ?? "it ended with status \(process.terminationStatus)"
      throw Failure(.engineLost, "\(words[0]): \(line); is this a machine of a Slurm cluster?".printable)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The largest index of an array and one: `MaxArraySize` of the cluster.
  static func maxArraySize() throws(Failure) -> Int {
    let lines = try run(["scontrol", "show", "config"]).split(separator: "\n")
    guard
      let line = lines.first(where: { $0.hasPrefix("MaxArraySize") }),
      let size = line.split(separator: "=").last.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) }), size > 1
    else {
      throw Failure(.engineLost, "scontrol show config does not tell MaxArraySize: this cluster has no job arrays")
    }
    return size
  }

  /// A task of an array as the queue has it.
  struct Task {
    let state: String
    let node: String
  }

  /// The tasks of these jobs that the queue knows, by `JOB_INDEX`; nil where it cannot be asked.
  static func queue(_ jobs: [String]) -> [String: Task]? {
    guard !jobs.isEmpty else { return [:] }
    let text: String
    do throws(Failure) {
      text = try run(["squeue", "--noheader", "--array", "--format=%i|%T|%N", "--jobs=" + jobs.joined(separator: ",")])
    } catch {
      // What the queue has forgotten is an error to it.
      return error.description.contains("Invalid job id") ? [:] : nil
    }
    var tasks: [String: Task] = [:]
    for line in text.split(separator: "\n") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      if cells.count == 3 { tasks[cells[0]] = Task(state: cells[1].lowercased(), node: cells[2]) }
    }
    return tasks
  }
}

/// `submission.json` in a shared job's folder: what was given to a scheduler.
struct Submission: Codable {
  struct Array: Codable {
    var job: String
    /// Added to an index to get the shard's number.
    var offset: Int
    var indices: [Int]
  }

  var arrays: [Array] = []
  /// Of `grl finish`.
  var finish: String?

  static func path(_ job: SharedJob) -> String { job.folder + "/submission.json" }

  /// nil where nothing was submitted.
  static func read(_ job: SharedJob) throws -> Submission? {
    guard fileExists(path(job)) else { return nil }
    return try JSONDecoder().decode(Self.self, from: Data(try DurableFile.read(path(job), limit: 16 << 20)))
  }

  func write(_ job: SharedJob) throws(StoreError) {
    try DurableFile.write(Swift.Array(jsonLine(self).utf8) + [UInt8(ascii: "\n")], to: Self.path(job))
  }

  /// The shards that the queue has, by number; nil where it cannot be asked.
  func queued() -> [Int: Slurm.Task]? {
    guard let tasks = Slurm.queue(arrays.map(\.job)) else { return nil }
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
struct SlurmSubmission: Codable {
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

  static func read(_ job: SharedJob) throws -> SlurmSubmission? {
    guard fileExists(path(job)) else { return nil }
    return try JSONDecoder().decode(Self.self, from: Data(try DurableFile.read(path(job), limit: 1 << 20)))
  }

  // MARK: Scripts

  /// - Parameter program: path of `grl` on the cluster's machines.
  func shardScript(_ job: SharedJob, program: String) -> String {
    let work =
      [program, "work", "--job-dir", job.folder, "--shard", "auto"] + [
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

  func finishScript(_ job: SharedJob, program: String) -> String {
    """
    #!/bin/bash
    # Joins and checks what the shards have made; grl submit made it.
    \(lines(job, name: "grl-\(job.plan.id)-finish", log: "finish-%j.log"))
    #SBATCH --requeue

    exec \(ShellLine.text([program, "finish", "--job-dir", job.folder, "--threads", "\(cpus)"]))

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

  func write(_ job: SharedJob, program: String) throws {
    try DurableFile.makeFolder(job.folder + "/log")
    try DurableFile.write(Array(shardScript(job, program: program).utf8), to: Self.script(job, "shard"))
    try DurableFile.write(Array(finishScript(job, program: program).utf8), to: Self.script(job, "finish"))
    try DurableFile.write(Array(jsonLine(self).utf8) + [UInt8(ascii: "\n")], to: Self.path(job))
  }

  /// The arrays that take shards: an index is below `maxArraySize`, what lies beyond is reached by an offset.
  static func arrays(_ shards: [Int], maxArraySize: Int) -> [(offset: Int, indices: [Int])] {
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
  func commands(_ job: SharedJob, _ arrays: [(offset: Int, indices: [Int])]) -> [[String]] {
    arrays.map { array in
      ["sbatch", "--parsable", "--array=" + Self.ranges(array.indices, limit: limit), Self.script(job, "shard")]
        + (array.offset > 0 ? ["\(array.offset)"] : [])
    }
  }

  func finishCommand(_ job: SharedJob, after jobs: [String]) -> [String] {
    ["sbatch", "--parsable", "--dependency=afterany:" + jobs.joined(separator: ":"), Self.script(job, "finish")]
  }

  /// Submits shards and the job that finishes. Where the second of several calls is refused, the first ones are taken back.
  func submit(_ job: SharedJob, shards: [Int], maxArraySize: Int) throws -> Submission {
    let arrays = Self.arrays(shards, maxArraySize: maxArraySize)
    var submission = Submission()
    do {
      for (array, words) in zip(arrays, commands(job, arrays)) {
        submission.arrays.append(
          Submission.Array(job: try Self.number(of: words), offset: array.offset, indices: array.indices))
      }
      submission.finish = try Self.number(of: finishCommand(job, after: submission.arrays.map(\.job)))
      try submission.write(job)
    } catch {
      let jobs = submission.arrays.map(\.job) + [submission.finish].compactMap { $0 }
      if !jobs.isEmpty { _ = try? Slurm.run(["scancel"] + jobs) }
      throw error
    }
    return submission
  }

  /// `17` of `17;cluster`, as `sbatch --parsable` prints it.
  private static func number(of words: [String]) throws(Failure) -> String {
    let text = try Slurm.run(words).trimmingCharacters(in: .whitespacesAndNewlines)
    let number = text.prefix { $0 != ";" }
    guard !number.isEmpty, number.allSatisfy(\.isNumber) else {
      throw Failure(.engineLost, "sbatch: '\(text)' is no number of a job".printable)
    }
    return String(number)
  }
}
