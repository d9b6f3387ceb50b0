import Base
import EngineTransport
import EngineWire
import Glibc
import Imaging
import Workbench

/// The workbench as lines: commands from standard input, what happens to standard output. No terminal is needed, none is changed.
final class PlainLoop {
  private let engine: EngineConnection
  private var session: PlainSession
  private let settingsFile: SettingsFile
  private let now = { clockSeconds() }
  private var lastTick = -Double.infinity
  private var exports = ExportRuns()
  private var typed: [UInt8] = []
  private var isInterrupted = false
  private var isOver = false

  /// Longest line that is read; what is longer is cut.
  private static let lineLimit = 64 << 10
  private static let tickPace = 0.1

  init(_ engine: EngineConnection, _ state: State, _ settingsFile: SettingsFile) {
    self.engine = engine
    session = PlainSession(state)
    self.settingsFile = settingsFile
  }

  /// Runs until `quit` or the end of the input.
  func run() -> Int32 {
    Interruption.watch()
    say(session.start())
    while !isOver { step() }
    return isInterrupted ? Interruption.exitCode : ExitStatus.done.rawValue
  }

  private func step() {
    var watched = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)] + engine.watched + exports.watched
    let count = poll(&watched, nfds_t(watched.count), timeout())
    if Interruption.isRequested && !isInterrupted {
      // The first Ctrl-C stops what runs; the next one ends the program by itself.
      isInterrupted = true
      if Interruption.exitCode != ExitStatus.interrupted.rawValue { isOver = true }
      handle(.interrupt)
    }
    if count > 0 && watched[0].revents != 0 { readInput() }
    for event in engine.advance(now: now()) {
      switch event {
      case .link(let link): handle(.engine(link))
      case .answer(let answer, let body): handle(.answer(answer, body: body))
      }
    }
    for outcome in exports.advance() { handle(outcome) }
    if session.wantsTicks && now() - lastTick >= Self.tickPace {
      lastTick = now()
      take(session.update(.time(lastTick)))
    }
  }

  private func timeout() -> Int32 {
    var times = [engine.deadline].compactMap { $0 }
    if session.wantsTicks { times.append(lastTick + Self.tickPace) }
    guard let first = times.min() else { return -1 }
    return Int32(min(max((first - now()) * 1000, 0), 60_000).rounded(.up))
  }

  private func readInput() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    if count < 0 && (errno == EINTR || errno == EAGAIN) { return }
    if count <= 0 {
      isOver = true
      return
    }
    for byte in buffer[..<count] {
      guard byte == UInt8(ascii: "\n") else {
        if typed.count < Self.lineLimit { typed.append(byte) }
        continue
      }
      let line = String(decoding: typed, as: UTF8.self)
      typed = []
      take(session.update(.time(now())))
      take(session.enter(line))
      if isOver { return }
    }
  }

  private func handle(_ event: Event) {
    take(session.update(.time(now())))
    take(session.update(event))
  }

  private func take(_ result: (lines: [String], effects: [Effect])) {
    say(result.lines)
    for effect in result.effects {
      switch effect {
      case .send(let question): engine.send(question)
      case .quit: isOver = true
      case .savePreset(let preset): if let problem = PresetFiles().save(preset) { handle(.problem(problem)) }
      case .save(let settings): if let problem = settingsFile.save(settings) { handle(.problem(problem)) }
      case .connect(let host):
        do { try engine.reach(host: host) } catch { handle(.problem("\(error)")) }
      case .export(let arguments, let file):
        if let failure = exports.begin(arguments, file: file) { handle(failure) }
      case .view(let path): if let problem = Viewer.open(path) { handle(.problem(problem)) }
      case .change(let change): handle(.changed(change, problem: change.carryOut()))
      case .suspend, .redraw, .askTerminal, .setMouse, .copy: break
      }
    }
  }

  private func say(_ lines: [String]) {
    guard !lines.isEmpty else { return }
    writeToStandardOutput(Array(lines.map { $0.printable + "\n" }.joined().utf8))
  }
}
