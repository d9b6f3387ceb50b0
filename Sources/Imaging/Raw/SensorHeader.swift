import Base
import CImageIO
import Glibc

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
  /// EXIF of the exposure: camera, lens, time, seconds, f-number, ISO, focal length; nil where the file tells none of it.
  public let exif: [UInt8]?
  /// What light is multiplied with when the picture is rendered.
  public private(set) var gain: Float = 1

  public var width: Int { orientation.swapsSides ? storedHeight : storedWidth }
  public var height: Int { orientation.swapsSides ? storedWidth : storedHeight }

  /// The same with the brightness that is asked for.
  ///
  /// - Parameter mosaic: `SensorMosaic.mosaicPicture`, which the automatic one looks at.
  public func exposed(_ exposure: SensorExposure, _ mosaic: Image) -> SensorHeader {
    var header = self
    header.gain =
      switch exposure {
      case .automatic: automaticGain(mosaic)
      case .value(let steps): Float(exp2(steps))
      }
    return header
  }

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
    exif = Self.exif(header)
  }

  private static func exif(_ header: grl_raw_header) -> [UInt8]? {
    func ascii(_ tag: Int, _ value: String) -> ExifBlock.Entry? {
      value.isEmpty ? nil : ExifBlock.Entry(tag, ascii: value.printable)
    }
    /// In thousandths; nil where it is not known.
    func rational(_ tag: Int, _ value: Float) -> ExifBlock.Entry? {
      guard value.isFinite, value > 0, value < 1e6 else { return nil }
      return ExifBlock.Entry(tag, rational: Int((value * 1000).rounded()), 1000)
    }
    func exposure(_ seconds: Float) -> ExifBlock.Entry? {
      guard seconds.isFinite, seconds > 0, seconds < 1e6 else { return nil }
      let parts = 1 / seconds
      return seconds < 0.4 && parts < 1e6
        ? ExifBlock.Entry(33_434, rational: 1, Int(parts.rounded())) : rational(33_434, seconds)
    }
    let time = text(header.time)
    let first = [
      ascii(270, text(header.description)), ascii(271, text(header.make)), ascii(272, text(header.stated_model)),
      ExifBlock.Entry(274, short: 1), ascii(306, time), ascii(315, text(header.artist)),
    ].compactMap(\.self)
    let isISO = header.iso.isFinite && header.iso >= 1 && header.iso <= 65_535
    let shot = [
      exposure(header.shutter), rational(33_437, header.aperture),
      isISO ? ExifBlock.Entry(34_855, short: Int(header.iso.rounded())) : nil, ascii(36_867, time),
      rational(37_386, header.focal_length), ascii(42_036, text(header.lens)),
    ].compactMap(\.self)
    return first.count + shot.count > 1 ? ExifBlock(first, exif: shot).bytes : nil
  }
}

/// The text of a C array of characters, up to its zero.
private func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
