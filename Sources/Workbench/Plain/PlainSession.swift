import EngineWire

/// The workbench as lines, for screen readers and for terminals that only print: what is typed are commands by their names, what
/// changes is printed as a line, nothing is drawn and no cursor moves.
///
/// ```
/// a line typed ─ enter ─▶ PlainSession ─▶ lines to print, effects
/// an event ───── update ─▶                ─▶ lines to print, effects
/// ```
public struct PlainSession: Sendable {
  public private(set) var state: State
  /// What was printed of the screen last.
  private var printed: [String] = []
  private var toldScreen: ScreenID?
  private var toldLink: String?
  /// Tenths of the running picture that were printed, by job.
  private var tenths: [String: Tenths] = [:]

  private struct Tenths: Hashable {
    var picture: Int
    var tenth: Int
  }

  /// Most lines that are printed of a change without being asked; `show` prints all.
  private static let changeLimit = 25

  public init(_ state: State) {
    self.state = state
    _ = self.state.update(.resize(columns: 80, rows: 24))
  }

  public var wantsTicks: Bool { state.wantsTicks }

  /// What is said first.
  public mutating func start() -> [String] {
    toldScreen = state.session.screen
    printed = state.front.plainLines(state.session)
    return ["GRL workbench in plain lines. Type help for commands, quit to leave."] + linkLines()
  }

  /// Takes anything that happens but keys.
  public mutating func update(_ event: Event) -> (lines: [String], effects: [Effect]) {
    state.session.notice = nil
    let effects = state.update(event)
    var lines = linkLines()
    if let notice = state.session.notice { lines.append(Self.text(of: notice)) }
    switch event {
    case .answer(let answer, _):
      if case .event(.progress(let progress)) = answer.reply { lines += events(of: progress) }
      // Answers to questions: a folder's contents, a plan. News of the engine come by notices.
      if answer.id != 0 { lines += screenLines() }
    case .key, .paste, .mouse, .interrupt: lines += overlayLines()
    case .resize, .engine, .terminal, .time, .problem, .exported, .changed: break
    }
    return (lines.map(\.shown), effects.filter(Self.isForPlain))
  }

  /// Takes a line that was typed.
  public mutating func enter(_ line: String) -> (lines: [String], effects: [Effect]) {
    state.session.notice = nil
    var lines: [String] = []
    var copy = self
    let effects = state.act { state in
      copy.state = state
      lines = copy.perform(line.trimmed)
      state = copy.state
    }
    copy.state = state
    self = copy
    if let notice = state.session.notice { lines.append(Self.text(of: notice)) }
    lines += overlayLines()
    lines += screenLines()
    for case .copy(let text) in effects where !lines.contains(where: { $0.contains(text) }) { lines.append(text) }
    return (lines.map(\.shown), effects.filter(Self.isForPlain))
  }

  /// What a terminal that only prints can do.
  private static func isForPlain(_ effect: Effect) -> Bool {
    switch effect {
    case .send, .quit, .save, .savePreset, .connect, .export, .change, .view: true
    case .suspend, .redraw, .askTerminal, .setMouse, .copy: false
    }
  }

  private static func text(of notice: Notice) -> String {
    switch notice.kind {
    case .info: notice.text
    case .warning: "warning: \(notice.text)"
    case .error: "error: \(notice.text)"
    }
  }

  // MARK: News

  private mutating func linkLines() -> [String] {
    let text =
      switch state.session.link {
      case .connecting(let what): what
      case .connected(let info): "engine ready on \(info.host), \(Quantity.count(info.threadCount, "core"))"
      case .lost: "engine lost"
      }
    guard text != toldLink else { return [] }
    toldLink = text
    return [text]
  }

  private mutating func events(of progress: Progress) -> [String] {
    let tenth = Int(progress.fraction * 10)
    guard let job = state.session.jobs.first(where: { $0.id == progress.job }) else { return [] }
    guard job.pictures.indices.contains(progress.picture) else { return [] }
    let known = tenths[progress.job]
    guard known?.picture != progress.picture || tenth > (known?.tenth ?? 0) else { return [] }
    let isNew = known?.picture != progress.picture
    tenths[progress.job] = Tenths(picture: progress.picture, tenth: tenth)
    if tenths.count > 100 { tenths = tenths.filter { $0.key == progress.job } }
    let name = job.name(of: job.pictures[progress.picture])
    if tenth == 0, isNew {
      let started = "\(name): started, picture \(progress.picture + 1) of \(job.pictures.count)"
      guard job.pictures.count > 1, let whole = progress.estimate, let seconds = whole.secondsRemaining else {
        return [started]
      }
      return [started + "; job \(Int(whole.fraction * 100)) percent, \(Quantity.duration(seconds)) left"]
    }
    let left = progress.secondsRemaining.map { ", \(Quantity.duration($0)) left" } ?? ""
    return ["\(name): \(tenth * 10) percent\(left)"]
  }

  /// What is new on the screen in front; all of it where another one came to the front.
  private mutating func screenLines() -> [String] {
    let lines = state.front.plainLines(state.session)
    defer {
      printed = lines
      toldScreen = state.session.screen
    }
    guard toldScreen == state.session.screen else { return [title] + lines }
    let old = Set(printed)
    let new = lines.filter { !old.contains($0) }
    guard new.count > Self.changeLimit else { return new }
    return new.prefix(Self.changeLimit - 1) + ["and \(new.count - Self.changeLimit + 1) more lines; show tells all"]
  }

  private var title: String { "screen \(state.session.screen.rawValue): \(state.session.screen.title)" }

  /// Everything on the screen in front.
  mutating func show() -> [String] {
    printed = state.front.plainLines(state.session)
    toldScreen = state.session.screen
    return [title] + printed
  }

  /// What a prompt or question asks; what is only to be read is printed and closed.
  private mutating func overlayLines() -> [String] {
    switch state.session.overlay {
    case nil: return []
    case .prompt(let prompt):
      let now = prompt.line.text.isEmpty ? "" : ", now \(prompt.line.text)"
      return ["\(prompt.title)\(now)? type the answer, or esc"]
    case .question(let question):
      let choices = question.choices.map { "\($0.key): \($0.title)" }.joined(separator: "; ")
      return ["\(question.text) \(choices); or esc"]
    case .report(let report):
      state.session.overlay = nil
      return [report.title] + report.text.split(separator: "\n").map(String.init)
    case .themes(let chooser):
      state.session.overlay = nil
      return ["themes: \(chooser.names.joined(separator: ", ")); theme NAME chooses"]
    case .finder:
      state.session.overlay = nil
      return []
    case .picture(let picture):
      state.session.overlay = nil
      return ["\(picture.path): lines show no pictures; GRL_VIEWER names a program that does"]
    }
  }

  // MARK: Access for commands

  mutating func withState<Result>(_ body: (inout State) -> Result) -> Result { body(&state) }
}
