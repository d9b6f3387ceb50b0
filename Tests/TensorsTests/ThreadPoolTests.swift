import Synchronization
import Tensors
import Testing

/// A counter that tasks may share.
private final class Counter: Sendable {
  let value = Atomic<Int>(0)
  func add(_ amount: Int) { value.add(amount, ordering: .relaxed) }
  var total: Int { value.load(ordering: .relaxed) }
}

@Suite("Thread pool") struct ThreadPoolTests {
  @Test("every index runs once, whatever the number of threads", arguments: [1, 2, 3, 8])
  func everyIndexOnce(threads: Int) {
    let pool = ThreadPool(threadCount: threads)
    for count in [0, 1, 2, 7, 1000] {
      let seen = (0..<count).map { _ in Counter() }
      pool.run(count: count) { index, worker in
        #expect(worker < threads)
        seen[index].add(1)
      }
      #expect(seen.allSatisfy { $0.total == 1 })
    }
  }

  @Test("loops from several threads take turns") func concurrentLoops() async {
    let pool = ThreadPool(threadCount: 2)
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<50 { pool.run(count: 10) { _, _ in counter.add(1) } } }
      }
    }
    #expect(counter.total == 4 * 50 * 10)
  }

  @Test("pools come and go") func comeAndGo() {
    for _ in 0..<50 {
      let pool = ThreadPool(threadCount: 3)
      let counter = Counter()
      pool.run(count: 5) { index, _ in counter.add(index) }
      #expect(counter.total == 10)
    }
  }
}
