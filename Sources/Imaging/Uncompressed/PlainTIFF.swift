/// The first picture of a TIFF file, plain or in PackBits: gray or RGB, 8 or 16 bits, in strips.
struct PlainTIFF {
  private let file: FileBytes
  /// Values of the first directory by tag, all as whole numbers.
  private let fields: [Int: [Int]]

  private let width: Int
  private let height: Int
  private let channels: Int
  private let bitDepth: Int
  private let isPacked: Bool

  private enum Tag {
    static let (width, height, bits, compression, photometric) = (256, 257, 258, 259, 262)
    static let (stripOffsets, channels, rowsPerStrip, stripBytes, planar) = (273, 277, 278, 279, 284)
    static let all: Set = [256, 257, 258, 259, 262, 273, 277, 278, 279, 284]
  }

  init(_ bytes: [UInt8], path: String, limits: ImageLimits) throws(ImageError) {
    let file = FileBytes(bytes: bytes, path: path, isBigEndian: bytes[0] == UInt8(ascii: "M"))
    let fields = try Self.fields(file)
    func value(_ tag: Int, _ standard: Int? = nil) throws(ImageError) -> Int {
      guard let value = fields[tag]?.first ?? standard else { throw file.damaged("tag \(tag) is missing") }
      return value
    }
    width = try value(Tag.width)
    height = try value(Tag.height)
    channels = try value(Tag.channels, 1)
    bitDepth = try value(Tag.bits, 1)
    let (compression, photometric) = (try value(Tag.compression, 1), try value(Tag.photometric))
    isPacked = compression == 32773
    guard compression == 1 || isPacked, try value(Tag.planar, 1) == 1, bitDepth == 8 || bitDepth == 16,
      fields[Tag.bits]?.allSatisfy({ [bitDepth] in $0 == bitDepth }) == true,
      (photometric == 1 && channels == 1) || (photometric == 2 && channels == 3)
    else {
      throw file.unsupported(
        "a TIFF file of \(channels) channels with \(bitDepth) bits, compression \(compression), photometric \(photometric)"
      )
    }
    try file.check(width: width, height: height, limits: limits)
    self.file = file
    self.fields = fields
  }

  /// Strips first, and 16-bit samples made of them.
  var size: (pixels: Int, decodingBytes: Int) {
    (width * height, width * height * channels * (bitDepth == 16 ? 4 : 1))
  }

  func image() throws(ImageError) -> Image {
    let rowBytes = width * channels * bitDepth / 8
    let rowsPerStrip = max(1, fields[Tag.rowsPerStrip]?.first ?? height)
    let (offsets, counts) = (fields[Tag.stripOffsets] ?? [], fields[Tag.stripBytes] ?? [])
    guard offsets.count == counts.count, offsets.count >= (height - 1) / rowsPerStrip + 1 else {
      throw file.damaged("\(offsets.count) strips are too few for \(height) rows")
    }
    var raw: [UInt8] = []
    for strip in 0...(height - 1) / rowsPerStrip {
      let wanted = min(rowsPerStrip, height - strip * rowsPerStrip) * rowBytes
      let stored = isPacked ? counts[strip] : wanted
      guard counts[strip] >= stored, stored <= file.bytes.count, offsets[strip] <= file.bytes.count - stored else {
        throw file.damaged("strip \(strip) is cut off")
      }
      let bytes = file.bytes[offsets[strip]..<offsets[strip] + stored]
      raw += isPacked ? try unpacked(bytes, strip, wanted) : Array(bytes)
    }
    let layout: Image.Layout = channels == 1 ? .gray : .rgb
    guard bitDepth == 16 else { return Image(width: width, height: height, layout: layout, samples: .eight(raw)) }
    let (high, low) = file.isBigEndian ? (0, 1) : (1, 0)
    let samples = (0..<raw.count / 2).map { UInt16(raw[2 * $0 + high]) << 8 | UInt16(raw[2 * $0 + low]) }
    return Image(width: width, height: height, layout: layout, samples: .sixteen(samples))
  }

  /// The first `count` bytes that PackBits stands for (TIFF 6.0, section 9): a byte n, then n + 1 bytes as they are, or one
  /// that is repeated 257 - n times; 128 stands for nothing.
  private func unpacked(_ packed: ArraySlice<UInt8>, _ strip: Int, _ count: Int) throws(ImageError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var rest = packed
    while result.count < count {
      guard let length = rest.popFirst() else { throw file.damaged("strip \(strip) is cut off") }
      if length == 128 { continue }
      let taken = length < 128 ? Int(length) + 1 : 1
      guard rest.count >= taken else { throw file.damaged("strip \(strip) is cut off") }
      if length < 128 {
        result += rest.prefix(taken)
      } else {
        result += repeatElement(rest[rest.startIndex], count: 257 - Int(length))
      }
      rest = rest.dropFirst(taken)
    }
    return result.count == count ? result : Array(result.prefix(count))
  }

  /// Fields that are looked at, the first of each tag (TIFF 6.0, section 2).
  private static func fields(_ file: FileBytes) throws(ImageError) -> [Int: [Int]] {
    let directory = try file.number(at: 4, count: 4)
    var fields: [Int: [Int]] = [:]
    for entry in 0..<(try file.number(at: directory, count: 2)) {
      let place = directory + 2 + 12 * entry
      let tag = try file.number(at: place, count: 2)
      guard Tag.all.contains(tag), fields[tag] == nil else { continue }
      let type = try file.number(at: place + 2, count: 2)
      let count = try file.number(at: place + 4, count: 4)
      guard let size = [1: 1, 3: 2, 4: 4][type], count > 0 else { continue }
      guard count <= file.bytes.count / size else { throw file.damaged("tag \(tag) has \(count) values") }
      let start = count * size <= 4 ? place + 8 : try file.number(at: place + 8, count: 4)
      var values: [Int] = []
      for i in 0..<count { values.append(try file.number(at: start + i * size, count: size)) }
      fields[tag] = values
    }
    return fields
  }
}
