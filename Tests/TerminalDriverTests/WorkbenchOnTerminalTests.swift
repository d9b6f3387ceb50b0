import Foundation
import Glibc
import Testing

/// The real workbench on a pseudo-terminal: what it answers and what it sends. `Tests/Benchmarks/workbench.py` measures how fast.
@Suite(.serialized, .timeLimit(.minutes(10))) struct WorkbenchOnTerminalTests {
  /// Asks whether to leave by Ctrl-C: something that Esc closes, on every screen.
  private func ask(_ terminal: PseudoTerminal) throws {
    terminal.type("\u{3}")
    try #require(terminal.waitFor("Leave"))
  }

  @Test("Esc needs no key after it", arguments: [[:], ["ESCDELAY": "400"]])
  func escape(environment: [String: String]) throws {
    let terminal = try PseudoTerminal(environment: environment)
    try #require(terminal.waitFor("Files"))
    try ask(terminal)
    terminal.type("\u{1b}")
    #expect(terminal.wait { !terminal.screen.text.contains("Leave") })
  }

  /// Sequences that must do nothing while the question is shown, or Esc would have closed it.
  @Test(
    "a sequence that comes in two pieces is one key",
    arguments: ["\u{1b}[1;5D", "\u{1b}OP", "\u{1b}[15~", "\u{1b}[<0;8;4M", "\u{1b}[?64;4c", "\u{1b}_Gi=1;OK\u{1b}\\"])
  func splitSequences(text: String) throws {
    let terminal = try PseudoTerminal(environment: ["ESCDELAY": "1000"])
    try #require(terminal.waitFor("Files"))
    let bytes = Array(text.utf8)
    for cut in 1..<bytes.count {
      var wasHeldUp: Bool
      repeat {
        try ask(terminal)
        terminal.type(Array(bytes[..<cut]))
        let written = ContinuousClock.now
        usleep(3000)
        terminal.type(Array(bytes[cut...]))
        // A busy machine may part the halves for longer than the decoder waits, 250 ms: then it is no test of it.
        wasHeldUp = ContinuousClock.now - written > .milliseconds(100)
        terminal.settle(milliseconds: 60)
      } while wasHeldUp
      #expect(terminal.screen.text.contains("Leave"), "cut at \(cut)")
    }
  }

  @Test("an idle workbench sends nothing and computes nothing")
  func idle() throws {
    // Where no engine can be started nothing is tried again and again: a host that cannot be reached is given up.
    let terminal = try PseudoTerminal(
      [PseudoTerminal.grl, "--host", "nobody"], environment: ["GRL_SSH": "/bin/false"])
    try #require(terminal.waitFor("Files"))
    terminal.settle(milliseconds: 1000)
    let (count, before) = (terminal.received.count, try processorTicks(terminal.processID))
    _ = terminal.wait(seconds: 4) { false }
    #expect(terminal.received.count == count)
    // 1 % of 4 seconds, in ticks of 10 ms; of its own processor time, whatever else the machine does.
    #expect(try processorTicks(terminal.processID) - before <= 4)
  }

  @Test("the workbench is one thread, with an engine beside it")
  func oneThread() throws {
    let terminal = try PseudoTerminal()
    try #require(terminal.waitFor("Files"))
    terminal.type("6")
    try #require(terminal.waitFor("denoise-color-tiny"))
    let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(terminal.processID)/task")
    #expect(threads == ["\(terminal.processID)"])
  }

  /// Time that a process has computed so far, in ticks of 10 ms (proc(5), fields 14 and 15).
  private func processorTicks(_ process: pid_t) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    let fields = try #require(text.split(separator: ")").last).split(separator: " ")
    try #require(fields.count > 12)
    return try #require(Int(fields[11])) + #require(Int(fields[12]))
  }

  @Test("a storm of sizes: the last one is drawn right, and the next key answered", .timeLimit(.minutes(10)))
  func resizeStorm() throws {
    let environment = ["GRL_SSH": "/bin/false"]
    let arguments = [PseudoTerminal.grl, "--host", "nobody"]
    let terminal = try PseudoTerminal(arguments, environment: environment)
    try #require(terminal.waitFor("Files"))
    terminal.settle()
    var seed: UInt64 = 5
    func random(_ range: ClosedRange<Int>) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int(seed >> 33) % range.count
    }
    let start = ContinuousClock.now
    for number in 0..<1000 {
      // The corners of the range, then anything in it.
      let (columns, rows) =
        number % 10 == 0 ? (1, 1) : number % 10 == 1 ? (500, 200) : (random(1...500), random(1...200))
      terminal.resize(columns: columns, rows: rows)
      while ContinuousClock.now < start + .milliseconds(10 * number) { _ = terminal.wait(seconds: 0.002) { false } }
    }
    terminal.resize(columns: 97, rows: 31)
    terminal.settle()
    let fresh = try PseudoTerminal(arguments, columns: 97, rows: 31, environment: environment)
    try #require(fresh.waitFor("Files"))
    fresh.settle()
    #expect(terminal.screen.text == fresh.screen.text)
    #expect(terminal.screen.looks == fresh.screen.looks, "colours too")
    #expect(terminal.screen.strange.isEmpty, "\(terminal.screen.strange.prefix(3))")
    try ask(terminal)
    terminal.type("\u{1b}q")
    #expect(terminal.waitForEnd())
    #expect(terminal.exitStatus == 0)
  }

  @Test("the first screen does not wait for the engine")
  func firstScreen() throws {
    // An ssh that never answers.
    let terminal = try PseudoTerminal(
      [PseudoTerminal.grl, "--host", "nobody"], environment: ["GRL_SSH": "/bin/cat"])
    #expect(terminal.waitFor("Files"))
    terminal.type("\u{3}")
    #expect(terminal.waitFor("Leave"))
  }

  @Test("what it cannot be shown on is refused politely", arguments: ["dumb", "", "no-such-terminal", "vt52"])
  func refused(name: String) throws {
    let terminal = try PseudoTerminal(environment: ["TERM": name])
    let modes = terminal.modes
    #expect(terminal.waitForEnd())
    terminal.settle(milliseconds: 50)
    #expect(terminal.exitStatus == 2)
    let text = String(decoding: terminal.received, as: UTF8.self)
    #expect(text.hasPrefix("grl: TERM"))
    #expect(!text.contains("\u{1b}"), "nothing but text was sent")
    #expect(terminal.modes == modes)
  }

  @Test("colours follow the terminal and the flags")
  func colours() throws {
    func sent(_ arguments: [String], _ environment: [String: String]) throws -> String {
      let terminal = try PseudoTerminal([PseudoTerminal.grl] + arguments, environment: environment)
      try #require(terminal.waitFor("Files"))
      terminal.settle(milliseconds: 100)
      // Without the question whether the terminal knows such colours.
      return String(decoding: terminal.received, as: UTF8.self).replacing("\u{1b}[48;2;1;2;3m", with: "")
    }
    #expect(try sent([], [:]).contains("8;5;"))
    #expect(try !sent([], [:]).contains("8;2;"))
    #expect(try sent([], ["COLORTERM": "truecolor"]).contains("8;2;"))
    #expect(try sent([], ["TERM": "linux"]).contains(/\[[0-9;]*4[0-7][m;]/))
    for text in [try sent([], ["NO_COLOR": "1", "COLORTERM": "truecolor"]), try sent(["--color", "none"], [:])] {
      #expect(!text.contains("8;5;") && !text.contains("8;2;"))
      #expect(!text.contains(/\[[0-9;]*[34][0-7][m;]/))
    }
    #expect(try sent(["--color", "truecolor"], ["NO_COLOR": "1"]).contains("8;2;"))
  }

  @Test(
    "ASCII alone goes out where it is asked for and where the locale names another character set",
    arguments: [["--graphics", "ascii"], []])
  func ascii(arguments: [String]) throws {
    let terminal = try PseudoTerminal(
      [PseudoTerminal.grl] + arguments, environment: ["LC_ALL": arguments.isEmpty ? "de_DE.ISO-8859-1@euro" : "C.UTF-8"]
    )
    try #require(terminal.waitFor("Files"))
    terminal.settle()
    #expect(terminal.received.allSatisfy { $0 < 0x80 })
  }

  @Test("standard error is held back while the screen is shown, and told afterwards")
  func errorsAreHeldBack() throws {
    let terminal = try PseudoTerminal()
    try #require(terminal.waitFor("Files"))
    // Into the descriptor that the program has for its errors now.
    let handle = try #require(FileHandle(forWritingAtPath: "/proc/\(terminal.processID)/fd/2"))
    handle.seekToEndOfFile()
    handle.write(Data("said\u{1b}[31m while hidden\n".utf8))
    terminal.settle(milliseconds: 100)
    #expect(!String(decoding: terminal.received, as: UTF8.self).contains("while hidden"))
    terminal.type("q")
    #expect(terminal.waitForEnd())
    terminal.read()
    let text = String(decoding: terminal.received, as: UTF8.self)
    let place = try #require(text.range(of: "said?[31m while hidden"))
    let reset = try #require(text.range(of: "\u{1b}[?1049l"))
    #expect(place.lowerBound > reset.upperBound)
  }
}
