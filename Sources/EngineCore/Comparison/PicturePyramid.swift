import Base
import Imaging

/// A picture with halves of it, halves of those and so on in 8-bit RGB: any part of it can be shown small without reading it all.
package struct PicturePyramid: Sendable {
  /// 8-bit RGB; pixel `i` of level `k` is the mean of pixels `i * 2^k ..< (i + 1) * 2^k` of the picture.
  struct Level: Sendable {
    let width: Int
    let height: Int
    let bytes: [UInt8]
  }

  let image: Image
  /// Takes the picture's colours to a screen's.
  private let transform: ColourTransform?
  /// From the first half on.
  let halves: [Level]

  /// No level is made of one that fits into this square.
  private static let smallest = 64

  package init(_ image: Image) {
    self.image = image
    let transform = ColourSpace(image.metadata, image.layout).toScreen()
    self.transform = transform
    var halves: [Level] = []
    var (width, height) = (image.width, image.height)
    while width > Self.smallest || height > Self.smallest {
      let last = halves.last
      let half = Self.half(width, height) { y, row in
        if let last {
          last.bytes.withUnsafeBufferPointer { bytes in
            _ = row.update(fromContentsOf: bytes[y * width * 3..<(y + 1) * width * 3])
          }
        } else {
          Self.read(image, transform, y, 0, width, into: row)
        }
      }
      halves.append(half)
      (width, height) = (half.width, half.height)
    }
    self.halves = halves
  }

  /// Bytes that a picture takes with its halves: these add a third of three bytes a pixel.
  static func bytes(_ size: PictureSize) -> Int { size.bytes + size.pixels }
  var bytes: Int { Self.bytes(PictureSize(image)) }

  /// - Parameter read: fills `row` with `width * 3` bytes of source row `y`.
  private static func half(
    _ width: Int, _ height: Int, _ read: (_ y: Int, _ row: UnsafeMutableBufferPointer<UInt8>) -> Void
  ) -> Level {
    let (newWidth, newHeight) = ((width + 1) / 2, (height + 1) / 2)
    // An odd last column or row counts for itself: it is repeated once.
    let padded = newWidth * 2 * 3
    var rows = [UInt8](repeating: 0, count: 2 * padded)
    let bytes = [UInt8](unsafeUninitializedCapacity: newWidth * newHeight * 3) { result, count in
      rows.withUnsafeMutableBufferPointer { rows in
        for y in 0..<newHeight {
          for line in 0..<2 {
            let row = UnsafeMutableBufferPointer(rebasing: rows[line * padded..<line * padded + width * 3])
            read(min(2 * y + line, height - 1), row)
            if width % 2 == 1 { for c in 0..<3 { rows[line * padded + width * 3 + c] = row[(width - 1) * 3 + c] } }
          }
          let (upper, lower) = (rows.baseAddress!, rows.baseAddress! + padded)
          let line = result.baseAddress! + y * newWidth * 3
          for x in 0..<newWidth {
            for c in 0..<3 {
              let place = x * 6 + c
              let above = UInt16(upper[place]) + UInt16(upper[place + 3])
              let below = UInt16(lower[place]) + UInt16(lower[place + 3])
              line[x * 3 + c] = UInt8(truncatingIfNeeded: (above + below + 2) >> 2)
            }
          }
        }
      }
      count = newWidth * newHeight * 3
    }
    return Level(width: newWidth, height: newHeight, bytes: bytes)
  }

  /// Size of level `k`; 0 is the picture.
  func size(of level: Int) -> (width: Int, height: Int) {
    level == 0 ? (image.width, image.height) : (halves[level - 1].width, halves[level - 1].height)
  }

  /// `count` pixels from `x`, `y` of level `k`, as 8-bit RGB.
  func read(level: Int, _ y: Int, _ x: Int, _ count: Int, into row: UnsafeMutableBufferPointer<UInt8>) {
    guard level > 0 else { return Self.read(image, transform, y, x, count, into: row) }
    let half = halves[level - 1]
    half.bytes.withUnsafeBufferPointer { bytes in
      let start = (y * half.width + x) * 3
      for place in 0..<count * 3 { row[place] = bytes[start + place] }
    }
  }

  /// Of the picture itself; what is transparent shows gray checks.
  private static func read(
    _ image: Image, _ transform: ColourTransform?, _ y: Int, _ x: Int, _ count: Int,
    into row: UnsafeMutableBufferPointer<UInt8>
  ) {
    if let transform {
      let region = Rectangle(x: x, y: y, width: count, height: 1)
      var colours = image.floats(.rgb, of: region)
      transform.apply(to: &colours)
      let alpha = image.layout.hasAlpha ? image.floats(.alpha, of: region) : nil
      for pixel in 0..<count {
        let share = alpha?[pixel] ?? 1
        let ground = share < 1 ? ScaledPicture.check(x: x + pixel, y: y) * (1 - share) : 0
        for c in 0..<3 { row[pixel * 3 + c] = ScaledPicture.quantised(colours[pixel * 3 + c] * share + ground) }
      }
      return
    }
    let start = (y * image.width + x) * image.layout.channels
    switch image.samples {
    case .eight(let values) where image.layout == .rgb:
      values.withUnsafeBufferPointer { _ = row.update(fromContentsOf: $0[start..<start + count * 3]) }
    case .eight(let values):
      values.withUnsafeBufferPointer { values in
        convert(image.layout, x, y, count, row) { Float(values[start + $0]) * (1 / 255) }
      }
    case .sixteen(let values):
      values.withUnsafeBufferPointer { values in
        convert(image.layout, x, y, count, row) { Float(values[start + $0]) * (1 / 65535) }
      }
    case .float(let values):
      values.withUnsafeBufferPointer { values in convert(image.layout, x, y, count, row) { values[start + $0] } }
    }
  }

  private static func convert(
    _ layout: Image.Layout, _ x: Int, _ y: Int, _ count: Int, _ row: UnsafeMutableBufferPointer<UInt8>,
    _ value: (Int) -> Float
  ) {
    let channels = layout.channels
    for pixel in 0..<count {
      let alpha = layout.hasAlpha ? value(pixel * channels + channels - 1) : 1
      let ground = alpha < 1 ? ScaledPicture.check(x: x + pixel, y: y) * (1 - alpha) : 0
      for c in 0..<3 {
        let shown = value(pixel * channels + (layout.isColour ? c : 0)) * alpha + ground
        row[pixel * 3 + c] = ScaledPicture.quantised(shown)
      }
    }
  }
}
