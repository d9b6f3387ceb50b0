import EngineWire

/// The seven screens, in the order of their number keys.
public enum ScreenID: Int, Hashable, Sendable, CaseIterable {
  case files = 1, plan, run, attention, compare, models, log
}

/// One screen: its own state, what its keys do, and how it looks. Pure values; the terminal, the clock and the engine are
/// elsewhere.
protocol Screen: Sendable {
  /// What can be done here, in the order of the footer and the help. Movement (`Command.movements`) and the workbench's own
  /// (`Command.workbench`) are not among them. Keys of several screens that mean the same are `Command`'s statics.
  static var commands: [Command] { get }

  /// What the footer offers now, those with a `short`, the way on first: `commands`, unless the state says otherwise.
  func hints(_ session: Session) -> [Command]

  /// What the help lists now: `commands`, unless the screen has something else in front.
  func helped(_ session: Session) -> [Command]

  /// Does `command` (one of `commands`, a movement, or one of the workbench's own that this screen does its own way: `back`,
  /// `escape`, `showCommand`, `stop`). False if it means nothing here. A command that needs an argument asks for it by
  /// `session.prompt`; the palette and plain mode answer that at once where the person gave the argument with the name.
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool

  /// Takes the answer to a question that this screen asked through `session.ask`.
  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session)

  /// Takes the text of a prompt, or the key of a choice, that this screen asked for with `tag`.
  mutating func answered(_ text: String, to tag: String, _ session: inout Session)

  /// The text of such a prompt changed, key by key: for finding while typing. nil: it was cancelled.
  mutating func edited(_ text: String?, of tag: String, _ session: inout Session)

  /// The engine said something, the size changed, the screen came to the front, or the time of `session.wake` has come: ask for what
  /// is needed now. Called on the screen in front, and on all of them when the engine connects.
  mutating func refresh(_ session: inout Session)

  /// A click or scroll at a place within the area that was drawn last.
  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session)

  /// Draws into `area`; any size from 1 x 1 up. The area is blank in the look's text style.
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look)

  /// The same in lines, for screen readers: no columns side by side, no pictures. Rows that can be chosen begin with their
  /// number from 1; where the cursor is stands in a line of its own at the end, so that a movement changes that line alone.
  func plainLines(_ session: Session) -> [String]

  /// Puts the cursor on a row by its number in `plainLines`. False where there is no such row.
  mutating func choose(row: Int, _ session: inout Session) -> Bool
}

extension Screen {
  func hints(_ session: Session) -> [Command] { Self.commands }
  func helped(_ session: Session) -> [Command] { Self.commands }
  mutating func edited(_ text: String?, of tag: String, _ session: inout Session) {}
  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {}

  mutating func choose(row: Int, _ session: inout Session) -> Bool { false }

  /// What is drawn on a narrow screen, which folds to one pane.
  func plainLines(_ session: Session) -> [String] {
    var canvas = Canvas(columns: 59, rows: 60)
    draw(on: &canvas, in: canvas.area, session, Theme.standard.look(colours: .none, graphics: .ascii))
    return canvas.lines.filter { !$0.isEmpty }
  }
}

extension ScreenID {
  /// A new screen of this kind.
  func makeScreen() -> any Screen {
    switch self {
    case .files: FilesScreen()
    case .plan: PlanScreen()
    case .run: RunScreen()
    case .attention: AttentionScreen()
    case .compare: CompareScreen()
    case .models: ModelsScreen()
    case .log: LogScreen()
    }
  }
}

/// Where header, screen and footer stand.
struct ScreenFrame: Hashable {
  let header: CanvasArea
  let body: CanvasArea
  let footer: CanvasArea
  /// Below what everything is made for.
  let isSmall: Bool

  init(columns: Int, rows: Int) {
    let all = CanvasArea(column: 0, row: 0, columns: columns, rows: rows)
    footer = all.bottom(1)
    header = all.dropBottom(1).top(1)
    body = all.dropTop(1).dropBottom(1)
    isSmall = columns < 60 || rows < 15
  }
}
