/// A value that lives on a thread of its own and never leaves it.
package final class OwnThread<Value>: Sendable {
  private let thread: WorkerThread
  private let room: Room

  /// Never touched but by the closures that `thread` runs one after the other.
  private final class Room: @unchecked Sendable {
    let make: @Sendable () -> Value
    lazy var value = make()
    init(make: @escaping @Sendable () -> Value) { self.make = make }
  }

  /// - Parameter make: called on the thread, before the first use.
  package init(niceness: Int32 = 0, _ make: @escaping @Sendable () -> Value) {
    thread = WorkerThread(niceness: niceness)
    room = Room(make: make)
  }

  package func run<Result: Sendable>(_ body: @escaping @Sendable (Value) -> Result) async -> Result {
    let room = room
    return await thread.run { body(room.value) }
  }

  package func run<Result: Sendable>(
    _ body: @escaping @Sendable (Value) throws(JobError) -> Result
  ) async throws(JobError) -> Result {
    let room = room
    return try await thread.run { () throws(JobError) in try body(room.value) }
  }

  package func submit(_ body: @escaping @Sendable (Value) -> Void) {
    let room = room
    thread.submit { body(room.value) }
  }
}
