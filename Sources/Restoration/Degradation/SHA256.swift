import Glibc
import Imaging

/// The SHA-256 hash of a message. Source: FIPS 180-4, section 6.2.
public struct SHA256 {
  /// The 32 bytes of the digest.
  public static func digest(_ message: [UInt8]) -> [UInt8] {
    words(message).flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
  }

  /// The digest as 64 hexadecimal digits.
  public static func hex(_ message: [UInt8]) -> String {
    hex(words(message))
  }

  private static func hex(_ words: [UInt32]) -> String {
    words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// The first 32 bits of the fractions of the square roots of the first 8 primes, then of what was added.
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]

  /// Bytes taken in so far.
  private var byteCount: UInt64 = 0
  /// Less than a block, still to be taken in.
  private var rest: [UInt8] = []

  public init() {}

  /// Takes in more of the message.
  public mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
    byteCount += UInt64(bytes.count)
    var start = 0
    if !rest.isEmpty {
      start = min(64 - rest.count, bytes.count)
      rest += bytes[..<start]
      guard rest.count == 64 else { return }
      rest.withUnsafeBufferPointer { add($0[...]) }
      rest = []
    }
    while bytes.count - start >= 64 {
      add(bytes[start..<start + 64])
      start += 64
    }
    rest += bytes[start...]
  }

  /// The words of the hash. Once.
  private mutating func finish() -> [UInt32] {
    let bitCount = byteCount * 8
    var tail: [UInt8] = [0x80]
    while (rest.count + tail.count) % 64 != 56 { tail.append(0) }
    tail += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * $0)) }
    tail.withUnsafeBufferPointer { update($0) }
    return state
  }

  /// The digest of a file as 64 hexadecimal digits, read piece by piece.
  public static func hex(contentsOf path: String) throws(RegularFile.Refusal) -> String {
    let (descriptor, _) = try RegularFile.open(path)
    defer { close(descriptor) }
    var hash = SHA256()
    var block = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(code: errno) }
      if count == 0 { return hex(hash.finish()) }
      block.withUnsafeBufferPointer { hash.update(UnsafeBufferPointer(rebasing: $0[..<count])) }
    }
  }

  private static func words(_ message: [UInt8]) -> [UInt32] {
    var hash = SHA256()
    message.withUnsafeBufferPointer { hash.update($0) }
    return hash.finish()
  }

  private mutating func add(_ block: Slice<UnsafeBufferPointer<UInt8>>) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
      let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: block))
      for t in 0..<16 { w[t] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self)) }
      for t in 16..<64 {
        let s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] &>> 3
        let s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] &>> 10
        w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      let constants = Self.constants
      for t in 0..<64 {
        let sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let choice = (e & f) ^ (~e & g)
        let first = h &+ sum1 &+ choice &+ constants[t] &+ w[t]
        let sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        let majority = (a & b) ^ (a & c) ^ (b & c)
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ sum0 &+ majority)
      }
      for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= value }
    }
  }

  @inline(__always)
  private func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value &>> count | value &<< (32 &- count) }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
