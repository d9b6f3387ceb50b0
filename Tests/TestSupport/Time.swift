import Base
import Testing

/// Waits until something is so. Records an issue and throws after five minutes: no test waits for ever, and how long it took
/// is not what is tested.
public func eventually(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation, isolation: isolated (any Actor)? = #isolation,
  _ isSo: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(300)
  while try await !isSo() {
    if ContinuousClock.now >= deadline {
      Issue.record("\(what): not within five minutes", sourceLocation: sourceLocation)
      throw NeverHappened(what: what)
    }
    try await Task.sleep(for: .milliseconds(2))
  }
}

public struct NeverHappened: Error {
  public let what: String
}

/// A clock that stands still until a test moves it, for what takes the time as `() -> ContinuousClock.Instant`.
public final class ManualClock: Sendable {
  private let instant = Locked(ContinuousClock.now)

  public init() {}

  public var now: ContinuousClock.Instant { instant.withLock { $0 } }

  public func advance(by duration: Duration) {
    instant.withLock { $0 = $0.advanced(by: duration) }
  }
}
