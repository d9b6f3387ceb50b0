import Glibc

/// A value that one thread at a time uses, and that others can wait for.
///
/// It does what the standard library's `Mutex` does, with a POSIX mutex: the thread sanitizer sees that one, and takes everything
/// under the other for a data race.
public final class Locked<Value>: @unchecked Sendable {
  // `value` is read and written under `mutex` only; that and `changed` are initialised once and never move.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var value: Value

  public init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Calls `body` while no other thread is inside. Not to be entered again from `body`, which would wait for ever.
  public func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }

  /// Calls `body` as soon as `isReady`, which is asked at first and after each `wakeOne` or `wakeAll`. While this thread waits, others
  /// may enter.
  ///
  /// - Parameter seconds: how long to wait at most.
  /// - Returns: nil where the time passed first.
  package func withLock<Result>(
    when isReady: (Value) -> Bool, within seconds: Double = .infinity, _ body: (inout Value) -> sending Result
  ) -> sending Result? {
    var end = timespec()
    if seconds.isFinite {
      let time = clockSeconds() + max(0, seconds)
      (end.tv_sec, end.tv_nsec) = (Int(time), Int(time.truncatingRemainder(dividingBy: 1) * 1e9))
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isReady(value) {
      if !seconds.isFinite {
        pthread_cond_wait(changed, mutex)
      } else if pthread_cond_timedwait(changed, mutex, &end) == ETIMEDOUT {
        return nil
      }
    }
    return body(&value)
  }

  /// Lets one of the threads that wait look again.
  package func wakeOne() { pthread_cond_signal(changed) }

  /// Lets all threads that wait look again.
  package func wakeAll() { pthread_cond_broadcast(changed) }
}
