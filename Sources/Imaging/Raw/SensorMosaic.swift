/// What a sensor recorded.
public struct SensorMosaic: Sendable {
  public let header: SensorHeader
  /// `storedHeight * storedWidth` samples, row by row, as they lie in the file.
  public let samples: [UInt16]
  /// One line each on what a careful reader should know.
  public let warnings: [String]

  public init(header: SensorHeader, samples: [UInt16], warnings: [String] = []) {
    precondition(samples.count == header.storedWidth * header.storedHeight)
    self.header = header
    self.samples = samples
    self.warnings = warnings
  }

  /// The mosaic as an upright gray 16-bit picture for a network that was trained on ordinary pictures: black level taken off,
  /// white balance applied, saturation at 1, sRGB transfer curve (IEC 61966-2-1). `header.filters` lie over it.
  public func mosaicPicture() -> Image {
    // One table for each of the four positions: level, balance and curve at once.
    let tables = (0..<4).map { position in
      let channel = header.storedFilters.channel(y: position / 2, x: position % 2)
      let black = header.black[position]
      let scale = header.balance[channel] / (header.white - black)
      return (0...65_535).map { sample in
        let value = min(max((Float(sample) - black) * scale, 0), 1)
        return UInt16(LightCurve.srgb.value(value) * 65_535 + 0.5)
      }
    }
    let width = header.storedWidth
    var picture = samples
    for y in 0..<header.storedHeight {
      for x in 0..<width {
        picture[y * width + x] = tables[(y & 1) * 2 + (x & 1)][Int(picture[y * width + x])]
      }
    }
    var metadata = ImageMetadata()
    metadata.exif = header.exif
    return Image(
      width: width, height: header.storedHeight, layout: .gray, samples: .sixteen(picture), metadata: metadata
    )
    .upright(from: header.orientation)
  }
}

extension ColourFilterArray {
  /// The pattern over the upright picture, where it lies over one of `width * height` pixels stored with `orientation`.
  func upright(from orientation: Orientation, width: Int, height: Int) -> ColourFilterArray {
    // Only the parity of the sides counts.
    let (columns, rows) = (2 + width % 2, 2 + height % 2)
    let stored = (0..<rows * columns).map { UInt8(channel(y: $0 / columns, x: $0 % columns)) }
    let turned = Image(width: columns, height: rows, layout: .gray, samples: .eight(stored)).upright(from: orientation)
    guard case .eight(let channels) = turned.samples else { preconditionFailure("turning keeps the depth") }
    func isIt(_ array: ColourFilterArray) -> Bool {
      (0..<4).allSatisfy { array.channel(y: $0 / 2, x: $0 % 2) == Int(channels[$0 / 2 * turned.width + $0 % 2]) }
    }
    return Self.allCases.first(where: isIt)!  // A turned Bayer pattern is one.
  }
}
