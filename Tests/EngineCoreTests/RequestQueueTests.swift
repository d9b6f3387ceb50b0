import Base
import EngineCore
import Foundation
import Imaging
import Synchronization
import Testing
import TestSupport

/// Turns, cancelling and threads that wait, with work that goes on until the test lets it end.
@Suite("Requests of one kind", .timeLimit(.minutes(10))) struct RequestQueueTests {
  /// Holds whoever passes until it is opened or the request's flag is set.
  final class Latch: Sendable {
    private let opened = Atomic<Bool>(false)
    var isOpen: Bool { opened.load(ordering: .relaxed) }
    func open() { opened.store(true, ordering: .relaxed) }
    func pass(_ flag: CancelFlag) throws(JobError) {
      while !isOpen {
        if flag.isSet { throw .cancelled }
        usleep(500)
      }
    }
  }

  final class Names: Sendable {
    private let names = Locked<[String]>([])
    func add(_ name: String) { names.withLock { $0.append(name) } }
    var all: [String] { names.withLock { $0 } }
  }

  /// What became of a request.
  static func outcome(_ body: () async throws(JobError) -> Void) async -> FailureKind? {
    do {
      try await body()
      return nil
    } catch {
      return error.kind
    }
  }

  /// Holds one place of a queue until `latch` is opened.
  static func hold(_ queue: RequestQueue, client: Int, at latch: Latch, began: Names) async throws -> Task<
    FailureKind?, Never
  > {
    let count = began.all.count
    let task = Task {
      await outcome { () async throws(JobError) in
        try await queue.run(for: client, about: "held") { (flag) throws(JobError) in
          began.add("held")
          try latch.pass(flag)
        }
      }
    }
    try await eventually("the place is held") { began.all.count > count }
    return task
  }

  @Test("the requests of a client that is gone never begin, the one under way is told, and others go on")
  func gone() async throws {
    let queue = RequestQueue(width: 1)
    let (latch, began) = (Latch(), Names())
    let running = try await Self.hold(queue, client: 1, at: latch, began: began)
    let waiting = (0..<12).map { number in
      Task {
        await Self.outcome { () async throws(JobError) in
          try await queue.run(for: 1, about: "\(number)") { _ in began.add("late") }
        }
      }
    }
    try await eventually("twelve wait") { queue.waitingCount == 12 }
    for task in waiting + [running] { task.cancel() }
    // The latch stays shut: what is under way ends because it was told.
    for task in waiting + [running] { #expect(await task.value == .cancelled) }
    try await queue.run(for: 2, about: "other") { _ in began.add("other") }
    #expect(began.all == ["held", "other"])
  }

  @Test("a request that is cancelled before it is queued never begins")
  func cancelledBefore() async {
    let queue = RequestQueue(width: 1)
    let flag = CancelFlag()
    queue.cancel(flag)
    let began = Names()
    let kind = await Self.outcome { () async throws(JobError) in
      try await queue.run(for: 1, about: "a", flag: flag) { _ in began.add("a") }
    }
    #expect(kind == .cancelled && began.all.isEmpty)
  }

  @Test("clients take turns: one request of another client comes before the second of twelve")
  func turns() async throws {
    let queue = RequestQueue(width: 1)
    let (latch, began) = (Latch(), Names())
    let held = try await Self.hold(queue, client: 9, at: latch, began: began)
    var tasks: [Task<Void, any Error>] = []
    for (client, name) in (0..<12).map({ (1, "first \($0)") }) + [(2, "second")] {
      let count = queue.waitingCount
      tasks.append(Task { try await queue.run(for: client, about: name) { _ in began.add(name) } })
      try await eventually("\(name) waits") { queue.waitingCount > count }
    }
    latch.open()
    #expect(await held.value == nil)
    for task in tasks { try await task.value }
    #expect(began.all[1...2] == ["first 0", "second"] && began.all.count == 14)
  }

  @Test("one client has no more than its share under way, and another one's request does not wait for it")
  func share() async throws {
    let queue = RequestQueue(width: 4, ofOne: 1)
    let (latch, began) = (Latch(), Names())
    let first = try await Self.hold(queue, client: 1, at: latch, began: began)
    let second = Task {
      await Self.outcome { () async throws(JobError) in
        try await queue.run(for: 1, about: "second") { _ in began.add("second") }
      }
    }
    try await eventually("the second waits") { queue.waitingCount == 1 }
    try await queue.run(for: 2, about: "other") { _ in began.add("other") }
    #expect(began.all == ["held", "other"])
    latch.open()
    #expect(await first.value == nil)
    #expect(await second.value == nil)
  }

  @Test("what waits for the system takes nobody's place, ends with an error, and is not asked again while it waits")
  func still() async throws {
    let queue = RequestQueue(width: 1, patience: .seconds(1))
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let (source, target) = (ends[0], ends[1])
    defer { for end in [source, target] { close(end) } }
    let read = Names()
    let waiting = Task { () -> String in
      do throws(JobError) {
        try await queue.run(for: 1, about: "/mnt/dead/a.png") { _ in
          var byte: UInt8 = 0
          // Nobody writes: as long as the test wants it to.
          _ = Foundation.read(source, &byte, 1)
          read.add("byte \(byte)")
        }
        return "answered"
      } catch {
        return error.description
      }
    }
    // The queue has one place, and that one waits.
    try await queue.run(for: 2, about: "/home/a.png") { _ in }
    let text = await waiting.value
    #expect(text.contains("/mnt/dead/a.png") && text.contains("has not answered for 1 s"))
    let again = await Self.outcome { () async throws(JobError) in
      try await queue.run(for: 3, about: "/mnt/dead/a.png") { _ in read.add("again") }
    }
    #expect(again == .system && read.all.isEmpty)
    #expect(write(target, [7], 1) == 1)
    try await eventually("the thread that was left behind goes on") { read.all == ["byte 7"] }
    try await eventually("the file is asked again") {
      await Self.outcome { () async throws(JobError) in
        try await queue.run(for: 3, about: "/mnt/dead/a.png") { _ in }
      } == nil
    }
  }

  @Test("what computes, looks at its flag, or is held on purpose may take as long as it likes")
  func busy() async throws {
    let queue = RequestQueue(width: 4, patience: .seconds(1))
    let end = Latch()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await queue.run(for: 1, about: "computes") { _ in
          var sum = 0
          while !end.isOpen { sum &+= 1 }
        }
      }
      group.addTask {
        try await queue.run(for: 2, about: "looks") { flag in
          while !end.isOpen, !flag.isSet { usleep(1000) }
        }
      }
      group.addTask {
        try await queue.run(for: 3, about: "held", isHeld: { true }) { _ in
          let wakeUp = WakeUp()
          while !end.isOpen { wakeUp.sleep(seconds: 0.05) }
        }
      }
      // Its error tells that their time would be over too.
      let pipe = Pipe()
      let source = pipe.fileHandleForReading.fileDescriptor
      let still = await Self.outcome { () async throws(JobError) in
        try await queue.run(for: 4, about: "still") { _ in
          var byte: UInt8 = 0
          _ = Foundation.read(source, &byte, 1)
        }
      }
      try pipe.fileHandleForWriting.close()
      #expect(still == .system)
      end.open()
      try await group.waitForAll()
    }
  }
}
