import CBase

/// CRC-32 as zip and PNG use it.
package enum CRC32 {
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { grl_crc32($0.baseAddress, $0.count) }
  }
}
