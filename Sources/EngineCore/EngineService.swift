import EngineWire

/// What stands behind a connection: the engine, or what a test puts in its place.
public protocol EngineService: Sendable {
  /// Answers one request of a client; `body` goes out as the frame's raw bytes. Never throws: what goes wrong is a
  /// `Reply.failure`. `hello` and `watch` are the server's own business and do not come here.
  func answer(_ request: Request) async -> (reply: Reply, body: [UInt8])

  /// News for a client that watches, beginning with `EngineEvent.jobs` and the last lines of the log. Ends when the engine ends.
  func events() async -> AsyncStream<EngineEvent>

  /// For `hello`.
  func info() async -> EngineInfo

  /// Nothing runs and nothing waits: the process may end when nobody is connected.
  func isIdle() async -> Bool

  /// Stops computing within half a second, with everything on disk that a later start needs.
  func shutDown() async
}
