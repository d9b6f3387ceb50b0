/// What goes wrong in the conversation with the engine.
public enum WireError: Error, Hashable, CustomStringConvertible {
  case tooLarge(bytes: Int, limit: Int)
  case notAMessage(expected: String, reason: String)
  /// A message of our own that JSON cannot hold.
  case unspeakable(String)

  public var description: String {
    switch self {
    case .tooLarge(let bytes, let limit):
      "a frame of \(bytes) bytes, over the limit of \(limit): the two sides do not speak the same language; "
        + "are both grl of the same version?"
    case .notAMessage(let expected, let reason):
      "a frame that is no \(expected) (\(reason)): are both sides grl of the same version?"
    case .unspeakable(let reason):
      "a message that cannot be sent: \(reason)"
    }
  }
}
