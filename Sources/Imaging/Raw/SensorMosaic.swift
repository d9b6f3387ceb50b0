import Glibc

/// What a sensor recorded, and how it becomes a picture.
public struct SensorMosaic: Sendable {
  public let header: SensorHeader
  /// `storedHeight * storedWidth` samples, row by row.
  public let samples: [UInt16]
  /// One line each on what a careful reader should know.
  public let warnings: [String]

  public init(header: SensorHeader, samples: [UInt16], warnings: [String] = []) {
    precondition(samples.count == header.storedWidth * header.storedHeight)
    self.header = header
    self.samples = samples
    self.warnings = warnings
  }

  /// The mosaic as a gray 16-bit picture for a network that was trained on ordinary pictures: black level taken off, white
  /// balance applied, saturation at 1, sRGB transfer curve (IEC 61966-2-1). It lies as stored, with `header.filters` over it.
  public func mosaicPicture() -> Image {
    // One table for each of the four positions: level, balance and curve at once.
    let tables = (0..<4).map { position in
      let channel = header.filters.channel(y: position / 2, x: position % 2)
      let black = header.black[position]
      let scale = header.balance[channel] / (header.white - black)
      return (0...65_535).map { sample in
        let value = min(max((Float(sample) - black) * scale, 0), 1)
        return UInt16(SRGBCurve.encode(value) * 65_535 + 0.5)
      }
    }
    let width = header.storedWidth
    var picture = samples
    for y in 0..<header.storedHeight {
      for x in 0..<width {
        picture[y * width + x] = tables[(y & 1) * 2 + (x & 1)][Int(picture[y * width + x])]
      }
    }
    return Image(width: width, height: header.storedHeight, layout: .gray, samples: .sixteen(picture))
  }

  /// How a restored picture's samples are stored.
  public enum Transfer: String, Sendable, CaseIterable {
    /// The sRGB curve: an ordinary picture.
    case srgb
    /// Proportional to light, primaries of sRGB, 16 bits; PNG's gAMA says so.
    case linear
  }

  /// Makes camera colours (balanced, behind the sRGB curve, as the network returns them for `mosaicPicture`) a picture in sRGB
  /// or linear light, upright.
  ///
  /// - Parameter bitDepth: 8 or 16; linear is always 16.
  /// - Precondition: `restored` is RGB and has the stored sides.
  public func finished(_ restored: Image, transfer: Transfer, bitDepth: Int) -> Image {
    precondition(
      restored.layout == .rgb && restored.width == header.storedWidth && restored.height == header.storedHeight)
    var colours = restored.floats(.rgb)
    let matrix = header.cameraToSRGB ?? [1, 0, 0, 0, 1, 0, 0, 0, 1]
    colours.withUnsafeMutableBufferPointer { colours in
      for pixel in stride(from: 0, to: colours.count, by: 3) {
        let (r, g, b) = (
          SRGBCurve.decode(colours[pixel]), SRGBCurve.decode(colours[pixel + 1]), SRGBCurve.decode(colours[pixel + 2])
        )
        for row in 0..<3 {
          let light = min(max(matrix[row * 3] * r + matrix[row * 3 + 1] * g + matrix[row * 3 + 2] * b, 0), 1)
          colours[pixel + row] = transfer == .linear ? light : SRGBCurve.encode(light)
        }
      }
    }
    var metadata = restored.metadata
    switch transfer {
    case .srgb: metadata.srgbIntent = 0
    case .linear: metadata.pngGamma = 100_000
    }
    let picture = Image(
      width: restored.width, height: restored.height, colour: colours, bitDepth: transfer == .linear ? 16 : bitDepth,
      metadata: metadata)
    return picture.upright(from: header.orientation)
  }
}

/// The transfer curve of sRGB, both ways, on 0...1 (IEC 61966-2-1, section 5.2).
enum SRGBCurve {
  static func encode(_ light: Float) -> Float {
    light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055
  }

  static func decode(_ value: Float) -> Float {
    value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
  }
}
