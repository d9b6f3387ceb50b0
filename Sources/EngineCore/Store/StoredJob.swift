import EngineWire

/// `job.json`: what a job is, written once.
package struct StoredJob: Codable, Hashable, Sendable {
  package static let version = 1

  package enum Owner: String, Codable, Sendable {
    /// Goes on by itself when an engine starts.
    case engine
    /// Of a `grl restore`; goes on when somebody asks for it.
    case restore
  }

  package struct Picture: Codable, Hashable, Sendable {
    package var input: String
    package var output: String

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
  /// Absolute paths; a picture's number in the journal is its place here.
  package var pictures: [Picture]
  /// Left out, since their results existed.
  package var skipped: [Picture]
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
}

/// One line of the journal.
package enum JournalEntry: Codable, Hashable, Sendable {
  /// The picture is about to be worked on.
  case attempt(picture: Int, process: ProcessIdentity)
  /// Its work rests or was given up in good order: what ends the process from here on is not the picture's doing.
  case left(picture: Int)
  /// Tiles of the picture are kept from here on; what was kept before is void.
  case began(picture: Int, record: PictureRecord)
  /// The tile's bytes are on the disk.
  case tile(picture: Int, tile: Int, checksum: String, seconds: Double)
  /// Its result is about to be written.
  case writing(picture: Int)
  /// Its result has its name.
  case done(picture: Int, seconds: Double, seamScore: Double?, notes: [String])
  case failed(picture: Int, status: Int32, reason: String)
  /// Another process made its result meanwhile.
  case skipped(picture: Int, reason: String)
  /// Queued anew.
  case retry(pictures: [Int])
  /// The job was paused, goes on, was cancelled, or ended.
  case state(JobState, reason: String?)
  /// The order in which the pictures are restored.
  case order(pictures: [Int])
  /// Place in the queue: smaller comes first; without it, `created` counts.
  case rank(Double)
}
