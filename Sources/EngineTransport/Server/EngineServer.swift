import Base
import EngineWire
import Glibc

/// Lets any number of clients talk to an engine through a Unix socket.
///
/// ```
/// clients ⇄ sockets ⇄ loop of `run` ─questions→ ClientSession ─→ EngineService
///                         ↑                          │ answers, events
///                         └────── ServerEventQueue ←────┘
/// ```
/// The loop is one thread around `poll` that never waits for the engine; the engine never waits for a client. A client that does
/// not read gets no progress, is asked to wait with its questions, and is dropped in the end.
package final class EngineServer: Sendable {
  package struct Options: Sendable {
    /// The server ends by itself when it had no client and nothing to do for so long; nil is never.
    package var idleSeconds: Double? = 60
    /// A client has to say hello within this time.
    package var greetingSeconds = 10.0
    package var clientLimit = 64
    /// The service may take so long to shut down.
    package var shutDownSeconds = 10.0

    package init() {}
  }

  let service: any EngineService
  let options: Options
  let log: @Sendable (LogLine.Level, String) -> Void
  let eventQueue: ServerEventQueue

  /// - Parameter log: takes one line, fit for a terminal; called on the thread of `run`.
  package init(
    _ service: any EngineService, options: Options = Options(), log: @escaping @Sendable (LogLine.Level, String) -> Void
  ) throws(EngineProcessError) {
    self.service = service
    self.options = options
    self.log = log
    eventQueue = try ServerEventQueue()
  }

  /// Serves until `stop` is called, a client asks for the end, or nobody needs the engine any more; shuts the service down
  /// and returns. Blocks its thread, which must not be one of Swift's pool.
  package func run(at listener: EngineListener) { ServerLoop(self, listener).run() }

  /// Makes `run` shut down; from any thread.
  ///
  /// - Parameter reason: sent to the clients.
  package func stop(reason: String) { eventQueue.post(.stop(reason: reason)) }
}

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
