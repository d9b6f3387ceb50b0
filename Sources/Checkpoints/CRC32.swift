/// CRC-32 as zip uses it (ISO 3309, polynomial 0xEDB88320 reflected), eight bytes a step.
package enum CRC32 {
  /// At `k << 8 | b`: the checksum of byte `b` followed by `k` zero bytes.
  private static let table: [UInt32] = {
    var table = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    for index in 256..<8 * 256 {
      let shorter = table[index - 256]
      table.append(shorter >> 8 ^ table[Int(shorter & 0xFF)])
    }
    return table
  }()

  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      bytes.withUnsafeBytes { raw in
        var value = UInt32.max
        var position = 0
        while position + 8 <= raw.count {
          let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(value)
          value = 0
          for step in 0..<8 {
            value ^= table[(7 - step) << 8 | Int(truncatingIfNeeded: word >> UInt64(8 * step) & 0xFF)]
          }
          position += 8
        }
        for byte in raw[position...] { value = value >> 8 ^ table[Int((value ^ UInt32(byte)) & 0xFF)] }
        return ~value
      }
    }
  }
}
