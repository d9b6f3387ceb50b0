import Base
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

/// A counter that tasks may share.
private final class Counter: Sendable {
  let value = Atomic<Int>(0)
  func add(_ amount: Int) { value.add(amount, ordering: .relaxed) }
  var total: Int { value.load(ordering: .relaxed) }
}

/// Holds whoever comes until `count` have come.
private final class Meeting: Sendable {
  private let count: Int
  private let come = Atomic<Int>(0)
  init(_ count: Int) { self.count = count }

  /// False where the others did not come within a minute.
  func join() -> Bool {
    come.add(1, ordering: .acquiringAndReleasing)
    for _ in 0..<60_000 {
      if come.load(ordering: .acquiring) >= count { return true }
      usleep(1000)
    }
    return false
  }
}

@Suite("Thread pool", .timeLimit(.minutes(5))) struct ThreadPoolTests {
  @Test("every index runs once, whatever the number of threads", arguments: ThreadCounts.all)
  func everyIndexOnce(count: Int) {
    let threads = ThreadLease(threadCount: count)
    for indices in [0, 1, 2, 7, 1000] {
      let seen = (0..<indices).map { _ in Counter() }
      threads.run(count: indices) { index, worker in
        #expect((0..<count).contains(worker))
        seen[index].add(1)
      }
      #expect(seen.allSatisfy { $0.total == 1 })
    }
  }

  @Test("all threads of a lease work at once, each with a number of its own", arguments: [2, 6, 31])
  func atOnce(count: Int) {
    let threads = ThreadLease(threadCount: count)
    for _ in 0..<3 {
      let meeting = Meeting(count)
      let workers = Locked(Set<Int>())
      threads.run(count: count) { _, worker in
        workers.withLock { _ = $0.insert(worker) }
        #expect(meeting.join())
      }
      #expect(workers.withLock { $0 } == Set(0..<count))
    }
  }

  @Test("loops of several callers and sizes run on one pool at once, and each worker number is in use once")
  func concurrentLoops() async {
    let pool = ThreadPool()
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<4 {
        group.addTask {
          let threads = ThreadLease(threadCount: caller + 2, of: pool)
          let busy = (0..<threads.threadCount).map { _ in Counter() }
          for _ in 0..<50 {
            threads.run(count: 10) { _, worker in
              busy[worker].add(1)
              #expect(busy[worker].total == 1)
              counter.add(1)
              busy[worker].add(-1)
            }
          }
        }
      }
    }
    #expect(counter.total == 4 * 50 * 10)
  }

  @Test("a loop inside a loop ends") func nested() {
    let threads = ThreadLease(threadCount: 3)
    let counter = Counter()
    threads.run(count: 5) { _, _ in threads.run(count: 7) { _, _ in counter.add(1) } }
    #expect(counter.total == 35)
  }

  @Test("a held loop leaves its threads to others, and has them back when it goes on")
  func lentOut() throws {
    let pool = ThreadPool()
    let held = ThreadLease(threadCount: 2, of: pool)
    let (begun, back, ended) = (Meeting(3), Meeting(2), Meeting(2))
    let (counter, closed) = (Counter(), Counter())
    Thread.detachNewThread {
      held.run(count: 200) { index, _ in
        counter.add(1)
        if index < 2 {
          // Both threads of the loop, and the test. None goes on before the gate was closed: it may be open again when they look.
          #expect(begun.join())
          for _ in 0..<60_000 where closed.total == 0 { usleep(1000) }
        } else {
          #expect(back.join())
        }
      }
      #expect(ended.join())
    }
    #expect(begun.join())
    held.gate.pause()
    closed.add(1)
    // The pool has one thread. It comes although the first loop is not over.
    let meeting = Meeting(2)
    ThreadLease(threadCount: 2, of: pool).run(count: 2) { _, _ in #expect(meeting.join()) }
    #expect(counter.total == 2)
    held.gate.resume()
    #expect(ended.join())
    #expect(counter.total == 200)
  }

  @Test(
    "where the system refuses threads, loops go on with those that there are, and threads are asked for again later")
  func refusedThreads() {
    let granted = Atomic<Int>(2)
    let asked = Counter()
    let pool = ThreadPool { thread, attributes, start, argument in
      asked.add(1)
      guard granted.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 else { return EAGAIN }
      return pthread_create(thread, attributes, start, argument)
    }
    #expect(pool.shortage == nil)
    let threads = ThreadLease(threadCount: 8, of: pool)
    let counter = Counter()
    for _ in 0..<100 { threads.run(count: 64) { _, _ in counter.add(1) } }
    #expect(counter.total == 6400)
    // Not once more in a hundred loops.
    #expect(asked.total == 3)
    #expect(pool.shortage.map { [$0.wanted, $0.started, Int($0.code)] } == [7, 2, Int(EAGAIN)])
    #expect(pool.shortage?.description.hasPrefix("2 of 7 threads could be started (") == true)

    granted.store(100, ordering: .relaxed)
    for _ in 0..<10_000 where pool.shortage != nil { threads.run(count: 8) { _, _ in } }
    #expect(pool.shortage == nil)
    let meeting = Meeting(8)
    threads.run(count: 8) { _, _ in #expect(meeting.join()) }
  }

  @Test("without a single thread but the caller's a loop still runs", arguments: [2, 128])
  func noThreadAtAll(count: Int) {
    let pool = ThreadPool { _, _, _, _ in EAGAIN }
    let counter = Counter()
    ThreadLease(threadCount: count, of: pool).run(count: 1000) { _, worker in
      #expect(worker == 0)
      counter.add(1)
    }
    #expect(counter.total == 1000)
  }

  @Test("pools come and go") func comeAndGo() {
    for _ in 0..<50 {
      let threads = ThreadLease(threadCount: 3)
      let counter = Counter()
      threads.run(count: 5) { index, _ in counter.add(index) }
      #expect(counter.total == 10)
    }
  }
}
