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

  /// An empty block.
  init() { bytes = Array("II*\0".utf8) + [8, 0, 0, 0] + [UInt8](repeating: 0, count: 6) }

  /// A block that says this of a picture as it is: `entries` of the first directory, `exif` of that behind it, both with rising tags.
  init(_ entries: [Entry], exif: [Entry]) {
    self.init()
    let pointer = exif.isEmpty ? [] : [Entry(34_665, long: 0)]
    replaceFirst(with: entries.map { ($0, nil) } + pointer.map { ($0, nil) })
    guard let place = firstDirectory.flatMap({ entry(34_665, in: $0) }) else { return }
    let start = append(exif.map { ($0, nil) }, next: 0)
    for i in 0..<4 { bytes[place + 8 + i] = UInt8(truncatingIfNeeded: start >> (8 * i)) }
  }

  /// One value of a directory.
  struct Entry {
    let tag: Int
    /// 2 ASCII, 3 SHORT, 4 LONG, 5 RATIONAL.
    let type: Int
    let count: Int
    /// Little endian.
    let value: [UInt8]

    init(_ tag: Int, ascii text: String) {
      (self.tag, type, value) = (tag, 2, Array(text.utf8) + [0])
      count = value.count
    }
    init(_ tag: Int, short number: Int) {
      (self.tag, type, count, value) = (tag, 3, 1, Self.little(number, 2))
    }
    init(_ tag: Int, long number: Int) {
      (self.tag, type, count, value) = (tag, 4, 1, Self.little(number, 4))
    }
    init(_ tag: Int, rational top: Int, _ bottom: Int) {
      (self.tag, type, count) = (tag, 5, 1)
      value = Self.little(top, 4) + Self.little(bottom, 4)
    }

    static func little(_ number: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
  }

  /// Says which program made the picture. The first directory is written anew behind the block, so that nothing else moves.
  mutating func setSoftware(_ text: String) {
    guard let first = firstDirectory, let entries = short(at: first), long(at: first + 2 + entries * 12) != nil else {
      if firstDirectory == nil { self = ExifBlock([Entry(305, ascii: text)], exif: []) }
      return
    }
    let kept = (0..<entries).map { first + 2 + $0 * 12 }.filter { short(at: $0) != 305 }
    var all: [(Entry?, Int?)] = kept.map { (nil, $0) }
    let place = kept.firstIndex { (short(at: $0) ?? 0) > 305 } ?? kept.count
    all.insert((Entry(305, ascii: text), nil), at: place)
    replaceFirst(with: all)
  }

  /// Whether the camera's maker has a note in it.
  var hasMakerNote: Bool {
    guard let first = firstDirectory, let pointer = entry(34_665, in: first), let directory = long(at: pointer + 8)
    else {
      return false
    }
    return entry(37_500, in: directory) != nil
  }

  /// - Parameter entries: new ones, or places of entries that stay as they are.
  private mutating func replaceFirst(with entries: [(new: Entry?, old: Int?)]) {
    let next = firstDirectory.flatMap { first in short(at: first).flatMap { long(at: first + 2 + $0 * 12) } } ?? 0
    let start = append(entries, next: next)
    bytes.replaceSubrange(4..<8, with: number(start, 4))
  }

  /// Writes a directory behind the block, with the values of its new entries behind it.
  ///
  /// - Returns: where it begins.
  private mutating func append(_ entries: [(new: Entry?, old: Int?)], next: Int) -> Int {
    if bytes.count % 2 == 1 { bytes.append(0) }
    let start = bytes.count
    var values = start + 2 + entries.count * 12 + 4
    var (table, behind): ([UInt8], [UInt8]) = (number(entries.count, 2), [])
    for (new, old) in entries {
      if let old { table += bytes[old..<old + 12] }
      guard let new else { continue }
      let size = [1, 1, 1, 2, 4, 4][new.type]
      let value = stride(from: 0, to: new.value.count, by: size).flatMap { place -> [UInt8] in
        let part = Array(new.value[place..<place + size])
        return isBigEndian ? part.reversed() : part
      }
      table += number(new.tag, 2) + number(new.type, 2) + number(new.count, 4)
      if value.count <= 4 {
        table += value + [UInt8](repeating: 0, count: 4 - value.count)
      } else {
        table += number(values, 4)
        behind += value + (value.count % 2 == 1 ? [0] : [])
        values += value.count + value.count % 2
      }
    }
    bytes += table + number(next, 4) + behind
    return start
  }

  private func number(_ value: Int, _ count: Int) -> [UInt8] {
    let little = Entry.little(value, count)
    return isBigEndian ? little.reversed() : little
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
