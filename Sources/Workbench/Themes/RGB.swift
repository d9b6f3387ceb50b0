import Foundation

/// A colour as three bytes of sRGB, for reckoning.
package struct RGB: Hashable, Sendable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// `0xrrggbb`.
  package init(_ value: UInt32) {
    self.init(UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255))
  }

  var colour: Colour { .rgb(red, green, blue) }

  /// Relative luminance, 0...1 (WCAG 2.1).
  var luminance: Double {
    0.2126 * LinearLight.decode[Int(red)] + 0.7152 * LinearLight.decode[Int(green)]
      + 0.0722 * LinearLight.decode[Int(blue)]
  }

  /// Contrast ratio, 1...21 (WCAG 2.1); 4.5 is what text needs.
  func contrast(with other: RGB) -> Double {
    let (a, b) = (luminance + 0.05, other.luminance + 0.05)
    return max(a, b) / min(a, b)
  }

  /// Difference as people see it, roughly: weighted by the mean of red (the low-cost "redmean" distance), squared.
  func distance(to other: RGB) -> Int {
    let mean = (Int(red) + Int(other.red)) / 2
    let (r, g, b) = (Int(red) - Int(other.red), Int(green) - Int(other.green), Int(blue) - Int(other.blue))
    return (512 + mean) * r * r / 256 + 4 * g * g + (767 - mean) * b * b / 256
  }

  /// This colour on the way to `other`: 0 is here, 1 is there.
  func mixed(with other: RGB, _ share: Double) -> RGB {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(min(255, max(0, Double(a) + (Double(b) - Double(a)) * share + 0.5)))
    }
    return RGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }

  /// The nearest colour on the way to black or white that can be read on `background`.
  func readable(on background: RGB, contrast wanted: Double = 4.5) -> RGB {
    guard contrast(with: background) < wanted else { return self }
    let goal = background.luminance > 0.18 ? RGB(0x000000) : RGB(0xffffff)
    for step in 1...20 {
      let candidate = mixed(with: goal, Double(step) / 20)
      if candidate.contrast(with: background) >= wanted { return candidate }
    }
    return goal
  }
}

/// sRGB bytes as light that can be added up.
enum LinearLight {
  /// 0...1 for each byte.
  static let decode: [Double] = (0..<256).map {
    let value = Double($0) / 255
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }

  /// The byte for light of `index / 4095`.
  static let encode: [UInt8] = (0..<4096).map {
    let light = Double($0) / 4095
    let value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
    return UInt8(min(255, max(0, value * 255 + 0.5)))
  }
}

/// Colours 16...255 of terminals with 256: a cube of 6 x 6 x 6 and 24 grays. The first 16 are the person's own and not used.
enum IndexedPalette {
  static let colours: [RGB] = {
    let levels: [UInt8] = [0, 95, 135, 175, 215, 255]
    var colours: [RGB] = []
    for red in levels {
      for green in levels {
        for blue in levels { colours.append(RGB(red, green, blue)) }
      }
    }
    for step in 0..<24 {
      let level = UInt8(8 + 10 * step)
      colours.append(RGB(level, level, level))
    }
    return colours
  }()

  static func nearest(to colour: RGB) -> RGB {
    colours.min { $0.distance(to: colour) < $1.distance(to: colour) } ?? colour
  }

  /// The nearest one that can be read on `background`, where there is one.
  static func nearest(to colour: RGB, readableOn background: RGB) -> RGB {
    let readable = colours.filter { $0.contrast(with: background) >= 4.5 }
    return readable.min { $0.distance(to: colour) < $1.distance(to: colour) } ?? nearest(to: colour)
  }
}

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
  package var usualRGB: RGB? {
    switch self {
    case .standard: nil
    case .terminal(let number): TerminalPalette.usual[Int(number & 15)]
    case .rgb(let red, let green, let blue): RGB(red, green, blue)
    }
  }
}
