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
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(JobError) -> Value
  ) async throws(JobError) -> Value {
    let result: Result<Value, JobError> = await run { Result(catching: body) }
    return try result.get()
  }
}

/// What a `WorkerThread` shares with its thread.
private final class WorkQueue: @unchecked Sendable {
  // Everything that changes is read and written under `mutex` only.
  private let niceness: Int32
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var waiting: [@Sendable () -> Void] = []
  private var isStarted = false
  private var isClosed = false

  init(niceness: Int32) {
    self.niceness = niceness
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

  func add(_ body: @escaping @Sendable () -> Void) {
    pthread_mutex_lock(mutex)
    waiting.append(body)
    if !isStarted { start() }
    pthread_cond_signal(changed)
    pthread_mutex_unlock(mutex)
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_signal(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Called under `mutex`.
  private func start() {
    isStarted = true
    startThread(niceness: niceness) { while let body = self.next() { body() } }
  }

  private func next() -> (@Sendable () -> Void)? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while waiting.isEmpty {
      if isClosed { return nil }
      pthread_cond_wait(changed, mutex)
    }
    return waiting.removeFirst()
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
