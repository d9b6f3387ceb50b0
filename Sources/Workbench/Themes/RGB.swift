import Foundation

/// A colour as three bytes of sRGB, for reckoning.
struct RGB: Hashable, Sendable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// `0xrrggbb`.
  init(_ value: UInt32) {
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
