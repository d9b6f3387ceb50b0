/// The conversation between the engine and its clients.
///
/// ```
/// client                                  engine
///   hello(version, ...)      ── 1 ──▶
///                            ◀── 1 ──     hello(EngineInfo)      or failure(version) and the end
///   watch                    ── 2 ──▶
///                            ◀── 2 ──     jobs([...])
///                            ◀── 0 ──     event(...), as things happen
/// ```
///
/// Every message is one frame: length, JSON head, raw bytes (see `Frame`). A request carries a number of the client's
/// choice, at least 1; its answer carries the same. Number 0 marks what the engine says unasked.
public enum WireProtocol {
  /// Raised with every change that an older side cannot read.
  public static let version = 1
  /// Most bytes of one frame, its eight bytes of lengths included.
  public static let frameLimit = 16 << 20
}

/// One request with its number.
public struct Question: Codable, Hashable, Sendable {
  /// At least 1, and no number of a question that waits for its answer.
  public let id: Int
  public let request: Request

  public init(id: Int, _ request: Request) {
    self.id = id
    self.request = request
  }
}

/// One answer, or news of the engine's own accord.
public struct Answer: Codable, Hashable, Sendable {
  /// The question's number; 0 for `Reply.event`, and for a `Reply.failure` that is the engine's last word before it closes
  /// the connection.
  public let id: Int
  public let reply: Reply

  public init(id: Int, _ reply: Reply) {
    self.id = id
    self.reply = reply
  }
}
