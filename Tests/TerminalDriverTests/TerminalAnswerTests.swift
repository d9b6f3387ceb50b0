import Foundation
import TerminalDriver
import Testing
import Workbench

/// What the workbench makes of what terminals say of themselves.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TerminalAnswerTests {
  /// Facts after all answers, fed in pieces of `size` bytes, with a key typed before each.
  private func facts(_ terminal: FakeTerminal, size: Int = 1000) -> (facts: TerminalFacts, keys: Int) {
    var facts = TerminalFacts(environment: terminal.environment)
    var decoder = KeyDecoder()
    let bytes = Array(terminal.answers.utf8)
    var keys = 0
    for start in stride(from: 0, to: bytes.count, by: size) {
      for input in decoder.feed(bytes[start..<min(start + size, bytes.count)]) {
        switch input {
        case .answer(let answer): facts.learn(answer)
        case .cellSize(let width, let height): facts.cell = CellSize(width: width, height: height)
        default: keys += 1
        }
      }
    }
    return (facts, keys)
  }

  @Test("each terminal's answers say what it can do, in pieces of any size, and nothing of them is a key")
  func choices() {
    let pixels: [String: [Graphics]] = [
      "xterm": [], "xterm -ti vt340": [.sixel], "kitty": [.kitty], "foot": [.sixel],
      "WezTerm": [.kitty, .sixel, .iterm], "Ghostty": [.kitty], "iTerm2": [.sixel, .iterm], "Linux console": [],
      "tmux 3.3": [], "tmux 3.3 in kitty, allow-passthrough": [.kitty], "tmux 3.4 with Sixel": [.sixel],
    ]
    let truecolour: Set = ["xterm", "xterm -ti vt340", "kitty", "foot", "WezTerm", "Ghostty", "iTerm2"]
    for terminal in FakeTerminal.all {
      for size in [1, 3, 1000] {
        let (facts, keys) = facts(terminal, size: size)
        #expect(facts.pixelWays == pixels[terminal.name], "\(terminal.name)")
        #expect(facts.hasAnswered && keys == 0, "\(terminal.name)")
        #expect(facts.isTruecolour == truecolour.contains(terminal.name), "\(terminal.name)")
        #expect(facts.isTmux == terminal.name.hasPrefix("tmux"))
      }
    }
    #expect(facts(.kitty).facts.cell == CellSize(width: 19, height: 40))
    #expect(facts(.kitty).facts.sharesMemory && !facts(.wezTerm).facts.sharesMemory)
    #expect(facts(.xterm).facts.isLight == true && facts(.iTerm).facts.isLight == true)
    #expect(facts(.kitty).facts.isLight == false && facts(.console).facts.isLight == nil)
    #expect(facts(.xterm).facts.isSynchronised == false && facts(.foot).facts.isSynchronised == true)
    #expect(facts(.kitty).facts.ways == [.half, .quarter, .sextant, .octant, .kitty])
    #expect(facts(.console).facts.ways == [.half, .quarter])
    #expect(facts(.xterm).facts.ways == [.half, .quarter, .sextant])
  }

  @Test("answers that are wrong, cut or another's mean nothing and type nothing")
  func wrong() {
    let odd = [
      "\u{1b}_Gi=31;EINVAL:no\u{1b}\\", "\u{1b}_G;OK\u{1b}\\", "\u{1b}_X\u{1b}\\", "\u{1b}P0+r524742\u{1b}\\",
      "\u{1b}P0$r\u{1b}\\", "\u{1b}P1$r0m\u{1b}\\", "\u{1b}]11;?\u{1b}\\", "\u{1b}]11;rgb:xx/00/00\u{1b}\\",
      "\u{1b}]11;rgb:ff/ff\u{07}", "\u{1b}]4;1;rgb:ff/ff/ff\u{1b}\\", "\u{1b}[?2026;0$y", "\u{1b}[?2026$y", "\u{1b}[?y",
      "\u{1b}[?u", "\u{1b}[>1;4000;0c", "\u{1b}[?2004;1$y", "\u{1b}]11;rgb:99999/0/0\u{07}",
    ]
    for text in odd {
      let (facts, keys) = facts(FakeTerminal(name: "odd", environment: [:], answers: text))
      #expect(keys == 0, "\(text.debugDescription)")
      #expect(facts.pixelWays.isEmpty && !facts.isTruecolour && facts.isLight == nil, "\(text.debugDescription)")
      #expect(facts.isSynchronised != true && !facts.hasAnswered)
    }
  }

  /// A workbench on a terminal that answers as `terminal` does.
  private func workbench(
    _ terminal: FakeTerminal, _ arguments: [String] = [], pace: PseudoTerminal.Pace = .atOnce
  ) throws -> PseudoTerminal {
    var environment = terminal.environment
    environment["GRL_SSH"] = "/bin/false"
    return try PseudoTerminal(
      [PseudoTerminal.grl, "--host", "nobody"] + arguments, columns: 100, rows: 30, environment: environment,
      answers: terminal.answers, pace: pace)
  }

  @Test(
    "the right choice on each terminal: screen 7 tells it, G goes through what there is",
    arguments: [FakeTerminal.xterm, .kitty, .foot, .wezTerm, .ghostty, .iTerm, .oldTmux, .tmuxWithSixel])
  func onTerminal(fake: FakeTerminal) throws {
    let terminal = try workbench(fake)
    try #require(terminal.waitFor("Files"))
    terminal.settle(milliseconds: 150)
    let (facts, _) = facts(fake)
    let sent = String(decoding: terminal.received, as: UTF8.self).replacing("\u{1b}[48;2;1;2;3m", with: "")
    #expect(sent.contains("8;2;") == facts.isTruecolour)
    terminal.type("7")
    #expect(terminal.waitFor(String(facts.text.prefix(40))), "\(terminal.screen.text)")
    for way in facts.ways.dropFirst() {
      terminal.type("G")
      #expect(terminal.waitFor("pictures: \(way.title)"), "\(terminal.screen.text)")
    }
    #expect(terminal.screen.strange.isEmpty, "\(terminal.screen.strange)")
    terminal.type("\u{3}")
    #expect(terminal.waitFor("Leave"))
  }

  @Test("a terminal that never answers is waited for 100 ms, and what is typed meanwhile counts")
  func never() throws {
    var best = Duration.seconds(10)
    // A busy machine may be slower once; the wait itself must be short.
    for _ in 0..<5 where best > .milliseconds(150) {
      let terminal = try workbench(FakeTerminal(name: "mute", environment: ["TERM": "xterm-256color"], answers: ""))
      #expect(terminal.wait { terminal.received.suffix(3) == Array("\u{1b}[c".utf8)[...] })
      let start = ContinuousClock.now
      terminal.type("\u{3}")
      #expect(terminal.waitFor("Files"))
      best = min(best, ContinuousClock.now - start)
      #expect(terminal.waitFor("Leave"))
    }
    #expect(best <= .milliseconds(150))
  }

  @Test("late answers change what is shown and are not typed into a prompt")
  func late() throws {
    for pace in [PseudoTerminal.Pace.late(0.4), .byByte(after: 0.4, 0.002)] {
      let terminal = try workbench(.kitty, pace: pace)
      try #require(terminal.waitFor("Files"))
      terminal.type(":")
      try #require(terminal.waitFor("type to find"))
      terminal.settle(milliseconds: 900)
      #expect(terminal.screen.text.contains("type to find"), "\(terminal.screen.text)")
      terminal.type("\u{1b}")
      #expect(terminal.wait { !terminal.screen.text.contains("type to find") })
      terminal.type("7")
      #expect(terminal.waitFor("kitty(0.35.2): Kitty"), "\(terminal.screen.text)")
    }
  }

  @Test("Kitty and Sixel inside a tmux that passes neither on: blocks and a word, never an empty pane")
  func oldTmux() throws {
    for way in ["kitty", "sixel"] {
      let terminal = try workbench(.oldTmux, ["--graphics", way])
      try #require(terminal.waitFor("Files"))
      // The engine's own word may come after it.
      let word = Array((way == "kitty" ? "tmux does not pass Kitty" : "Sixel needs tmux 3.4").utf8)
      #expect(terminal.wait { terminal.received.firstRange(of: word) != nil })
      terminal.type("7")
      #expect(terminal.waitFor("half"))
    }
  }

  @Test(
    "tmux is asked to hand the question for Kitty pictures on before the alternate screen, whose drawing it would lose it to"
  )
  func beforeTheAlternateScreen() throws {
    let terminal = try workbench(.tmuxWithKitty)
    try #require(terminal.waitFor("Files"))
    let question = terminal.received.firstRange(of: Array("\u{1b}Ptmux;\u{1b}\u{1b}_Gi=31".utf8))
    let screen = terminal.received.firstRange(of: Array("\u{1b}[?1049h".utf8))
    #expect(try #require(question).lowerBound < #require(screen).lowerBound)
    terminal.type("7")
    #expect(terminal.waitFor("tmux 3.3a: Kitty pictures"), "\(terminal.screen.text)")
  }

  @Test("what killed workbenches left in shared memory goes at the next start, and nothing of those that live")
  func sweep() throws {
    let gone = Process()
    gone.executableURL = URL(filePath: "/bin/true")
    try gone.run()
    gone.waitUntilExit()
    let names = [
      "grl-\(gone.processIdentifier)-0", "grl-\(getpid())-9", "grl-\(gone.processIdentifier)-0x", "grl--1-0",
    ]
    let files = names.map { "/dev/shm/" + $0 }
    defer { for file in files { unlink(file) } }
    for file in files { try Data([0, 0, 0]).write(to: URL(filePath: file)) }
    let terminal = try workbench(.kitty)
    try #require(terminal.waitFor("Files"))
    #expect(files.map { FileManager.default.fileExists(atPath: $0) } == [false, true, true, true])
  }

  @Test("what a terminal said is there where it says nothing another time, and for grl paths")
  func remembered() throws {
    let first = try workbench(.foot)
    try #require(first.waitFor("Files"))
    first.settle(milliseconds: 200)
    let cache = first.path("cache") + "/grl/terminals.json"
    #expect(first.wait { FileManager.default.fileExists(atPath: cache) })
    let mute = FakeTerminal(
      name: "mute", environment: ["TERM": "foot", "XDG_CACHE_HOME": first.path("cache")], answers: "")
    let second = try workbench(mute)
    try #require(second.waitFor("Files"))
    second.type("7")
    #expect(second.waitFor("foot(1.16.2): Sixel"), "\(second.screen.text)")
    let paths = try PseudoTerminal(
      [PseudoTerminal.grl, "paths"], columns: 150, environment: mute.environment)
    #expect(paths.waitForEnd())
    paths.read()
    #expect(String(decoding: paths.received, as: UTF8.self).contains("this terminal said: foot(1.16.2): Sixel"))
  }

  @Test(
    "terminals without a description here are shown on by the one that is built in",
    arguments: ["xterm-ghostty", "foot-extra"])
  func builtIn(name: String) throws {
    let terminal = try PseudoTerminal(environment: [
      "TERM": name, "TERMINFO": "/nonexistent", "TERMINFO_DIRS": "/nonexistent",
    ])
    #expect(terminal.waitFor("Files"))
    #expect(String(decoding: terminal.received, as: UTF8.self).contains("8;2;"))
  }
}
