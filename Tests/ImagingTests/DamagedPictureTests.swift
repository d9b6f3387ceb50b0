import Foundation
import Imaging
import TestSupport
import Testing

/// Pictures that are cut off, damaged, or hide much work behind few bytes.
@Suite("Damaged pictures") struct DamagedPictureTests {
  private static let photo = Pictures.noise(width: 101, height: 75)

  private func error(_ bytes: [UInt8], limits: ImageLimits = .standard) throws -> ImageError {
    try #require(#expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: "x", limits: limits) })
  }

  /// A JPEG of noise, cut behind `share` of its bytes.
  private func cut(_ share: Double, of image: Image = photo) throws -> [UInt8] {
    let bytes = try ImageFile.encode(image, format: .jpeg)
    return Array(bytes.prefix(Int(Double(bytes.count) * share)))
  }

  @Test("a JPEG that is cut off is an error that tells the row, as a PNG is", arguments: [0.3, 0.5, 0.7, 0.9])
  func cutJPEG(share: Double) throws {
    guard case .cutOff("x", let row?, 75) = try error(cut(share)) else { throw Unexpected(try error(cut(share))) }
    // Noise takes as many bytes in each row of blocks; the header takes some too.
    #expect(row % 8 == 0 && abs(Double(row) - share * 75) < 12, "\(row)")
    #expect("\(try error(cut(share)))".hasPrefix("x: ends at row \(row) of 75"))
  }

  @Test("kept, it shows the rows that it has, and says where they end", arguments: ImageFile.Format.common)
  func kept(format: ImageFile.Format) throws {
    let bytes = try ImageFile.encode(Self.photo, format: format)
    let whole = try ImageFile.decode(bytes, path: "x").image.values
    let cut = Array(bytes.prefix(bytes.count * 7 / 10))
    guard case .cutOff(_, let row?, _) = try error(cut) else { throw Unexpected(try error(cut)) }
    let decoded = try ImageFile.decode(cut, path: "x", damaged: .keep)
    #expect(decoded.faults.count == 1 && decoded.faults[0].hasPrefix("ends at row \(row) of 75; "), "\(decoded.faults)")
    #expect(decoded.image.values.prefix((row - 1) * 101) == whole.prefix((row - 1) * 101))
    #expect(decoded.image.values.suffix(101).allSatisfy { $0 == 128 })
  }

  @Test("a file without a single row is an error, kept or not", arguments: ImageFile.Format.common)
  func nothingThere(format: ImageFile.Format) throws {
    let bytes = try ImageFile.encode(Self.photo, format: format)
    let start = try #require(
      bytes.indices.first { bytes[$0...].starts(with: format == .png ? Array("IDAT".utf8) : [0xFF, 0xDA]) })
    for damaged in DamagePolicy.allCases {
      #expect(throws: ImageError.self) {
        try ImageFile.decode(Array(bytes.prefix(start + 30)), path: "x", damaged: damaged)
      }
    }
  }

  @Test("a JPEG of which only the end mark is missing is whole, and that is told")
  func endMark() throws {
    let bytes = try ImageFile.encode(Self.photo, format: .jpeg)
    let decoded = try ImageFile.decode(Array(bytes.dropLast(2)), path: "x")
    #expect(decoded.warnings == ["the end mark is missing"])
    #expect(decoded.image.values == (try ImageFile.decode(bytes, path: "x").image.values))
  }

  @Test("an end mark in the middle is an error with the row, and none of the library's own words is shown")
  func falseEnd() throws {
    var bytes = try ImageFile.encode(Self.photo, format: .jpeg)
    let middle = bytes.count / 2
    bytes.replaceSubrange(middle..<middle + 2, with: [0xFF, 0xD9])
    let text = "\(try error(bytes))"
    #expect(text.contains("ends at row 32 of 75") || text.contains("ends at row 40 of 75"), "\(text)")
    #expect(!text.contains("Corrupt JPEG data"))
    let kept = try ImageFile.decode(bytes, path: "x", damaged: .keep)
    #expect(!kept.faults.isEmpty && !kept.faults.contains { $0.contains("Corrupt") || $0.contains("libjpeg") })
  }

  @Test("a progressive JPEG that lacks scans is refused, or kept with a word")
  func partialProgressive() throws {
    let path = TestData.fixtures.appending(path: "images/jpeg-decoder/partial_progressive.jpg").path
    let error = #expect(throws: ImageError.self) { try ImageFile.read(path) }
    #expect("\(try #require(error))".contains("part of every row is missing"))
    #expect(try ImageFile.read(path, damaged: .keep).faults.contains { $0.hasPrefix("ends within its scans") })
  }

  @Test("an interlaced PNG that is cut off shows what its passes have")
  func interlaced() throws {
    let path = TestData.fixtures.appending(path: "images/pngsuite/basi6a16.png")
    let bytes = [UInt8](try Data(contentsOf: path))
    let cut = Array(bytes.prefix(bytes.count * 8 / 10))
    guard case .cutOff("x", nil, 32) = try error(cut) else { throw Unexpected(try error(cut)) }
    #expect(try ImageFile.decode(cut, path: "x", damaged: .keep).faults.contains { $0.contains("pass") })
  }

  @Test(
    "210 bytes that declare millions of arithmetic-coded pixels are refused from the header", .shared("cases/inputs"))
  func arithmeticBomb() throws {
    let path = try #require(TestData.shared("cases/inputs/arithmetic_210_bytes.jpg")).path
    let error = #expect(throws: ImageError.self) { try ImageFile.header(path) }
    #expect("\(try #require(error))".contains("far too short for the sides it declares"))
  }

  @Test("a PNG of a few bytes that declares huge sides is refused from the header")
  func hopelessPNG() throws {
    let small = try ImageFile.encode(Pictures.pattern(.rgb, bitDepth: 8), format: .png)
    // IHDR of 15000 x 15000, RGB, with its checksum.
    let header = [0x00, 0x00, 0x3A, 0x98, 0x00, 0x00, 0x3A, 0x98, 8, 2, 0, 0, 0] as [UInt8]
    let bytes = Array(small.prefix(16)) + header + PNGChunk.checksum(Array("IHDR".utf8) + header) + small.dropFirst(33)
    #expect("\(try error(bytes))".contains("far too short for the sides it declares"))
  }

  @Test(
    "text of a PNG is skipped unseen: a limit that its inflated size would break holds, and its being there is told")
  func text() throws {
    let small = try ImageFile.encode(Pictures.pattern(.rgb, bitDepth: 8), format: .png)
    let bomb = PNGChunk.bytes("zTXt", Array("Comment\0\0".utf8) + PNGChunk.zeros(megabytes: 4))
    let xmp = PNGChunk.bytes("iTXt", Array("XML:com.adobe.xmp\0\0\0\0\0<x/>".utf8))
    let bytes = Array(small.prefix(33)) + [[UInt8]](repeating: bomb, count: 50).joined() + xmp + small.dropFirst(33)
    let decoded = try ImageFile.decode(bytes, path: "x", limits: ImageLimits(metadataBytes: 1 << 20))
    #expect(decoded.warnings == ["not carried into copies: text"])
    #expect(decoded.image.metadata.xmp == Array("<x/>".utf8))
    #expect(decoded.image.values == Pictures.pattern(.rgb, bitDepth: 8).values)
  }

  @Test("reading stops behind the last row: what follows is neither inflated nor searched")
  func behindTheLastRow() throws {
    let picture = Pictures.pattern(.gray, bitDepth: 8, width: 40, height: 3)
    let png = try ImageFile.encode(picture, format: .png)
    // The same rows, then 64 MB of zeros in the same stream of compressed samples.
    var rows: [UInt8] = []
    for y in 0..<3 { rows += [0] + picture.values[y * 40..<y * 40 + 40].map { UInt8($0) } }
    let stream = PNGChunk.bytes("IDAT", PNGChunk.stored(rows, thenZerosOfMegabytes: 64))
    let bytes = Array(png.prefix(33)) + stream + PNGChunk.bytes("IEND", [])
    let decoded = try ImageFile.decode(bytes, path: "x")
    #expect(decoded.image.values == picture.values)
    #expect(decoded.faults == ["more data behind the last row, which were not read"])

    var jpeg = Array(try ImageFile.encode(Self.photo, format: .jpeg).dropLast(2))
    let whole = try ImageFile.decode(jpeg, path: "x").image.values
    jpeg += [0] + [UInt8](repeating: 0x55, count: 1 << 20)
    #expect(try ImageFile.decode(jpeg, path: "x").image.values == whole)
  }

  @Test("the public cases: a cut JPEG ends as a cut PNG does", .shared("cases/pictures"))
  func publicCases() throws {
    let folder = try #require(TestData.shared("cases/pictures"))
    for (name, row) in [("p15_truncated.jpg", 32), ("p15_truncated.png", 40)] {
      let path = folder.appending(path: name).path
      #expect(throws: ImageError.cutOff(path: path, row: row, height: 75)) { try ImageFile.read(path) }
      #expect(try ImageFile.read(path, damaged: .keep).faults.contains { $0.hasPrefix("ends at row \(row) of 75") })
    }
  }
}

/// Chunks of PNG files (PNG, sections 5 and 15; RFC 1950, RFC 1951).
private enum PNGChunk {
  static func bytes(_ type: String, _ data: [UInt8]) -> [UInt8] {
    big(data.count) + Array(type.utf8) + data + checksum(Array(type.utf8) + data)
  }

  static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var value = ~UInt32(0)
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    return big(Int(~value))
  }

  /// A compressed stream of zeros, about a thousandth of their size: blocks of fixed codes, each with a zero and runs of 258.
  static func zeros(megabytes: Int) -> [UInt8] { [0x78, 0x01] + runs(megabytes) + [0, 0, 0, 0] }

  /// `rows` as they are, then zeros.
  static func stored(_ rows: [UInt8], thenZerosOfMegabytes megabytes: Int) -> [UInt8] {
    let (low, high) = (UInt8(rows.count & 255), UInt8(rows.count >> 8))
    return [0x78, 0x01, 0x00, low, high, ~low, ~high] + rows + runs(megabytes) + [0, 0, 0, 0]
  }

  private static func runs(_ megabytes: Int) -> [UInt8] {
    var (bytes, held, count): ([UInt8], UInt32, Int) = ([], 0, 0)
    func put(_ value: UInt32, _ bits: Int) {
      held |= value << UInt32(count)
      count += bits
      while count >= 8 {
        bytes.append(UInt8(held & 255))
        held >>= 8
        count -= 8
      }
    }
    put(1, 1)  // the last block
    put(1, 2)  // fixed codes
    put(0x0C, 8)  // a zero: 00110000, first bit first
    for _ in 0..<megabytes * (1 << 20) / 258 {
      put(0xA3, 8)  // length 258: 11000101
      put(0, 5)  // distance 1
    }
    put(0, 7)  // the end
    put(0, 7)
    return bytes
  }

  private static func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
}
