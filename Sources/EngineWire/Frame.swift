import Foundation

/// One message on the wire: 4 bytes length of the head, 4 bytes length of the body (both little endian), the head (JSON, UTF-8), the
/// body (raw bytes).
public struct Frame: Hashable, Sendable {
  public var head: [UInt8]
  public var body: [UInt8]

  public init(head: [UInt8], body: [UInt8] = []) {
    self.head = head
    self.body = body
  }

  /// A message that encodes itself as JSON. Numbers that are not finite cannot be sent; they are our mistake.
  ///
  /// - Throws: `WireError.tooLarge` where head and body exceed `WireProtocol.frameLimit`.
  public init(_ message: some Encodable, body: [UInt8] = []) throws(WireError) {
    do {
      head = Array(try JSONEncoder().encode(message))
    } catch {
      throw .unspeakable("\(error)")
    }
    self.body = body
    let (count, limit) = (8 + head.count + body.count, WireProtocol.frameLimit)
    guard count <= limit else { throw .tooLarge(bytes: count, limit: limit) }
  }

  /// As it goes over the wire.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + head.count + body.count)
    for count in [head.count, body.count] {
      withUnsafeBytes(of: UInt32(count).littleEndian) { bytes += $0 }
    }
    return bytes + head + body
  }

  /// Reads the head as a message.
  public func message<Message: Decodable>(_ type: Message.Type = Message.self) throws(WireError) -> Message {
    do {
      return try JSONDecoder().decode(type, from: Data(head))
    } catch {
      throw .notAMessage(expected: "\(type)", reason: "\(error)")
    }
  }
}

/// Cuts a stream of bytes into frames, wherever the stream was cut on its way.
public struct FrameDecoder: Sendable {
  private var pending: [UInt8] = []
  private var start = 0

  public init() {}

  /// Bytes that no frame has taken yet. Not 0 at the end of a stream: it was cut off within a frame.
  public var pendingBytes: Int { pending.count - start }

  public mutating func append(_ bytes: some Sequence<UInt8>) {
    if start > 0 {
      pending.removeFirst(start)
      start = 0
    }
    pending.append(contentsOf: bytes)
  }

  /// The next whole frame; nil until more bytes have come.
  ///
  /// - Throws: `WireError.tooLarge` as soon as the lengths are known. The stream cannot be used further then.
  public mutating func next() throws(WireError) -> Frame? {
    guard pendingBytes >= 8 else { return nil }
    func length(_ place: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(pending[start + place + $1]) << (8 * $1) }
    }
    let (headCount, bodyCount) = (length(0), length(4))
    let count = 8 + headCount + bodyCount
    guard count <= WireProtocol.frameLimit else { throw .tooLarge(bytes: count, limit: WireProtocol.frameLimit) }
    guard pendingBytes >= count else { return nil }
    let head = start + 8
    let frame = Frame(
      head: Array(pending[head..<head + headCount]), body: Array(pending[head + headCount..<start + count]))
    start += count
    return frame
  }
}
