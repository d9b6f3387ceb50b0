/// A theme made ready for what the terminal can show: a style for each role, and how pictures are drawn.
public struct Look: Hashable, Sendable {
  /// What a piece of text is; themes give each role colours and attributes.
  public enum Role: String, Hashable, Sendable, CaseIterable {
    case text, faint, accent, title, bar, barKey = "bar-key", barActive = "bar-active", cursor, mark, good, warning, error
    case input, border
    case tileWaiting = "tile-waiting", tileRunning = "tile-running", tileDone = "tile-done", tileFailed = "tile-failed"
    case meter, meterRest = "meter-rest"
  }

  public let colours: ColourDepth
  public let graphics: Graphics
  private let styles: [Role: Style]

  public init(colours: ColourDepth, graphics: Graphics, styles: [Role: Style]) {
    self.colours = colours
    self.graphics = graphics
    self.styles = styles
  }

  public subscript(_ role: Role) -> Style { styles[role] ?? .plain }
}
