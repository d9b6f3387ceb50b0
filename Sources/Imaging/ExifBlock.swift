/// An EXIF block in TIFF form, read no further than its orientation.
///
/// Source: TIFF 6.0, section 2. Offsets come from the file; each is checked before it is used.
struct ExifBlock {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The orientation that the first directory states; upright where it states none.
  var orientation: Orientation {
    guard let offset = orientationOffset, let value = short(at: offset), value <= 8 else { return .upright }
    return Orientation(rawValue: UInt8(value)) ?? .upright
  }

  /// Says that the pixels are upright, if the block has a word for it.
  mutating func setUpright() {
    guard let offset = orientationOffset else { return }
    bytes[offset] = isBigEndian ? 0 : 1
    bytes[offset + 1] = isBigEndian ? 1 : 0
  }

  private var isBigEndian: Bool { bytes.starts(with: Array("MM".utf8)) }

  /// Where the two bytes of tag 274 (type SHORT, one value) lie.
  private var orientationOffset: Int? {
    guard isBigEndian || bytes.starts(with: Array("II".utf8)), short(at: 2) == 42,
      let directory = long(at: 4), let entries = short(at: directory)
    else { return nil }
    for entry in 0..<entries {
      let offset = directory + 2 + entry * 12
      guard let tag = short(at: offset), let type = short(at: offset + 2), let count = long(at: offset + 4),
        short(at: offset + 8) != nil
      else { return nil }
      if tag == 274 { return type == 3 && count == 1 ? offset + 8 : nil }
    }
    return nil
  }

  private func short(at offset: Int) -> Int? { value(at: offset, count: 2) }
  private func long(at offset: Int) -> Int? { value(at: offset, count: 4) }

  private func value(at offset: Int, count: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - count else { return nil }
    let field = bytes[offset..<offset + count]
    return (isBigEndian ? Array(field) : field.reversed()).reduce(0) { $0 << 8 | Int($1) }
  }
}
