import Base
import EngineTransport
import EngineWire
import Glibc
import TerminalDriver
import Workbench

/// The workbench at work: one `poll` over terminal, signals, engine and time; then `update`, then `view`. One thread, nothing to
/// race, and nothing happens while nothing happens.
final class WorkbenchLoop {
  private let terminal: Terminal
  private let engine: EngineConnection
  private var state: State
  private let settingsFile: SettingsFile
  private let answers: TerminalAnswersFile
  /// What this terminal said another time, and what `state` was told.
  private let known: TerminalFacts?
  private var told: TerminalFacts?

  /// What is shown is older than `state`.
  private var isStale = true
  private var lastDrawn = -Double.infinity
  /// Of this round of the loop, and of what `state` was told last.
  private var now = 0.0
  private var toldTime = -Double.infinity
  private var lastInterrupt = -Double.infinity
  private var ending: Ending?
  private var exports = ExportRuns()

  private enum Ending {
    case quit
    case signal(Int32)
  }

  /// Seconds between two frames, and between two ticks.
  private static let framePace = 1.0 / 60
  private static let tickPace = 0.1
  /// Seconds that the terminal has to tell what it can do.
  private static let patience = 0.1

  /// - Parameter answers: where what terminals said is kept.
  init(
    _ terminal: Terminal, _ engine: EngineConnection, _ state: State, _ settingsFile: SettingsFile,
    _ answers: TerminalAnswersFile
  ) {
    self.terminal = terminal
    self.answers = answers
    known = answers.known()
    self.engine = engine
    self.state = state
    self.settingsFile = settingsFile
  }

  /// Runs until the person leaves. Does not return when a signal ends it.
  func run() -> ExitStatus {
    now = clockSeconds()
    // A terminal that does not answer shall not be waited for longer than a blink; late answers are taken when they come.
    let typed = terminal.askAndWait(patience: Self.patience, now: { clockSeconds() })
    if !terminal.facts.hasAnswered, let known { terminal.assume(known) }
    now = clockSeconds()
    handle(.resize(columns: terminal.columns, rows: terminal.rows))
    tellFacts()
    if state.session.settings.usesMouse { terminal.setMouse(true) }
    // The first screen waits for nothing: the engine is looked for after it.
    draw()
    take(typed)
    while ending == nil { step() }
    if state.settingsAtEnd != state.session.settings { _ = settingsFile.save(state.settingsAtEnd) }
    if case .signal(let number) = ending { terminal.die(of: number) }
    terminal.close()
    return .done
  }

  private func step() {
    let events = Int16(POLLIN | (terminal.isWriting ? POLLOUT : 0))
    var watched = [
      pollfd(fd: terminal.descriptor, events: events, revents: 0),
      pollfd(fd: terminal.signalDescriptor, events: Int16(POLLIN), revents: 0),
    ]
    watched += engine.watched
    watched += exports.watched
    let count = poll(&watched, nfds_t(watched.count), timeout())
    now = clockSeconds()
    if count > 0 && watched[1].revents != 0 { takeSignals() }
    if count > 0 && watched[0].revents & ~Int16(POLLOUT) != 0 { takeInput() }
    if let deadline = terminal.deadline, now >= deadline { take(terminal.expire()) }
    takeEvents()
    for outcome in exports.advance() { handle(outcome) }
    if state.wantsTicks && now - toldTime >= Self.tickPace { tellTime() }
    if !terminal.flush() { ending = .signal(SIGHUP) }
    if ending == nil { draw() }
  }

  /// Milliseconds until something is to be done although nothing came; -1 for ever.
  private func timeout() -> Int32 {
    var times = [terminal.deadline, engine.deadline].compactMap { $0 }
    if state.wantsTicks { times.append(toldTime + Self.tickPace) }
    if isStale && !terminal.isWriting { times.append(lastDrawn + Self.framePace) }
    guard let first = times.min() else { return -1 }
    // Rounded up: waking too early would mean waking again.
    return Int32(min(max((first - clockSeconds()) * 1000, 0), 60_000).rounded(.up))
  }

  private func draw() {
    guard isStale, !terminal.isWriting, now - lastDrawn >= Self.framePace else { return }
    isStale = false
    lastDrawn = now
    terminal.use(state.colours, state.graphics)
    terminal.draw(state.view())
    if !terminal.flush() { ending = .signal(SIGHUP) }
  }

  private func takeSignals() {
    for signal in terminal.readSignals() {
      switch signal {
      case .resize: resize()
      case .continue: enter()
      case .stop: suspend()
      case .interrupt:
        // Twice within two seconds means it, whatever the screen asks.
        if now - lastInterrupt < 2 { ending = .signal(SIGINT) }
        lastInterrupt = now
        handle(.interrupt)
      case .terminate: ending = .signal(SIGTERM)
      case .hangUp: ending = .signal(SIGHUP)
      }
    }
  }

  private func takeInput() {
    guard let inputs = terminal.read(now: now) else {
      ending = .signal(SIGHUP)
      return
    }
    take(inputs)
  }

  private func take(_ inputs: [TerminalInput]) {
    for (place, input) in inputs.enumerated() {
      switch input {
      case .key(let key): handle(.key(key))
      case .paste(let text): handle(.paste(text))
      case .mouse(let event):
        // Of a drag only the last place counts.
        if event.action == .drag, place + 1 < inputs.count, case .mouse(let next) = inputs[place + 1],
          next.action == .drag
        {
          continue
        }
        handle(.mouse(event))
      case .cellSize, .answer: break
      }
      if ending != nil { return }
    }
    tellFacts()
  }

  /// Tells `state` what the terminal said, where that is new, and keeps it for the next time.
  private func tellFacts() {
    guard terminal.facts != told else { return }
    told = terminal.facts
    handle(.terminal(terminal.facts))
    if terminal.facts.hasAnswered, terminal.facts != known { answers.keep(terminal.facts) }
  }

  private func takeEvents() {
    for event in engine.advance(now: now) {
      switch event {
      case .link(let link): handle(.engine(link))
      case .answer(let answer, let body): handle(.answer(answer, body: body))
      }
    }
  }

  private func resize() {
    let isOther = terminal.measure()
    tellFacts()
    guard isOther else { return }
    terminal.redraw()
    handle(.resize(columns: terminal.columns, rows: terminal.rows))
  }

  /// Takes the terminal again after the process was stopped.
  private func enter() {
    do { try terminal.enter() } catch { ending = .signal(SIGHUP) }
    isStale = true
    resize()
  }

  private func suspend() {
    do { try terminal.suspend() } catch { ending = .signal(SIGHUP) }
    isStale = true
    resize()
  }

  private func handle(_ event: Event) {
    if toldTime < now { tellTime() }
    isStale = true
    for effect in state.update(event) { carryOut(effect) }
  }

  private func tellTime() {
    toldTime = now
    isStale = true
    for effect in state.update(.time(now)) { carryOut(effect) }
  }

  private func carryOut(_ effect: Effect) {
    switch effect {
    case .send(let question): engine.send(question)
    case .quit: ending = .quit
    case .suspend: suspend()
    case .redraw: terminal.redraw()
    case .askTerminal: terminal.ask(now: now)
    case .setMouse(let on): terminal.setMouse(on)
    case .copy(let text):
      if !terminal.copy(text) { handle(.problem("too long for the terminal's clipboard")) }
    case .export(let arguments, let file):
      if let failure = exports.begin(arguments, file: file) { handle(failure) }
    case .view(let path): if let problem = Viewer.open(path) { handle(.problem(problem)) }
    case .change(let change): handle(.changed(change, problem: change.carryOut()))
    case .savePreset(let preset):
      if let problem = PresetFiles().save(preset) { handle(.problem(problem)) }
    case .save(let settings):
      if let problem = settingsFile.save(settings) { handle(.problem(problem)) }
    case .connect(let host):
      do { try engine.reach(host: host) } catch { handle(.problem("\(error)")) }
    }
  }
}
