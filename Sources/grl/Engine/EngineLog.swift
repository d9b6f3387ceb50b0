import Base
import EngineWire
import Glibc

/// What an engine says: on standard error, or with the time in a file that standard error goes to.
final class EngineLog: Sendable {
  /// A file of this size is replaced by an empty one, and kept under another name.
  static let limit = 1 << 20

  private let file: String?
  private let isQuiet: Bool
  private let isVerbose: Bool
  private let turn = Locked(())

  init(file: String?, isQuiet: Bool, isVerbose: Bool) {
    self.file = file
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
  }

  /// - Parameter text: one line, fit for a terminal.
  func write(_ level: LogLine.Level, _ text: String) {
    if level == .debug && !isVerbose || isQuiet && level != .error { return }
    turn.withLock { _ in
      guard let file else { return Self.put("grl: \(level): \(text)\n") }
      begin(file)
      Self.put("\(Self.now) [\(getpid())] \(level): \(text)\n")
    }
  }

  /// `2026-11-22 22:42:07`, local time.
  private static var now: String {
    var seconds = time(nil)
    var parts = tm()
    localtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
    return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Sets a full file aside. Standard output and error go to the new one too: a crash has its last words there.
  private func begin(_ file: String) {
    var status = stat()
    guard fstat(STDERR_FILENO, &status) == 0, status.st_size >= Self.limit else { return }
    guard rename(file, file + ".1") == 0 else { return }
    let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return }
    for number in [STDOUT_FILENO, STDERR_FILENO] { dup2(descriptor, number) }
    close(descriptor)
  }

  /// There is nowhere to report that the log cannot be written to, so nothing is.
  private static func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
