import Glibc

/// Colours for numbers in 0...1, perceptually uniform: equal steps of the number look like equal steps of lightness.
package struct ColourMap: Sendable {
  private let colours: [Colour]

  /// The colour of `value`; what lies outside 0...1 takes the nearest end.
  package subscript(value: Float) -> Colour {
    guard value.isFinite else { return colours[value == .infinity ? colours.count - 1 : 0] }
    return colours[Int((min(max(value, 0), 1) * Float(colours.count - 1)).rounded())]
  }

  /// Black through purple and orange to pale yellow, of the viridis family: for magnitudes.
  package static let inferno = ColourMap(
    through: [
      0x000004, 0x1B0C41, 0x4A0C6B, 0x781C6D, 0xA52C60, 0xCF4446, 0xED6925, 0xFB9B06, 0xF7D13D, 0xFCFFA4,
    ].map(Colour.init))

  /// Light blue through nearly black to light orange, told apart by colour-blind people too: for signed numbers, 0.5 is zero.
  package static let signed = ColourMap(
    colours: (0...256).map { step in
      let t = Double(step - 128) / 128
      return Colour(
        lightness: 0.14 + 0.72 * abs(t), chroma: 0.135 * sin(.pi * min(1, abs(t) * 0.82)), hue: t < 0 ? 240 : 62)
    })

  private init(colours: [Colour]) { self.colours = colours }

  /// 257 colours on straight lines between the given ones.
  private init(through stops: [Colour]) {
    colours = (0...256).map { step in
      let place = Double(step) / 256 * Double(stops.count - 1)
      let first = min(Int(place), stops.count - 2)
      let share = place - Double(first)
      func mixed(_ channel: KeyPath<Colour, UInt8>) -> UInt8 {
        let (a, b) = (Double(stops[first][keyPath: channel]), Double(stops[first + 1][keyPath: channel]))
        return UInt8((a + (b - a) * share).rounded())
      }
      return Colour(mixed(\.red), mixed(\.green), mixed(\.blue))
    }
  }
}

extension Colour {
  /// A colour of the OKLab space in polar form: lightness 0...1, chroma, hue in degrees; clipped to sRGB.
  /// Source: Ottosson, "A perceptual color space for image processing" (2020).
  package init(lightness: Double, chroma: Double, hue: Double) {
    let (a, b) = (chroma * cos(hue / 180 * .pi), chroma * sin(hue / 180 * .pi))
    func cube(_ x: Double) -> Double { x * x * x }
    let l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    func level(_ linear: Double) -> UInt8 {
      let x = min(max(linear, 0), 1)
      return UInt8(((x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055) * 255).rounded())
    }
    self.init(
      level(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
      level(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
      level(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s))
  }
}
