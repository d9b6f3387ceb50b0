import Synchronization

/// A clock that stands still until a test moves it, for what takes the time as `() -> ContinuousClock.Instant`.
public final class ManualClock: Sendable {
  private let instant = Mutex(ContinuousClock.now)

  public init() {}

  public var now: ContinuousClock.Instant { instant.withLock { $0 } }

  public func advance(by duration: Duration) {
    instant.withLock { $0 = $0.advanced(by: duration) }
  }
}
