/// How a job is given to a cluster that is run by Slurm: what `grl submit --slurm` is told beside the job itself. Nothing is as the cluster or
/// the program has it.
public struct ClusterOrder: Codable, Hashable, Sendable {
  /// Of the cluster, to run on.
  public var partition: String?
  /// To charge.
  public var account: String?
  /// Limit of one shard, as `sbatch --time` takes it.
  public var time: String?
  /// How many parts the job has; nil for shards of about an hour.
  public var shards: Int?
  /// Processors of one shard.
  public var cpus: Int?

  /// Processors of a shard where nothing is said.
  public static let standardCPUs = 8
  /// Shards of one job, at most.
  public static let mostShards = 100_000

  public init(
    partition: String? = nil, account: String? = nil, time: String? = nil, shards: Int? = nil, cpus: Int? = nil
  ) {
    (self.partition, self.account, self.time) = (partition, account, time)
    (self.shards, self.cpus) = (shards, cpus)
  }

  /// The options of `grl submit --slurm` that say it.
  public var words: [String] {
    let values = [
      ("--shards", shards.map { String($0) }), ("--cpus", cpus.map { String($0) }), ("--time", time),
      ("--partition", partition), ("--account", account),
    ]
    return values.flatMap { word, value in value.map { ["\(word)=\($0)"] } ?? [] }
  }

  /// Why it cannot be given to a cluster; nil where it can. Text becomes a line of a script, and is checked for what would end it.
  public var fault: String? {
    if let shards, !(1...Self.mostShards).contains(shards) { return "shards: give 1 to \(Self.mostShards)" }
    if let cpus, !(1...1024).contains(cpus) { return "processors of a shard: give 1 to 1024" }
    for (name, text) in [("partition", partition), ("account", account), ("time limit", time)] {
      guard let text else { continue }
      let isPlain = text.unicodeScalars.allSatisfy { $0.value > 32 && $0.value < 127 && $0 != "'" && $0 != "\"" }
      if text.isEmpty || text.utf8.count > 256 || !isPlain {
        return "\(name): give up to 256 letters, digits and signs, no blanks and no quotes"
      }
    }
    return nil
  }

  /// The command line that does the same with `job`, quoted for a shell.
  public func commandLine(_ job: JobRequest) -> String {
    ShellLine.text(["grl", "submit", "--slurm", "--job-dir", "JOB"] + words + job.arguments)
  }
}

/// A part of a job that several machines share, as its journal, its signs of life and the scheduler tell of it.
public struct ShardInfo: Codable, Hashable, Sendable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Nobody has begun it, and no scheduler has it.
    case waiting
    /// The scheduler has it in its queue, or has just begun it.
    case queued, starting
    case running
    /// It was left in good order before its end.
    case stopped
    /// Nothing was heard of its process for longer than work takes to give a sign of life.
    case lost
    case done
    /// It has ended, and some picture failed.
    case failed
    /// Its folder is gone.
    case missing
  }

  /// From 1.
  public var shard: Int
  public var state: State
  /// Of its cost, 0...1.
  public var share: Double
  public var done: Int
  public var failed: Int
  public var skipped: Int
  /// Pictures, and parts of pictures.
  public var pieces: Int
  /// The machine that works on it, or did last.
  public var host: String?
  /// Since its last sign of life, where it runs or is lost.
  public var silentSeconds: Int?

  public init(
    shard: Int, state: State, share: Double, done: Int, failed: Int, skipped: Int, pieces: Int, host: String?,
    silentSeconds: Int?
  ) {
    (self.shard, self.state, self.share, self.done) = (shard, state, share, done)
    (self.failed, self.skipped, self.pieces) = (failed, skipped, pieces)
    (self.host, self.silentSeconds) = (host, silentSeconds)
  }
}

/// How far a job is that several machines share.
public struct ClusterProgress: Codable, Hashable, Sendable {
  /// Of the job, on a file system that all of them see.
  public var folder: String
  /// What the scheduler calls its jobs; empty where none has it.
  public var scheduler: [String]
  public var shards: [ShardInfo]
  /// Input pixels of all shards that run, together; nil before any has measured itself.
  public var pixelsPerSecond: Double?

  public init(folder: String, scheduler: [String], shards: [ShardInfo], pixelsPerSecond: Double?) {
    (self.folder, self.scheduler, self.shards, self.pixelsPerSecond) = (folder, scheduler, shards, pixelsPerSecond)
  }
}
