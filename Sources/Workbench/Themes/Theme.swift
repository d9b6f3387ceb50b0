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

extension Theme {
  /// The look for a terminal: colours it can show, readable on their backgrounds.
  public func look(colours: ColourDepth, graphics: Graphics) -> Look {
    var theme = self
    if colours == .indexed { theme.wishes.merge(indexed) { $1 } }
    let base = colours == .none ? [:] : theme.styles
    var shown: [Look.Role: Style] = [:]
    for role in Look.Role.allCases {
      shown[role] =
        switch colours {
        case .none: Style(.standard, on: .standard, monoAttributes(role))
        case .sixteen: sixteenStyle(role, base)
        case .indexed: base[role]?.indexed(isLight: isLight)
        case .truecolour: base[role]
        }
    }
    let isLight = isLight
    return Look(
      colours: colours, graphics: graphics, styles: shown, heat: colours == .none ? [] : heatStops, isLight: isLight
    ) { style, background in
      style.laid(readablyOver: background, colours, isLight: isLight)
    }
  }

  private var heatStops: [Colour] { heat.isEmpty ? Self.standard.heat : heat }

  /// What fills gaps.
  private var fallback: Theme { isLight ? .standardLight : .standard }

  /// Style of each role in full colours.
  var styles: [Look.Role: Style] {
    var styles: [Look.Role: Style] = [:]
    for role in Look.Role.inOrderOfNeed { styles[role] = style(role, styles) }
    return styles
  }

  private func style(_ role: Look.Role, _ styles: [Look.Role: Style]) -> Style {
    let other = fallback.wishes[role] ?? Wish()
    guard let wish = wishes[role] else {
      // The gap's colours may meet a background that they were not made for.
      let background = other.background ?? role.ground.flatMap { styles[$0]?.background } ?? .standard
      let foreground = other.foreground ?? .standard
      guard let text = foreground.usualRGB else { return Style(foreground, on: background, other.attributes) }
      let behind = background.usualRGB ?? (isLight ? RGB(0xffffff) : RGB(0x000000))
      let contrast = role == .border ? 3 : 4.5
      return Style(text.readable(on: behind, contrast: contrast).colour, on: background, other.attributes)
    }
    let ground = role.ground.flatMap { styles[$0] }
    return Style(
      wish.foreground ?? ground?.foreground ?? other.foreground ?? .standard,
      on: wish.background ?? ground?.background ?? other.background ?? .standard, wish.attributes)
  }

  private func monoAttributes(_ role: Look.Role) -> Style.Attributes {
    (mono[role] ?? Self.standardMono[role] ?? wishes[role])?.attributes ?? []
  }

  private static let standardMono: [Look.Role: Wish] = {
    let attributes: [Look.Role: Style.Attributes] = [
      .text: [], .faint: [], .accent: .bold, .title: .bold, .bar: .reverse, .barKey: [.reverse, .bold],
      .barActive: .bold, .panel: [], .cursor: .reverse, .mark: .bold, .match: .underline, .good: [], .warning: .bold,
      .error: .bold, .input: .reverse, .border: [], .tileWaiting: [], .tileRunning: .bold, .tileDone: .reverse,
      .tileFailed: [.reverse, .bold], .meter: .reverse, .meterRest: [],
    ]
    return attributes.mapValues { attributes in
      var wish = Wish()
      wish.attributes = attributes
      return wish
    }
  }()

  private func sixteenStyle(_ role: Look.Role, _ styles: [Look.Role: Style]) -> Style {
    let full = styles[role] ?? .plain
    // A theme of 16-colour names needs nothing said twice; one that leaves the gaps open gets those of the fallback.
    let wish = sixteen[role] ?? (wishes[role] == nil ? fallback.sixteen[role] : nil)
    if let wish {
      let ground = role.ground.map { sixteenStyle($0, styles) }
      return Style(
        wish.foreground?.sixteenth ?? ground?.foreground ?? .standard,
        on: wish.background?.sixteenth ?? ground?.background ?? .standard, wish.attributes)
    }
    let background = full.background.sixteenth
    guard let text = full.foreground.usualRGB else { return Style(full.foreground, on: background, full.attributes) }
    if case .terminal = full.foreground { return Style(full.foreground, on: background, full.attributes) }
    let screen = role.hasOwnGround ? styles[.text].map { $0.background.sixteenth } : nil
    if background == screen, role != .text {
      // Too near to the screen's background to be told apart among 16: the colours change places.
      let number = TerminalPalette.nearest(to: text)
      let behind = styles[.text]?.background.usualRGB ?? (isLight ? RGB(0xffffff) : RGB(0x000000))
      return Style(
        .terminal(TerminalPalette.nearest(to: behind, readableOn: number)), on: .terminal(number), full.attributes)
    }
    let ground: UInt8 = if case .terminal(let number) = background { number } else { isLight ? 15 : 0 }
    return Style(.terminal(TerminalPalette.nearest(to: text, readableOn: ground)), on: background, full.attributes)
  }
}

extension Look.Role {
  /// Grounds before what stands on them.
  fileprivate static let inOrderOfNeed: [Look.Role] =
    allCases.filter { $0.ground == nil } + allCases.filter { $0.ground != nil }

  /// Whose background it stands on where nothing is said; nil for those that bring their own.
  fileprivate var ground: Look.Role? {
    switch self {
    case .text, .bar, .barActive, .panel, .cursor, .match, .input, .tileWaiting, .tileRunning, .tileDone, .tileFailed,
      .meter, .meterRest:
      nil
    case .barKey: .bar
    case .faint, .accent, .title, .mark, .good, .warning, .error, .border: .text
    }
  }

  fileprivate var hasOwnGround: Bool { ground == nil && self != .text && self != .panel }
}

extension Colour {
  /// The nearest of the 16.
  fileprivate var sixteenth: Colour {
    if case .rgb(let red, let green, let blue) = self {
      return .terminal(TerminalPalette.nearest(to: RGB(red, green, blue)))
    }
    return self
  }
}

extension Style {
  fileprivate func indexed(isLight: Bool) -> Style {
    var style = self
    if case .rgb = background, let colour = background.usualRGB {
      style.background = IndexedPalette.nearest(to: colour).colour
    }
    guard case .rgb = foreground, let colour = foreground.usualRGB else { return style }
    let behind = style.background.usualRGB ?? (isLight ? RGB(0xffffff) : RGB(0x000000))
    style.foreground = IndexedPalette.nearest(to: colour, readableOn: behind).colour
    return style
  }

  fileprivate func laid(readablyOver other: Style, _ colours: ColourDepth, isLight: Bool) -> Style {
    var style = laid(over: other)
    guard colours != .none, let text = style.foreground.usualRGB else { return style }
    let behind = style.background.usualRGB ?? (isLight ? RGB(0xffffff) : RGB(0x000000))
    guard text.contrast(with: behind) < 4.5 else { return style }
    switch (colours, style.background) {
    // Nobody knows what the terminal's own background is; its own text colour fits it.
    case (_, .standard): style.foreground = .standard
    case (.sixteen, .terminal(let number)):
      style.foreground = .terminal(TerminalPalette.nearest(to: text, readableOn: number))
    case (.sixteen, _): break
    case (.indexed, _):
      style.foreground = IndexedPalette.nearest(to: text.readable(on: behind), readableOn: behind).colour
    default: style.foreground = text.readable(on: behind).colour
    }
    return style
  }
}
