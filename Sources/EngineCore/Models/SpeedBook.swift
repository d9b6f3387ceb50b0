import Foundation
import Restoration
import Synchronization
import Tensors

/// How fast each model was on this machine: remembered in `speeds.json`, shared by `grl restore` and the engine.
///
/// A speed is input pixels that went through the network by the second, overlaps counted as often as they did, so that it
/// holds for every tile. It is the mean of the last measurement and what was known before.
package final class SpeedBook: Sendable {
  private struct Entry: Codable {
    let model: String
    let machine: String
    var pixelsPerSecond: Double
    var measured: Double
  }

  private static let mostEntries = 200

  private let path: String?
  private let machine: String
  private let entries: Mutex<[Entry]>

  /// - Parameter path: of `speeds.json`; nil keeps speeds in memory only. A file that cannot be read counts as empty.
  package init(path: String?, threadCount: Int) {
    self.path = path
    machine = Self.machine(threadCount)
    entries = Mutex(path.map(Self.read) ?? [])
  }

  package func pixelsPerSecond(model: String) -> Double? {
    entries.withLock { $0.first { $0.model == model && $0.machine == machine }?.pixelsPerSecond }
  }

  /// Takes a measurement in and writes the file anew. What other processes wrote in between is kept.
  package func record(model: String, pixelsPerSecond: Double) {
    guard pixelsPerSecond.isFinite, pixelsPerSecond > 0 else { return }
    entries.withLock { entries in
      if let path { entries = Self.read(path) }
      let known = entries.firstIndex { $0.model == model && $0.machine == machine }
      var entry = known.map { entries.remove(at: $0) }
      let before = entry?.pixelsPerSecond ?? pixelsPerSecond
      entry = Entry(
        model: model, machine: machine, pixelsPerSecond: (before + pixelsPerSecond) / 2,
        measured: Date().timeIntervalSince1970.rounded())
      entries.insert(entry!, at: 0)
      if entries.count > Self.mostEntries { entries.removeLast(entries.count - Self.mostEntries) }
      guard let path else { return }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      // A speed that could not be remembered is measured again: nothing is lost that anybody would want to hear of.
      do { try DurableFile.write([UInt8](encoder.encode(entries)), to: path, isFlushed: false) } catch {}
    }
  }

  private static func read(_ path: String) -> [Entry] {
    guard let data = FileManager.default.contents(atPath: path), data.count < 1 << 20 else { return [] }
    do { return try JSONDecoder().decode([Entry].self, from: data) } catch { return [] }
  }

  /// Processor, instruction set and threads: what the speed depends on.
  private static func machine(_ threadCount: Int) -> String {
    let lines = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let name = lines.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    return "\(name ?? "unknown processor"), \(InstructionSet.best.rawValue), \(threadCount) threads"
  }
}
