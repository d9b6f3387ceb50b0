/// A fixed set of threads that share the indices of one loop at a time.
public final class ThreadPool: Sendable {
  /// Threads that compute, the caller's included.
  public let threadCount: Int

  public init(threadCount: Int) { self.threadCount = threadCount }

  /// Calls `body(index, worker)` once for each index below `count`; returns when all have run.
  public func run(count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    for index in 0..<count { body(index, 0) }
  }
}
