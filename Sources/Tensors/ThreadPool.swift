import Glibc
import Synchronization

/// Threads that are lent to whoever computes: a `ThreadLease` says how many, and which gate is heeded.
///
/// Whoever runs a loop takes part in it, so a loop never waits for another one. The pool's threads come to help where they are
/// needed most: they leave a loop whose gate is paused, and come back when it goes on. They are started when a loop first
/// wants them; where the system refuses some (`ulimit -u`), loops run on those that there are.
public final class ThreadPool: @unchecked Sendable {
  // `makeThread` is a constant; everything else is read and written under `mutex` only, which is initialised once and never
  // moves. Of a `Loop` the pool's part is under `mutex` too.

  /// That fewer threads run than were wanted.
  public struct Shortage: Hashable, Sendable, CustomStringConvertible {
    /// Threads besides the caller's, for all that the lease allows.
    public let wanted: Int
    public let started: Int
    /// What `pthread_create` said.
    public let code: Int32

    public var description: String {
      "\(started) of \(wanted) threads could be started (\(String(cString: strerror(code)))); the work goes on with \(started + 1)"
    }
  }

  /// `pthread_create`, or what a test puts in its place.
  package typealias ThreadMaker =
    @Sendable (
      UnsafeMutablePointer<pthread_t>, UnsafePointer<pthread_attr_t>,
      @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?, UnsafeMutableRawPointer?
    ) -> Int32

  /// Kernels keep a few kilobytes on the stack, closures of the layers above hardly more; address space may be short.
  private static let stackBytes = 2 << 20
  /// Loops that run with what there is before refused threads are asked for again: some passes of a network.
  private static let loopsBetweenTries = 4096

  private let makeThread: ThreadMaker
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let wanted: UnsafeMutablePointer<pthread_cond_t>
  private let finished: UnsafeMutablePointer<pthread_cond_t>
  private var loops: [Loop] = []
  private var threads: [pthread_t] = []
  private var isClosing = false
  private var lastShortage: Shortage?
  private var loopsToNextTry = 0

  public convenience init() { self.init { pthread_create($0, $1, $2, $3) } }

  package init(makeThread: @escaping ThreadMaker) {
    self.makeThread = makeThread
    mutex = .allocate(capacity: 1)
    wanted = .allocate(capacity: 1)
    finished = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wanted, nil)
    pthread_cond_init(finished, nil)
  }

  deinit {
    pthread_mutex_lock(mutex)
    isClosing = true
    pthread_cond_broadcast(wanted)
    pthread_mutex_unlock(mutex)
    for thread in threads { pthread_join(thread, nil) }
    for condition in [wanted, finished] {
      pthread_cond_destroy(condition)
      condition.deallocate()
    }
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// What the system refused last; nil where all threads run that were ever wanted.
  public var shortage: Shortage? { locked { lastShortage } }

  // MARK: Loops

  /// See `ThreadLease.run`.
  ///
  /// - Parameter takesFirst: the caller does index 0, whoever comes first.
  fileprivate func run(
    count: Int, threadCount: Int, gate: WorkGate, takesFirst: Bool = false,
    _ body: (_ index: Int, _ worker: Int) -> Void
  ) {
    let workers = min(threadCount, count)
    if workers <= 1 {
      for index in 0..<max(0, count) where gate.pass() { body(index, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let loop = Loop(count: count, workers: workers, gate: gate, next: takesFirst ? 1 : 0, body)
      locked {
        loops.append(loop)
        startThreads(workers - 1, ofUpTo: threadCount - 1)
        call(workers - 1)
      }
      if takesFirst { body(0, 0) }
      loop.work {
        locked { call(loop.freeWorkers.count) }
      }
      locked {
        loops.removeAll { $0 === loop }
        while loop.helpers > 0 { pthread_cond_wait(finished, mutex) }
      }
    }
  }

  /// See `ThreadLease.runTogether`.
  fileprivate func runTogether(_ count: Int, threadCount: Int, _ body: (_ index: Int) -> Void) {
    locked { startThreads(threadCount - 1, ofUpTo: threadCount - 1) }
    // A gate of its own: who takes part heeds the lease's in its loops.
    run(count: count, threadCount: count, gate: WorkGate(), takesFirst: true) { index, _ in body(index) }
  }

  /// One loop that runs.
  private final class Loop {
    private let count: Int
    private let body: (Int, Int) -> Void
    let gate: WorkGate
    private let next: Atomic<Int>
    /// Set by helpers that leave because the gate is not open.
    private let wasLeft = Atomic<Bool>(false)
    /// Numbers that no helper has, and those at work: the pool's part.
    var freeWorkers: [Int]
    var helpers = 0

    init(count: Int, workers: Int, gate: WorkGate, next: Int, _ body: @escaping (Int, Int) -> Void) {
      self.count = count
      self.next = Atomic(next)
      self.gate = gate
      self.body = body
      freeWorkers = Array((1..<workers).reversed())
    }

    var wantsHelp: Bool { !freeWorkers.isEmpty && gate.isOpen && next.load(ordering: .relaxed) < count }

    /// The caller's share. `recall` brings helpers back who left a paused loop.
    func work(recall: () -> Void) {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if index >= count || !gate.pass() { return }
        if wasLeft.load(ordering: .relaxed), wasLeft.exchange(false, ordering: .relaxed) { recall() }
        body(index, 0)
      }
    }

    /// A helper's share: until nothing is left, or the gate is not open.
    func help(as worker: Int) {
      while gate.isOpen {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if index >= count { return }
        body(index, worker)
      }
      wasLeft.store(true, ordering: .relaxed)
    }
  }

  // MARK: Threads

  /// Called under `mutex`.
  ///
  /// - Parameter most: what the lease could come to want.
  private func startThreads(_ count: Int, ofUpTo most: Int) {
    guard threads.count < count else { return }
    if loopsToNextTry > 0 {
      loopsToNextTry -= 1
      return
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    defer { pthread_attr_destroy(&attributes) }
    lastShortage = nil
    while threads.count < count {
      var thread = pthread_t()
      // The thread does not keep the pool alive, or `deinit` could never run.
      let code = makeThread(
        &thread, &attributes,
        { argument in
          if let argument { Unmanaged<ThreadPool>.fromOpaque(argument).takeUnretainedValue().serve() }
          return nil
        }, Unmanaged.passUnretained(self).toOpaque())
      guard code == 0 else {
        lastShortage = Shortage(wanted: most, started: threads.count, code: code)
        loopsToNextTry = Self.loopsBetweenTries
        return
      }
      threads.append(thread)
    }
  }

  /// Wakes up to `count` threads. Called under `mutex`.
  private func call(_ count: Int) {
    if count >= threads.count {
      pthread_cond_broadcast(wanted)
    } else {
      for _ in 0..<count { pthread_cond_signal(wanted) }
    }
  }

  /// What each thread does all its life.
  private func serve() {
    pthread_mutex_lock(mutex)
    while !isClosing {
      guard let loop = loopInNeed else {
        pthread_cond_wait(wanted, mutex)
        continue
      }
      let worker = loop.freeWorkers.removeLast()
      loop.helpers += 1
      pthread_mutex_unlock(mutex)
      loop.help(as: worker)
      pthread_mutex_lock(mutex)
      loop.freeWorkers.append(worker)
      loop.helpers -= 1
      if loop.helpers == 0 { pthread_cond_broadcast(finished) }
    }
    pthread_mutex_unlock(mutex)
  }

  /// The loop with the fewest helpers of those that can have one more. Called under `mutex`.
  private var loopInNeed: Loop? {
    var found: Loop?
    for loop in loops where loop.wantsHelp && loop.helpers < found?.helpers ?? .max { found = loop }
    return found
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}

/// The use of a pool's threads: how many at once, and a gate that holds or ends what they do.
public struct ThreadLease: Sendable {
  public let pool: ThreadPool
  /// Threads that may compute at once, the caller's included.
  public let threadCount: Int
  /// Looked at before each index: it can hold all threads, or make a loop end early.
  public let gate: WorkGate

  /// - Parameters:
  ///   - threadCount: at least 1.
  ///   - pool, gate: its own by default.
  public init(threadCount: Int, of pool: ThreadPool = ThreadPool(), gate: WorkGate = WorkGate()) {
    precondition(threadCount >= 1)
    self.pool = pool
    self.threadCount = threadCount
    self.gate = gate
  }

  /// Calls `body(index, worker)` once for each index below `count`; returns when all have run. Once the gate is cancelled the
  /// indices left are skipped, and what the loop should have written must not be used.
  ///
  /// Indices are handed out one by one, in order; who gets which depends on timing, so a loop's result must not. `worker` is
  /// below `threadCount`; two calls of one loop that overlap in time have different ones.
  public func run(count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    pool.run(count: count, threadCount: threadCount, gate: gate, body)
  }

  /// Calls `body(index)` once for each index below `count`, index 0 on the caller's thread and the others on the pool's at the same time, as far
  /// as there are threads; those that nobody came for are called, one after the other, when `body(0)` has returned. What runs there may
  /// run loops of leases that share this one's threads. The gate is not looked at.
  ///
  /// - Parameter count: at least 1, `threadCount` at most.
  public func runTogether(_ count: Int, _ body: (_ index: Int) -> Void) {
    precondition((1...threadCount).contains(count))
    pool.runTogether(count, threadCount: threadCount, body)
  }
}
