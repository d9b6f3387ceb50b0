import CBase
import Glibc

/// Seconds of one of the system's clocks; by default of one that only goes forward.
package func clockSeconds(_ clock: clockid_t = CLOCK_MONOTONIC) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

extension Duration {
  package var seconds: Double { self / .seconds(1) }
}

/// Lets all threads share one heap. By default the C library reserves 64 MiB of addresses for the heap of each, which a limit on
/// addresses (`ulimit -v`) counts as if they were used.
package func shareOneHeap() { grl_share_one_heap() }
