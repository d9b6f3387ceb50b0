import Base

/// Lets a thread sleep until a time has passed or somebody rings.
package final class Bell: Sendable {
  private let isRung = Locked(false)

  package init() {}

  /// Wakes the sleeper, or makes its next sleep short.
  package func ring() {
    isRung.withLock { $0 = true }
    isRung.wakeAll()
  }

  /// Returns after `seconds`, or as soon as the bell has been rung since the last sleep.
  package func sleep(seconds: Double) { isRung.withLock(when: { $0 }, within: seconds) { $0 = false } }
}
