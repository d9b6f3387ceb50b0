import Base
import Foundation
import Imaging
import JobStore
import Restoration
import Tensors

/// How fast each model was on this machine: remembered in `speeds.json`, shared by `grl restore` and the engine.
///
/// A speed is input pixels that went through the network by the second, overlaps counted as often as they did, so that it
/// holds for every tile. It is the mean of the last measurement and what was known before.
package final class SpeedProfile: Sendable {
  private struct Entry: Codable {
    let model: String
    /// Nil for float32.
    let precision: String?
    let machine: String
    var pixelsPerSecond: Double
    var measured: Double

    func `is`(_ model: String, _ precision: PrecisionChoice, on machine: String) -> Bool {
      self.model == model && self.machine == machine
        && (self.precision ?? PrecisionChoice.float32.rawValue) == precision.rawValue
    }
  }

  private static let mostEntries = 200

  private struct State {
    let machine: String
    var entries: [Entry]
  }

  private let path: String?
  private let threadCount: Int
  /// Read when it is first needed: most short runs never do.
  private let state = Locked<State?>(nil)

  /// - Parameter path: of `speeds.json`; nil keeps speeds in memory only. A file that cannot be read counts as empty.
  package init(path: String?, threadCount: Int) {
    self.path = path
    self.threadCount = threadCount
  }

  package func pixelsPerSecond(model: String, precision: PrecisionChoice) -> Double? {
    state.withLock { state in
      let known = loaded(&state)
      return known.entries.first { $0.is(model, precision, on: known.machine) }?.pixelsPerSecond
    }
  }

  /// Adds a measurement and rewrites the file. What other processes wrote in between is kept.
  package func record(model: String, precision: PrecisionChoice, pixelsPerSecond: Double) {
    guard pixelsPerSecond.isFinite, pixelsPerSecond > 0 else { return }
    state.withLock { state in
      var known = loaded(&state)
      if let path { known.entries = Self.read(path) }
      let place = known.entries.firstIndex { $0.is(model, precision, on: known.machine) }
      let before = place.map { known.entries.remove(at: $0).pixelsPerSecond } ?? pixelsPerSecond
      known.entries.insert(
        Entry(
          model: model, precision: precision == .float32 ? nil : precision.rawValue, machine: known.machine,
          pixelsPerSecond: (before + pixelsPerSecond) / 2,
          measured: Date().timeIntervalSince1970.rounded()), at: 0)
      if known.entries.count > Self.mostEntries { known.entries.removeLast(known.entries.count - Self.mostEntries) }
      state = known
      if let path { Self.write(known.entries, path) }
    }
  }

  /// Times the model on a small tile, for two seconds at most, and remembers what came out.
  ///
  /// - Returns: input pixels by the second.
  package func measure(
    _ card: ModelCard, _ options: RestorationOptions, _ models: ModelCatalogue
  ) throws(RestorationError) -> Double {
    let speed = try models.model(card, options).trialSpeed(threadCount: threadCount)
    record(model: try models.hash(card), precision: options.precision, pixelsPerSecond: speed)
    return speed
  }

  private func loaded(_ state: inout State?) -> State {
    if let state { return state }
    let made = State(machine: Self.machine(threadCount), entries: path.map(Self.read) ?? [])
    state = made
    return made
  }

  /// A speed that could not be remembered is measured again: nothing is lost that anybody would want to hear of.
  private static func write(_ entries: [Entry], _ path: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
      try DurableFile.makeFolder(parentFolder(path))
      try DurableFile.write([UInt8](encoder.encode(entries)), to: path, isFlushed: false)
    } catch { return }
  }

  private static func read(_ path: String) -> [Entry] {
    do { return try JSONDecoder().decode([Entry].self, from: Data(try RegularFile.read(path, limit: 1 << 20))) } catch {
      return []
    }
  }

  /// Processor, instruction set and threads: what the speed depends on.
  private static func machine(_ threadCount: Int) -> String {
    let lines = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let name = lines.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    return "\(name ?? "unknown processor"), \(PrecisionChoice.float32.device), \(threadCount) threads"
  }
}
