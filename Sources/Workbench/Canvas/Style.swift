/// Colours and attributes of a cell.
public struct Style: Hashable, Sendable {
  public var foreground: Colour
  public var background: Colour
  public var attributes: Attributes

  /// The terminal's own colours.
  public static let plain = Style()

  public init(_ foreground: Colour = .standard, on background: Colour = .standard, _ attributes: Attributes = []) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  public struct Attributes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let bold = Attributes(rawValue: 1)
    public static let dim = Attributes(rawValue: 2)
    public static let underline = Attributes(rawValue: 4)
    public static let reverse = Attributes(rawValue: 8)
  }
}

public enum Colour: Hashable, Sendable {
  /// What the terminal uses where nothing is said.
  case standard
  /// One of the terminal's own 16 colours, 0...15.
  case terminal(UInt8)
  case rgb(UInt8, UInt8, UInt8)
}

/// How many colours the terminal shows.
public enum ColourDepth: String, Hashable, Sendable, CaseIterable {
  /// Attributes only (`NO_COLOR`).
  case none
  case sixteen = "16"
  case indexed = "256"
  case truecolour = "truecolor"
}

/// How pictures are shown.
public enum Graphics: String, Hashable, Sendable, CaseIterable {
  /// Two pixels a cell, one above the other.
  case half
  /// Four pixels a cell in two colours.
  case quarter
  /// One pixel a cell, as a character of its brightness; everything else is ASCII too.
  case ascii
  /// Six pixels a cell in two colours (Unicode 13).
  case sextant
  /// Eight pixels a cell in two colours (Unicode 16).
  case octant
  /// Pixels, by the graphics protocol of Kitty.
  case kitty
  case sixel
  /// Pixels, by the inline images of iTerm2.
  case iterm
}
