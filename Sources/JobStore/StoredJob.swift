import Base
import EngineWire
import Foundation

/// `job.json`: what a job is, written once.
package struct StoredJob: Codable, Hashable, Sendable {
  package static let version = 1

  package enum Owner: String, Codable, Sendable {
    /// Goes on by itself when an engine starts.
    case engine
    /// Of a `grl restore`; goes on when somebody asks for it.
    case restore
    /// A shard of a job that several machines share; goes on when somebody works on it.
    case shared
  }

  /// How a picture of a shared job is cut, whatever memory the machine has that works on it.
  package struct Tiles: Codable, Hashable, Sendable {
    package var side: Int
    package var overlap: Int
    /// The first row of tiles that this shard makes and the one behind the last; nil for all.
    package var rows: [Int]?

    package init(side: Int, overlap: Int, rows: [Int]? = nil) {
      (self.side, self.overlap, self.rows) = (side, overlap, rows)
    }

    package var range: Range<Int>? {
      guard let rows, rows.count == 2, 0 <= rows[0], rows[0] < rows[1] else { return nil }
      return rows[0]..<rows[1]
    }
  }

  package struct Picture: Codable, Hashable, Sendable {
    package var input: String
    package var output: String
    /// Of a shared job: its tiles where there are several, and what its work costs, as `SharedPlan.Shard` has it.
    package var tiles: Tiles?
    package var cost: Double?
    package var pixels: Int?

    package init(input: String, output: String) {
      self.input = input
      self.output = output
    }
  }

  package var version = StoredJob.version
  package var id: String
  /// Seconds since 1970.
  package var created: Double
  package var owner: Owner
  package var request: JobRequest
  /// What is to be learned, where the job is a training: it counts as one picture, from its data to its model.
  package var training: TrainingRequest?
  /// Absolute paths; a picture's number in the journal is its place here.
  package var pictures: [Picture]
  /// Left out, since their results existed.
  package var skipped: [Picture]
}

extension StoredJob {
  private static let largest = 64 << 20

  init(contentsOf path: String) throws(StoreError) {
    try self.init(try DurableFile.read(path, limit: Self.largest), path: path)
  }

  /// A file's `bytes`; `path` names them in errors.
  package init(_ bytes: [UInt8], path: String) throws(StoreError) {
    do {
      self = try JSONDecoder().decode(StoredJob.self, from: Data(bytes))
    } catch {
      throw .damaged(path: path, reason: "no description of a job that this version understands")
    }
    guard version == Self.version else {
      throw .damaged(path: path, reason: "written by another version (\(version))")
    }
  }

  func write(to path: String) throws(StoreError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes: [UInt8]
    do { bytes = Array(try encoder.encode(self)) } catch { throw .unwritable("a number in the job is not finite") }
    try DurableFile.write(bytes, to: path)
  }
}

/// What a picture's tiles belong to. They are used again only where all of this is still so.
package struct PictureRecord: Codable, Hashable, Sendable {
  package struct Identity: Codable, Hashable, Sendable {
    package var bytes: Int
    /// Nanoseconds since 1970.
    package var modified: Int
    package var sha256: String
  }

  package var input: Identity
  package var right: Identity?
  package var model: String
  package var modelHash: String
  /// `Arithmetic.description`, precision included: results of two differ by rounding.
  package var instructionSet: String
  package var width: Int
  package var height: Int
  /// Side of the square tiles asked of the plan, and what neighbours share.
  package var side: Int
  package var overlap: Int
  package var tileCount: Int
  /// Of a restored tile in float32.
  package var tileBytes: Int
  /// Why this tile.
  package var reason: String
  /// The steps behind the first one, of which all this is; nil where there is one task.
  package var later: [Step]?

  /// A step of a chain behind the first.
  package struct Step: Codable, Hashable, Sendable {
    package var model: String
    package var modelHash: String
    package var side: Int
    package var overlap: Int
    package var tileCount: Int
    package var tileBytes: Int
    package var reason: String

    package init(
      model: String, modelHash: String, side: Int, overlap: Int, tileCount: Int, tileBytes: Int, reason: String
    ) {
      (self.model, self.modelHash, self.side, self.overlap) = (model, modelHash, side, overlap)
      (self.tileCount, self.tileBytes, self.reason) = (tileCount, tileBytes, reason)
    }
  }

  package var steps: [Step] {
    [
      Step(
        model: model, modelHash: modelHash, side: side, overlap: overlap, tileCount: tileCount, tileBytes: tileBytes,
        reason: reason)
    ] + (later ?? [])
  }
  /// Tiles of each step. The journal counts those of all steps on.
  package var tileCounts: [Int] { steps.map(\.tileCount) }
  package var totalTiles: Int { tileCounts.reduce(0, +) }

  package init(
    input: Identity, right: Identity?, model: String, modelHash: String, instructionSet: String, width: Int,
    height: Int, side: Int, overlap: Int, tileCount: Int, tileBytes: Int, reason: String, later: [Step]? = nil
  ) {
    self.later = later
    (self.input, self.right) = (input, right)
    (self.model, self.modelHash, self.instructionSet) = (model, modelHash, instructionSet)
    (self.width, self.height, self.side, self.overlap) = (width, height, side, overlap)
    (self.tileCount, self.tileBytes, self.reason) = (tileCount, tileBytes, reason)
  }
}

extension PictureRecord.Identity {
  /// Of the file at `path` as it is now; reads all of it.
  package init(of path: String) throws(StoreError) {
    var status = stat()
    guard stat(path.systemPath, &status) == 0 else { throw .system(path: path, code: errno) }
    self.init(
      bytes: Int(status.st_size), modified: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec,
      sha256: try Self.hash(path))
  }

  /// Whether the file holds the same bytes. One whose size and time are the same is not read.
  package func isStill(_ path: String) -> Bool {
    var status = stat()
    guard stat(path.systemPath, &status) == 0, Int(status.st_size) == bytes else { return false }
    if status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec == modified { return true }
    do { return try Self.hash(path) == sha256 } catch { return false }
  }

  private static func hash(_ path: String) throws(StoreError) -> String {
    do { return try SHA256.hex(contentsOf: path) } catch { throw StoreError(error, path: path) }
  }
}
