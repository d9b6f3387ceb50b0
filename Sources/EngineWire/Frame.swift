import Foundation

/// One message on the wire: 4 bytes length of the head, 4 bytes length of the body (both little endian), the head (JSON,
/// UTF-8), the body (raw bytes).
public struct Frame: Hashable, Sendable {
  public var head: [UInt8]
  public var body: [UInt8]

  public init(head: [UInt8], body: [UInt8] = []) {
    self.head = head
    self.body = body
  }

  /// A message that encodes itself as JSON, keys in alphabetical order.
  ///
  /// - Throws: `WireError.unspeakable` for a number that is not finite (JSON has none, so callers put none in),
  ///   `.tooLarge`, `.tooDeep` or `.tooManyValues` where the other side would refuse the frame.
  public init(_ message: some Encodable, body: [UInt8] = [], limits: FrameLimits = .answers) throws(WireError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      head = Array(try encoder.encode(message))
    } catch {
      throw .unspeakable(Frame.reason(error))
    }
    self.body = body
    let count = 8 + head.count + body.count
    guard count <= limits.bytes else { throw .tooLarge(bytes: count, limit: limits.bytes) }
    try limits.check(head)
  }

  /// As it goes over the wire.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + head.count + body.count)
    for count in [head.count, body.count] {
      withUnsafeBytes(of: UInt32(count).littleEndian) { bytes += $0 }
    }
    bytes += head
    bytes += body
    return bytes
  }

  /// Reads the head as a message.
  ///
  /// - Throws: `WireError.notAMessage`, or `.tooDeep` or `.tooManyValues` before the JSON is looked at any closer: Foundation
  ///   takes a third of a second for a megabyte of numbers, so what comes from outside is counted first.
  public func message<Message: Decodable>(
    _ type: Message.Type = Message.self, limits: FrameLimits = .answers
  ) throws(WireError) -> Message {
    try limits.check(head)
    do {
      return try JSONDecoder().decode(type, from: Data(head))
    } catch {
      throw .notAMessage(expected: "\(type)", reason: Frame.reason(error))
    }
  }

  /// Where and why, on one line and without a word of what came from outside.
  private static func reason(_ error: any Error) -> String {
    func place(_ path: [any CodingKey], _ last: (any CodingKey)? = nil) -> String {
      let keys = (path + [last].compactMap { $0 }).map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
      return keys.isEmpty ? "at the top" : keys.joined(separator: ".")
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context): return "\(place(context.codingPath, key)): missing"
    case DecodingError.typeMismatch(let type, let context): return "\(place(context.codingPath)): not \(type)"
    case DecodingError.valueNotFound(let type, let context): return "\(place(context.codingPath)): no \(type)"
    case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty: return "not JSON"
    case DecodingError.dataCorrupted(let context): return "\(place(context.codingPath)): unknown or out of range"
    case EncodingError.invalidValue(let value, let context): return "\(place(context.codingPath)): \(value)"
    default: return "\(type(of: error))"
    }
  }
}

/// What one frame may hold. Both sides check before they send and before they read.
public struct FrameLimits: Hashable, Sendable {
  /// Of the whole frame, its eight bytes of lengths included.
  public let bytes: Int
  /// JSON values in the head, counted by their commas, brackets and colons: at least as many as there are.
  public let values: Int
  /// Arrays and objects within each other.
  public let depth: Int

  /// For what a client sends. The values keep the reading of one head under about 20 ms.
  public static let questions = FrameLimits(bytes: 1 << 20, values: 50_000, depth: 32)
  /// For what the engine sends. The values keep the reading of one head under about half a second.
  public static let answers = FrameLimits(bytes: WireProtocol.frameLimit, values: 1_000_000, depth: 32)

  /// Looks at the shape of a JSON text in one pass, without understanding it.
  ///
  /// - Throws: `WireError.tooDeep`, `WireError.tooManyValues`.
  func check(_ head: [UInt8]) throws(WireError) {
    var (level, count, isInString, isEscaped) = (0, 1, false, false)
    var deepest = 0
    for byte in head {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        level += 1
        count += 1
        deepest = max(deepest, level)
      case UInt8(ascii: "]"), UInt8(ascii: "}"): level -= 1
      case UInt8(ascii: ","), UInt8(ascii: ":"): count += 1
      default: break
      }
    }
    guard deepest <= depth else { throw .tooDeep(limit: depth) }
    guard count <= values else { throw .tooManyValues(limit: values) }
  }
}

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
