import Workbench

/// A colour as the terminal is told: ready to be compared and sent.
struct Ink: Hashable, Sendable {
  /// Kind in the upper byte (0 standard, 1 one of 16, 2 one of 256, 3 direct), value below.
  let code: UInt32

  static let standard = Ink(code: 0)
  static func terminal(_ number: UInt8) -> Ink { Ink(code: 1 << 24 | UInt32(number & 15)) }
  static func indexed(_ number: UInt8) -> Ink { Ink(code: 2 << 24 | UInt32(number)) }
  static func direct(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Ink {
    Ink(code: 3 << 24 | UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
  }

  /// Appends the parameters of SGR for this colour, each followed by a semicolon.
  func append(to bytes: inout [UInt8], asBackground: Bool) {
    let base = asBackground ? 40 : 30
    switch code >> 24 {
    case 0: bytes.append(decimal: base + 9)
    case 1:
      let number = Int(code & 15)
      bytes.append(decimal: number < 8 ? base + number : base + 60 + number - 8)
    case 2:
      bytes.append(decimal: base + 8)
      bytes.append(contentsOf: ";5;".utf8)
      bytes.append(decimal: Int(code & 255))
    default:
      bytes.append(decimal: base + 8)
      bytes.append(contentsOf: ";2;".utf8)
      bytes.append(decimal: Int(code >> 16 & 255))
      bytes.append(UInt8(ascii: ";"))
      bytes.append(decimal: Int(code >> 8 & 255))
      bytes.append(UInt8(ascii: ";"))
      bytes.append(decimal: Int(code & 255))
    }
    bytes.append(UInt8(ascii: ";"))
  }
}

/// Maps the workbench's colours to what a terminal has.
struct Inks: Sendable {
  let depth: ColourDepth
  private var palette: Palette?

  init(_ depth: ColourDepth) {
    self.depth = depth
    palette = depth == .sixteen || depth == .indexed ? Palette(depth) : nil
  }

  mutating func ink(_ colour: Colour) -> Ink {
    switch (colour, depth) {
    case (.standard, _), (_, .none): return .standard
    case (.terminal(let number), _): return .terminal(number)
    case (.rgb(let red, let green, let blue), .truecolour): return .direct(red, green, blue)
    case (.rgb(let red, let green, let blue), .indexed):
      return .indexed(palette?.nearest(red, green, blue) ?? 0)
    case (.rgb(let red, let green, let blue), .sixteen):
      return .terminal(palette?.nearest(red, green, blue) ?? 0)
    }
  }
}

extension [UInt8] {
  /// A number of at least 0 in decimal digits.
  mutating func append(decimal number: Int) {
    if number >= 10 { append(decimal: number / 10) }
    append(UInt8(ascii: "0") + UInt8(number % 10))
  }
}
