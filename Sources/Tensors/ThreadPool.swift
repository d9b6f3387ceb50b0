import Foundation
import Glibc
import Synchronization

/// A fixed set of threads that share the indices of one loop at a time.
///
/// Indices are handed out one by one, in order; who gets which depends on timing, so a loop's result must not.
public final class ThreadPool: @unchecked Sendable {
  // Every stored property is a constant, an atomic, or read and written under `mutex` (`threads`: under `turn`) only. `body` is read by workers
  // between the moments when `run` has published and withdrawn it, both under `mutex`.

  /// Threads that compute, the caller's included.
  public let threadCount: Int

  /// Looked at before each index: it can hold all threads, or make the loop end early.
  public let gate: WorkGate

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let started: UnsafeMutablePointer<pthread_cond_t>
  private let finished: UnsafeMutablePointer<pthread_cond_t>
  private let turn: UnsafeMutablePointer<pthread_mutex_t>  // held by the thread whose loop runs
  private let next = Atomic<Int>(0)

  private var generation = 0
  private var isClosing = false
  private var running = 0
  private var count = 0
  private var body: ((Int, Int) -> Void)?
  private var threads: [pthread_t] = []

  /// - Parameters:
  ///   - threadCount: at least 1; the default is the number of processors online.
  ///   - gate: its own by default.
  public init(threadCount: Int = ThreadPool.processorCount, gate: WorkGate = WorkGate()) {
    precondition(threadCount >= 1)
    self.threadCount = threadCount
    self.gate = gate
    mutex = .allocate(capacity: 1)
    turn = .allocate(capacity: 1)
    started = .allocate(capacity: 1)
    finished = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_mutex_init(turn, nil)
    pthread_cond_init(started, nil)
    pthread_cond_init(finished, nil)
  }

  deinit {
    pthread_mutex_lock(mutex)
    isClosing = true
    pthread_cond_broadcast(started)
    pthread_mutex_unlock(mutex)
    for thread in threads { pthread_join(thread, nil) }
    for condition in [started, finished] {
      pthread_cond_destroy(condition)
      condition.deallocate()
    }
    for lock in [mutex, turn] {
      pthread_mutex_destroy(lock)
      lock.deallocate()
    }
  }

  /// Processors that this process may use.
  public static var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Calls `body(index, worker)` once for each index below `count`; returns when all have run. Once the gate is cancelled the
  /// indices left are skipped, and what the loop should have written must not be used.
  ///
  /// `worker` is below `threadCount`; two calls that overlap in time have different ones. Calls from several threads take turns.
  /// - Precondition: not called from inside a `body`.
  public func run(count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    if threadCount == 1 || count <= 1 {
      for index in 0..<count where gate.pass() { body(index, 0) }
      return
    }
    pthread_mutex_lock(turn)
    defer { pthread_mutex_unlock(turn) }
    if threads.isEmpty { startThreads() }
    withoutActuallyEscaping(body) { body in
      pthread_mutex_lock(mutex)
      self.body = body
      self.count = count
      next.store(0, ordering: .relaxed)
      running = threads.count
      generation += 1
      pthread_cond_broadcast(started)
      pthread_mutex_unlock(mutex)
      drain(count: count, worker: 0, body)
      pthread_mutex_lock(mutex)
      while running > 0 { pthread_cond_wait(finished, mutex) }
      self.body = nil
      pthread_mutex_unlock(mutex)
    }
  }

  /// Called with `turn` held, by the first loop: a pool that never runs costs no thread.
  private func startThreads() {
    for worker in 1..<threadCount {
      let start = Unmanaged.passRetained(Start(pool: self, worker: worker))
      var thread = pthread_t()
      let code = pthread_create(&thread, nil, { ThreadPool.enter($0) }, start.toOpaque())
      precondition(code == 0, "no thread could be started: error \(code)")
      threads.append(thread)
    }
  }

  private func drain(count: Int, worker: Int, _ body: (Int, Int) -> Void) {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count || !gate.pass() { return }
      body(index, worker)
    }
  }

  /// What a new thread is told. It does not keep the pool alive, or the pool's `deinit` could never run.
  private final class Start {
    unowned(unsafe) let pool: ThreadPool
    let worker: Int
    init(pool: ThreadPool, worker: Int) {
      self.pool = pool
      self.worker = worker
    }
  }

  private static func enter(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    start.pool.work(as: start.worker)
    return nil
  }

  private func work(as worker: Int) {
    var seen = 0
    pthread_mutex_lock(mutex)
    while true {
      while generation == seen && !isClosing { pthread_cond_wait(started, mutex) }
      if isClosing { break }
      seen = generation
      guard let body else { continue }
      let count = count
      pthread_mutex_unlock(mutex)
      drain(count: count, worker: worker, body)
      pthread_mutex_lock(mutex)
      running -= 1
      if running == 0 { pthread_cond_signal(finished) }
    }
    pthread_mutex_unlock(mutex)
  }
}
