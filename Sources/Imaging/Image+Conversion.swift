extension Image {
  /// Whether every pixel has equal colour channels; true for gray pictures.
  public var isEffectivelyGray: Bool {
    guard layout.isColour else { return true }
    func allEqual<Value: FixedWidthInteger>(_ values: [Value]) -> Bool {
      let channels = layout.channels
      return values.withUnsafeBufferPointer { values in
        stride(from: 0, to: values.count, by: channels).allSatisfy {
          values[$0] == values[$0 + 1] && values[$0] == values[$0 + 2]
        }
      }
    }
    return switch samples {
    case .eight(let values): allEqual(values)
    case .sixteen(let values): allEqual(values)
    }
  }

  /// Whether no pixel is transparent.
  public var isOpaque: Bool {
    guard layout.hasAlpha else { return true }
    func allFull<Value: FixedWidthInteger>(_ values: [Value]) -> Bool {
      let channels = layout.channels
      return values.withUnsafeBufferPointer { values in
        stride(from: channels - 1, to: values.count, by: channels).allSatisfy { values[$0] == .max }
      }
    }
    return switch samples {
    case .eight(let values): allFull(values)
    case .sixteen(let values): allFull(values)
    }
  }

  /// The same picture with 8 or 16 bits: 16 become 8 by rounding to the nearest, 8 become 16 by `value * 257`.
  public func withBitDepth(_ depth: Int) -> Image {
    precondition(depth == 8 || depth == 16)
    switch (samples, depth) {
    case (.sixteen(let values), 8): return replacing(.eight(values.map { UInt8((UInt32($0) * 255 + 32_767) / 65_535) }))
    case (.eight(let values), 16): return replacing(.sixteen(values.map { UInt16($0) * 257 }))
    default: return self
    }
  }

  /// The same picture in another layout. Gray becomes RGB by repetition; RGB becomes gray by ITU-R BT.601 luma (0.299 R +
  /// 0.587 G + 0.114 B); alpha is dropped where `layout` has none and is opaque where this picture has none.
  public func converted(to layout: Layout) -> Image {
    guard layout != self.layout else { return self }
    return switch samples {
    case .eight(let values): replacing(.eight(convert(values, to: layout)), layout: layout)
    case .sixteen(let values): replacing(.sixteen(convert(values, to: layout)), layout: layout)
    }
  }

  /// Without alpha, as seen on white paper; samples are blended as they are stored.
  public func overWhite() -> Image {
    guard layout.hasAlpha else { return self }
    let opaque: Layout = layout.isColour ? .rgb : .gray
    return switch samples {
    case .eight(let values): replacing(.eight(blendOverWhite(values)), layout: opaque)
    case .sixteen(let values): replacing(.sixteen(blendOverWhite(values)), layout: opaque)
    }
  }

  private func replacing(_ samples: Samples, layout: Layout? = nil) -> Image {
    Image(width: width, height: height, layout: layout ?? self.layout, samples: samples, metadata: metadata)
  }

  private func blendOverWhite<Value: FixedWidthInteger & UnsignedInteger>(_ values: [Value]) -> [Value] {
    let channels = layout.channels
    let full = UInt64(Value.max)
    return fill(channels: channels - 1) { pixel, c in
      let alpha = UInt64(values[pixel * channels + channels - 1])
      return Value((UInt64(values[pixel * channels + c]) * alpha + full * (full - alpha) + full / 2) / full)
    }
  }

  private func convert<Value: FixedWidthInteger & UnsignedInteger>(_ values: [Value], to layout: Layout) -> [Value] {
    let from = self.layout
    let mixes = from.isColour && !layout.isColour
    return fill(channels: layout.channels) { pixel, c in
      let start = pixel * from.channels
      if c >= layout.colourChannels { return from.hasAlpha ? values[start + from.channels - 1] : .max }
      guard mixes else { return values[start + min(c, from.colourChannels - 1)] }
      let (red, green, blue) = (UInt32(values[start]), UInt32(values[start + 1]), UInt32(values[start + 2]))
      return Value((red * 299 + green * 587 + blue * 114 + 500) / 1000)
    }
  }

  private func fill<Value>(channels: Int, _ value: (_ pixel: Int, _ channel: Int) -> Value) -> [Value] {
    let pixels = width * height
    return [Value](unsafeUninitializedCapacity: pixels * channels) { buffer, count in
      for pixel in 0..<pixels {
        for c in 0..<channels { buffer.initializeElement(at: pixel * channels + c, to: value(pixel, c)) }
      }
      count = pixels * channels
    }
  }
}
