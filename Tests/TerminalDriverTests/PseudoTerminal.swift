import Foundation
import Glibc

/// A program on a pseudo-terminal of its own, as a person would run it: in its own session, with the terminal as its
/// controlling one. We are the person: bytes in, bytes out, sizes, hanging up.
final class PseudoTerminal {
  /// Beside the test bundle in the build folder, or what `GRL_BINARY` names.
  static let grl: String = {
    if let named = ProcessInfo.processInfo.environment["GRL_BINARY"] { return named }
    return URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "grl")
      .path
  }()

  let processID: pid_t
  private(set) var master: Int32
  /// Held open by us too, so that modes can be looked at after the program has ended.
  let slave: Int32
  /// Everything the program has sent.
  private(set) var received: [UInt8] = []
  private(set) var screen: TestScreen
  /// As `waitpid` tells, once it has ended.
  private(set) var status: Int32?
  private let folder: URL
  /// What is answered to the questions of the start, and how.
  private let answers: [UInt8]
  private let pace: Pace
  private var unsent: [(time: ContinuousClock.Instant, bytes: [UInt8])] = []
  private var hasAnswered = false

  enum Pace: Sendable {
    case atOnce
    /// Seconds after the question.
    case late(Double)
    /// Seconds after the question, and between two bytes.
    case byByte(after: Double, Double)
  }

  /// - Parameters:
  ///   - arguments: the program and its arguments; the workbench by default.
  ///   - environment: changes to a clean one, which has its own home and `TERM=xterm-256color`.
  init(
    _ arguments: [String] = [grl], columns: Int = 80, rows: Int = 24, environment changes: [String: String] = [:],
    answers: String = "", pace: Pace = .atOnce
  ) throws {
    (self.answers, self.pace) = (Array(answers.utf8), pace)
    folder = FileManager.default.temporaryDirectory.appending(path: "grl-pty-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    screen = TestScreen(columns: columns, rows: rows)
    var (master, slave): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&master, &slave, nil, nil, &size) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    (self.master, self.slave) = (master, slave)
    for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(master, F_SETFL, O_NONBLOCK)

    var environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "TERM": "xterm-256color",
      "LC_ALL": "C.UTF-8", "HOME": folder.path, "XDG_RUNTIME_DIR": folder.path, "SWIFT_BACKTRACE": "enable=no",
    ]
    for name in ["CONFIG", "STATE", "CACHE", "DATA"] {
      environment["XDG_\(name)_HOME"] = folder.path + "/" + name.lowercased()
    }
    for name in ["LD_LIBRARY_PATH", "GRL_THREADS"] {
      if let value = ProcessInfo.processInfo.environment[name] { environment[name] = value }
    }
    environment.merge(changes) { $1 }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Opened by a leader of a session that has no terminal yet, it becomes that session's.
    posix_spawn_file_actions_addopen(&actions, 0, ttyname(slave), O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    let newSession: Int16 = 0x80  // POSIX_SPAWN_SETSID, which the headers show to GNU sources only
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    for reserved in [SIGKILL, SIGSTOP] { sigdelset(&signals, reserved) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    let texts = arguments.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in texts + variables { free(text) } }
    var processID: pid_t = 0
    let code = posix_spawnp(&processID, arguments[0], &actions, &attributes, texts, variables)
    self.processID = processID
    guard code == 0 else { throw POSIXError(.init(rawValue: code) ?? .EIO) }
  }

  deinit {
    if status == nil {
      kill(processID, SIGKILL)
      var ignored: Int32 = 0
      waitpid(processID, &ignored, 0)
    }
    if master >= 0 { close(master) }
    close(slave)
    stopEngine()
    do { try FileManager.default.removeItem(at: folder) } catch { print("note: \(folder.path) stays behind: \(error)") }
  }

  /// The engine outlives its workbench; it is asked to end, and given a moment to.
  private func stopEngine() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let number = pid_t(name), let data = FileManager.default.contents(atPath: "/proc/\(name)/environ"),
        data.range(of: Data("HOME=\(folder.path)\0".utf8)) != nil
      else { continue }
      kill(number, SIGTERM)
      for _ in 0..<100 where kill(number, 0) == 0 { usleep(10_000) }
      if kill(number, 0) == 0 { kill(number, SIGKILL) }
    }
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  func type(_ text: String) { type(Array(text.utf8)) }

  func type(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EAGAIN && errno != EINTR { return }
      if count < 0 { usleep(1000) }
    }
  }

  func send(_ signal: Int32) { kill(processID, signal) }

  func resize(columns: Int, rows: Int) {
    read()
    screen.resize(columns: columns, rows: rows)
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Closes our side, as a terminal window that is closed does.
  func hangUp() {
    read()
    close(master)
    master = -1
  }

  /// Takes what there is.
  func read() {
    guard master >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(master, &buffer, buffer.count)
      guard count > 0 else { return }
      received += buffer[..<count]
      screen.feed(buffer[..<count])
      answer()
    }
  }

  /// Answers once the last question has come, DA1.
  private func answer() {
    let now = ContinuousClock.now
    if !hasAnswered, !answers.isEmpty, received.firstRange(of: Array("\u{1b}[c".utf8)) != nil {
      hasAnswered = true
      switch pace {
      case .atOnce: unsent = [(now, answers)]
      case .late(let seconds): unsent = [(now + .seconds(seconds), answers)]
      case .byByte(let delay, let seconds):
        unsent = answers.enumerated().map { (now + .seconds(delay + seconds * Double($0)), [$1]) }
      }
    }
    while let first = unsent.first, first.time <= now {
      unsent.removeFirst()
      type(first.bytes)
    }
  }

  /// Reads until `condition` holds; false where it does not within `seconds`.
  func wait(seconds: Double = 120, until condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      read()
      answer()
      if condition() { return true }
      guard ContinuousClock.now < end else { return false }
      guard master >= 0 else {
        usleep(2000)
        continue
      }
      var watched = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      if poll(&watched, 1, 10) > 0, watched.revents & Int16(POLLHUP) != 0 { usleep(2000) }
    }
  }

  func waitFor(_ text: String, seconds: Double = 120) -> Bool { wait(seconds: seconds) { screen.text.contains(text) } }

  /// Waits until the program sends nothing for `milliseconds`.
  func settle(milliseconds: Int = 300, seconds: Double = 120) {
    var (count, quietSince) = (received.count, ContinuousClock.now)
    _ = wait(seconds: seconds) {
      if received.count != count { (count, quietSince) = (received.count, ContinuousClock.now) }
      return ContinuousClock.now - quietSince > .milliseconds(milliseconds)
    }
  }

  /// Waits until the program has ended. False where it does not.
  func waitForEnd(seconds: Double = 120) -> Bool {
    wait(seconds: seconds) {
      var value: Int32 = 0
      if status == nil, waitpid(processID, &value, WNOHANG) == processID { status = value }
      return status != nil
    }
  }

  var exitStatus: Int32? { status.flatMap { $0 & 0x7f == 0 ? $0 >> 8 & 0xff : nil } }
  var endingSignal: Int32? { status.flatMap { $0 & 0x7f == 0 ? nil : $0 & 0x7f } }

  /// The terminal's modes, to be compared.
  var modes: [UInt] {
    var modes = termios()
    tcgetattr(slave, &modes)
    let characters = withUnsafeBytes(of: modes.c_cc) { $0.map { UInt($0) } }
    return [UInt(modes.c_iflag), UInt(modes.c_oflag), UInt(modes.c_cflag), UInt(modes.c_lflag)] + characters
  }
}
