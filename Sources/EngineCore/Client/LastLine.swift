import Base
import Imaging

/// The last line with anything in it of what a program printed, fit for a terminal.
struct LastLine {
  private var bytes: [UInt8] = []
  /// Bytes that are kept; a longer line loses its beginning.
  private static let limit = 2048

  init(_ bytes: some Sequence<UInt8> = []) { append(bytes) }

  mutating func append(_ more: some Sequence<UInt8>) {
    bytes += more
    if bytes.count > Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
  }

  var text: String? {
    let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }
      .map { String(decoding: $0, as: UTF8.self).printable }
    return lines.last { $0.contains { $0 != " " } }.map { String($0.prefix(300)) }
  }
}
