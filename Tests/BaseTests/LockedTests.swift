import Base
import Foundation
import Testing

@Suite("Values under a lock")
struct LockedTests {
  @Test("a thread that waits goes on when what it waits for is there, and other threads enter meanwhile")
  func waits() {
    let queue = Locked<[Int]>([])
    let taken = Locked<[Int]>([])
    let thread = Thread {
      for _ in 0..<3 {
        let first = queue.withLock(when: { !$0.isEmpty }) { $0.removeFirst() }
        taken.withLock { $0.append(first ?? -1) }
        taken.wakeAll()
      }
    }
    thread.start()
    for number in 1...3 {
      queue.withLock { $0.append(number) }
      queue.wakeOne()
    }
    #expect(taken.withLock(when: { $0.count == 3 }, within: 60) { $0 } == [1, 2, 3])
  }

  @Test("whoever waits for what never comes is let go after its time, and the value is as it was")
  func timeOut() {
    let value = Locked(1)
    #expect(value.withLock(when: { $0 == 2 }, within: 0.01) { $0 = 3 } == nil)
    #expect(value.withLock(when: { $0 == 1 }, within: 0) { $0 } == 1)
    #expect(value.withLock(when: { $0 == 2 }, within: -1) { $0 = 3 } == nil)
  }
}
