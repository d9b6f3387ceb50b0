import Base
import EngineWire
import Glibc

/// What the tasks that ask the engine hand to the server's loop.
enum ServerEvent: Sendable {
  /// The answer to `hello`.
  case greeting(client: Int, EncodedFrame)
  case answer(client: Int, question: Int, EncodedFrame)
  case event(client: Int, EncodedFrame)
  case idle(Bool)
  /// Somebody wants the engine to end.
  case stop(reason: String)
  /// The service has shut down.
  case down
}

/// Where events wait for the server's loop. Filling it never waits for anything; `descriptor` becomes readable.
final class ServerEventQueue: Sendable {
  let descriptor: Int32
  private let wakeUp: Int32
  private let events = Locked<[ServerEvent]>([])

  init() throws(EngineProcessError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system(doing: "make a pipe", path: "engine", code: errno) }
    (descriptor, wakeUp) = (ends[0], ends[1])
    for end in ends { LocalSocket.setNonBlocking(end) }
  }

  deinit {
    close(descriptor)
    close(wakeUp)
  }

  func post(_ event: ServerEvent) {
    let isFirst = events.withLock { events in
      events.append(event)
      return events.count == 1
    }
    if isFirst { _ = write(wakeUp, [1], 1) }
  }

  /// Everything that was posted since the last call.
  func take() -> [ServerEvent] {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &bytes, bytes.count) == bytes.count {}
    return events.withLock { events in
      defer { events = [] }
      return events
    }
  }
}
