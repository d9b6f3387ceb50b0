import Crypto
import Glibc

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
