/// Cuts a stream of bytes into frames, wherever the stream was cut on its way.
///
/// Takes time and memory in proportion to what came, not to what a length promises.
public struct FrameDecoder: Sendable {
  /// What is counted towards frames and not yet thrown away: `pending[start...]`.
  private var pending: [UInt8] = []
  private var start = 0
  /// Bytes moved to the front of `pending` so far: never more than came, so time is linear.
  package private(set) var movedBytes = 0
  private let limit: Int

  /// - Parameter limits: what one frame may hold; a server uses `.questions`, a client `.answers`.
  public init(limits: FrameLimits = .answers) { limit = limits.bytes }

  /// Bytes that no frame has taken yet. Not 0 at the end of a stream: it was cut off within a frame.
  public var pendingBytes: Int { pending.count - start }

  public mutating func append(_ bytes: some Sequence<UInt8>) {
    // Moving the rest to the front costs its length, so it waits until as much lies before it.
    if start == pending.count {
      pending.removeAll(keepingCapacity: pending.capacity <= 1 << 20)
      start = 0
    } else if start >= pendingBytes {
      movedBytes += pendingBytes
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
    let (headCount, bodyCount) = (length(at: start), length(at: start + 4))
    let count = 8 + headCount + bodyCount
    guard count <= limit else { throw .tooLarge(bytes: count, limit: limit) }
    guard pendingBytes >= count else { return nil }
    let head = start + 8
    let frame = Frame(
      head: Array(pending[head..<head + headCount]), body: Array(pending[head + headCount..<start + count]))
    start += count
    return frame
  }

  /// Four bytes, little endian.
  private func length(at place: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(pending[place + $1]) << (8 * $1) }
  }
}
