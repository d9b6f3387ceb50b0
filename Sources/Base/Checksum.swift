import CBase
import Crypto
import Glibc

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

/// CRC-32 as zip and PNG use it.
package enum CRC32 {
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { grl_crc32($0.baseAddress, $0.count) }
  }
}

/// Compression as zip and PNG use it.
package enum Deflate {
  /// A zlib stream (RFC 1950).
  package static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    let capacity = grl_deflate_bound(bytes.count)
    return [UInt8](unsafeUninitializedCapacity: capacity) { room, count in
      count = bytes.withUnsafeBytes { grl_deflate($0.baseAddress, $0.count, room.baseAddress, capacity) }
    }
  }
}

/// The SHA-256 hash of a message.
public enum SHA256 {
  /// The 32 bytes of the digest.
  public static func digest(_ message: [UInt8]) -> [UInt8] { Array(Crypto.SHA256.hash(data: message)) }

  /// The digest as 64 hexadecimal digits.
  public static func hex(_ message: [UInt8]) -> String { hex(Crypto.SHA256.hash(data: message)) }

  /// The digest of a file as 64 hexadecimal digits, read piece by piece.
  public static func hex(contentsOf path: String) throws(RegularFile.Refusal) -> String {
    let (descriptor, _) = try RegularFile.open(path)
    defer { close(descriptor) }
    var hash = Crypto.SHA256()
    var block = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(code: errno) }
      if count == 0 { return hex(hash.finalize()) }
      block.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }

  private static func hex(_ digest: Crypto.SHA256.Digest) -> String {
    digest.map { hexadecimal($0, digits: 2) }.joined()
  }
}

/// A number as so many hexadecimal digits, zeros in front.
func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
