import Base
import Foundation

/// Where a test lets the program die as `kill -9` does: `GRL_CRASH_AT=step`, or `step:n` for the nth time. Without that variable,
/// nothing. Described in Docs/JobFolder.md.
package enum CrashPoint: String, CaseIterable {
  case jobCreated = "job-created"
  case pictureBegun = "picture-begun"
  case tileBytes = "tile-bytes"
  case tileTorn = "tile-torn"
  case tileJournaled = "tile-journaled"
  case resultAnnounced = "result-announced"
  case resultWritten = "result-written"
  case pictureDone = "picture-done"
  case tilesRemoved = "tiles-removed"
  case jobEnded = "job-ended"
  case trainingSaved = "training-saved"

  private static let target: (step: String, count: Int)? = {
    guard let text = ProcessInfo.processInfo.environment["GRL_CRASH_AT"] else { return nil }
    let parts = text.split(separator: ":")
    guard let step = parts.first else { return nil }
    return (String(step), parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
  }()
  private static let passed = Locked(0)

  /// Whether this is where to die.
  package var isReached: Bool {
    guard let target = Self.target, target.step == rawValue else { return false }
    return Self.passed.withLock { passed in
      passed += 1
      return passed == target.count
    }
  }

  package func pass() {
    if isReached { Self.die() }
  }

  /// A picture at which the program comes to a trap, as by a fault of its own: `GRL_TRAP_AT=NAME` when the picture of that
  /// file name is about to be read, `NAME:T` when its tile T, counted from 1, is about to be computed. Every time, for that is
  /// what the journal is to end.
  private static let trap: (name: String, tile: Int?)? = {
    guard let text = ProcessInfo.processInfo.environment["GRL_TRAP_AT"] else { return nil }
    guard let colon = text.lastIndex(of: ":"), let tile = Int(text[text.index(after: colon)...]) else {
      return (text, nil)
    }
    return (String(text[..<colon]), tile)
  }()

  /// - Parameter tile: counted from 1; nil before the picture is read.
  package static func passTrap(_ input: String, tile: Int? = nil) {
    guard let trap, trap.tile == tile, trap.name == lastComponent(input) else { return }
    fatalError("GRL_TRAP_AT \(trap.name)")
  }

  /// Waits so many milliseconds behind each tile that was kept, so that a test can do something in the meantime: `GRL_SLOW_TILES=20`.
  private static let tilePause =
    ProcessInfo.processInfo.environment["GRL_SLOW_TILES"].flatMap { UInt32($0) }.map { min($0, 10_000) * 1000 }

  package static func pauseBehindTile() {
    if let tilePause { usleep(tilePause) }
  }

  static func die() {
    kill(getpid(), SIGKILL)
    while true { pause() }
  }
}
