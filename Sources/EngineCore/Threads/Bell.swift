import Glibc

/// Lets a thread sleep until a time has passed or somebody rings.
package final class Bell: @unchecked Sendable {
  // `rings` is read and written under `mutex` only.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let rung: UnsafeMutablePointer<pthread_cond_t>
  private var rings = 0

  package init() {
    mutex = .allocate(capacity: 1)
    rung = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(rung, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(rung)
    pthread_mutex_destroy(mutex)
    rung.deallocate()
    mutex.deallocate()
  }

  /// Wakes the sleeper, or makes its next sleep short.
  package func ring() {
    pthread_mutex_lock(mutex)
    rings += 1
    pthread_cond_broadcast(rung)
    pthread_mutex_unlock(mutex)
  }

  /// Returns after `seconds`, or as soon as the bell has been rung since the last sleep.
  package func sleep(seconds: Double) {
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = Double(end.tv_nsec) + seconds.truncatingRemainder(dividingBy: 1) * 1e9
    end.tv_sec += Int(seconds) + Int(nanoseconds / 1e9)
    end.tv_nsec = Int(nanoseconds.truncatingRemainder(dividingBy: 1e9))
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while rings == 0 {
      if pthread_cond_timedwait(rung, mutex, &end) == ETIMEDOUT { return }
    }
    rings = 0
  }
}
