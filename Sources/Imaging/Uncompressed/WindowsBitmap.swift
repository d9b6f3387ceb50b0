/// A Windows bitmap without compression: 8 bits with a palette, or 24 or 32 bits.
struct WindowsBitmap {
  private let file: FileBytes
  private let width: Int
  private let height: Int
  private let isTopDown: Bool
  private let bitsPerPixel: Int
  private let samplesStart: Int
  private let rowBytes: Int

  init(_ bytes: [UInt8], path: String, limits: ImageLimits) throws(ImageError) {
    file = FileBytes(bytes: bytes, path: path)
    samplesStart = try file.number(at: 10, count: 4)
    let headerBytes = try file.number(at: 14, count: 4)
    guard headerBytes >= 40 else { throw file.unsupported("a bitmap with a header of \(headerBytes) bytes") }
    // Sides are signed; a negative height means that the top row comes first.
    width = Int(Int32(truncatingIfNeeded: try file.number(at: 18, count: 4)))
    let storedHeight = Int(Int32(truncatingIfNeeded: try file.number(at: 22, count: 4)))
    isTopDown = storedHeight < 0
    height = abs(storedHeight)
    bitsPerPixel = try file.number(at: 28, count: 2)
    let compression = try file.number(at: 30, count: 4)
    guard compression == 0, [8, 24, 32].contains(bitsPerPixel) else {
      throw file.unsupported("a bitmap of \(bitsPerPixel) bits a pixel, compression \(compression)")
    }
    try file.check(width: width, height: height, limits: limits)
    rowBytes = (width * bitsPerPixel / 8 + 3) / 4 * 4
    guard samplesStart >= 54, samplesStart <= bytes.count, (bytes.count - samplesStart) / rowBytes >= height else {
      throw file.damaged("\(bytes.count) bytes are too few for \(width) x \(height) pixels")
    }
  }

  /// Of the decoded picture at most: a palette may be gray.
  var size: (pixels: Int, decodingBytes: Int) { (width * height, width * height * 3) }

  func image() throws(ImageError) -> Image {
    let palette = bitsPerPixel == 8 ? try palette() : []
    let isGray = bitsPerPixel == 8 && palette.allSatisfy { $0.red == $0.green && $0.red == $0.blue }
    var samples: [UInt8] = []
    samples.reserveCapacity(width * height * (isGray ? 1 : 3))
    for y in 0..<height {
      let row = samplesStart + (isTopDown ? y : height - 1 - y) * rowBytes
      for x in 0..<width {
        if bitsPerPixel == 8 {
          let index = Int(file.bytes[row + x])
          guard index < palette.count else { throw file.damaged("a pixel names colour \(index) of \(palette.count)") }
          let colour = palette[index]
          samples += isGray ? [colour.red] : [colour.red, colour.green, colour.blue]
        } else {
          let place = row + x * bitsPerPixel / 8
          samples += [file.bytes[place + 2], file.bytes[place + 1], file.bytes[place]]
        }
      }
    }
    return Image(width: width, height: height, layout: isGray ? .gray : .rgb, samples: .eight(samples))
  }

  private func palette() throws(ImageError) -> [(red: UInt8, green: UInt8, blue: UInt8)] {
    let start = 14 + (try file.number(at: 14, count: 4))
    let named = try file.number(at: 46, count: 4)
    let count = named == 0 ? 256 : named
    guard count <= 256, start <= file.bytes.count - 4 * count else { throw file.damaged("its palette is cut off") }
    return (0..<count).map { index in
      let place = start + 4 * index
      return (file.bytes[place + 2], file.bytes[place + 1], file.bytes[place])
    }
  }
}
