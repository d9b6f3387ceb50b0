import Foundation
import Glibc
import TestSupport
import Testing

/// The real workbench in a tmux server of its own: keys in, captured screens out.
final class TmuxTerminal {
  /// How the terminal presents itself.
  enum Mode: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case indexed = "256"
    case truecolour = "truecolor"
    case sixteen = "16"
    case noColour = "no-color"
    case ascii

    var testDescription: String { rawValue }

    var arguments: [String] {
      switch self {
      case .sixteen: ["--color", "16"]
      case .ascii: ["--graphics", "ascii"]
      default: []
      }
    }

    var environment: [String: String] {
      switch self {
      case .truecolour: ["COLORTERM": "truecolor"]
      case .noColour: ["NO_COLOR": "1"]
      default: [:]
      }
    }
  }

  struct Size: Hashable, Sendable, CustomTestStringConvertible {
    let columns: Int
    let rows: Int
    var testDescription: String { "\(columns)x\(rows)" }

    static let all = [
      Size(columns: 60, rows: 15), Size(columns: 80, rows: 24), Size(columns: 120, rows: 40),
      Size(columns: 200, rows: 60),
    ]
  }

  /// Beside the test bundle in the build folder, or what `GRL_BINARY` names.
  static let grl: String = {
    if let named = ProcessInfo.processInfo.environment["GRL_BINARY"] { return named }
    return URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "grl")
      .path
  }()

  /// Why screen tests cannot be run here; nil where they can.
  static let obstacle: String? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let isThere = path.split(separator: ":").contains { access("\($0)/tmux", X_OK) == 0 }
    return isThere ? nil : "tmux is not installed (Debian package tmux): no screen is tested"
  }()

  let place: TestPlace
  private let environment: [String: String]
  private var calls = 0

  /// Starts the workbench.
  ///
  /// - Parameters:
  ///   - place: home folder and pictures.
  ///   - arguments: of `grl`, behind those of `mode`.
  init(
    _ arguments: [String] = [], in place: TestPlace, mode: Mode = .indexed, size: Size = Size(columns: 80, rows: 24),
    environment changes: [String: String] = [:]
  ) throws {
    self.place = place
    var environment = place.environment
    environment["TMUX_TMPDIR"] = place.sockets
    self.environment = environment
    let variables = mode.environment.merging(changes) { $1 }.merging(["TERM": "tmux-256color"]) { first, _ in first }
    let words = ["env"] + variables.map { "\($0.key)=\($0.value)" } + [Self.grl] + mode.arguments + arguments
    let command = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
    _ = try tmux(
      "start-server", ";", "set", "-s", "escape-time", "0", ";", "set", "-g", "remain-on-exit", "on", ";", "set", "-g",
      "status", "off", ";", "new-session", "-d", "-x", "\(size.columns)", "-y", "\(size.rows)",
      "cd '\(place.home.path)' && exec " + command)
  }

  deinit {
    do { _ = try tmux("kill-server") } catch { print("note: a tmux server stays behind: \(error)") }
  }

  /// From now on every byte that the program sends is kept in a file, as it was sent.
  func record(to path: String) throws { _ = try tmux("pipe-pane", "-t", "0", "cat > '\(path)'") }

  /// Keys by tmux's names (`Up`, `F1`, `C-c`, `Escape`), and single characters.
  func press(_ keys: String...) throws {
    for key in keys { _ = try tmux("send-keys", "-t", "0", key) }
  }

  func type(_ text: String) throws { _ = try tmux("send-keys", "-t", "0", "-l", text) }

  func resize(_ size: Size) throws {
    _ = try tmux("resize-window", "-t", "0", "-x", "\(size.columns)", "-y", "\(size.rows)")
  }

  /// The screen as text, one line a row, blanks at the ends left out.
  func text() throws -> String {
    let lines = try tmux("capture-pane", "-p", "-t", "0").split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
  }

  /// The screen with the sequences that set colours.
  func styledText() throws -> String { try tmux("capture-pane", "-e", "-p", "-t", "0") }

  /// Waits until the screen says what is wanted; records an issue with the screen where it does not.
  @discardableResult
  func wait(
    seconds: Double = 120, _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    until condition: (String) -> Bool
  ) throws -> String {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      let text = try text()
      if condition(text) { return text }
      guard ContinuousClock.now < end else {
        Issue.record(
          "not on the screen within \(seconds) s: \(what)\n\(text)\n\(place.records)", sourceLocation: sourceLocation)
        throw ScreenTestError.notShown(what)
      }
      usleep(20_000)
    }
  }

  @discardableResult
  func waitFor(
    _ text: String, seconds: Double = 120, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    try wait(seconds: seconds, text, sourceLocation: sourceLocation) { $0.contains(text) }
  }

  /// The screen once it has been the same for a while.
  func settled(milliseconds: Int = 150, seconds: Double = 120) throws -> String {
    let end = ContinuousClock.now + .seconds(seconds)
    var (last, since) = (try text(), ContinuousClock.now)
    while ContinuousClock.now - since < .milliseconds(milliseconds), ContinuousClock.now < end {
      usleep(25_000)
      let text = try text()
      if text != last { (last, since) = (text, ContinuousClock.now) }
    }
    return last
  }

  /// The program has ended (and tmux says so).
  func hasEnded() throws -> Bool { try tmux("display", "-p", "-t", "0", "#{pane_dead}").hasPrefix("1") }

  /// One call of tmux. Its output goes to files: a pipe would be inherited by the servers of tests that run beside this one, and
  /// its end would never come. Nothing may hang: a tmux that does not answer is ended.
  private func tmux(_ arguments: String...) throws -> String {
    calls += 1
    let (output, errors) = (place.scratch("tmux-\(calls).out"), place.scratch("tmux-\(calls).err"))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let words = ["timeout", "120", "tmux", "-L", "grl", "-f", "/dev/null"] + arguments
    let texts = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in texts + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, words[0], &actions, nil, texts, variables)
    guard code == 0 else { throw ScreenTestError.tmux(words[2], String(cString: strerror(code))) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    defer { for file in [output, errors] { unlink(file) } }
    guard status == 0 else {
      let complaint = String(decoding: FileManager.default.contents(atPath: errors) ?? Data(), as: UTF8.self)
      throw ScreenTestError.tmux(arguments.joined(separator: " "), complaint)
    }
    return String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
  }
}

enum ScreenTestError: Error {
  case notShown(String)
  case tmux(String, String)
}
