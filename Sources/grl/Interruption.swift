import ArgumentParser
import Base
import Glibc
import Synchronization
import Tensors

/// The signal that asked the program to stop, or 0.
private let receivedSignal = Atomic<Int32>(0)

/// What the handler closes.
private let workGate = WorkGate()

/// Stops work tidily on Ctrl-C, `kill` and hang-up: the first signal is noted, and work that goes through the gate ends within
/// milliseconds; a second one ends the program at once.
enum Interruption {
  /// Cancelled by the first signal. Nobody pauses it, so that the handler may touch it.
  static var gate: WorkGate { workGate }

  static func watch() {
    // Also makes the globals before a handler can run. What was asked for already is not forgotten.
    guard !isRequested, !gate.isCancelled else { return }
    handleEndSignals(restarts: false) {
      receivedSignal.store($0, ordering: .relaxed)
      workGate.cancel()
    }
  }

  static var isRequested: Bool { receivedSignal.load(ordering: .relaxed) != 0 }

  /// 130 for Ctrl-C, 128 + n for another signal n.
  static var exitCode: Int32 {
    let number = receivedSignal.load(ordering: .relaxed)
    return number == 0 ? ExitStatus.interrupted.rawValue : 128 + number
  }

  /// Runs `write` to its end and only then gives in to a signal, so that no temporary file stays behind.
  static func holdingOff(_ write: () throws -> Void) throws {
    watch()
    try write()
    if isRequested { throw ExitCode(exitCode) }
  }
}
