import Base
import Glibc
import Imaging
import Logging

/// The program's two voices: results on standard output, everything else on standard error.
///
/// Safe from any thread. A progress bar, where there is one, is lifted while a line is printed.
final class Console: Sendable {
  private let isQuiet: Bool
  private let bar: Locked<ProgressBar?>

  /// - Parameters:
  ///   - isQuiet: leaves out notes and the progress bar; results and errors stay.
  ///   - showsProgress: draws a bar if standard error is a terminal.
  init(isQuiet: Bool = false, showsProgress: Bool = false) {
    self.isQuiet = isQuiet
    bar = Locked(showsProgress && !isQuiet && isatty(STDERR_FILENO) == 1 ? ProgressBar() : nil)
  }

  /// One line of the answer, on standard output. Control characters must have been escaped where they come from outside.
  func result(_ line: String) {
    bar.withLock { bar in
      wipe(&bar)
      writeToStandardOutput(Array((line + "\n").utf8))
    }
  }

  /// One line on standard output that tells what was done, where the answer proper is a file; nothing when quiet.
  func report(_ line: String) {
    if !isQuiet { result(line) }
  }

  /// One line for the person at the terminal, on standard error; nothing when quiet.
  func note(_ line: String) {
    if !isQuiet { say("grl: " + line) }
  }

  /// One line that says what went wrong, on standard error.
  func error(_ line: String) { say("grl: " + line) }

  /// Redraws the bar: `label` names the picture, `done` is in 0...1, `detail` stands behind the percentage.
  func progress(_ label: String, done: Double, detail: String) {
    bar.withLock { bar in
      if let text = bar?.update(label: label.printable, done: done, detail: detail) { writeToStandardError(text) }
    }
  }

  /// Removes the bar from the line.
  func endProgress() {
    bar.withLock { wipe(&$0) }
  }

  private func say(_ line: String) {
    bar.withLock { bar in
      wipe(&bar)
      writeToStandardError(line.printable + "\n")
    }
  }

  private func wipe(_ bar: inout ProgressBar?) {
    if let text = bar?.clear() { writeToStandardError(text) }
  }
}

/// There is nowhere to report that standard error cannot be written to, so nothing is.
private func writeToStandardError(_ text: String) {
  _ = WholeFile.writeAll(Array(text.utf8), to: STDERR_FILENO)
}

/// Writes results. When the reader has gone, the program ends as `SIGPIPE` would end it; when the output is full, with a
/// message and status 1.
func writeToStandardOutput(_ bytes: [UInt8]) {
  let reason = WholeFile.writeAll(bytes, to: STDOUT_FILENO)
  guard reason != 0 else { return }
  if reason == EPIPE {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
  }
  writeToStandardError("grl: standard output: \(systemReason(reason)); the output is not complete\n")
  exit(ExitStatus.someFailed.rawValue)
}

/// Log lines on standard error, beside the program's other messages: `grl: info: loaded the model  name=..., seconds=...`.
struct ConsoleLogHandler: LogHandler {
  let console: Console
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .warning

  init(console: Console) { self.console = console }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let tail = facts.isEmpty ? "" : "  " + facts.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    console.error("\(event.level): \(event.message)\(tail)")
  }
}
