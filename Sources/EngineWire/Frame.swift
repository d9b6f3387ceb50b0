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
  /// - Throws: `WireError.unspeakable` for a number that is not finite (JSON has none; whoever fills in a message sees to
  ///   it), `.tooLarge`, `.tooDeep` or `.tooManyValues` where the other side would refuse the frame.
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
