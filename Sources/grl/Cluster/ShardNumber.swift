import Base
import JobStore

/// Which shard a process works on, and who said so.
struct ShardNumber: Equatable {
  /// From 1.
  let number: Int
  /// `--shard 3/8`, `SLURM_ARRAY_TASK_ID=3`.
  let origin: String

  /// What schedulers call the number of a task, and what their first one is.
  static let variables = [
    ("SLURM_ARRAY_TASK_ID", 1), ("JOB_COMPLETION_INDEX", 0), ("PBS_ARRAY_INDEX", 1), ("PARALLEL_SEQ", 1),
  ]

  /// - Parameters:
  ///   - text: `I/N`, or `auto` for what the scheduler says.
  ///   - offset: added to the scheduler's number.
  ///   - count: of the job's shards.
  init(_ text: String, offset: Int, count: Int, _ environment: [String: String]) throws(Failure) {
    if text == "auto" {
      guard let (name, first) = Self.variables.first(where: { environment[$0.0] != nil }) else {
        let names = Self.variables.map(\.0).joined(separator: ", ")
        throw Failure(.usage, "--shard auto: none of \(names) is set; give --shard I/\(count)")
      }
      let value = environment[name] ?? ""
      origin = "\(name)=\(value)".printable
      guard let index = Int(value), index >= first else {
        throw Failure(.usage, "\(origin): would have to be a number from \(first) on; see Docs/Cluster.md")
      }
      number = index - first + 1 + offset
    } else {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, let index = Int(parts[0]), let of = Int(parts[1]), index >= 1 else {
        throw Failure(.usage, "--shard '\(text)': give I/N with I from 1 to N, or auto".printable)
      }
      guard of == count else {
        throw Failure(
          .usage, "--shard \(text): the job has \(count) shards; plan it with --shards \(of), or give I/\(count)")
      }
      (number, origin) = (index + offset, "--shard \(text)")
    }
    guard (1...count).contains(number) else {
      throw Failure(.usage, "\(origin): there is no shard \(number), the job has 1 to \(count)")
    }
  }
}

extension ShardWorker {
  /// This process, as a task of the scheduler that the environment tells of.
  init(program: String, _ environment: [String: String]) {
    var (task, restarts) = (String?.none, Int?.none)
    if let job = environment["SLURM_ARRAY_JOB_ID"] ?? environment["SLURM_JOB_ID"] {
      task = "slurm " + job + (environment["SLURM_ARRAY_TASK_ID"].map { "_" + $0 } ?? "")
      restarts = environment["SLURM_RESTART_COUNT"].flatMap { Int($0) } ?? 0
    } else if let pod = environment["JOB_COMPLETION_INDEX"] {
      task = "kubernetes " + pod
    }
    self.init(program: program, task: task?.printable, restarts: restarts)
  }
}
