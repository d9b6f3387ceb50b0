import EngineWire

/// The seven screens, in the order of their number keys.
public enum ScreenID: Int, Hashable, Sendable, CaseIterable {
  case files = 1, plan, run, attention, compare, models, log
}

/// One screen: its own state, what its keys do, and how it looks. Pure values; the terminal, the clock and the engine are
/// elsewhere.
protocol Screen: Sendable {
  /// What can be done here, in the order of the footer and the help. Global commands are not among them.
  static var commands: [Command] { get }

  /// Does `command` (one of `commands`, or a global movement: `up`, `pageDown`, `open`, ...). False if it means nothing here.
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool

  /// Takes the answer to a question that this screen asked through `session.ask`.
  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session)

  /// Takes the text of a prompt, or the key of a choice, that this screen asked for with `tag`.
  mutating func answered(_ text: String, to tag: String, _ session: inout Session)

  /// The engine said something, the size changed, or the screen came to the front: ask for what is needed now.
  mutating func refresh(_ session: inout Session)

  /// A click or scroll at a place within the area that was drawn last.
  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session)

  /// Draws into `area`; any size from 1 x 1 up.
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look)
}
