import Foundation
import Glibc
import Testing

/// The terminal is given back on every way out of the workbench.
@Suite(.serialized, .timeLimit(.minutes(10))) struct WaysOutTests {
  /// A workbench whose first screen is there.
  private func start(_ modes: inout [UInt], _ arguments: [String] = [PseudoTerminal.grl]) throws -> PseudoTerminal {
    let terminal = try PseudoTerminal(arguments)
    modes = terminal.modes
    try #require(terminal.waitFor("Files"))
    return terminal
  }

  /// Modes as before, alternate screen left, cursor shown, nothing switched on any more, standard colours.
  private func expectRestored(
    _ terminal: PseudoTerminal, _ modes: [UInt], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    terminal.read()
    #expect(terminal.modes == modes, "termios", sourceLocation: sourceLocation)
    #expect(terminal.screen.isCursorShown, sourceLocation: sourceLocation)
    for mode in [1049, 1000, 1002, 1006, 2004, 2026] {
      #expect(!terminal.screen.modes.contains(mode), "mode \(mode) is on", sourceLocation: sourceLocation)
    }
    #expect(terminal.screen.modes.contains(7), "lines wrap again", sourceLocation: sourceLocation)
    #expect(terminal.screen.strange.isEmpty, "\(terminal.screen.strange)", sourceLocation: sourceLocation)
  }

  @Test("while it runs the terminal is taken: this can be seen")
  func taken() throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    #expect(terminal.modes != modes)
    #expect(terminal.screen.modes.isSuperset(of: [1049, 2004]))
    #expect(terminal.screen.modes.isDisjoint(with: [1000, 1002, 1003]), "the mouse is the terminal's until asked for")
  }

  @Test("leaving by q is exit 0")
  func quit() throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    terminal.type("q")
    #expect(terminal.waitForEnd())
    #expect(terminal.exitStatus == 0)
    expectRestored(terminal, modes)
  }

  @Test("signals from outside end it by themselves", arguments: [SIGTERM, SIGHUP])
  func signals(signal: Int32) throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    terminal.send(signal)
    #expect(terminal.waitForEnd())
    #expect(terminal.endingSignal == signal)
    expectRestored(terminal, modes)
  }

  @Test("SIGINT asks first, a second one ends it")
  func interrupt() throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    terminal.send(SIGINT)
    #expect(terminal.waitFor("Leave"))
    terminal.send(SIGINT)
    #expect(terminal.waitForEnd())
    #expect(terminal.endingSignal == SIGINT)
    expectRestored(terminal, modes)
  }

  @Test(
    "fatal signals do what they do, after the terminal is restored",
    arguments: [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGQUIT])
  func fatal(signal: Int32) throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    terminal.send(signal)
    #expect(terminal.waitForEnd())
    #expect(terminal.endingSignal == signal)
    expectRestored(terminal, modes)
  }

  @Test("Ctrl-\\ still ends a workbench, whatever it is doing")
  func quitKey() throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    // It reads nothing any more.
    terminal.send(SIGSTOP)
    terminal.type("\u{1c}")
    terminal.send(SIGCONT)
    #expect(terminal.waitForEnd())
    #expect(terminal.endingSignal == SIGQUIT)
    expectRestored(terminal, modes)
  }

  @Test("a terminal that is closed ends it")
  func hangUp() throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    terminal.hangUp()
    #expect(terminal.waitForEnd())
    #expect(terminal.endingSignal == SIGHUP)
  }

  @Test("a second SIGTERM ends even a workbench that hangs")
  func hanging() throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    // Output that nobody takes fills the terminal; stopped, it obeys nothing until it goes on, then both are there.
    terminal.send(SIGSTOP)
    terminal.send(SIGTERM)
    terminal.send(SIGHUP)
    terminal.send(SIGCONT)
    #expect(terminal.waitForEnd())
    #expect([SIGTERM, SIGHUP].contains(terminal.endingSignal ?? 0))
    expectRestored(terminal, modes)
  }

  @Test("Ctrl-Z gives the terminal to the shell, fg brings all back", arguments: ["\u{1a}", "kill"])
  func suspend(how: String) throws {
    // A shell with job control between us and the workbench, or there is nobody to stop for.
    let terminal = try PseudoTerminal(
      ["/bin/bash", "--norc", "--noprofile", "-i"],
      environment: ["PS1": "shell> ", "GRL": PseudoTerminal.grl, "HISTFILE": ""])
    #expect(terminal.waitFor("shell>"))
    terminal.type("stty -a | cksum; $GRL\r")
    try #require(terminal.waitFor("Files"))
    let sent = terminal.received.count
    if how == "kill" {
      try #require(child(of: terminal.processID).map { kill($0, SIGTSTP) } == 0)
    } else {
      terminal.type(how)
    }
    #expect(terminal.wait { text(terminal, since: sent).contains("Stopped") })
    #expect(!terminal.screen.modes.contains(1049))
    #expect(terminal.screen.isCursorShown)
    let stopped = terminal.received.count
    terminal.type("stty -a | cksum; fg\r")
    #expect(terminal.wait { terminal.screen.modes.contains(1049) && terminal.screen.text.contains("Files") })
    terminal.settle()
    let sums = text(terminal, since: 0).matches(of: /\d{6,} \d+/).map { String($0.0) }
    #expect(sums.count == 2 && sums.first == sums.last, "modes of the shell: \(sums)")
    // Everything was drawn anew, and it answers.
    #expect(text(terminal, since: stopped).contains("\u{1b}[2J"))
    terminal.type("q")
    #expect(terminal.wait { !terminal.screen.modes.contains(1049) })
    terminal.type("echo status $?\r")
    #expect(terminal.wait { text(terminal, since: stopped).contains("status 0") })
  }

  @Test("stopped by SIGSTOP and continued it draws everything anew")
  func stopped() throws {
    var modes: [UInt] = []
    let terminal = try start(&modes)
    terminal.settle()
    terminal.send(SIGSTOP)
    // Somebody else uses the terminal meanwhile.
    var cooked = termios()
    tcgetattr(terminal.slave, &cooked)
    cooked.c_lflag |= tcflag_t(ECHO | ICANON)
    tcsetattr(terminal.slave, TCSANOW, &cooked)
    let sent = terminal.received.count
    terminal.send(SIGCONT)
    #expect(
      terminal.wait { text(terminal, since: sent).contains("\u{1b}[2J") && terminal.screen.text.contains("Files") })
    terminal.type("q")
    #expect(terminal.waitForEnd())
    expectRestored(terminal, modes)
  }

  private func text(_ terminal: PseudoTerminal, since start: Int) -> String {
    String(decoding: terminal.received[start...], as: UTF8.self)
  }

  private func child(of parent: pid_t) -> pid_t? {
    let list = try? String(contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
    return list?.split(separator: " ").last.flatMap { pid_t($0) }
  }
}
