import Base
import EngineWire
import Foundation

/// The events of `grl restore --events ndjson`: one JSON object a line on standard output. `Docs/Guide.md` lists them.
struct EventStream: Sendable {
  struct Start: Encodable {
    let event = "start"
    let pictures: Int
    let skipped: Int
  }

  struct Picture: Encodable {
    let event = "picture"
    let index: Int
    let input: String
    let output: String
    let width: Int
    let height: Int
    let model: String
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
  }

  struct Failed: Encodable {
    let event = "failed"
    let index: Int
    let input: String
    let status: Int32
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

  let console: Console

  func send(_ event: some Encodable) { console.result(jsonLine(event)) }
}
