import Base
import Dispatch
import Glibc

/// A thread of its own that runs one piece of work after the other, so that nothing long runs on the cooperative pool.
///
/// Started by the first piece of work; ends when the last reference is gone and the queue is empty.
package final class WorkerThread: Sendable {
  private let queue: WorkQueue

  /// - Parameter niceness: by how much this thread, and every thread that it starts, gives way to others; 0...19.
  package init(niceness: Int32 = 0) { queue = WorkQueue(niceness: niceness) }

  deinit { queue.close() }

  /// Queues `body` and does not wait.
  package func submit(_ body: @escaping @Sendable () -> Void) { queue.add(body) }

  /// Runs `body` on the thread and hands back what it returns.
  package func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      submit { continuation.resume(returning: body()) }
    }
  }

  /// The same for work that fails.
  package func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await run { Result(catching: body) }
    return try result.get()
  }
}

/// What a `WorkerThread` shares with its thread.
private final class WorkQueue: Sendable {
  private struct State {
    var waiting: [@Sendable () -> Void] = []
    var isStarted = false
    var isClosed = false
  }

  private let niceness: Int32
  private let state = Locked(State())

  init(niceness: Int32) { self.niceness = niceness }

  func add(_ body: @escaping @Sendable () -> Void) {
    let isFirst = state.withLock { state in
      state.waiting.append(body)
      defer { state.isStarted = true }
      return !state.isStarted
    }
    if isFirst { startThread(niceness: niceness) { while let body = self.next() { body() } } }
    state.wakeOne()
  }

  func close() {
    state.withLock { $0.isClosed = true }
    state.wakeOne()
  }

  /// Waits for the next piece of work; nil where none will come.
  private func next() -> (@Sendable () -> Void)? {
    let next: (@Sendable () -> Void)?? = state.withLock(when: { !$0.waiting.isEmpty || $0.isClosed }) { state in
      state.waiting.isEmpty ? nil : state.waiting.removeFirst()
    }
    return next ?? nil
  }
}

/// Starts a thread that does `body` and ends.
///
/// - Parameter niceness: by how much this thread, and every thread that it starts, gives way to others; 0...19.
func startThread(niceness: Int32, _ body: @escaping @Sendable () -> Void) {
  final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let work = Work {
    // On Linux a thread has a niceness of its own, and threads started by it inherit it.
    if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
    body()
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  // The network's recursion is shallow, but decoders of pictures are C libraries with buffers on the stack.
  pthread_attr_setstacksize(&attributes, 8 << 20)
  var thread = pthread_t()
  let handed = Unmanaged.passRetained(work).toOpaque()
  let code = pthread_create(
    &thread, &attributes,
    { argument in
      guard let argument else { return nil }
      Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
      return nil
    }, handed)
  pthread_attr_destroy(&attributes)
  guard code != 0 else { return }
  // Where the system refuses a thread (`ulimit -u`), one that Dispatch has does the work, as soon as it has one to spare.
  Unmanaged<Work>.fromOpaque(handed).release()
  DispatchQueue.global().async { work.body() }
}

/// Lets a thread sleep until a time has passed or somebody signals.
package final class WakeUp: Sendable {
  private let isSignalled = Locked(false)

  package init() {}

  /// Wakes the sleeper, or makes its next sleep short.
  package func signal() {
    isSignalled.withLock { $0 = true }
    isSignalled.wakeAll()
  }

  /// Returns after `seconds`, or as soon as `signal` was called since the last sleep.
  package func sleep(seconds: Double) { isSignalled.withLock(when: { $0 }, within: seconds) { $0 = false } }
}
