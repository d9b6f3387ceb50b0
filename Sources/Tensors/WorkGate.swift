import Glibc
import Synchronization

/// What computing threads look at before each piece of work: it lets them through, holds them, or sends them home.
///
/// ```
/// open ──pause──▶ paused ──resume──▶ open
///   └──cancel──▶ cancelled ◀──cancel──┘        cancelled ──reopen──▶ open
/// ```
///
/// Looking costs one relaxed load while the gate is open.
public final class WorkGate: @unchecked Sendable {
  // `state` is atomic, `now` a constant; all else is read and written under `mutex` only, which is initialised once and never moves.

  private static let open: UInt8 = 0
  private static let paused: UInt8 = 1
  private static let cancelled: UInt8 = 2

  private let state = Atomic<UInt8>(WorkGate.open)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var pausedSince: ContinuousClock.Instant?
  private var pausedBefore = Duration.zero
  private var held = 0

  /// The clock that pauses, and the work between them, are measured by.
  public let now: @Sendable () -> ContinuousClock.Instant

  public init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.now = now
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Whether work goes through at this moment.
  @inline(__always)
  public var isOpen: Bool { state.load(ordering: .relaxed) == WorkGate.open }
  public var isPaused: Bool { state.load(ordering: .acquiring) == WorkGate.paused }
  public var isCancelled: Bool { state.load(ordering: .acquiring) == WorkGate.cancelled }

  /// Threads that wait at the gate at this moment.
  public var heldThreads: Int { locked { held } }

  /// Time that the gate has been paused so far.
  public var pausedTime: Duration {
    locked { pausedBefore + (pausedSince.map { now() - $0 } ?? .zero) }
  }

  /// Holds every thread at its next piece of work. Without effect on a cancelled gate.
  public func pause() {
    locked {
      let (exchanged, _) = state.compareExchange(
        expected: WorkGate.open, desired: WorkGate.paused, ordering: .acquiringAndReleasing)
      if exchanged { pausedSince = now() }
    }
  }

  /// Lets the threads of a paused gate go on where they are. Without effect on a cancelled gate.
  public func resume() {
    locked {
      let (exchanged, _) = state.compareExchange(
        expected: WorkGate.paused, desired: WorkGate.open, ordering: .acquiringAndReleasing)
      if exchanged { endPause() }
    }
  }

  /// From now on pieces of work are skipped. On a gate that nobody pauses this is a single atomic exchange, and may be
  /// called from a signal handler.
  public func cancel() {
    guard state.exchange(WorkGate.cancelled, ordering: .acquiringAndReleasing) == WorkGate.paused else { return }
    locked { endPause() }
  }

  /// Opens the gate again, whatever its state.
  public func reopen() {
    locked {
      state.store(WorkGate.open, ordering: .releasing)
      endPause()
    }
  }

  /// Waits while the gate is paused; false where it is cancelled and the work shall not be done.
  @inline(__always)
  public func pass() -> Bool {
    isOpen || wait()
  }

  @inline(never)
  private func wait() -> Bool {
    pthread_mutex_lock(mutex)
    held += 1
    defer {
      held -= 1
      pthread_mutex_unlock(mutex)
    }
    while true {
      switch state.load(ordering: .acquiring) {
      case WorkGate.open: return true
      case WorkGate.cancelled: return false
      default: pthread_cond_wait(changed, mutex)
      }
    }
  }

  /// Called under `mutex`.
  private func endPause() {
    if let since = pausedSince { pausedBefore += now() - since }
    pausedSince = nil
    pthread_cond_broadcast(changed)
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
