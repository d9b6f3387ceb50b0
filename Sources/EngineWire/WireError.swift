/// What goes wrong in the conversation with the engine.
public enum WireError: Error, Hashable, CustomStringConvertible {
  case tooLarge(bytes: Int, limit: Int)
  case tooDeep(limit: Int)
  case tooManyValues(limit: Int)
  case notAMessage(expected: String, reason: String)
  /// A message of our own that JSON cannot hold.
  case unspeakable(String)

  public var description: String {
    switch self {
    case .tooLarge(let bytes, let limit):
      "a frame of \(bytes) bytes, over the limit of \(limit)"
    case .tooDeep(let limit):
      "a frame whose JSON is nested deeper than \(limit) levels"
    case .tooManyValues(let limit):
      "a frame whose JSON holds more than \(limit) values"
    case .notAMessage(let expected, let reason):
      "a frame that is no \(expected) (\(reason)); are both sides grl of the same version?"
    case .unspeakable(let reason):
      "a message that cannot be sent (\(reason))"
    }
  }
}
