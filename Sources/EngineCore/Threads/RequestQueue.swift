import Base
import Glibc
import Imaging

/// Requests of one kind, each carried out on a thread of its own, a few at a time.
///
/// ```
/// waiting ──a place is free, the client's turn──▶ under way ──▶ answered
///    └─ its client is gone: never begins              ├─ its client is gone: its flag is set, it ends at the next look
///                                                     ├─ makes no progress: takes nobody's place
///                                                     └─ for `patience`: an error; the thread is left behind
/// ```
/// Clients take turns: of the requests that wait, the one begins whose client was served longest ago. A thread that neither
/// computes nor wants to, and does not look at its flag, waits for a file system, and nobody can tell for how long.
package final class RequestQueue: Sendable {
  private let width: Int
  private let ofOne: Int
  private let niceness: Int32
  private let patience: Duration
  private let state = Locked(State())

  /// Threads of one queue at most, those included that were left behind.
  private static let mostThreads = 64
  /// How much longer a request may take that waits for threads of this process.
  private static let longer = 6

  /// - Parameters:
  ///   - width: requests under way at a time that make progress.
  ///   - ofOne: the same of one client.
  ///   - niceness: of the threads.
  ///   - patience: how long a request may make no progress.
  package init(width: Int, ofOne: Int = 1, niceness: Int32 = 0, patience: Duration = .seconds(10)) {
    self.width = width
    self.ofOne = ofOne
    self.niceness = niceness
    self.patience = patience
  }

  /// Carries out `body` when its turn comes, and hands back what it returns.
  ///
  /// - Parameters:
  ///   - client: whose request it is.
  ///   - path: what it reads, for the error.
  ///   - flag: set when the task is cancelled, or by `cancel`.
  ///   - isHeld: a request that is held on purpose need not make progress.
  /// - Throws: `cancelled`, where nobody waited for it any more before it began; `noAnswer`; what `body` throws.
  package func run<Value: Sendable>(
    for client: Int, about path: String, flag: CancelFlag = CancelFlag(),
    isHeld: @escaping @Sendable () -> Bool = { false },
    _ body: @escaping @Sendable (CancelFlag) throws(JobError) -> Value
  ) async throws(JobError) -> Value {
    let result: Result<Value, JobError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Whoever comes first answers: the request's thread, or the one that left it behind.
        let once = Once(continuation)
        add(
          Piece(
            client: client, path: path, flag: flag, isHeld: isHeld,
            work: { once.answer(Result { () throws(JobError) in try body(flag) }) },
            refuse: { once.answer(.failure($0)) }))
      }
    } onCancel: {
      cancel(flag)
    }
    return try result.get()
  }

  /// Ends the request with this flag: it never begins, or ends at its next look.
  package func cancel(_ flag: CancelFlag) {
    flag.set()
    let dropped = state.withLock { state in
      let dropped = state.waiting.filter { $0.flag === flag }
      state.waiting.removeAll { $0.flag === flag }
      return dropped
    }
    for piece in dropped { piece.refuse(.cancelled) }
  }

  /// Requests that wait for their turn.
  package var waitingCount: Int { state.withLock { $0.waiting.count } }

  // MARK: Turns

  private final class Piece: Sendable {
    let client: Int
    let path: String
    let flag: CancelFlag
    let isHeld: @Sendable () -> Bool
    let work: @Sendable () -> Void
    let refuse: @Sendable (JobError) -> Void

    init(
      client: Int, path: String, flag: CancelFlag, isHeld: @escaping @Sendable () -> Bool,
      work: @escaping @Sendable () -> Void, refuse: @escaping @Sendable (JobError) -> Void
    ) {
      (self.client, self.path, self.flag, self.isHeld) = (client, path, flag, isHeld)
      (self.work, self.refuse) = (work, refuse)
    }
  }

  /// A request under way and what was last seen of its thread.
  private struct Run {
    let piece: Piece
    /// nil before it has begun.
    var thread: ObservedThread?
    var seen: (seconds: Double, looks: Int) = (-1, -1)
    /// Since when nothing has moved.
    var stillSince: ContinuousClock.Instant?
    /// It waits for a file system, and takes no place meanwhile.
    var isWaiting = false
  }

  private struct State {
    /// In the order in which they came.
    var waiting: [Piece] = []
    var running: [Run] = []
    /// Left behind: their threads still wait.
    var lost: [Piece] = []
    /// The turn in which each client with something to do was served last.
    var served: [Int: Int] = [:]
    var turn = 0
    var isWatched = false

    /// The next request to begin, taken out of those that wait.
    mutating func next(width: Int, ofOne: Int) -> Piece? {
      let moving = running.filter { !$0.isWaiting }
      guard moving.count < width, running.count + lost.count < mostThreads else { return nil }
      let candidates = waiting.indices.filter { index in
        moving.count { $0.piece.client == waiting[index].client } < ofOne
      }
      guard let place = candidates.min(by: { served[waiting[$0].client] ?? 0 < served[waiting[$1].client] ?? 0 })
      else { return nil }
      let piece = waiting.remove(at: place)
      turn += 1
      served[piece.client] = turn
      running.append(Run(piece: piece))
      return piece
    }

    mutating func end(_ piece: Piece) {
      running.removeAll { $0.piece === piece }
      lost.removeAll { $0 === piece }
      // Who has nothing to do is forgotten, and comes first when it asks again.
      let busy = Set(waiting.map(\.client)).union(running.map(\.piece.client))
      served = served.filter { busy.contains($0.key) }
    }
  }

  private func add(_ piece: Piece) {
    let refusal = state.withLock { state -> JobError? in
      if piece.flag.isSet { return .cancelled }
      // Whoever asked before still waits for it.
      if state.lost.contains(where: { $0.path == piece.path }) { return noAnswer(piece) }
      state.waiting.append(piece)
      return nil
    }
    if let refusal { return piece.refuse(refusal) }
    begin()
  }

  /// Starts a thread for every request whose turn it is.
  private func begin() {
    while let piece = state.withLock({ $0.next(width: width, ofOne: ofOne) }) {
      startThread(niceness: niceness) { [self] in
        carryOut(piece)
        state.withLock { $0.end(piece) }
        begin()
      }
      watch()
    }
  }

  private func carryOut(_ piece: Piece) {
    let thread = ObservedThread()
    state.withLock { state in
      guard let index = state.running.firstIndex(where: { $0.piece === piece }) else { return }
      state.running[index].thread = thread
    }
    if piece.flag.isSet { piece.refuse(.cancelled) } else { piece.work() }
  }

  // MARK: Threads that wait

  /// Looks after the threads as long as there are requests.
  private func watch() {
    let isWatched = state.withLock { state in
      defer { state.isWatched = true }
      return state.isWatched
    }
    if isWatched { return }
    Task { [self] in
      repeat {
        do { try await Task.sleep(for: patience / 20) } catch { return }
      } while checkProgress()
    }
  }

  /// - Returns: false where nothing is left to look after.
  private func checkProgress() -> Bool {
    let now = ContinuousClock.now
    let (refused, isBusy) = state.withLock { state -> ([Piece], Bool) in
      var refused: [Piece] = []
      for index in state.running.indices {
        let piece = state.running[index].piece
        guard let thread = state.running[index].thread else { continue }
        let seen = (seconds: thread.seconds, looks: piece.flag.lookCount)
        guard seen == state.running[index].seen, !piece.isHeld(), !thread.wantsProcessor else {
          (state.running[index].seen, state.running[index].stillSince) = (seen, nil)
          state.running[index].isWaiting = false
          continue
        }
        let since = state.running[index].stillSince ?? now
        state.running[index].stillSince = since
        // Other threads of its own, too, may wait for a file system; or for a processor, on a machine with much to do.
        let isWaiting = !thread.waitsForThreads
        state.running[index].isWaiting = isWaiting
        if now - since >= (isWaiting ? patience : patience * Self.longer) { refused.append(piece) }
      }
      state.lost += refused
      state.running.removeAll { run in refused.contains { $0 === run.piece } }
      if state.lost.count >= Self.mostThreads {
        // No thread is left to carry anything out.
        refused += state.waiting
        state.waiting = []
      }
      state.isWatched = !state.running.isEmpty || !state.waiting.isEmpty
      return (refused, state.isWatched)
    }
    for piece in refused {
      piece.flag.set()
      piece.refuse(noAnswer(piece))
    }
    begin()
    return isBusy
  }

  private func noAnswer(_ piece: Piece) -> JobError {
    .noAnswer(path: piece.path, seconds: Int((patience / .seconds(1)).rounded(.up)))
  }
}

/// A thread of this process, seen from another one.
private struct ObservedThread: Sendable {
  private let clock: clockid_t
  /// `/proc/PID/task/TID`
  private let path: String

  /// The calling thread; nil where the system does not tell.
  init?() {
    var clock = clockid_t()
    guard pthread_getcpuclockid(pthread_self(), &clock) == 0 else { return nil }
    var link = [CChar](repeating: 0, count: 64)
    guard readlink("/proc/thread-self", &link, link.count - 1) > 0 else { return nil }
    self.clock = clock
    path = "/proc/" + link.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  /// Processor time so far.
  var seconds: Double { clockSeconds(clock) }

  /// Whether it would go on if others left it a processor.
  var wantsProcessor: Bool {
    // `TID (NAME) STATE ...`, and the name may be anything.
    let bytes = read("stat")
    guard let end = bytes.lastIndex(of: UInt8(ascii: ")")), end + 2 < bytes.count else { return false }
    return bytes[end + 2] == UInt8(ascii: "R")
  }

  /// Whether it is held by a lock or a condition (futex), which only threads of this process can end.
  var waitsForThreads: Bool {
    #if arch(x86_64)
      read("syscall").starts(with: Array("202 ".utf8))
    #else
      read("syscall").starts(with: Array("98 ".utf8))
    #endif
  }

  /// Empty where the system does not tell.
  private func read(_ name: String) -> [UInt8] {
    do throws(RegularFile.Refusal) { return try RegularFile.read("\(path)/\(name)", limit: 4096) } catch { return [] }
  }
}

/// Resumes its continuation with the first answer.
private final class Once<Value: Sendable>: Sendable {
  private let continuation: Locked<CheckedContinuation<Value, Never>?>

  init(_ continuation: CheckedContinuation<Value, Never>) { self.continuation = Locked(continuation) }

  func answer(_ value: Value) {
    continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }?.resume(returning: value)
  }
}

/// A value that one request at a time works with. A request that was left behind keeps what it has; the next one makes another.
package final class Exclusive<Value>: @unchecked Sendable {
  // `value` is touched under `mutex` only, and nobody else has it while `run` lends it out.
  private let mutex = Locked(())
  private var value: Value?
  private let make: @Sendable () -> Value

  package init(_ make: @escaping @Sendable () -> Value) { self.make = make }

  package func run<Result>(_ body: (Value) throws(JobError) -> Result) throws(JobError) -> Result {
    let own =
      mutex.withLock { _ in
        defer { value = nil }
        return value
      } ?? make()
    defer { mutex.withLock { _ in value = own } }
    return try body(own)
  }
}
