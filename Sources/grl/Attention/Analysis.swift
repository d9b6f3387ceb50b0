import Base
import EngineCore
import EngineWire
import Foundation

extension PictureAnalysis.Watch {
  /// Progress and notes for the console; what effect maps have measured is kept beside the first result.
  init(_ order: Attention, _ console: Console) {
    self.init(isCancelled: { Interruption.isRequested })
    onProgress = { console.progress(order.image, done: $0, detail: $1) }
    note = { console.note($0) }
    let result = order.output.first { $0 != "-" }
    kept = { EffectStore(result, key: $0)?.read() }
    keep = { key, effects in
      guard let store = EffectStore(result, key: key) else { return }
      if let effects { store.write(effects) } else { store.remove() }
    }
  }
}

/// What an effect map has measured so far, beside its result: an interrupted run goes on from there.
private struct EffectStore {
  private let path: String

  /// - Parameter result: nil where no result keeps the numbers.
  init?(_ result: String?, key: String) {
    guard let result else { return nil }
    path = result + "." + SHA256.hex(Array(key.utf8)).prefix(8) + ".part"
  }

  func read() -> [Float]? {
    guard let bytes = FileManager.default.contents(atPath: path), bytes.count % 4 == 0, !bytes.isEmpty else {
      return nil
    }
    return bytes.withUnsafeBytes { raw in
      (0..<bytes.count / 4).map {
        Float(bitPattern: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self).littleEndian)
      }
    }
  }

  func write(_ effects: [Float]) {
    let bytes = effects.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    // What cannot be kept is measured again.
    try? Interruption.holdingOff { try WholeFile.write(bytes, to: path, mayReplace: true) }
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
