/// A rectangle of pixels; `x` to the right, `y` down, from the top left corner.
public struct PixelRegion: Hashable, Sendable {
  public var x: Int
  public var y: Int
  public var width: Int
  public var height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    precondition(x >= 0 && y >= 0 && width >= 0 && height >= 0)
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  public var pixels: Int { width * height }
}

extension Image {
  /// Which values of a pixel are meant.
  public enum Planes: Sendable {
    /// One: the gray value, or ITU-R BT.601 luma (0.299 R + 0.587 G + 0.114 B) of a colour picture.
    case gray
    /// Three: red, green, blue; a gray value thrice.
    case rgb
    /// One: 0 transparent to 1 opaque; 1 where the picture has no alpha.
    case alpha

    public var channels: Int { self == .rgb ? 3 : 1 }
  }

  /// The whole picture.
  public var bounds: PixelRegion { PixelRegion(x: 0, y: 0, width: width, height: height) }

  /// Writes the pixels of `region` as floats in 0...1 (sample divided by 255 or 65535), channels last, row by row, to the
  /// first `region.pixels * planes.channels` places of `values`. Allocates nothing.
  ///
  /// - Precondition: `region` lies in the picture and `values` is long enough.
  public func writeFloats(_ planes: Planes, of region: PixelRegion, into values: inout MutableSpan<Float>) {
    precondition(region.x + region.width <= width && region.y + region.height <= height, "\(region) of \(bounds)")
    precondition(values.count >= region.pixels * planes.channels)
    values.withUnsafeMutableBufferPointer { values in
      switch samples {
      case .eight(let stored): write(stored, planes, region, values)
      case .sixteen(let stored): write(stored, planes, region, values)
      }
    }
  }

  /// `writeFloats` into a new array; the whole picture where `region` is nil.
  public func floats(_ planes: Planes, of region: PixelRegion? = nil) -> [Float] {
    let region = region ?? bounds
    var values = [Float](repeating: 0, count: region.pixels * planes.channels)
    var span = values.mutableSpan
    writeFloats(planes, of: region, into: &span)
    return values
  }

  private func write<Value: FixedWidthInteger & UnsignedInteger>(
    _ stored: [Value], _ planes: Planes, _ region: PixelRegion, _ values: UnsafeMutableBufferPointer<Float>
  ) {
    let channels = layout.channels
    let full = Float(Value.max)
    stored.withUnsafeBufferPointer { stored in
      func float(_ index: Int) -> Float { Float(UInt32(truncatingIfNeeded: stored[index])) }
      var to = 0
      for y in region.y..<region.y + region.height {
        var from = (y * width + region.x) * channels
        for _ in 0..<region.width {
          switch planes {
          case .rgb:
            let last = layout.isColour ? 2 : 0
            values[to] = float(from) / full
            values[to + 1] = float(from + last / 2) / full
            values[to + 2] = float(from + last) / full
            to += 3
          case .gray where layout.isColour:
            let luma = 0.299 * float(from) + 0.587 * float(from + 1) + 0.114 * float(from + 2)
            values[to] = luma / full
            to += 1
          case .gray:
            values[to] = float(from) / full
            to += 1
          case .alpha:
            values[to] = layout.hasAlpha ? float(from + channels - 1) / full : 1
            to += 1
          }
          from += channels
        }
      }
    }
  }

  /// A picture from floats: clamped to 0...1, times 255 or 65535, rounded to the nearest; what is not a number becomes 0.
  ///
  /// - Parameters:
  ///   - colour: `[height, width, 1 or 3]`, channels last: gray or RGB.
  ///   - alpha: `[height, width]`, 0 transparent to 1 opaque; nil for a picture without alpha.
  ///   - bitDepth: 8 or 16.
  /// - Precondition: `colour` and `alpha` have the lengths that `width` and `height` ask for.
  public init(
    width: Int, height: Int, colour: [Float], alpha: [Float]? = nil, bitDepth: Int, metadata: ImageMetadata = .init()
  ) {
    precondition(bitDepth == 8 || bitDepth == 16)
    let pixels = width * height
    precondition(
      colour.count == pixels || colour.count == 3 * pixels, "\(colour.count) values for \(width) x \(height)")
    precondition(alpha == nil || alpha?.count == pixels)
    let layout: Layout =
      switch (colour.count == pixels, alpha == nil) {
      case (true, true): .gray
      case (true, false): .grayAlpha
      case (false, true): .rgb
      case (false, false): .rgbAlpha
      }
    let samples: Samples =
      bitDepth == 8
      ? .eight(quantise(colour, layout.colourChannels, alpha))
      : .sixteen(quantise(colour, layout.colourChannels, alpha))
    self.init(width: width, height: height, layout: layout, samples: samples, metadata: metadata)
  }
}

private func quantise<Value: FixedWidthInteger & UnsignedInteger>(
  _ colour: [Float], _ channels: Int, _ alpha: [Float]?
) -> [Value] {
  let full = Float(Value.max)
  func sample(_ value: Float) -> Value {
    Value(truncatingIfNeeded: Int32((value > 0 ? min(value, 1) : 0) * full + 0.5))
  }
  guard let alpha else {
    return [Value](unsafeUninitializedCapacity: colour.count) { samples, count in
      for i in 0..<colour.count { samples.initializeElement(at: i, to: sample(colour[i])) }
      count = colour.count
    }
  }
  return [Value](unsafeUninitializedCapacity: colour.count + alpha.count) { samples, count in
    var to = 0
    for pixel in 0..<alpha.count {
      for c in 0..<channels { samples.initializeElement(at: to + c, to: sample(colour[pixel * channels + c])) }
      samples.initializeElement(at: to + channels, to: sample(alpha[pixel]))
      to += channels + 1
    }
    count = to
  }
}
