import Base
import Foundation
import Glibc
import Imaging
import Restoration

/// Results of single pictures, kept on disk so that an interrupted evaluation goes on and a repeated one computes nothing.
///
/// `$XDG_STATE_HOME/grl/evaluations/KEY.ndjson`: the first line says what the key stands for (model, damage, rules, tiles),
/// each further line is one picture. A line goes to the file in one write and to the disk before the next picture begins; a
/// line that was cut off is passed over when the file is read.
package struct EvaluationStore {
  package struct Result: Codable, Sendable {
    /// Hash of all that the numbers hang on: the files' bytes, set and name.
    package let picture: String
    package let name: String
    package let values: [String: Double]
    package let seconds: Double
  }

  private struct Heading: Codable { let settings: String }

  package let path: String
  package private(set) var results: [String: Result] = [:]

  /// - Parameters:
  ///   - settings: all that a result hangs on besides the picture, in words.
  ///   - isFresh: forget what was kept before.
  package init(settings: String, isFresh: Bool, environment: [String: String]) throws(EvaluationError) {
    let folder = Self.folder(environment)
    path = folder + "/" + SHA256.hex(Array(settings.utf8)).prefix(32) + ".ndjson"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      if isFresh && fileExists(path) { try FileManager.default.removeItem(atPath: path) }
    } catch {
      throw EvaluationError.notKept("\(folder): cannot be written to, so results cannot be kept; set XDG_STATE_HOME")
    }
    guard fileExists(path) else {
      try append(Heading(settings: settings))
      return
    }
    let data: [UInt8]
    do { data = try RegularFile.read(path, limit: 1 << 30) } catch {
      throw EvaluationError.notKept("\(path): \(error); remove it")
    }
    let decoder = Self.decoder
    for line in data.split(separator: UInt8(ascii: "\n")).dropFirst() {
      do {
        let result = try decoder.decode(Result.self, from: Data(line))
        results[result.picture] = result
      } catch {
        continue  // Cut off when the program was killed; the picture is measured again.
      }
    }
    if data.last != UInt8(ascii: "\n") { try write([UInt8(ascii: "\n")]) }
  }

  package mutating func keep(_ result: Result) throws(EvaluationError) {
    results[result.picture] = result
    try append(result)
  }

  /// `$XDG_STATE_HOME/grl/evaluations`, by default below `~/.local/state`.
  package static func folder(_ environment: [String: String]) -> String {
    UserFolders.state(environment) + "/grl/evaluations"
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }

  private func append(_ value: some Encodable) throws(EvaluationError) {
    try write(Array((jsonLine(value) + "\n").utf8))
  }

  private func write(_ bytes: [UInt8]) throws(EvaluationError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
    func refuse() -> EvaluationError {
      EvaluationError.notKept("\(path): \(systemReason()); results cannot be kept")
    }
    guard descriptor >= 0 else { throw refuse() }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else { throw refuse() }
  }
}
