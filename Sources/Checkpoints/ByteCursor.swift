/// Reads little-endian numbers and runs of bytes one after the other; nil where the bytes end.
struct ByteCursor {
  let bytes: [UInt8]
  private(set) var position: Int

  init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var remaining: Int { bytes.count - position }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type) -> T? {
    take(MemoryLayout<T>.size).map { slice in
      slice.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(as: T.self)) }
    }
  }

  /// The bytes up to the next line feed, which is skipped.
  mutating func line() -> ArraySlice<UInt8>? {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { position = end + 1 }
    return bytes[position..<end]
  }
}
