import Base

/// A picture's values as the network was taught to see them, and back.
///
/// Networks were trained on sRGB-coded photographs. Values of other tone curves (linear light, gamma 1.8, 2.2) are taken to sRGB's curve in
/// the picture's own primaries, as floats that are not clipped, and what comes out goes the same way back: at 16 bits no sample changes by more than one
/// level where the network changes nothing.
package struct NetworkColours: Sendable {
  private let curves: [LightCurve]

  /// nil where the values are sRGB-coded already.
  package init?(_ metadata: ImageMetadata, _ layout: Image.Layout) {
    guard let curves = ColourSpace(metadata, layout).curves() else { return nil }
    self.curves = curves
  }

  /// Floats; alpha stays.
  package func coded(_ image: Image) -> Image {
    image.mappedChannels { channel in
      let curve = curves[min(channel, curves.count - 1)]
      return { LightCurve.srgb.value(curve.light($0)) }
    }
  }

  /// The other way, with `bitDepth` bits.
  package func decoded(_ image: Image, bitDepth: Int) -> Image {
    image.mappedChannels { decoder($0) }.withBitDepth(bitDepth)
  }

  private func decoder(_ channel: Int) -> (Float) -> Float {
    let curve = curves[min(channel, curves.count - 1)]
    return { curve.value(LightCurve.srgb.light($0)) }
  }

  /// Values of a restored tile, `channels` a pixel, as the picture's own.
  package func decoded(_ values: [Float], channels: Int) -> [Float] {
    let decoders = (0..<channels).map(decoder)
    return values.indices.map { decoders[$0 % channels](values[$0]) }
  }
}

extension Image {
  /// Floats whose colours were mapped; alpha stays.
  func mappedColours(_ map: @escaping (Float) -> Float) -> Image { mappedChannels { _ in map } }

  fileprivate func mappedChannels(_ map: (_ channel: Int) -> (Float) -> Float) -> Image {
    let (channels, colours) = (layout.channels, layout.colourChannels)
    let maps = (0..<colours).map(map)
    guard case .float(var values) = withBitDepth(32).samples else { return self }
    values.withUnsafeMutableBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: channels) {
        for c in 0..<colours { values[start + c] = maps[c](values[start + c]) }
      }
    }
    return Image(width: width, height: height, layout: layout, samples: .float(values), metadata: metadata)
  }
}
