/// A theme made ready for what the terminal can show: a style for each role, and how pictures are drawn.
public struct Look: Hashable, Sendable {
  /// What a piece of text is; themes give each role colours and attributes.
  public enum Role: String, Hashable, Sendable, CaseIterable {
    /// Its background is that of the whole screen.
    case text
    case faint, accent, title
    /// Header and footer.
    case bar
    case barKey = "bar-key", barActive = "bar-active"
    /// Second panes and what lies over the screen.
    case panel
    case cursor, mark, match, good, warning, error
    case input, border
    case tileWaiting = "tile-waiting", tileRunning = "tile-running", tileDone = "tile-done", tileFailed = "tile-failed"
    case meter, meterRest = "meter-rest"
  }

  public let colours: ColourDepth
  public let graphics: Graphics
  /// Pixels of a cell of the terminal.
  public var cell = CellSize.usual
  /// Colours of a heat map from least to most; empty where the terminal shows none.
  public let heat: [Colour]
  /// Made for a light background.
  public let isLight: Bool
  private let styles: [Role: Style]
  private let overlaid: [Overlay: Style]

  private struct Overlay: Hashable {
    let role: Role
    let background: Role
  }

  /// - Parameter adapt: the style of text of one role on the background of another, where it is not simply both put together.
  public init(
    colours: ColourDepth, graphics: Graphics, styles: [Role: Style], heat: [Colour] = [], isLight: Bool = false,
    adapt: (_ style: Style, _ background: Style) -> Style = { $0.laid(over: $1) }
  ) {
    self.colours = colours
    self.graphics = graphics
    self.styles = styles
    self.heat = heat
    self.isLight = isLight
    var overlaid: [Overlay: Style] = [:]
    for background in [Role.text, .bar, .panel, .cursor, .input] {
      for role in Role.allCases where role != background {
        overlaid[Overlay(role: role, background: background)] = adapt(
          styles[role] ?? .plain, styles[background] ?? .plain)
      }
    }
    self.overlaid = overlaid
  }

  public subscript(_ role: Role) -> Style { styles[role] ?? .plain }

  /// The colour of `role` as text on the background of `background` (one of text, bar, panel, cursor, input), readable there.
  public subscript(_ role: Role, on background: Role) -> Style {
    role == background ? self[role] : overlaid[Overlay(role: role, background: background)] ?? self[role]
  }

  /// Only ASCII may be drawn.
  public var isASCII: Bool { graphics == .ascii }
}

extension Style {
  /// This text on another's background, with the attributes of both.
  public func laid(over other: Style) -> Style {
    Style(
      foreground == .standard ? other.foreground : foreground, on: other.background, attributes.union(other.attributes))
  }
}

extension Look {
  /// Small signs, none of ambiguous width, with their ASCII stand-ins.
  public enum Glyph: Hashable, Sendable {
    /// Done.
    case check
    /// Failed.
    case cross
    /// What goes on now; the folder that opens.
    case pointer
    case marked
    /// More above, more below.
    case moreUp, moreDown
  }

  public subscript(_ glyph: Glyph) -> String {
    switch glyph {
    case .check: isASCII ? "v" : "\u{2713}"
    case .cross: isASCII ? "x" : "\u{2717}"
    case .pointer: isASCII ? ">" : "\u{25b8}"
    case .marked: "*"
    case .moreUp: isASCII ? "^" : "\u{25b4}"
    case .moreDown: isASCII ? "v" : "\u{25be}"
    }
  }
}

extension Look {
  /// The heat map's colour for a share, 0...1 (anything else is brought there); `.standard` without colours.
  public func heat(_ share: Double) -> Colour {
    let stops = heat.compactMap(\.usualRGB)
    guard let last = stops.last, stops.count > 1 else { return .standard }
    let place = (share.isFinite ? min(max(share, 0), 1) : 0) * Double(stops.count - 1)
    let index = Int(place)
    guard index + 1 < stops.count else { return last.colour }
    return stops[index].mixed(with: stops[index + 1], place - Double(index)).colour
  }
}
