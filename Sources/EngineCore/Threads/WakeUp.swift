import Base

/// Lets a thread sleep until a time has passed or somebody signals.
package final class WakeUp: Sendable {
  private let isSignalled = Locked(false)

  package init() {}

  /// Wakes the sleeper, or makes its next sleep short.
  package func signal() {
    isSignalled.withLock { $0 = true }
    isSignalled.wakeAll()
  }

  /// Returns after `seconds`, or as soon as `signal` was called since the last sleep.
  package func sleep(seconds: Double) { isSignalled.withLock(when: { $0 }, within: seconds) { $0 = false } }
}
