import Base
import EngineCore
import EngineWire
import Foundation

/// The events of `--events ndjson`, version 2: one JSON object a line on standard output. `Docs/events.schema.json` describes them, and
/// `Docs/Guide.md` in words.
struct EventStream: Sendable {
  static let version = 2

  /// What every event has: version, time in seconds since 1970, and the job.
  private struct Envelope<Event: Encodable>: Encodable {
    let event: Event
    let job: String?

    private enum CodingKeys: String, CodingKey { case v, time, job }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(EventStream.version, forKey: .v)
      try container.encode((Date().timeIntervalSince1970 * 1000).rounded() / 1000, forKey: .time)
      try container.encodeIfPresent(job, forKey: .job)
      try event.encode(to: encoder)
    }
  }

  struct Start: Encodable {
    let event = "start"
    let task: String
    let pictures: Int
    let skipped: Int
    /// Of the whole job, those that earlier runs settled included.
    let jobPictures: Int
  }

  struct Picture: Encodable {
    let event = "picture"
    let index: Int
    let input: String
    let output: String
    let width: Int
    let height: Int
    let task: String
    let model: String
    /// SHA-256 of the model's file.
    let modelHash: String
    var sigma: Double?
    var quality: Int?
    var scale: Int?
    let tiles: Int
    let tileWidth: Int
    let tileHeight: Int
    let overlap: Int
    let reason: String
    let estimatedBytes: Int
    let budgetBytes: Int
    /// Of a chain: the step that begins.
    let step: JobStep?
  }

  struct Progress: Encodable {
    let event = "progress"
    let index: Int
    let fraction: Double
    let tilesDone: Int
    let tiles: Int
    let pixelsPerSecond: Double
    let secondsRemaining: Double?
    let step: JobStep?
    let jobFraction: Double
    let jobSecondsRemaining: Double?
    let jobSettled: Int
    let jobPictures: Int
  }

  struct Done: Encodable {
    let event = "done"
    let index: Int
    let input: String
    let output: String
    let seconds: Double
    let seamScore: Double?
    let consistency: Double?
    let notes: [String]
    let tiling: Tiling?
    let jobFraction: Double
    let jobSecondsRemaining: Double?
  }

  struct Failed: Encodable {
    let event = "failed"
    let index: Int
    let input: String
    let status: Int32
    /// The same for programs: what kind of error it is, whatever its words.
    let code: String
    let reason: String
  }

  /// Another process made the result meanwhile.
  struct Skipped: Encodable {
    let event = "skipped"
    let index: Int
    let input: String
    let output: String
    let reason: String
  }

  /// Something in a folder that is no picture to restore.
  struct PassedOver: Encodable {
    let event = "passed-over"
    let path: String
    let reason: String
  }

  struct End: Encodable {
    let event = "end"
    let done: Int
    let failed: Int
    let skipped: Int
    let status: Int32
    let seconds: Double
  }

  /// Of `grl jobs watch`: how a job of the queue is.
  struct Job: Encodable {
    let event = "job"
    let state: String
    let reason: String?
    let task: String
    let isTraining: Bool
    let picture: String?
    let fraction: Double?
    let jobFraction: Double
    let jobSecondsRemaining: Double?
    let jobSettled: Int
    let jobPictures: Int
    let done: Int
    let failed: Int
  }

  /// The verb ends without having begun, or in the middle: the last event.
  struct Error: Encodable {
    let event = "error"
    let status: Int32
    let code: String
    let reason: String
  }

  let console: Console
  let job: String?

  func send(_ event: some Encodable) { console.result(jsonLine(Envelope(event: event, job: job))) }

  /// Whether a command line, the verb first, asks for events: known before it is understood.
  static func isWanted(_ words: [String]) -> Bool {
    let options = words.prefix { $0 != "--" }
    return options.contains("--events=ndjson")
      || zip(options, options.dropFirst()).contains { $0 == ("--events", "ndjson") }
  }

  /// A path from the root; a link keeps its name, and `-` stays.
  static func absolute(_ path: String) -> String {
    path == "-" ? path : joined(canonicalPath(parentFolder(path)), lastComponent(path))
  }
}
