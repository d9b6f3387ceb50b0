import Base
import EngineWire
import Foundation

/// The journal's lines: sixteen digits of checksum, a space, JSON, a line feed.
package enum Journal {
  /// Journals are small; what is larger was not written by this program.
  static let largest = 256 << 20

  package static func line(_ entry: JournalEntry) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json: [UInt8]
    do { json = Array(try encoder.encode(entry)) } catch { preconditionFailure("plain values always encode: \(error)") }
    return Array(json.withUnsafeBytes { Checksum.text($0) }.utf8) + [UInt8(ascii: " ")] + json + [UInt8(ascii: "\n")]
  }

  /// The entries of all lines up to the first that is torn or damaged, and the bytes that they take.
  package static func read(_ bytes: [UInt8]) -> (entries: [JournalEntry], soundBytes: Int) {
    let decoder = JSONDecoder()
    var entries: [JournalEntry] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard end - start > 17, bytes[start + 16] == UInt8(ascii: " ") else { break }
      let json = bytes[(start + 17)..<end]
      let checksum = json.withUnsafeBytes { Checksum.text($0) }
      guard checksum.utf8.elementsEqual(bytes[start..<start + 16]) else { break }
      do { entries.append(try decoder.decode(JournalEntry.self, from: Data(json))) } catch { break }
      start = end + 1
    }
    return (entries, start)
  }
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
  /// How a training goes: mean loss of the last steps, or PSNR of held-out patches and of what the network gets of them.
  case learned(picture: Int, step: Int, loss: Double?, heldOut: Double?, input: Double?)
  /// The state of a training after so many steps is on the disk.
  case saved(picture: Int, step: Int)
  /// A training is to end with what it has come to.
  case keep(picture: Int)
  /// Its result is about to be written.
  case writing(picture: Int)
  /// Its result has its name.
  case done(picture: Int, seconds: Double, seamScore: Double?, notes: [String])
  /// The rows of its tiles that this shard makes are all on the disk; they stay for whoever joins them.
  case made(picture: Int, seconds: Double)
  /// Its result has so many bytes.
  case wrote(picture: Int, bytes: Int)
  case failed(picture: Int, status: Int32, reason: String)
  /// Another process made its result meanwhile.
  case skipped(picture: Int, reason: String)
  /// Queued again.
  case retry(pictures: [Int])
  /// The job was paused, goes on, was cancelled, or ended.
  case state(JobState, reason: String?)
  /// The order in which the pictures are restored.
  case order(pictures: [Int])
  /// Place in the queue: smaller comes first; without it, `created` counts.
  case rank(Double)
}
