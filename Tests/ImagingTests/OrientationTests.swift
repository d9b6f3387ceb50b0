import Imaging
import Testing

@Suite("Orientation")
struct OrientationTests {
  /// Where EXIF says that stored row 0 and stored column 0 are in the upright picture (Exif 2.32, table of tag 274).
  static let sides: [(value: UInt8, row: String, column: String)] = [
    (1, "top", "left"), (2, "top", "right"), (3, "bottom", "right"), (4, "bottom", "left"),
    (5, "left", "top"), (6, "right", "top"), (7, "right", "bottom"), (8, "left", "bottom"),
  ]

  /// Where a stored pixel belongs in the upright picture, by the words of the table.
  static func place(_ stored: (x: Int, y: Int), _ sides: (row: String, column: String), width: Int, height: Int) -> (
    x: Int, y: Int
  ) {
    var (x, y) = (0, 0)
    for (side, distance, last) in [(sides.row, stored.y, height - 1), (sides.column, stored.x, width - 1)] {
      switch side {
      case "top": y = distance
      case "bottom": y = last - distance
      case "left": x = distance
      default: x = last - distance
      }
    }
    return (x, y)
  }

  @Test("every pixel goes where EXIF says", arguments: 0..<8, [8, 16])
  func pixels(index: Int, bitDepth: Int) throws {
    let (value, row, column) = Self.sides[index]
    let stored = Pictures.pattern(.rgb, bitDepth: bitDepth, width: 70, height: 41)  // more than one block
    let orientation = try #require(Orientation(rawValue: value))
    let upright = stored.upright(from: orientation)
    #expect((upright.width, upright.height) == (value >= 5 ? (41, 70) : (70, 41)))
    let (before, after) = (stored.values, upright.values)
    var misplaced = 0
    for y in 0..<41 {
      for x in 0..<70 {
        let to = Self.place((x, y), (row, column), width: 70, height: 41)
        for c in 0..<3 where after[(to.y * upright.width + to.x) * 3 + c] != before[(y * 70 + x) * 3 + c] {
          misplaced += 1
        }
      }
    }
    #expect(misplaced == 0)
  }

  @Test("files are read upright and their EXIF then says so", arguments: sides.map(\.value), ImageFile.Format.common)
  func files(value: UInt8, format: ImageFile.Format) throws {
    for bigEndian in [false, true] {
      // White in the stored top left quarter, black elsewhere.
      let samples = (0..<32 * 48).map { UInt8($0 % 48 < 24 && $0 / 48 < 16 ? 255 : 0) }
      var stored = Image(width: 48, height: 32, layout: .gray, samples: .eight(samples))
      stored.metadata.exif = Pictures.exif(orientation: value, bigEndian: bigEndian)
      stored.metadata.pixelsPerMetre = .init(horizontal: 10_000, vertical: 20_000)
      let decoded = try ImageFile.decode(ImageFile.encode(stored, format: format), path: "x")

      let (_, row, column) = Self.sides[Int(value) - 1]
      let expectsRight = row == "right" || column == "right"
      let expectsBottom = row == "bottom" || column == "bottom"
      let (width, height) = (decoded.image.width, decoded.image.height)
      #expect((width, height) == (value >= 5 ? (32, 48) : (48, 32)))
      for (x, y) in [(4, 4), (width - 5, 4), (4, height - 5), (width - 5, height - 5)] {
        let isWhite = (x > width / 2) == expectsRight && (y > height / 2) == expectsBottom
        #expect((decoded.image.value(x, y) > 128) == isWhite, "\(x) \(y)")
      }
      #expect(decoded.orientation.rawValue == value)
      #expect(decoded.image.metadata.exif == Pictures.exif(orientation: 1, bigEndian: bigEndian))
      let density = try #require(decoded.image.metadata.pixelsPerMetre)
      #expect((density.horizontal > density.vertical) == (value >= 5))
    }
  }

  @Test("EXIF follows the picture's sides in its place, and its thumbnail goes", arguments: [false, true])
  func exifSides(bigEndian: Bool) {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      return bigEndian ? bytes.reversed() : bytes
    }
    func entry(_ tag: Int, _ type: Int, _ value: Int) -> [UInt8] {
      let size = type == 3 ? 2 : 4
      return number(tag, 2) + number(type, 2) + number(1, 4) + number(value, size)
        + [UInt8](repeating: 0, count: 4 - size)
    }
    // IFD0 at 8 with the pointer to EXIF at 38 and IFD1 at 68.
    func block(_ width: Int, _ height: Int, next: Int) -> [UInt8] {
      Array((bigEndian ? "MM" : "II").utf8) + number(42, 2) + number(8, 4)
        + number(2, 2) + entry(256, 4, width) + entry(34_665, 4, 38) + number(next, 4)
        + number(2, 2) + entry(40_962, 3, width) + entry(40_963, 4, height) + number(0, 4)
        + number(0, 2) + number(0, 4)
    }
    var metadata = ImageMetadata()
    metadata.exif = block(100, 70, next: 68)
    let had = metadata.fit(width: 200, height: 140)
    #expect(had && metadata.exif == block(200, 140, next: 0))
    let (kept, again) = (metadata.exif, metadata.fit(width: 200, height: 140))
    #expect(!again && metadata.exif == kept)
    for count in 0..<68 {
      var cut = ImageMetadata()
      cut.exif = Array(block(100, 70, next: 68).prefix(count))
      _ = cut.fit(width: 1 << 20, height: 9)
      #expect(cut.exif?.count == count)
    }
  }

  @Test(
    "broken EXIF leaves the pixels as they are and is kept as it is",
    arguments: [
      [1], Array("II".utf8), Array("II*\0".utf8), Array("II*\0".utf8) + [255, 255, 255, 255],
      Array("II*\0".utf8) + [8, 0, 0, 0, 255, 255], Pictures.exif(orientation: 0), Pictures.exif(orientation: 9),
      Array(Pictures.exif(orientation: 6).prefix(18)), Array("XX*\0".utf8) + Pictures.exif(orientation: 6).dropFirst(4),
    ] as [[UInt8]])
  func brokenExif(exif: [UInt8]) throws {
    var image = Pictures.shades(.gray)
    image.metadata.exif = exif
    let decoded = try ImageFile.decode(ImageFile.encode(image, format: .jpeg), path: "x")
    #expect(decoded.orientation == .upright)
    #expect(decoded.image.width == image.width)
  }
}
