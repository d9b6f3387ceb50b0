import Base
import Glibc

/// One line on standard error that shows how far a job is: `12/30 [####-----]  41 %  1:05 left, until 23:41  kitten.png 25 %`, or, of a single picture,
/// `kitten.png [#####-----]  50 %  tile 2/4  0:12 left, until 22:37`.
///
/// Plain ASCII without colours or escape sequences: the line is redrawn behind a carriage return and wiped with spaces.
struct ProgressBar {
  private var lastDrawn: ContinuousClock.Instant?
  private var drawnColumns = 0

  /// What to print so that the line shows `done` (0...1) of `label`; nothing more often than ten times a second.
  mutating func update(label: String, done: Double, detail: String) -> String {
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return "" }
    lastDrawn = now
    return drawn(Self.line(label: label, done: done, detail: detail, columns: Self.terminalColumns() - 1))
  }

  /// What to print to wipe the line and leave the cursor at its start.
  mutating func clear() -> String {
    guard drawnColumns > 0 else { return "" }
    defer { drawnColumns = 0 }
    return "\r" + String(repeating: " ", count: drawnColumns) + "\r"
  }

  private mutating func drawn(_ line: String) -> String {
    let padding = String(repeating: " ", count: max(0, drawnColumns - line.count))
    drawnColumns = line.count
    return "\r" + line + padding
  }

  /// The text that fits `columns`: what matters least goes first, the bar shrinks before the name is cut.
  static func line(label: String, done: Double, detail: String, columns: Int) -> String {
    let percent = Int((min(max(done, 0), 1) * 100).rounded(.down))
    let tail = " " + String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0) + "\(percent) %"
    let detailed = tail + (detail.isEmpty ? "" : "  " + ascii(detail))
    let ending = detailed.count <= columns ? detailed : tail
    let shownLabel = String(ascii(label).prefix(max(0, min(24, columns - ending.count - 1))))
    let barColumns = min(30, columns - shownLabel.count - ending.count - 3)
    guard barColumns >= 5 else { return String((shownLabel + ending).prefix(max(0, columns))) }
    let filled = barColumns * percent / 100
    return shownLabel + " [" + String(repeating: "#", count: filled)
      + String(repeating: "-", count: barColumns - filled) + "]" + ending
  }

  /// How many columns other characters take depends on the terminal.
  private static func ascii(_ text: String) -> String { String(text.map { $0.isASCII ? $0 : "?" }) }

  /// `1:05 left, until 23:41`: what is left, and when it is over by this machine's clock.
  static func left(_ seconds: Double) -> String {
    let clock = timeOfDay(after: seconds)
    return clockTime(seconds) + " left" + (clock.isEmpty ? "" : ", until " + clock)
  }

  /// A name with its middle left out where it is long: the beginning and the end tell most.
  static func shortened(_ name: String) -> String {
    name.count <= 24 ? name : String(name.prefix(11)) + ".." + String(name.suffix(11))
  }

  private static func terminalColumns() -> Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
