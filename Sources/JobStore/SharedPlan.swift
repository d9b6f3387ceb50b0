import Base
import EngineWire
import Foundation

/// `plan.json` of a job that several machines share: what is asked, and how it was divided. Written once.
package struct SharedPlan: Codable, Hashable, Sendable {
  package static let version = 1

  package struct Shard: Codable, Hashable, Sendable {
    /// Whole ones and parts.
    package var pieces: Int
    /// Of the input.
    package var pixels: Int
    /// Pixels that go through networks, overlaps counted.
    package var cost: Double

    package init(pieces: Int, pixels: Int, cost: Double) {
      (self.pieces, self.pixels, self.cost) = (pieces, pixels, cost)
    }
  }

  package var version = SharedPlan.version
  package var id: String
  /// Seconds since 1970.
  package var created: Double
  /// Its inputs are in the manifest.
  package var request: JobRequest
  package var pictures: Int
  /// Left out, since their results existed.
  package var skipped: Int
  /// Pictures of which several shards make parts.
  package var divided: Int
  /// Computing time of all on `threads` threads of the machine that planned; nil where its speed is not known.
  package var seconds: Double?
  package var threads: Int
  /// The most that one picture takes.
  package var memoryBytes: Int
  package var shards: [Shard]

  package init(
    id: String, created: Double, request: JobRequest, pictures: Int, skipped: Int, divided: Int, seconds: Double?,
    threads: Int, memoryBytes: Int, shards: [Shard]
  ) {
    (self.id, self.created, self.request, self.pictures) = (id, created, request, pictures)
    (self.skipped, self.divided, self.seconds, self.threads) = (skipped, divided, seconds, threads)
    (self.memoryBytes, self.shards) = (memoryBytes, shards)
  }
}

/// A line of a shared job's manifest: one picture.
package struct ManifestLine: Codable, Hashable, Sendable {
  /// Absolute paths.
  package var input: String
  package var output: String
  package var width: Int
  package var height: Int
  /// As `SharedPlan.Shard.cost`.
  package var cost: Double
  /// Counted from 1: one for a whole picture, those of its parts in order otherwise.
  package var shards: [Int]
  /// Rows of tiles of each part, the first and the one behind the last; nil for a whole picture.
  package var rows: [[Int]]?
  /// Why it cannot be restored, as far as its header tells.
  package var problem: String?

  package init(
    input: String, output: String, width: Int, height: Int, cost: Double, shards: [Int], rows: [[Int]]? = nil,
    problem: String? = nil
  ) {
    (self.input, self.output, self.width, self.height) = (input, output, width, height)
    (self.cost, self.shards, self.rows, self.problem) = (cost, shards, rows, problem)
  }
}

/// The `worker` file in a shard's folder: who works on it, or did last, and how far it came. Rewritten as a sign of life.
package struct ShardWorker: Codable, Hashable, Sendable {
  package struct Progress: Codable, Hashable, Sendable {
    package var done = 0
    package var failed = 0
    package var skipped = 0
    /// Of the shard's cost, 0...1.
    package var share = 0.0
    /// Input pixels that were computed, and the time that this took.
    package var pixels = 0.0
    package var seconds = 0.0
    /// Nothing of it is left to do.
    package var isEnded = false

    package init() {}
  }

  package var program: String
  package var process: ProcessIdentity
  /// What a scheduler calls the task that the process is, such as `slurm 17_3`.
  package var task: String?
  /// How often the scheduler has begun that task again.
  package var restarts: Int?
  package var progress = Progress()

  package init(program: String, process: ProcessIdentity = .current, task: String? = nil, restarts: Int? = nil) {
    (self.program, self.process, self.task, self.restarts) = (program, process, task, restarts)
  }

  /// `grl work, process 4711 on n2`.
  package var text: String {
    "\(program), process \(process.process) on \(process.host)" + (task.map { " (\($0))" } ?? "")
  }

  /// The scheduler has begun the same task again, so that the process of the time before is gone, whatever machine it was on.
  func isEarlierRun(of next: ShardWorker) -> Bool {
    guard let task, task == next.task, let before = restarts, let now = next.restarts else { return false }
    return before < now
  }
}
