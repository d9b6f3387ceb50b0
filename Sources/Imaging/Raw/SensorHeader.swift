import Base
import CImageIO

/// What a raw file says of its sensor.
public struct SensorHeader: Hashable, Sendable {
  /// Sides of the active area as the samples lie in the file.
  public let storedWidth: Int
  public let storedHeight: Int
  /// How the stored area stands to the upright picture.
  public let orientation: Orientation
  /// The pattern at the active area's first sample as stored.
  public let storedFilters: ColourFilterArray
  /// The pattern at the upright picture's first pixel.
  public let filters: ColourFilterArray
  /// Sample that means no light, for the first two by two pixels as stored, row by row.
  public let black: [Float]
  /// Sample that means saturation.
  public let white: Float
  /// Gains of red, green and blue that make gray gray, the least of them 1.
  public let balance: [Float]
  /// Whether `balance` is the camera's; otherwise all are 1.
  public let hasBalance: Bool
  /// Balanced camera colours to linear sRGB, row by row; nil where the camera's colours are not known.
  public let cameraToSRGB: [Float]?
  /// Maker and model; empty where the file does not tell.
  public let camera: String

  public var width: Int { orientation.swapsSides ? storedHeight : storedWidth }
  public var height: Int { orientation.swapsSides ? storedWidth : storedHeight }

  /// nil where levels or pattern contradict themselves.
  ///
  /// - Parameter replacedWhite: stands for the white level.
  init?(_ header: grl_raw_header, replacedWhite: Float? = nil) {
    let white = replacedWhite ?? header.white
    let (a, b, c, d) = header.filters
    let colours = [a, b, c, d].map { Int($0) }
    let matching = ColourFilterArray.allCases.first { array in
      (0..<4).map { array.channel(y: $0 / 2, x: $0 % 2) } == colours
    }
    guard let stored = matching else { return nil }
    let (b0, b1, b2, b3) = header.black
    let black = [b0, b1, b2, b3]
    guard black.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < white }), white <= 65_535 else { return nil }
    let (red, green, blue) = header.balance
    let gains = [red, green, blue]
    let least = gains.min() ?? 0
    hasBalance = gains.allSatisfy { $0.isFinite && $0 > 0 } && gains.max()! / least < 64
    balance = hasBalance ? gains.map { $0 / least } : [1, 1, 1]
    let (m0, m1, m2, m3, m4, m5, m6, m7, m8) = header.camera_to_srgb
    let matrix = [m0, m1, m2, m3, m4, m5, m6, m7, m8]
    let rows = stride(from: 0, to: 9, by: 3).map { row in matrix[row..<row + 3].reduce(0, +) }
    let isKnown = matrix.allSatisfy(\.isFinite) && rows.allSatisfy { abs($0 - 1) < 0.05 }
    cameraToSRGB = isKnown ? matrix : nil
    storedFilters = stored
    self.black = black
    self.white = white
    storedWidth = Int(header.width)
    storedHeight = Int(header.height)
    orientation = Orientation(rawValue: UInt8(truncatingIfNeeded: header.orientation)) ?? .upright
    filters = stored.upright(from: orientation, width: storedWidth, height: storedHeight)
    let words = [text(header.make), text(header.model)].filter { !$0.isEmpty }
    camera = words.joined(separator: " ").printable
  }
}

/// The text of a C array of characters, up to its zero.
private func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
