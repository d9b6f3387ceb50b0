import Foundation
import Workbench

/// The colours of a terminal's palette, and which of them comes nearest to a colour to the eye.
///
/// Near is a distance in OKLab, where equal steps look equally far apart; in sRGB numbers dark blues and greens would be
/// taken for black and for each other.
package struct Palette: Sendable {
  /// xterm's 16. What a terminal really shows for them is its user's choice.
  package static let sixteen: [(UInt8, UInt8, UInt8)] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
  ]

  /// Colours 16...255: a cube of 6 x 6 x 6, then 24 grays.
  package static let cubeAndGrays: [(UInt8, UInt8, UInt8)] = {
    let steps: [UInt8] = [0, 95, 135, 175, 215, 255]
    var colours: [(UInt8, UInt8, UInt8)] = []
    for red in steps {
      for green in steps {
        for blue in steps { colours.append((red, green, blue)) }
      }
    }
    for level in 0..<24 {
      let gray = UInt8(8 + 10 * level)
      colours.append((gray, gray, gray))
    }
    return colours
  }()

  private let candidates: [SIMD3<Float>]
  private let firstNumber: UInt8
  /// Answers by the upper six bits of each channel; 0 is not asked yet, else the number plus 1.
  private var answers: [UInt16]

  package init(_ depth: ColourDepth) {
    let colours = depth == .sixteen ? Self.sixteen : Self.cubeAndGrays
    firstNumber = depth == .sixteen ? 0 : 16
    candidates = colours.map { Self.okLab($0.0, $0.1, $0.2) }
    answers = [UInt16](repeating: 0, count: 1 << 18)
  }

  /// Number of the nearest colour. Channels are taken in steps of four: finer ones the palette cannot tell.
  package mutating func nearest(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let place = Int(red >> 2) << 12 | Int(green >> 2) << 6 | Int(blue >> 2)
    if answers[place] != 0 { return UInt8(answers[place] - 1) }
    // 0...255 from the six bits, so that black and white are exact.
    func spread(_ value: UInt8) -> UInt8 { (value & 0xfc) | value >> 6 }
    let colour = Self.okLab(spread(red), spread(green), spread(blue))
    var (best, least) = (0, Float.infinity)
    for (index, candidate) in candidates.enumerated() {
      let difference = colour - candidate
      let distance = (difference * difference).sum()
      if distance < least { (best, least) = (index, distance) }
    }
    let number = firstNumber + UInt8(best)
    answers[place] = UInt16(number) + 1
    return number
  }

  private static let linear: [Float] = (0..<256).map { value in
    let v = Float(value) / 255
    return v <= 0.04045 ? v / 12.92 : powf((v + 0.055) / 1.055, 2.4)
  }

  /// sRGB to OKLab (Ottosson 2020).
  package static func okLab(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> SIMD3<Float> {
    let (r, g, b) = (linear[Int(red)], linear[Int(green)], linear[Int(blue)])
    let l = cbrtf(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    let m = cbrtf(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    let s = cbrtf(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return SIMD3(
      0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s)
  }
}
