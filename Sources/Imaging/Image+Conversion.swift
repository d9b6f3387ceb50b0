extension Image {
  /// Whether every pixel has equal colour channels; true for gray pictures.
  public var isEffectivelyGray: Bool {
    guard layout.isColour else { return true }
    func allEqual<Value: Equatable>(_ values: [Value]) -> Bool {
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
    case .float(let values): allEqual(values)
    }
  }

  /// Whether no pixel is transparent.
  public var isOpaque: Bool {
    guard layout.hasAlpha else { return true }
    func allFull<Value: Comparable>(_ values: [Value], _ full: Value) -> Bool {
      let channels = layout.channels
      return values.withUnsafeBufferPointer { values in
        stride(from: channels - 1, to: values.count, by: channels).allSatisfy { values[$0] >= full }
      }
    }
    return switch samples {
    case .eight(let values): allFull(values, .max)
    case .sixteen(let values): allFull(values, .max)
    case .float(let values): allFull(values, 1)
    }
  }

  /// The same picture with 8 or 16 bits, or as floats (32): more become fewer by rounding to the nearest, 8 become 16 by `value * 257`, and
  /// floats are held to 0...1; what is not a number becomes 0.
  public func withBitDepth(_ depth: Int) -> Image {
    precondition(depth == 8 || depth == 16 || depth == 32)
    func level(_ value: Float, _ full: Float) -> Int32 { Int32((value > 0 ? min(value, 1) : 0) * full + 0.5) }
    switch (samples, depth) {
    case (.sixteen(let values), 8): return replacing(.eight(values.map { UInt8((UInt32($0) * 255 + 32_767) / 65_535) }))
    case (.eight(let values), 16): return replacing(.sixteen(values.map { UInt16($0) * 257 }))
    case (.eight(let values), 32): return replacing(.float(values.map { Float($0) / 255 }))
    case (.sixteen(let values), 32): return replacing(.float(values.map { Float($0) / 65_535 }))
    case (.float(let values), 8): return replacing(.eight(values.map { UInt8(level($0, 255)) }))
    case (.float(let values), 16): return replacing(.sixteen(values.map { UInt16(level($0, 65_535)) }))
    default: return self
    }
  }

  /// The same picture in another layout. Gray becomes RGB by repetition; RGB becomes gray by ITU-R BT.601 luma (0.299 R +
  /// 0.587 G + 0.114 B); alpha is dropped where `layout` has none and is opaque where this picture has none.
  public func converted(to layout: Layout) -> Image {
    guard layout != self.layout else { return self }
    return switch samples {
    case .eight(let values): replacing(.eight(convert(values, to: layout, full: .max, luma)), layout: layout)
    case .sixteen(let values): replacing(.sixteen(convert(values, to: layout, full: .max, luma)), layout: layout)
    case .float(let values):
      replacing(
        .float(convert(values, to: layout, full: 1) { 0.299 * $0 + 0.587 * $1 + 0.114 * $2 }), layout: layout)
    }
  }

  /// Without alpha, as seen on white paper; samples are blended as they are stored.
  public func overWhite() -> Image {
    guard layout.hasAlpha else { return self }
    let opaque: Layout = layout.isColour ? .rgb : .gray
    return switch samples {
    case .eight(let values): replacing(.eight(blendOverWhite(values)), layout: opaque)
    case .sixteen(let values): replacing(.sixteen(blendOverWhite(values)), layout: opaque)
    case .float(let values):
      replacing(
        .float(
          fill(channels: layout.channels - 1) { pixel, c in
            let alpha = values[(pixel + 1) * layout.channels - 1]
            return values[pixel * layout.channels + c] * alpha + 1 - alpha
          }), layout: opaque)
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

  private func luma<Value: FixedWidthInteger & UnsignedInteger>(_ red: Value, _ green: Value, _ blue: Value) -> Value {
    let sum: UInt32 = UInt32(red) * 299 + UInt32(green) * 587 + UInt32(blue) * 114
    return Value((sum + 500) / 1000)
  }

  private func convert<Value>(
    _ values: [Value], to layout: Layout, full: Value, _ luma: (Value, Value, Value) -> Value
  ) -> [Value] {
    let from = self.layout
    let mixes = from.isColour && !layout.isColour
    return fill(channels: layout.channels) { pixel, c in
      let start = pixel * from.channels
      if c >= layout.colourChannels { return from.hasAlpha ? values[start + from.channels - 1] : full }
      guard mixes else { return values[start + min(c, from.colourChannels - 1)] }
      return luma(values[start], values[start + 1], values[start + 2])
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
