import Base
import Workbench

/// Pictures as PNG (ISO 15948), for terminals that take files.
package enum PNGEncoder {
  /// 8 bits RGB.
  package static func encode(_ pixels: PixelBlock) -> [UInt8] {
    encode(width: pixels.width, height: pixels.height, channels: 3, pixels.bytes)
  }

  /// 256 colours of the picture's own: a third of the bytes, for what passes by.
  package static func encodeIndexed(_ pixels: PixelBlock) -> [UInt8] {
    let (palette, indices) = ColourReduction.reduce(pixels, to: 256)
    var rows: [UInt8] = []
    rows.reserveCapacity(indices.count + pixels.height)
    for row in 0..<pixels.height {
      rows.append(0)
      rows += indices[row * pixels.width..<(row + 1) * pixels.width]
    }
    return signature + chunk("IHDR", big(pixels.width) + big(pixels.height) + [8, 3, 0, 0, 0])
      + chunk("PLTE", palette.flatMap { [$0.0, $0.1, $0.2] }) + chunk("IDAT", Deflate.zlib(rows)) + chunk("IEND", [])
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// A frame of one pixel's width, clear within, as far as it lies in a picture of `width` x `height`, and where the file's first
  /// pixel stands in that; nil where nothing of it does.
  package static func encode(
    _ frame: PlacedPicture.Frame, width: Int, height: Int
  ) -> (file: (bytes: [UInt8], width: Int, height: Int), x: Int, y: Int)? {
    let (left, right) = (max(0, frame.left), min(width - 1, frame.right))
    let (top, bottom) = (max(0, frame.top), min(height - 1, frame.bottom))
    guard left <= right, top <= bottom else { return nil }
    let (columns, rows) = (right - left + 1, bottom - top + 1)
    var bytes = [UInt8](repeating: 0, count: columns * rows * 4)
    for y in top...bottom {
      let isLine = y == frame.top || y == frame.bottom
      for x in left...right where isLine || x == frame.left || x == frame.right {
        let place = ((y - top) * columns + x - left) * 4
        (bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]) = (frame.red, frame.green, frame.blue, 255)
      }
    }
    return ((encode(width: columns, height: rows, channels: 4, bytes), columns, rows), left, top)
  }

  private static func encode(width: Int, height: Int, channels: Int, _ bytes: [UInt8]) -> [UInt8] {
    var file = signature
    file += chunk("IHDR", big(width) + big(height) + [8, channels == 4 ? 6 : 2, 0, 0, 0])
    file += chunk("IDAT", Deflate.zlib(filtered(bytes, stride: width * channels, channels)))
    return file + chunk("IEND", [])
  }

  /// Every row as differences to what Paeth's filter foresees, which suits photographs best.
  private static func filtered(_ bytes: [UInt8], stride: Int, _ channels: Int) -> [UInt8] {
    guard stride > 0 else { return [] }
    let rows = bytes.count / stride
    return [UInt8](unsafeUninitializedCapacity: rows * (stride + 1)) { result, count in
      bytes.withUnsafeBufferPointer { bytes in
        for row in 0..<rows {
          let (from, to) = (row * stride, row * (stride + 1))
          result[to] = 4
          for place in 0..<stride {
            let left = place >= channels ? Int(bytes[from + place - channels]) : 0
            let above = row > 0 ? Int(bytes[from + place - stride]) : 0
            let corner = row > 0 && place >= channels ? Int(bytes[from + place - stride - channels]) : 0
            let guess = left + above - corner
            let (a, b, c) = (abs(guess - left), abs(guess - above), abs(guess - corner))
            let best = a <= b && a <= c ? left : b <= c ? above : corner
            result[to + 1 + place] = bytes[from + place] &- UInt8(best)
          }
        }
      }
      count = rows * (stride + 1)
    }
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return big(data.count) + body + big(Int(CRC32.checksum(body)))
  }

  private static func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
}
