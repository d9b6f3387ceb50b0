/// An EXIF block in TIFF form: what it says of the picture's sides is changed in its place, so that nothing else moves (the offsets in a
/// maker's note count from the block's beginning).
///
/// Source: TIFF 6.0, section 2; Exif 2.32, section 4.6. Offsets come from the file; each is checked before it is used.
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

  /// Says that the picture has these sides, where the block says anything of them, and takes the thumbnail, which shows another picture, out
  /// of the chain of directories.
  ///
  /// - Returns: whether there was a thumbnail.
  mutating func fit(width: Int, height: Int) -> Bool {
    guard let first = firstDirectory else { return false }
    for (tag, side) in [(256, width), (257, height)] { set(tag, in: first, to: side) }
    if let pointer = entry(34_665, in: first), let directory = long(at: pointer + 8) {
      for (tag, side) in [(40_962, width), (40_963, height)] { set(tag, in: directory, to: side) }
    }
    guard let entries = short(at: first), let next = long(at: first + 2 + entries * 12), next != 0 else { return false }
    for place in 0..<4 { bytes[first + 2 + entries * 12 + place] = 0 }
    return true
  }

  /// A number of type SHORT or LONG, if it is there and holds the value.
  private mutating func set(_ tag: Int, in directory: Int, to value: Int) {
    guard let place = entry(tag, in: directory), let type = short(at: place + 2), long(at: place + 4) == 1,
      long(at: place + 8) != nil, type == 4 || (type == 3 && value <= 65_535)
    else { return }
    let count = type == 4 ? 4 : 2
    for i in 0..<count {
      bytes[place + 8 + i] = UInt8(truncatingIfNeeded: value >> (8 * (isBigEndian ? count - 1 - i : i)))
    }
  }

  private var isBigEndian: Bool { bytes.starts(with: Array("MM".utf8)) }

  /// Where the two bytes of tag 274 (type SHORT, one value) lie.
  private var orientationOffset: Int? {
    guard let directory = firstDirectory, let place = entry(274, in: directory), short(at: place + 2) == 3,
      long(at: place + 4) == 1
    else { return nil }
    return place + 8
  }

  private var firstDirectory: Int? {
    guard isBigEndian || bytes.starts(with: Array("II".utf8)), short(at: 2) == 42 else { return nil }
    return long(at: 4)
  }

  /// Where a directory's entry for `wanted` lies, with room for a value behind it.
  private func entry(_ wanted: Int, in directory: Int) -> Int? {
    guard let entries = short(at: directory) else { return nil }
    for entry in 0..<entries {
      let offset = directory + 2 + entry * 12
      guard let tag = short(at: offset), long(at: offset + 4) != nil, short(at: offset + 8) != nil else { return nil }
      if tag == wanted { return offset }
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
