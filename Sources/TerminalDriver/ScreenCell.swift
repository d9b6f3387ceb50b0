import Workbench

/// One cell as it stands on the terminal. Cells that look the same are equal.
struct ScreenCell: Hashable, Sendable {
  /// A scalar, or the number of a cluster with the upper bit set; 0 is the right half of a wide character.
  var glyph: UInt32
  var foreground: Ink
  var background: Ink
  var attributes: Style.Attributes

  static let blank = ScreenCell(glyph: 0x20, foreground: .standard, background: .standard, attributes: [])

  /// A block element, sextant or octant: one column wide everywhere, and unseen where both colours are one.
  var isBlock: Bool {
    (0x2580...0x259f).contains(glyph) || (0x1fb00...0x1fbff).contains(glyph) || (0x1cd00...0x1cebf).contains(glyph)
  }

  var isBlank: Bool { glyph == 0x20 && attributes.isDisjoint(with: [.underline, .reverse]) }
}

/// Turns cells of a canvas into cells of this terminal.
struct ScreenCells: Sendable {
  private var inks: Inks
  /// Only ASCII goes out: the terminal's character set is not UTF-8.
  private let isASCII: Bool
  /// The terminal knows eight colours; the bright ones are bold.
  private let isBrightBold: Bool
  private var clusters: [Character] = []
  private var clusterNumbers: [Character: UInt32] = [:]
  private var lastStyle: (style: Style, foreground: Ink, background: Ink, attributes: Style.Attributes)?

  init(_ depth: ColourDepth, isASCII: Bool, isBrightBold: Bool) {
    inks = Inks(depth)
    self.isASCII = isASCII
    self.isBrightBold = isBrightBold
  }

  mutating func cell(_ cell: Cell) -> ScreenCell {
    let (foreground, background, attributes) = style(cell.style)
    var result = ScreenCell(
      glyph: glyph(cell.glyph), foreground: foreground, background: background, attributes: attributes)
    // What cannot be seen is not told: saves bytes, and whole cells where only that changed.
    let isFlat = foreground == background && !attributes.contains(.bold) && result.isBlock
    if isFlat { result.glyph = 0x20 }
    if result.isBlank {
      result.foreground = .standard
      result.attributes = []
    }
    return result
  }

  /// The UTF-8 of a glyph.
  func append(_ glyph: UInt32, to bytes: inout [UInt8]) {
    if glyph < 0x80 {
      bytes.append(UInt8(glyph))
    } else if glyph & 1 << 31 != 0 {
      bytes.append(contentsOf: clusters[Int(glyph & ~(1 << 31))].utf8)
    } else if let scalar = Unicode.Scalar(glyph), let encoded = UTF8.encode(scalar) {
      bytes.append(contentsOf: encoded)
    }
  }

  private mutating func style(_ style: Style) -> (Ink, Ink, Style.Attributes) {
    if let last = lastStyle, last.style == style { return (last.foreground, last.background, last.attributes) }
    var (foreground, background) = (inks.ink(style.foreground), inks.ink(style.background))
    var attributes = style.attributes
    if isBrightBold {
      if foreground.code >> 24 == 1 && foreground.code & 8 != 0 {
        foreground = .terminal(UInt8(foreground.code & 7))
        attributes.insert(.bold)
      }
      if background.code >> 24 == 1 { background = .terminal(UInt8(background.code & 7)) }
    }
    lastStyle = (style, foreground, background, attributes)
    return (foreground, background, attributes)
  }

  /// The last line of defence against what moves the cursor or turns text around: such scalars never go out.
  private mutating func glyph(_ glyph: Character?) -> UInt32 {
    guard let glyph else { return 0 }
    let scalars = glyph.unicodeScalars
    let first = scalars.first.map(\.value) ?? 0x3f
    let isSingle = scalars.index(after: scalars.startIndex) == scalars.endIndex
    if isSingle && 0x20..<0x7f ~= first { return first }
    let question: UInt32 = 0x3f
    if isASCII || !scalars.allSatisfy(\.isPrintable) { return question }
    if isSingle { return first }
    if let number = clusterNumbers[glyph] { return number | 1 << 31 }
    // Combined characters are few; a flood of them is somebody's joke.
    guard clusters.count < 1 << 16, scalars.count <= 16 else { return question }
    clusters.append(glyph)
    clusterNumbers[glyph] = UInt32(clusters.count - 1)
    return UInt32(clusters.count - 1) | 1 << 31
  }
}

extension Unicode.Scalar {
  var isPrintable: Bool {
    // Joins emoji; harmless within a cluster.
    if value == 0x200d { return true }
    // Octants, which the standard library's Unicode may not know yet.
    if (0x1cd00...0x1cebf).contains(value) { return true }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .unassigned, .privateUse, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }
}
