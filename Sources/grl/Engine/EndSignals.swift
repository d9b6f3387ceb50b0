import Base
import Foundation
import Glibc
import Synchronization

/// Where the handler writes the signal's number; -1 until `watch`.
private let wakeUp = Atomic<Int32>(-1)

/// The signals that ask a process to end, for one that has to put something away first. A second signal ends it at once.
enum EndSignals {
  /// Calls `act` with the signal's name, on a thread of its own. A signal that is ignored, as `nohup` does, stays so.
  static func watch(_ act: @escaping @Sendable (String) -> Void) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let source = ends[0]
    wakeUp.store(ends[1], ordering: .sequentiallyConsistent)
    Thread.detachNewThread {
      var number: UInt8 = 0
      while true {
        let count = read(source, &number, 1)
        if count == 1 { act(name(Int32(number))) } else if count == 0 || errno != EINTR { return }
      }
    }
    handleEndSignals(restarts: true) { number in
      let code = errno
      var byte = UInt8(truncatingIfNeeded: number)
      _ = write(wakeUp.load(ordering: .relaxed), &byte, 1)
      errno = code
    }
  }

  private static func name(_ number: Int32) -> String {
    switch number {
    case SIGINT: "interrupted (SIGINT)"
    case SIGTERM: "ended from outside (SIGTERM)"
    default: "its terminal has gone (SIGHUP)"
    }
  }
}
