import Base

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
  public var bounds: Rectangle { Rectangle(x: 0, y: 0, width: width, height: height) }

  /// Writes the pixels of `region` as floats in 0...1 (sample divided by 255 or 65535; floats as they are), channels last, row by row, to the
  /// first `region.pixels * planes.channels` places of `values`. Allocates nothing.
  ///
  /// - Precondition: `region` lies in the picture and `values` is long enough.
  public func writeFloats(_ planes: Planes, of region: Rectangle, into values: inout MutableSpan<Float>) {
    precondition(region.x >= 0 && region.y >= 0 && region.width >= 0 && region.height >= 0)
    precondition(region.x + region.width <= width && region.y + region.height <= height, "\(region) of \(bounds)")
    precondition(values.count >= region.pixels * planes.channels)
    values.withUnsafeMutableBufferPointer { values in
      switch samples {
      case .eight(let stored): write(stored, planes, region, values, full: 255) { Float($0) }
      case .sixteen(let stored): write(stored, planes, region, values, full: 65_535) { Float($0) }
      case .float(let stored): write(stored, planes, region, values, full: 1) { $0 }
      }
    }
  }

  /// `writeFloats` into a new array; the whole picture where `region` is nil.
  public func floats(_ planes: Planes, of region: Rectangle? = nil) -> [Float] {
    let region = region ?? bounds
    var values = [Float](repeating: 0, count: region.pixels * planes.channels)
    var span = values.mutableSpan
    writeFloats(planes, of: region, into: &span)
    return values
  }

  private func write<Value>(
    _ stored: [Value], _ planes: Planes, _ region: Rectangle, _ values: UnsafeMutableBufferPointer<Float>,
    full: Float, _ number: (Value) -> Float
  ) {
    let channels = layout.channels
    stored.withUnsafeBufferPointer { stored in
      func float(_ index: Int) -> Float { number(stored[index]) }
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

  /// A picture from floats: clamped to 0...1, times 255 or 65535, rounded to the nearest; what is not a number becomes 0. With 32 bits as
  /// they are.
  ///
  /// - Parameters:
  ///   - colour: `[height, width, 1 or 3]`, channels last: gray or RGB.
  ///   - alpha: `[height, width]`, 0 transparent to 1 opaque; nil for a picture without alpha.
  ///   - bitDepth: 8, 16 or 32.
  /// - Precondition: `colour` and `alpha` have the lengths that `width` and `height` ask for.
  public init(
    width: Int, height: Int, colour: [Float], alpha: [Float]? = nil, bitDepth: Int, metadata: ImageMetadata = .init()
  ) {
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
    var rows = ImageRows(width: width, height: height, layout: layout, bitDepth: bitDepth)
    rows.set(colour, channels: 0..<layout.colourChannels, from: 0)
    if let alpha { rows.set(alpha, channels: layout.colourChannels..<layout.channels, from: 0) }
    self = rows.image(metadata: metadata)
  }
}

/// A picture in the making: rows of floats become its samples, a band at a time.
public struct ImageRows {
  private let width: Int
  private let height: Int
  private let layout: Image.Layout
  private var samples: Image.Samples

  /// All samples are 0.
  ///
  /// - Precondition: `bitDepth` is 8, 16 or 32.
  public init(width: Int, height: Int, layout: Image.Layout, bitDepth: Int) {
    (self.width, self.height, self.layout) = (width, height, layout)
    let count = width * height * layout.channels
    samples = .init(zeros: count, bitDepth: bitDepth)
  }

  /// Sets some channels of the rows from `y` on: values are clamped to 0...1, times 255 or 65535, rounded to the nearest; what
  /// is not a number becomes 0.
  ///
  /// - Parameter values: `[rows, width, channels]`.
  public mutating func set(_ values: [Float], channels: Range<Int>, from y: Int) {
    // Taking the array out of the enumeration keeps it unique, so that it is changed in place.
    switch samples {
    case .eight(var stored):
      samples = .eight([])
      write(values, channels, y, to: &stored) { UInt8(truncatingIfNeeded: Self.level($0, 255)) }
      samples = .eight(stored)
    case .sixteen(var stored):
      samples = .sixteen([])
      write(values, channels, y, to: &stored) { UInt16(truncatingIfNeeded: Self.level($0, 65_535)) }
      samples = .sixteen(stored)
    case .float(var stored):
      samples = .float([])
      write(values, channels, y, to: &stored) { $0 }
      samples = .float(stored)
    }
  }

  public func image(metadata: ImageMetadata = .init()) -> Image {
    Image(width: width, height: height, layout: layout, samples: samples, metadata: metadata)
  }

  private static func level(_ value: Float, _ full: Float) -> Int32 {
    Int32((value > 0 ? min(value, 1) : 0) * full + 0.5)
  }

  private func write<Value>(
    _ values: [Float], _ channels: Range<Int>, _ y: Int, to stored: inout [Value], _ sample: (Float) -> Value
  ) {
    let (step, count) = (layout.channels, channels.count)
    let pixels = values.count / count
    precondition(
      channels.upperBound <= step && values.count % (width * count) == 0 && y * width + pixels <= width * height)
    values.withUnsafeBufferPointer { values in
      stored.withUnsafeMutableBufferPointer { stored in
        var to = y * width * step + channels.lowerBound
        for pixel in 0..<pixels {
          for c in 0..<count { stored[to + c] = sample(values[pixel * count + c]) }
          to += step
        }
      }
    }
  }
}

extension Image.Samples {
  /// Black.
  ///
  /// - Precondition: `bitDepth` is 8, 16 or 32.
  public init(zeros count: Int, bitDepth: Int) {
    precondition([8, 16, 32].contains(bitDepth))
    self =
      switch bitDepth {
      case 8: .eight([UInt8](repeating: 0, count: count))
      case 16: .sixteen([UInt16](repeating: 0, count: count))
      default: .float([Float](repeating: 0, count: count))
      }
  }
}
