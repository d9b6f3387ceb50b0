import EngineWire

/// Who asks: a service distinguishes clients, so that none of them waits for another one's requests.
public struct Requester: Sendable {
  /// The connection's number; 0 where there is none.
  public let number: Int
  /// News for this client alone; it gets none unless it watches.
  public let tell: @Sendable (EngineEvent) -> Void

  public init(number: Int, tell: @escaping @Sendable (EngineEvent) -> Void) {
    self.number = number
    self.tell = tell
  }

  public static let nobody = Requester(number: 0) { _ in }
}

/// What stands behind a connection: the engine, or what a test puts in its place.
public protocol EngineService: Sendable {
  /// Answers one request of a client; `body` goes out as the frame's raw bytes. Never throws: what goes wrong is a
  /// `Reply.failure`. `hello` and `watch` are the server's own business and do not come here. The task is cancelled when nobody
  /// hears the answer any more.
  func answer(_ request: Request, from requester: Requester) async -> (reply: Reply, body: [UInt8])

  /// News for a client that watches, beginning with `EngineEvent.jobs` and the last lines of the log. Ends when the engine ends.
  func events() async -> AsyncStream<EngineEvent>

  /// For `hello`.
  func info() async -> EngineInfo

  /// Nothing runs and nothing waits: the process may end when nobody is connected.
  func isIdle() async -> Bool

  /// Stops computing within half a second, with everything on disk that a later start needs.
  func shutDown() async
}

extension EngineService {
  public func answer(_ request: Request) async -> (reply: Reply, body: [UInt8]) {
    await answer(request, from: .nobody)
  }
}
