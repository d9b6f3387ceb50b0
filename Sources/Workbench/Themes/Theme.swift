/// Colours and attributes for each role, as a theme file says them. `look(colours:graphics:)` makes them ready for a terminal.
public struct Theme: Hashable, Sendable {
  /// What a line of the file says about a role; what it leaves open is nil.
  public struct Wish: Hashable, Sendable {
    public var foreground: Colour?
    public var background: Colour?
    public var attributes: Style.Attributes = []

    public init() {}
  }

  /// As it is chosen: the file's name without its ending.
  public var name: String
  /// As it is shown.
  public var title: String
  public var author = ""
  /// Made for a terminal with a light background.
  public var isLight = false
  public var wishes: [Look.Role: Wish] = [:]
  /// For terminals of 16 colours, where the nearest of them would not do.
  public var sixteen: [Look.Role: Wish] = [:]
  /// For terminals of 256 colours, whose nearest is a gray where a pale tint was meant.
  public var indexed: [Look.Role: Wish] = [:]
  /// For terminals without colours; only the attributes count.
  public var mono: [Look.Role: Wish] = [:]
  /// Colours of a heat map from least to most, at least two; empty for viridis.
  public var heat: [Colour] = []

  public init(name: String) {
    self.name = name
    title = name
  }
}
