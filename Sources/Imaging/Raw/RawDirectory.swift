import Base
import CImageIO
import Glibc

/// What the tags of a DNG file say of its sensor's samples, read beside LibRaw, which replaces what makes no sense and reads
/// samples from wherever the tags point (Adobe DNG 1.4, TIFF 6.0).
struct RawDirectory {
  private(set) var width = 0
  private(set) var height = 0
  private(set) var bits = 0
  private var compression = 1
  private var samplesPerPixel = 1
  private var isFloating = false
  private var isLinear = false
  private var pattern: (width: Int, height: Int, colours: [Int])?
  private var isTiled = false
  private var offsets: [Int] = []
  private var counts: [Int] = []
  private var pieceWidth = 0
  private var pieceHeight = 0
  private var isMapped = false
  private var white: [Double] = []
  private var black: [Double] = []
  private var matrix: [Double]?
  private var activeTop = 0
  private let fileBytes: Int
  /// Where header and directories lie.
  private let directories: [Range<Int>]

  /// What a look at a file's directories says.
  enum Finding {
    /// LibRaw must not see the file: at a colour pattern of 36 entries that no sides of 6 x 6 announce (or in the tag of
    /// Kodak's P series) version 0.20 writes past the end of its pattern without an end. Whatever begins as TIFF does counts.
    case unsafe
    case known(RawDirectory)
    /// No DNG file, or one without a picture of samples.
    case unknown
  }

  static func read(_ path: String) -> Finding {
    guard let file = TaggedFile(path) else { return .unknown }
    let tables = file.tables()
    if tables.contains(where: \.overrunsPattern) { return .unsafe }
    return RawDirectory(file, tables).map(Finding.known) ?? .unknown
  }

  private init?(_ file: TaggedFile, _ tables: [TaggedFile.Table]) {
    guard tables.contains(where: { $0.numbers(.dngVersion) != nil }) else { return nil }
    fileBytes = file.count
    directories = [0..<8] + tables.map(\.place)
    let candidates = tables.filter { [32_803, 34_892].contains($0.whole(.photometric) ?? 0) }
    guard
      let raw = candidates.max(by: { $0.area < $1.area })
    else { return nil }
    width = raw.whole(.width) ?? 0
    height = raw.whole(.height) ?? 0
    guard width > 0, height > 0, width <= 1 << 20, height <= 1 << 20 else { return nil }
    bits = raw.whole(.bits) ?? 1
    compression = raw.whole(.compression) ?? 1
    samplesPerPixel = min(max(1, raw.whole(.samplesPerPixel) ?? 1), 16)
    isFloating = raw.whole(.sampleFormat) == 3
    isLinear = raw.whole(.photometric) == 34_892
    if let sides = raw.numbers(.patternSides), sides.count == 2, let colours = raw.numbers(.pattern) {
      pattern = (integer(sides[1]), integer(sides[0]), colours.map(integer))
    }
    isTiled = raw.numbers(.tileOffsets) != nil
    offsets = (raw.numbers(isTiled ? .tileOffsets : .stripOffsets) ?? []).map(integer)
    counts = (raw.numbers(isTiled ? .tileCounts : .stripCounts) ?? []).map(integer)
    pieceWidth = isTiled ? min(max(1, raw.whole(.tileWidth) ?? width), 1 << 20) : width
    pieceHeight =
      isTiled
      ? min(max(1, raw.whole(.tileHeight) ?? height), 1 << 20)
      : max(1, min(height, raw.whole(.rowsPerStrip) ?? height))
    isMapped = raw.numbers(.linearization) != nil
    white = raw.numbers(.whiteLevel) ?? []
    black = raw.numbers(.blackLevel) ?? []
    matrix = tables.lazy.compactMap { $0.numbers(.colourMatrix) }.first
    if let area = raw.numbers(.activeArea), area.count == 4 { activeTop = integer(area[0]) }
  }

  /// Largest sample that the file can hold; nil where that is not known.
  var largestSample: Int? { (8...16).contains(bits) && !isMapped ? 1 << bits - 1 : nil }

  private var columns: Int { (width + pieceWidth - 1) / pieceWidth }
  private var rows: Int { (height + pieceHeight - 1) / pieceHeight }

  /// What the file holds in place of a Bayer mosaic; nil for one.
  var otherKind: String? {
    if isFloating { return "a floating-point DNG" }
    if isLinear {
      return samplesPerPixel > 1
        ? "a linear DNG: each pixel has all its colours, there is no mosaic" : "a linear DNG without colours"
    }
    guard let pattern, pattern.width != 2 || pattern.height != 2 else { return nil }
    switch (pattern.width, pattern.height) {
    case (6, 6): return "an X-Trans mosaic, a pattern of 6 x 6 photosites"
    case (4, 4) where pattern.colours.count == 16 && isQuad(pattern.colours):
      return "a quad Bayer mosaic, where each colour covers 2 x 2 photosites"
    default: return "a mosaic of \(pattern.width) x \(pattern.height) photosites"
    }
  }

  private func isQuad(_ colours: [Int]) -> Bool {
    (0..<16).allSatisfy { place in
      let (row, column) = (place / 4, place % 4)
      return colours[place] == colours[row / 2 * 8 + column / 2 * 2]
    }
  }

  /// Why the samples cannot be where the tags say; nil where they can.
  var misplacedSamples: String? {
    let name = isTiled ? "tile" : "strip"
    guard (8...16).contains(bits) else { return "its header declares samples of \(bits) bits, and 8 to 16 are known" }
    guard offsets.count == counts.count, offsets.count >= columns * rows else {
      return
        "its header lists \(offsets.count) \(name)s with \(counts.count) lengths, where the picture has \(columns * rows)"
    }
    if offsets.count > 1, counts.reduce(0, &+) > fileBytes {
      return "its \(name)s have more bytes together than the file, or it ends too early"
    }
    let end = zip(offsets, counts).map { $0 &+ $1 }.max() ?? 0
    for (index, (offset, count)) in zip(offsets, counts).enumerated() {
      let place = "\(name) \(index + 1) of \(offsets.count)"
      guard offset > 0, count > 0, !directories.contains(where: { $0.overlaps(offset..<offset + count) }) else {
        return "\(place) is said to lie at byte \(offset) with a length of \(count), which cannot be"
      }
      if offset + count > fileBytes {
        return offset < fileBytes || index > 0
          ? "it ends too early: the samples reach to byte \(end), and the file has \(fileBytes)"
          : "\(place) is said to lie at byte \(offset), behind the end of the file at \(fileBytes)"
      }
      if compression == 1, let fault = fault(ofPlain: count, index) { return "\(place) \(fault)" }
    }
    return nil
  }

  /// Of uncompressed samples; the last strip may be as long as the others.
  private func fault(ofPlain count: Int, _ index: Int) -> String? {
    let rows = isTiled ? pieceHeight : min(pieceHeight, height - index * pieceHeight)
    let rowBytes = (pieceWidth * samplesPerPixel * bits + 7) / 8
    if count < rows * rowBytes { return "has \(count) bytes, too few for \(rows) rows of \(rowBytes)" }
    if count > pieceHeight * rowBytes * 9 / 8 + 4096 {
      return "has \(count) bytes, too many for \(rows) rows of \(rowBytes)"
    }
    return nil
  }

  /// What a walk through losslessly compressed samples found.
  struct Damage {
    /// How many samples of each row of the active area are guesses.
    var guessedOfRow: [Int]
    /// Rows of the active area in which some are, but not from where on, and how many samples wide.
    var unplaced: [(rows: Range<Int>, across: Int)] = []
    /// The first place at fault, in words.
    var reason = ""
  }

  /// Walks through losslessly compressed samples; nil where all is sound.
  func damage(_ path: String, activeHeight: Int) -> Damage? {
    guard compression == 7, let file = TaggedFile(path) else { return nil }
    var damage = Damage(guessedOfRow: [Int](repeating: 0, count: activeHeight))
    for (index, (offset, count)) in zip(offsets, counts).enumerated() where index < columns * rows {
      guard let bytes = file.bytes(offset, count) else { continue }
      var report = grl_lossless_report()
      let isKnown = grl_lossless_check(bytes, bytes.count, &report)
      let begins = bytes.starts(with: [0xFF, 0xD8])
      // Streams of another kind are LibRaw's to judge.
      guard isKnown > 0 || isKnown == 0 && !begins else { continue }
      let isSound = report.sound == report.declared && report.ends_well != 0
      let isPlaced = isKnown == 0 || isSound || report.sound < report.declared

      let top = index / columns * pieceHeight
      let share = isPlaced ? min(1, Double(report.sound) / Double(pieceWidth * pieceHeight)) : 0
      let first = max(0, top + Int(share * Double(pieceHeight)) - activeTop)
      let end = min(top + pieceHeight - activeTop, activeHeight)
      guard first < end else { continue }
      let across = min(pieceWidth, width - index % columns * pieceWidth)
      if isPlaced {
        for row in first..<end { damage.guessedOfRow[row] += across }
      } else {
        damage.unplaced.append((first..<end, across))
      }
      if damage.reason.isEmpty {
        let piece = "\(isTiled ? "tile" : "strip") \(index + 1) of \(offsets.count)"
        damage.reason =
          begins
          ? "the compressed samples of \(piece) make no sense" : "\(piece) does not begin as compressed samples do"
      }
    }
    return damage.reason.isEmpty ? nil : damage
  }

  /// A white level that makes no sense is replaced by the largest sample, whatever LibRaw takes.
  var replacedWhite: Float? {
    guard let largest = largestSample, !white.isEmpty else { return nil }
    return white.allSatisfy { $0 > 0 && $0 <= Double(largest) } ? nil : Float(largest)
  }

  /// One line each on tags that make no sense, and what stands in their place.
  func replacedTags(_ header: SensorHeader) -> [String] {
    var lines: [String] = []
    let largest = largestSample ?? 65_535
    if replacedWhite != nil {
      lines.append(
        "the file's white level \(Self.text(white)) makes no sense; \(Self.text([Double(header.white)])) is taken")
    }
    if black.contains(where: { !($0 >= 0 && $0 < Double(largest)) }) {
      let taken = Self.text(Array(Set(header.black.map { Double($0) })).sorted())
      lines.append("the file's black level \(Self.text(black)) makes no sense; \(taken) is taken")
    }
    if let matrix, matrix.allSatisfy({ $0 == 0 || !$0.isFinite }) {
      lines.append("the file's colour matrix holds only zeros; another one is taken, and colours are approximate")
    }
    return lines
  }

  private static func text(_ values: [Double]) -> String {
    values.prefix(4).map { $0 == Double(integer($0)) ? String(integer($0)) : String($0) }.joined(separator: ", ")
  }
}

/// A number out of a file as a whole one; 0 for what is none.
private func integer(_ value: Double) -> Int { value.isFinite && abs(value) < 1e15 ? Int(value) : 0 }

/// The tags that are looked at.
private enum Tag: Int {
  case width = 256
  case height = 257
  case bits = 258
  case compression = 259
  case photometric = 262
  case stripOffsets = 273
  case samplesPerPixel = 277
  case rowsPerStrip = 278
  case stripCounts = 279
  case tileWidth = 322
  case tileHeight = 323
  case tileOffsets = 324
  case tileCounts = 325
  case subdirectories = 330
  case sampleFormat = 339
  case patternSides = 33_421
  case pattern = 33_422
  case kodakPattern = 64_777
  case dngVersion = 50_706
  case linearization = 50_712
  case blackLevel = 50_714
  case whiteLevel = 50_717
  case colourMatrix = 50_721
  case activeArea = 50_829
}

/// A TIFF file whose directories are read, nothing else.
private final class TaggedFile {
  private static let mostTables = 64
  private static let mostValues = 1 << 18
  /// Of one strip or tile.
  private static let mostBytes = 1 << 30

  /// One directory: what its tags hold as numbers.
  struct Table {
    let place: Range<Int>
    fileprivate(set) var overrunsPattern = false
    fileprivate var values: [Int: [Double]] = [:]

    func numbers(_ tag: Tag) -> [Double]? { values[tag.rawValue] }
    var area: Double { (numbers(.width)?.first ?? 0) * (numbers(.height)?.first ?? 0) }
    func whole(_ tag: Tag) -> Int? { values[tag.rawValue]?.first.map(integer) }
  }

  let count: Int
  private let descriptor: Int32
  private let isLittleEndian: Bool

  /// nil for anything that does not begin as TIFF does, with a number of its own in the place of TIFF's 42 or not.
  init?(_ path: String) {
    descriptor = open(path.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0 else { return nil }
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let head = Self.read(descriptor, 0, 2), head == [0x49, 0x49] || head == [0x4D, 0x4D]
    else {
      close(descriptor)
      return nil
    }
    count = Int(status.st_size)
    isLittleEndian = head[0] == 0x49
  }

  deinit { close(descriptor) }

  func bytes(_ offset: Int, _ count: Int) -> [UInt8]? {
    guard offset >= 0, count >= 0, count <= Self.mostBytes, offset <= self.count, count <= self.count - offset else {
      return nil
    }
    return Self.read(descriptor, offset, count)
  }

  private static func read(_ descriptor: Int32, _ offset: Int, _ count: Int) -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
      let all = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
      done = Descriptor.fill(all, from: descriptor, at: offset).count
    }
    return bytes.count == count ? bytes : nil
  }

  /// The chain of directories and those that they name, each once.
  func tables() -> [Table] {
    guard let head = bytes(4, 4) else { return [] }
    var waiting = [whole(head[...])]
    var tables: [Table] = []
    var seen: Set<Int> = []
    while let offset = waiting.popLast(), tables.count < Self.mostTables {
      guard offset > 0, seen.insert(offset).inserted, let count = bytes(offset, 2).map({ whole($0[...]) }),
        let entries = bytes(offset + 2, count * 12)
      else { continue }
      var table = Table(place: offset..<offset + 2 + count * 12)
      for entry in stride(from: 0, to: entries.count, by: 12) { read(entries[entry..<entry + 12], &table) }
      waiting += (table.numbers(.subdirectories) ?? []).prefix(Self.mostTables).map(integer)
      if let next = bytes(offset + 2 + count * 12, 4) { waiting.append(whole(next[...])) }
      tables.append(table)
    }
    return tables
  }

  private func read(_ entry: ArraySlice<UInt8>, _ table: inout Table) {
    let (first, tag) = (entry.startIndex, whole(entry.prefix(2)))
    let (type, count) = (whole(entry[first + 2..<first + 4]), whole(entry[first + 4..<first + 8]))
    let isUnannounced = tag == Tag.pattern.rawValue && table.numbers(.patternSides) != [6, 6]
    if count == 36, isUnannounced || tag == Tag.kodakPattern.rawValue { table.overrunsPattern = true }
    guard Tag(rawValue: tag) != nil, table.values[tag] == nil else { return }
    let sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4]
    guard (1..<sizes.count).contains(type), (1...Self.mostValues).contains(count) else { return }
    let size = sizes[type]
    let place = size * count <= 4 ? nil : whole(entry[first + 8..<first + 12])
    guard let data = place.map({ bytes($0, size * count) }) ?? Array(entry[(first + 8)...].prefix(size * count)) else {
      return
    }
    table.values[tag] = stride(from: 0, to: data.count, by: size).map { number(data[$0..<$0 + size], type) }
  }

  private func number(_ bytes: ArraySlice<UInt8>, _ type: Int) -> Double {
    func signed(_ bytes: ArraySlice<UInt8>) -> Int { Int(Int32(truncatingIfNeeded: whole(bytes))) }
    let middle = bytes.startIndex + bytes.count / 2
    switch type {
    case 5, 10:
      let (above, below) = (bytes[..<middle], bytes[middle...])
      let (top, bottom) = type == 5 ? (whole(above), whole(below)) : (signed(above), signed(below))
      return bottom == 0 ? (top == 0 ? 0 : .infinity) : Double(top) / Double(bottom)
    case 6: return Double(Int8(truncatingIfNeeded: whole(bytes)))
    case 8: return Double(Int16(truncatingIfNeeded: whole(bytes)))
    case 9: return Double(signed(bytes))
    case 11: return finite(Double(Float(bitPattern: UInt32(truncatingIfNeeded: whole(bytes)))))
    case 12: return finite(Double(bitPattern: UInt64(truncatingIfNeeded: whole(bytes))))
    default: return Double(whole(bytes))
    }
  }

  private func finite(_ value: Double) -> Double { value.isFinite && abs(value) < 1e15 ? value : 0 }

  private func whole(_ bytes: ArraySlice<UInt8>) -> Int {
    let ordered = isLittleEndian ? Array(bytes.reversed()) : Array(bytes)
    return Int(truncatingIfNeeded: ordered.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }
}
