import Foundation
import Workbench

/// WCAG 2.1 contrast, written down again from the standard: the product's own is what is tested.
enum Contrast {
  /// 21 where both colours are the terminal's own: then they are the person's choice.
  static func ratio(_ style: Style, isLight: Bool) -> Double {
    if style.foreground == .standard, style.background == .standard { return 21 }
    let own: (text: Double, ground: Double) = isLight ? (0, 1) : (1, 0)
    let a = luminance(style.foreground) ?? own.text
    let b = luminance(style.background) ?? own.ground
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  private static let xterm: [(Double, Double, Double)] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
  ]

  private static func luminance(_ colour: Colour) -> Double? {
    func linear(_ value: Double) -> Double {
      let share = value / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    func luminance(_ red: Double, _ green: Double, _ blue: Double) -> Double {
      0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
    switch colour {
    case .standard: return nil
    case .terminal(let number):
      let (red, green, blue) = xterm[Int(number)]
      return luminance(red, green, blue)
    case .rgb(let red, let green, let blue): return luminance(Double(red), Double(green), Double(blue))
    }
  }
}
