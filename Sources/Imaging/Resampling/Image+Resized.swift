import Base

extension Image {
  /// Rows of the result that are made at a time by `resized`.
  private static let bandHeight = 32

  /// The picture in another size, by the bicubic filter that Matlab's `imresize` has, in linear light: samples are taken through the sRGB
  /// curve before and after (IEC 61966-2-1), unless they are linear; floats are not cut. Transparent pixels count by their alpha. A few rows at a time are
  /// held in float.
  ///
  /// - Precondition: `width` and `height` are positive.
  public func resized(width: Int, height: Int, isLinear: Bool = false) -> Image {
    if width == self.width && height == self.height { return self }
    let planes: Planes = layout.isColour ? .rgb : .gray
    let (colours, channels) = (layout.colourChannels, layout.channels)
    let scaler = BicubicScaler(from: (self.width, self.height), to: (width, height), channels: channels)
    let curve = isLinear ? LightCurve.linear : .srgb
    let isFloat = bitDepth == 32
    let levels = bitDepth == 8 ? 255 : 65_535
    let light = isFloat ? [] : (0...levels).map { curve.light(Float($0) / Float(levels)) }
    func lights(of region: Rectangle) -> [Float] {
      let values = floats(planes, of: region).map { isFloat ? curve.light($0) : light[Int($0 * Float(levels) + 0.5)] }
      guard layout.hasAlpha else { return values }
      let alpha = floats(.alpha, of: region)
      return alpha.indices.flatMap { pixel in
        values[pixel * colours..<(pixel + 1) * colours].map { $0 * alpha[pixel] } + [alpha[pixel]]
      }
    }
    var rows = ImageRows(width: width, height: height, layout: layout, bitDepth: bitDepth)
    for top in stride(from: 0, to: height, by: Self.bandHeight) {
      let band = Rectangle(x: 0, y: top, width: width, height: min(Self.bandHeight, height - top))
      var values = scaler.scaled(lights(of: scaler.source(of: band)), region: band)
      values.withUnsafeMutableBufferPointer { values in
        for pixel in 0..<band.pixels {
          // Where hardly anything is seen there is no colour to divide out.
          let alpha = layout.hasAlpha ? max(values[pixel * channels + colours], 1e-4) : 1
          for i in pixel * channels..<pixel * channels + colours {
            let value = values[i] / alpha
            values[i] = curve.value(isFloat ? value : min(max(value, 0), 1))
          }
        }
      }
      rows.set(values, channels: 0..<channels, from: top)
    }
    return rows.image(metadata: metadata)
  }

  /// Bytes in float beside both pictures while `resized` works.
  package static func resizingBytes(
    from source: (width: Int, height: Int), to target: (width: Int, height: Int), channels: Int
  ) -> Int {
    let step = max(1, Double(source.height) / Double(target.height))
    let rows = min(source.height, Int(Double(bandHeight + 4) * step) + 4)
    return (2 * rows * source.width + 2 * bandHeight * max(source.width, target.width)) * channels * 4 + (65_536 * 4)
  }
}
