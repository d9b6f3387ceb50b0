import Base
import EngineWire

/// The workbench as a value: events change it, a canvas shows it. No terminal, no clock, no files.
///
/// ```
/// keys, resize, engine's answers, time ─ update ─▶ State ─ view ─▶ Canvas
///                                          └─▶ effects: questions to the engine, clipboard, settings, quit
/// ```
public struct State: Sendable {
  public internal(set) var session: Session
  var screens: [any Screen]
  let themes: [Theme]
  private(set) var look: Look
  private var lookOrigin: LookOrigin?
  /// Keys of a sequence that is not complete yet.
  var begun: [Key] = []
  /// When the engine is tried again, as `Session.time`.
  var retryTime: Double?
  /// The connection broke and has not come back.
  var engineWasLost = false
  /// What was typed into prompts, the latest last, by tag.
  var pastAnswers: [String: [String]] = [:]
  /// What the terminal can show, and what flags said about it.
  private var terminal: (graphics: Graphics, colours: ColourDepth)
  var flags: Flags
  /// Why pictures are not shown as wanted, as it was said last.
  private var toldRefusal: String?

  /// What was said on the command line. It counts more than the settings, until the person chooses otherwise.
  public struct Flags: Hashable, Sendable {
    public var theme: String?
    public var colours: ColourDepth?
    public var graphics: Graphics?
    /// Lines that are shown first.
    public var greeting: String?
    /// Pictures can be opened in a program of the desktop.
    public var hasViewer = false
    /// A job that runs or is paused is shown first.
    public var followsJobs = false

    public init(theme: String? = nil, colours: ColourDepth? = nil, graphics: Graphics? = nil) {
      self.theme = theme
      self.colours = colours
      self.graphics = graphics
    }
  }

  /// What a look is made from.
  private struct LookOrigin: Hashable {
    var theme: String
    var colours: ColourDepth
    var graphics: Graphics
    var cell: CellSize
  }

  /// - Parameters:
  ///   - themes: those that can be chosen; of two with one name the later counts. The built-in one is always there.
  ///   - presets: named sets of options, by name.
  ///   - files: what was named on the command line, absolute paths.
  ///   - graphics: what the terminal can show at best, where neither flags nor settings say otherwise.
  ///   - colours: how many colours the terminal shows.
  ///   - notes: what went wrong before (a theme's bad line, unreadable settings); they go to the log.
  ///   - zoneSeconds: how far the person's clock is ahead of UTC, for the times in the log.
  public init(
    settings: Settings = Settings(), themes: [Theme] = [], presets: [JobPreset] = [], files: [String] = [],
    graphics: Graphics = .half,
    colours: ColourDepth = .indexed, flags: Flags = Flags(), notes: [String] = [], zoneSeconds: Int = 0
  ) {
    var known: [Theme] = [.standard, .standardLight]
    for theme in themes {
      known.removeAll { $0.name == theme.name }
      known.append(theme)
    }
    self.themes = known.sorted { ($0.name == "dark" ? "" : $0.name) < ($1.name == "dark" ? "" : $1.name) }
    terminal = (graphics, colours)
    self.flags = flags
    session = Session(settings: settings)
    session.arguments = files
    session.presets = presets
    session.hasViewer = flags.hasViewer
    if files.count <= 1, !settings.marked.isEmpty {
      session.marked = settings.marked
      session.say(
        "\(Quantity.count(settings.marked.count, "picture")) marked as last time; U on screen 1 takes the marks away")
    }
    session.zoneSeconds = min(max(zoneSeconds, -86_400), 86_400)
    session.themeNames = self.themes.map(\.name)
    session.log = notes.map { LogLine(time: 0, level: .warning, text: $0) }
    screens = ScreenID.allCases.map { $0.makeScreen() }
    look = Theme.standard.look(colours: colours, graphics: graphics)
    chooseLook()
    if let first = notes.first { session.say(first, .warning) }
    if let greeting = flags.greeting { session.overlay = .report(Report(title: "A first try", text: greeting)) }
  }

  /// What is to be remembered when the workbench is left.
  public var settingsAtEnd: Settings {
    var settings = session.settings
    settings.marked = settings.host == nil ? Array(session.marked.prefix(2000)) : []
    return settings
  }

  /// Whether `Event.time` is wanted every 100 ms.
  public var wantsTicks: Bool { retryTime != nil || session.wakeTime != nil }

  /// How pictures are shown now, for the terminal's driver.
  public var graphics: Graphics { look.graphics }
  public var colours: ColourDepth { look.colours }

  /// The only place where anything changes. Total: every event means something or nothing.
  public mutating func update(_ event: Event) -> [Effect] { act { $0.handle(event) } }

  /// Does something and everything that follows from it.
  ///
  /// - Returns: what the main loop shall do.
  mutating func act(_ body: (inout State) -> Void) -> [Effect] {
    let (screen, settings) = (session.screen, session.settings)
    body(&self)
    if session.screen != screen { refresh() }
    if session.settings != settings { settle(settings) }
    chooseLook()
    defer { session.effects = [] }
    return session.effects
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .key(let key): press(key)
    case .paste(let text): paste(text)
    case .mouse(let event): point(event)
    case .resize(let columns, let rows):
      session.columns = min(max(1, columns), Self.sizeLimit)
      session.rows = min(max(1, rows), Self.sizeLimit)
      refresh()
      session.askFullPicture()
    case .engine(let link): engineBecame(link)
    case .terminal(let facts): learn(facts)
    case .answer(let answer, let body): take(answer, body)
    case .time(let time):
      session.time = time.isFinite ? time : session.time
      if let wake = session.wakeTime, wake <= session.time { refresh() }
    case .interrupt: perform(.stop)
    case .problem(let text): session.say(text, .error)
    case .changed(let change, let problem): changed(change, problem)
    case .exported(let file, nil): session.say("wrote \(file)")
    case .exported(_, let problem?): session.say(problem, .error)
    }
  }

  /// What the terminal can do is known, or better known.
  private mutating func learn(_ facts: TerminalFacts) {
    session.terminal = facts
    if facts.isTruecolour, terminal.colours == .indexed || terminal.colours == .sixteen {
      terminal.colours = .truecolour
    }
    chooseLook()
    guard session.graphics != .ascii, session.colours != .none else { return }
    let refusal = facts.refusal(wishedGraphics, isForced: flags.graphics != nil)
    // An answer that came later may take it back.
    if let told = toldRefusal, refusal == nil, session.notice?.text == told { session.notice = nil }
    toldRefusal = refusal
    if let refusal {
      session.say(refusal, .warning)
    } else if !facts.pixelWays.isEmpty, !session.graphics.isPixels, !session.settings.knowsPixels {
      session.settings.knowsPixels = true
      session.say("this terminal can show real pixels: G turns them on")
    }
    refresh()
  }

  /// As the person wants pictures shown, whether the terminal can or not.
  var wishedGraphics: Graphics {
    flags.graphics ?? session.settings.graphics.flatMap(Graphics.init) ?? terminal.graphics
  }

  /// G: pictures in the next way that this terminal has.
  mutating func nextGraphics() {
    guard session.graphics != .ascii, session.colours != .none else {
      return session.say("only characters can be shown here: no colours, or ASCII alone", .warning)
    }
    let ways = session.terminal.ways
    let next = ways[((ways.firstIndex(of: session.graphics) ?? -1) + 1) % ways.count]
    flags.graphics = nil
    session.settings.graphics = next.rawValue
    session.say("pictures: \(next.title), \(ways.firstIndex(of: next)! + 1) of \(ways.count); G goes on")
  }

  /// Files were changed, or not: the marks follow, and the folder is read again.
  private mutating func changed(_ change: FileChange, _ problem: String?) {
    var files = screens[ScreenID.files.rawValue - 1] as? FilesScreen
    if let problem {
      // What was done before stays done.
      files?.reload(&session)
      if let files { screens[ScreenID.files.rawValue - 1] = files }
      return session.say(problem, .error)
    }
    session.say(change.text)
    switch change {
    case .rename(let path, let name):
      let renamed = joined(parentFolder(path), name)
      session.marked = session.marked.map { $0 == path ? renamed : $0 }
      files?.reload(landing: renamed, &session)
    case .trash(let paths):
      let gone = Set(paths)
      func isThere(_ mark: String) -> Bool {
        !gone.contains(mark) && !paths.contains { mark.hasPrefix($0 + "/") }
      }
      session.marked.removeAll { !isThere($0) }
      files?.forgetMarks(where: { !isThere($0) })
      files?.reload(&session)
    case .makeFolder(let path): files?.reload(landing: path, &session)
    }
    if let files { screens[ScreenID.files.rawValue - 1] = files }
  }

  /// Terminals are not larger; a wrong size shall cost no memory.
  private static let sizeLimit = 2000

  var front: any Screen { screens[session.screen.rawValue - 1] }

  /// Lets the screen in front act.
  @discardableResult
  mutating func withFront<Result>(_ body: (inout any Screen, inout Session) -> Result) -> Result {
    body(&screens[session.screen.rawValue - 1], &session)
  }

  /// Lets the screen in front ask for what it needs.
  mutating func refresh() {
    session.wakeTime = nil
    withFront { $0.refresh(&$1) }
  }

  /// Settings changed, wherever that was: they are saved, and what they are about follows.
  private mutating func settle(_ old: Settings) {
    let new = session.settings
    session.effects.append(.save(new))
    if new.usesMouse != old.usesMouse { session.effects.append(.setMouse(new.usesMouse)) }
    if new.host != old.host { session.effects.append(.connect(host: new.host)) }
    if new.theme != old.theme { flags.theme = nil }
    if new.colours != old.colours { flags.colours = nil }
    if new.graphics != old.graphics { flags.graphics = nil }
  }

  /// Rebuilds the look where theme, colours or graphics changed.
  private mutating func chooseLook() {
    let settings = session.settings
    session.colours = flags.colours ?? settings.colours.flatMap(ColourDepth.init) ?? terminal.colours
    let isForced = flags.graphics != nil || settings.graphics == nil
    session.graphics = session.terminal.shown(wishedGraphics, isForced: isForced)
    session.themeName = flags.theme ?? settings.theme
    if session.themeName == "auto" { session.themeName = session.terminal.isLight == true ? "light" : "dark" }
    let preview: String? = if case .themes(let chooser) = session.overlay { chooser.name } else { nil }
    let origin = LookOrigin(
      theme: preview ?? session.themeName, colours: session.colours, graphics: session.graphics, cell: session.cell)
    guard origin != lookOrigin else { return }
    if lookOrigin != nil { session.effects.append(.redraw) }
    lookOrigin = origin
    let theme = themes.first { $0.name == origin.theme } ?? .standard
    look = theme.look(colours: origin.colours, graphics: origin.graphics)
    look.cell = origin.cell
  }
}

extension State {
  /// The commands of each screen, for those who check them all.
  package var commandsByScreen: [ScreenID: [Command]] {
    Dictionary(uniqueKeysWithValues: ScreenID.allCases.map { ($0, type(of: screens[$0.rawValue - 1]).commands) })
  }

  /// Something lies over the screen and takes the keys.
  package var hasOverlay: Bool { session.overlay != nil }
}
