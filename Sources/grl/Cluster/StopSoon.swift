import Base
import Foundation
import Glibc
import Synchronization
import Tensors

/// Where the handler writes the signal's number; -1 until `watch`.
private let stopPipe = Atomic<Int32>(-1)

/// Ends a worker's shard in good order: at a signal by which a scheduler announces the end, or when its time is over.
///
/// SIGTERM, SIGUSR1, SIGUSR2, SIGINT and SIGHUP mean the same, however many come: the tile in work is finished if that takes less than the
/// grace, then the work ends. A second Ctrl-C does not wait for the tile.
final class StopSoon: Sendable {
  /// Cancelled when the grace is over.
  let gate = WorkGate()
  private let graceSeconds: Double
  private let state = Locked(State())

  private struct State {
    var reason: String?
    /// By `clockSeconds`.
    var deadline = 0.0
    var isInterrupt = false
    var tile: (began: Double, share: Double)?
  }

  init(graceSeconds: Double) { self.graceSeconds = graceSeconds }

  /// Why the work is to end; nil while it is not.
  var reason: String? { state.withLock { $0.reason } }
  /// Somebody at a terminal asked for it.
  var isInterrupt: Bool { state.withLock { $0.isInterrupt } }

  /// - Parameter maxSeconds: after which the work ends by itself, the grace included; nil for never.
  func watch(maxSeconds: Double?) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    stopPipe.store(ends[1], ordering: .sequentiallyConsistent)
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2] {
      sigaddset(&mask, number)
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let code = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(stopPipe.load(ordering: .relaxed), &byte, 1)
        errno = code
      }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    let source = ends[0]
    if let maxSeconds, maxSeconds <= graceSeconds { request("--max-time is over") }
    let end = maxSeconds.map { clockSeconds() + max(0, $0 - graceSeconds) }
    Thread.detachNewThread { [self] in listen(source, end) }
  }

  private func listen(_ source: Int32, _ end: Double?) {
    while true {
      let due = state.withLock { $0.reason == nil ? end : gate.isCancelled ? nil : $0.deadline }
      let wait = due.map { Int32(min(max(0, ($0 - clockSeconds()) * 1000 + 1), 1e9)) } ?? -1
      var waiting = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
      let count = poll(&waiting, 1, wait)
      if count < 0 && errno != EINTR { return }
      if count > 0 {
        var number: UInt8 = 0
        guard read(source, &number, 1) == 1 else { continue }
        heed(Int32(number))
      } else if let due, clockSeconds() >= due {
        if reason == nil { request("--max-time is over") } else { gate.cancel() }
      }
    }
  }

  private func heed(_ number: Int32) {
    if number == SIGINT {
      let isSecond = state.withLock { state in
        defer { state.isInterrupt = true }
        return state.isInterrupt
      }
      if isSecond { gate.cancel() }
    }
    let names = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP", SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2"]
    request("\(names[number] ?? "a signal")")
  }

  private func request(_ reason: String) {
    state.withLock { state in
      guard state.reason == nil else { return }
      (state.reason, state.deadline) = (reason, clockSeconds() + graceSeconds)
    }
  }

  /// The work cannot go on: it ends without waiting for the tile.
  func stopAtOnce(_ reason: String) {
    request(reason)
    gate.cancel()
  }

  // MARK: The tile in work

  func tileBegan() { state.withLock { $0.tile = (clockSeconds(), 0) } }

  func tileIs(at share: Double) { state.withLock { $0.tile?.share = share } }

  func tileEnded() { state.withLock { $0.tile = nil } }

  /// Whether the work ends here: between tiles as soon as that is asked for, within one where the rest of it would take longer than the grace.
  var isDue: Bool {
    state.withLock { state in
      guard state.reason != nil else { return false }
      guard let tile = state.tile else { return true }
      let now = clockSeconds()
      if now >= state.deadline { return true }
      guard tile.share > 0.02 else { return false }
      let left = (now - tile.began) / tile.share * (1 - tile.share)
      return now + left > state.deadline
    }
  }
}

/// Reads `3h50m`, `90m`, `45s`, `3:50:00` or a number of seconds; nil for anything else.
func duration(_ text: String) -> Double? {
  let parts = text.split(separator: ":", omittingEmptySubsequences: false)
  if parts.count > 1 {
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, parts.count <= 3, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    return Double(numbers.reduce(0) { $0 * 60 + $1 })
  }
  if let seconds = Double(text) { return seconds.isFinite && seconds > 0 ? seconds : nil }
  var (seconds, digits) = (0.0, "")
  for letter in text.lowercased() {
    if letter.isNumber || letter == "." {
      digits.append(letter)
      continue
    }
    let units: [Character: Double] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
    guard let unit = units[letter], let number = Double(digits) else { return nil }
    (seconds, digits) = (seconds + number * unit, "")
  }
  return digits.isEmpty && seconds > 0 ? seconds : nil
}
