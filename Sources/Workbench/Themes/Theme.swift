/// Colours and attributes for each role, as a theme file says them.
public struct Theme: Hashable, Sendable {
  /// As it is chosen: the file's name without its ending.
  public var name: String
  /// As it is shown.
  public var title: String
  public var author: String
  /// Made for a terminal with a light background.
  public var isLight: Bool
  /// What each role looks like; a role that is missing looks as in `standard`.
  public var styles: [Look.Role: Style]
  /// The same for terminals of 16 colours, where the nearest of them would not do.
  public var sixteen: [Look.Role: Style]
  /// The same for terminals without colours; only the attributes count.
  public var attributes: [Look.Role: Style.Attributes]
  /// Colours of a heat map from least to most.
  public var heat: [Colour]

  public init(name: String) {
    self.name = name
    title = name
    author = ""
    isLight = false
    styles = [:]
    sixteen = [:]
    attributes = [:]
    heat = []
  }
}
