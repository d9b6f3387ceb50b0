import Foundation
import Synchronization

/// Where a test lets the program die as `kill -9` does: `GRL_CRASH_AT=step`, or `step:n` for the nth time. Without that variable,
/// nothing. Described in Docs/JobFolder.md.
enum CrashPoint: String, CaseIterable {
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

  private static let target: (step: String, count: Int)? = {
    guard let text = ProcessInfo.processInfo.environment["GRL_CRASH_AT"] else { return nil }
    let parts = text.split(separator: ":")
    guard let step = parts.first else { return nil }
    return (String(step), parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
  }()
  private static let passed = Mutex(0)

  /// Whether this is where to die.
  var isReached: Bool {
    guard let target = Self.target, target.step == rawValue else { return false }
    return Self.passed.withLock { passed in
      passed += 1
      return passed == target.count
    }
  }

  func pass() {
    if isReached { Self.die() }
  }

  static func die() {
    kill(getpid(), SIGKILL)
    while true { pause() }
  }
}
