/// The terminal's 16 colours. What they look like is the person's choice; the usual values (xterm's) stand for them in reckoning.
enum TerminalPalette {
  static let names = [
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright-black", "bright-red", "bright-green",
    "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
  ]

  static let usual: [RGB] = [
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00,
    0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
  ].map { RGB($0 as UInt32) }

  static func nearest(to colour: RGB) -> UInt8 {
    UInt8(usual.indices.min { usual[$0].distance(to: colour) < usual[$1].distance(to: colour) } ?? 0)
  }

  /// The colour of text nearest to `colour` that can be read on colour `background` of the 16.
  static func nearest(to colour: RGB, readableOn background: UInt8) -> UInt8 {
    let behind = usual[Int(background & 15)]
    let readable = usual.indices.filter { usual[$0].contrast(with: behind) >= 4.5 }
    return UInt8(readable.min { usual[$0].distance(to: colour) < usual[$1].distance(to: colour) } ?? 0)
  }
}

extension Colour {
  /// What it looks like, for reckoning; nil for the terminal's own.
  var usualRGB: RGB? {
    switch self {
    case .standard: nil
    case .terminal(let number): TerminalPalette.usual[Int(number & 15)]
    case .rgb(let red, let green, let blue): RGB(red, green, blue)
    }
  }
}
