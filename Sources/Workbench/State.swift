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
  var themes: [Theme]
  var look: Look
  /// Keys of a sequence that is not complete yet.
  var begun: [Key] = []

  /// - Parameters:
  ///   - files: what was named on the command line, absolute paths.
  ///   - notes: what went wrong before (a theme's bad line, unreadable settings); they go to the log.
  public init(
    settings: Settings = Settings(), themes: [Theme] = [], files: [String] = [], graphics: Graphics = .half,
    colours: ColourDepth = .indexed, notes: [String] = []
  ) {
    self.themes = themes.isEmpty ? [.standard] : themes
    session = Session(settings: settings)
    session.arguments = files
    session.graphics = graphics
    session.colours = colours
    session.themeNames = self.themes.map(\.name)
    session.log = notes.map { LogLine(time: 0, level: .warning, text: $0) }
    screens = ScreenID.allCases.map { $0.makeScreen() }
    look = Theme.standard.look(colours: colours, graphics: graphics)
    chooseLook()
  }

  /// Whether `Event.time` is wanted every 100 ms.
  public var wantsTicks: Bool {
    if case .lost(_, .some) = session.link { return true }
    return session.wakeTime != nil
  }

  /// The only place where anything changes. Total: every event means something or nothing.
  public mutating func update(_ event: Event) -> [Effect] {
    let screen = session.screen
    switch event {
    case .key(let key): press(key)
    case .paste(let text): paste(text)
    case .mouse(let event): point(event)
    case .resize(let columns, let rows):
      session.columns = max(1, columns)
      session.rows = max(1, rows)
      refresh()
    case .engine(let link): engineBecame(link)
    case .answer(let answer, let body): take(answer, body)
    case .time(let time):
      session.time = time
      if let wake = session.wakeTime, wake <= time { refresh() }
    case .interrupt: perform(.stop)
    case .problem(let text): session.say(text, .error)
    }
    if session.screen != screen { refresh() }
    defer { session.effects = [] }
    return session.effects
  }

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

  /// Makes the look anew after theme, colours or graphics changed.
  mutating func chooseLook() {
    let theme = themes.first { $0.name == session.settings.theme } ?? .standard
    look = theme.look(colours: session.colours, graphics: session.graphics)
  }
}
