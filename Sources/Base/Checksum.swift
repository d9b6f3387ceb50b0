/// A checksum of 64 bits that finds what disks and torn writes do to bytes; no protection against intent.
package enum Checksum {
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
    func add(_ word: UInt64) {
      hash = (hash ^ word) &* 0xD6E8_FEB8_6659_FD93
      hash ^= hash >> 32
    }
    let whole = bytes.count / 8 * 8
    for place in stride(from: 0, to: whole, by: 8) {
      add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
    }
    var rest: UInt64 = 0
    for place in whole..<bytes.count { rest = rest << 8 | UInt64(bytes[place]) }
    add(rest)
    add(UInt64(bytes.count))
    return hash
  }

  /// Sixteen hexadecimal digits.
  package static func text(_ bytes: UnsafeRawBufferPointer) -> String { hexadecimal(of(bytes), digits: 16) }
}
