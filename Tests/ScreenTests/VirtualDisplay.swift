import Foundation
import Glibc

/// A display in memory with a real terminal on it, whose pixels can be looked at.
final class VirtualDisplay {
  /// Packages of Debian that are needed beside a terminal, by the program that each brings.
  private static let needed = [("Xvfb", "xvfb"), ("xwd", "x11-apps")]

  /// Why `terminal` cannot be tried here; nil where it can.
  static func obstacle(_ terminal: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    func isThere(_ program: String) -> Bool {
      path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
    let missing = (needed + [(terminal, terminal)]).filter { !isThere($0.0) }.map(\.1)
    return missing.isEmpty
      ? nil : "no real \(terminal) is looked at without Debian's \(missing.joined(separator: ", "))"
  }

  private let place: TestPlace
  private var children: [pid_t] = []
  private var display = ""

  /// - Parameter place: home folder of whatever runs on the display.
  init(in place: TestPlace) throws {
    self.place = place
    // Xvfb writes its number there when it is ready.
    let file = place.scratch("display")
    try start(["Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"], output: file)
    let end = ContinuousClock.now + .seconds(60)
    while !display.hasSuffix("\n") {
      guard ContinuousClock.now < end else { throw ScreenTestError.notShown("Xvfb does not start") }
      usleep(50_000)
      display = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
    }
    display = String(display.dropLast())
  }

  /// Starts a program on the display.
  func start(
    _ words: [String], output: String = "/dev/null", environment changes: [String: String] = [:]
  ) throws {
    var environment = place.environment.merging(changes) { $1 }
    if !display.isEmpty { environment["DISPLAY"] = ":" + display }
    children.append(try Self.spawn(words, environment, output: output))
  }

  private static func spawn(_ words: [String], _ environment: [String: String], output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let texts = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in texts + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, words[0], &actions, nil, texts, variables)
    guard code == 0 else { throw ScreenTestError.notShown("\(words[0]): \(String(cString: strerror(code)))") }
    return process
  }

  /// Colours of what is shown now, row by row, as 0xRRGGBB.
  private func screenshot() throws -> [UInt32] {
    let file = place.scratch("screen.xwd")
    let process = try Self.spawn(
      ["timeout", "30", "xwd", "-root", "-silent", "-display", ":" + display, "-out", file], place.environment,
      output: "/dev/null")
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let bytes = [UInt8](FileManager.default.contents(atPath: file) ?? Data())
    // XWDFile.h: 25 numbers of 32 bits, the first bytes first; then the window's name and the table of colours.
    guard status == 0, bytes.count >= 100 else { throw ScreenTestError.notShown("xwd wrote \(bytes.count) bytes") }
    func field(_ place: Int) -> Int { bytes[place * 4..<place * 4 + 4].reduce(0) { $0 << 8 | Int($1) } }
    let (width, height, rowBytes) = (field(4), field(5), field(12))
    let start = field(0) + field(19) * 12
    // The bits of a pixel are told as 24 or 32 by the class of the screen's colours; it has 4 bytes in any case.
    guard rowBytes == width * 4, field(7) == 0, bytes.count >= start + height * rowBytes else {
      throw ScreenTestError.notShown("no pixels of 4 bytes")
    }
    return (0..<width * height).map { pixel in
      let place = start + pixel / width * rowBytes + pixel % width * 4
      return UInt32(bytes[place + 2]) << 16 | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place])
    }
  }

  /// How many pixels have each of `colours`: looked at until there are `enough` of all of them, or `seconds` are over.
  ///
  /// - Parameter tolerance: by which a channel may differ.
  func wait(for colours: [UInt32], tolerance: Int = 0, enough: Int, seconds: Double = 60) throws -> [Int] {
    let end = ContinuousClock.now + .seconds(seconds)
    func isNear(_ one: UInt32, _ other: UInt32) -> Bool {
      [16, 8, 0].allSatisfy { abs(Int(one >> UInt32($0) & 255) - Int(other >> UInt32($0) & 255)) <= tolerance }
    }
    while true {
      var counts: [UInt32: Int] = [:]
      for pixel in try screenshot() { counts[pixel, default: 0] += 1 }
      let found = colours.map { colour in counts.reduce(0) { $0 + (isNear($1.key, colour) ? $1.value : 0) } }
      if found.allSatisfy({ $0 >= enough }) || ContinuousClock.now >= end { return found }
      usleep(500_000)
    }
  }

  deinit {
    for child in children.reversed() {
      kill(child, SIGTERM)
      for _ in 0..<100 where waitpid(child, nil, WNOHANG) == 0 { usleep(20_000) }
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
    }
  }
}
