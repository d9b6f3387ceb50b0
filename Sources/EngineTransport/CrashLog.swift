import Base
import Glibc

/// What an engine that crashed left in its log. Lines of the engine's own begin with the time and its process's number; what
/// the runtime says of a crash stands behind them, without.
package enum CrashLog {
  /// Bytes at the end of a log that are looked at.
  private static let most = 1 << 16

  /// The line that says why process `process` crashed, fit for a terminal; nil where the log at `path` has none, as after
  /// `kill -9`.
  package static func of(process: Int, in path: String) -> String? {
    let lines = lines(of: path)
    let number = Array("[\(process)]".utf8)
    guard let own = lines.lastIndex(where: { isDated($0) && $0.contains(number) }) else { return nil }
    return crash(in: lines[(own + 1)...].prefix { !isDated($0) }).flatMap { LastLine($0).text }
  }

  /// The same of the engine that wrote last; without a crash its last line.
  static func last(in path: String) -> String? {
    let lines = lines(of: path)
    let last = lines.lastIndex(where: isDated) ?? lines.startIndex
    return (crash(in: lines[last...]).map { LastLine($0) } ?? LastLine(lines.joined(separator: "\n".utf8))).text
  }

  /// Of a crash that Swift describes, the line that says what it was stands before pages of registers.
  private static func crash(in lines: ArraySlice<ArraySlice<UInt8>>) -> ArraySlice<UInt8>? {
    lines.first { $0.contains(Array("Fatal error: ".utf8)) || $0.starts(with: "*** Program crashed: ".utf8) }
  }

  private static func isDated(_ line: ArraySlice<UInt8>) -> Bool {
    line.starts(with: "20".utf8) && line.contains(UInt8(ascii: "["))
  }

  private static func lines(of path: String) -> [ArraySlice<UInt8>] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: most)
    let end = lseek(descriptor, 0, SEEK_END)
    let count = pread(descriptor, &bytes, bytes.count, max(0, end - bytes.count))
    return bytes.prefix(max(0, count)).split(separator: UInt8(ascii: "\n"))
  }
}

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
