import Glibc

/// A value that one thread at a time uses.
///
/// It does what the standard library's `Mutex` does, with a POSIX mutex: the thread sanitizer sees that one, and takes everything
/// under the other for a data race.
public final class Locked<Value>: @unchecked Sendable {
  // `value` is read and written under `mutex` only, which is initialised once and never moves.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  public init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
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
}
