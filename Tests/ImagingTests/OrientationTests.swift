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

  @Test("files are read upright and their EXIF then says so", arguments: sides.map(\.value), ImageFile.Format.allCases)
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
