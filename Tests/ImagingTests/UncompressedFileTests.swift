import Imaging
import Testing

@Suite("bitmaps and plain TIFF files")
struct UncompressedFileTests {
  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// A bitmap; rows from the bottom unless `isTopDown`.
  private static func bitmap(
    width: Int, height: Int, bits: Int, palette: [[UInt8]] = [], isTopDown: Bool = false, row: (Int) -> [UInt8]
  ) -> [UInt8] {
    let start = 54 + palette.count * 4
    var bytes = Array("BM".utf8) + little(0, 8) + little(start, 4) + little(40, 4) + little(width, 4)
    bytes += little(isTopDown ? -height : height, 4) + little(1, 2) + little(bits, 2) + little(0, 16)
    bytes += little(palette.count, 4) + little(0, 4)
    bytes += palette.flatMap { [$0[2], $0[1], $0[0], 0] }
    for y in isTopDown ? Array(0..<height) : (0..<height).reversed() {
      let samples = row(y)
      bytes += samples + [UInt8](repeating: 0, count: (4 - samples.count % 4) % 4)
    }
    return bytes
  }

  /// A TIFF file with one directory in front of its strips.
  private static func tiff(
    width: Int, height: Int, channels: Int, bits: Int, rowsPerStrip: Int, isBigEndian: Bool = false,
    compression: Int = 1, samples: [UInt8]
  ) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      isBigEndian ? little(value, count).reversed() : little(value, count)
    }
    let stripCount = (height + rowsPerStrip - 1) / rowsPerStrip
    let rowBytes = width * channels * bits / 8
    let isPacked = compression == 32773
    let plainCounts = (0..<stripCount).map { min(rowsPerStrip, height - $0 * rowsPerStrip) * rowBytes }
    let counts = isPacked ? [samples.count] : plainCounts
    let directory = 8
    let extra = directory + 2 + 10 * 12 + 4
    let offsetsAt = extra + 6
    let countsAt = offsetsAt + 4 * stripCount
    let start = countsAt + 4 * stripCount
    func entry(_ tag: Int, _ type: Int, _ values: [Int], at place: Int? = nil) -> [UInt8] {
      let size = type == 3 ? 2 : 4
      let head = number(tag, 2) + number(type, 2) + number(values.count, 4)
      if let place, values.count * size > 4 { return head + number(place, 4) }
      let body = values.flatMap { number($0, size) }
      return head + body + [UInt8](repeating: 0, count: 4 - body.count)
    }
    var offsets: [Int] = []
    var next = start
    for count in counts {
      offsets.append(next)
      next += count
    }
    var bytes = isBigEndian ? Array("MM\0*".utf8) : Array("II*\0".utf8)
    bytes += number(directory, 4) + number(10, 2)
    bytes += entry(256, 3, [width]) + entry(257, 3, [height])
    bytes += entry(258, 3, Array(repeating: bits, count: channels), at: extra)
    bytes += entry(259, 3, [compression]) + entry(262, 3, [channels == 1 ? 1 : 2])
    bytes += entry(273, 4, offsets, at: offsetsAt) + entry(277, 3, [channels]) + entry(278, 3, [rowsPerStrip])
    bytes += entry(279, 4, counts, at: countsAt) + entry(284, 3, [1]) + number(0, 4)
    bytes += Array(repeating: bits, count: 3).flatMap { number($0, 2) }
    bytes += offsets.flatMap { number($0, 4) } + counts.flatMap { number($0, 4) }
    return bytes + samples
  }

  private static let grays: [[UInt8]] = (0..<256).map { [UInt8($0), UInt8($0), UInt8($0)] }

  @Test("a bitmap with a gray palette is gray, its rows from the bottom up or the top down", arguments: [false, true])
  func grayBitmap(isTopDown: Bool) throws {
    let file = Self.bitmap(width: 5, height: 3, bits: 8, palette: Self.grays, isTopDown: isTopDown) { y in
      (0..<5).map { UInt8(10 * y + $0) }
    }
    let image = try #require(try UncompressedFile.decode(file, path: "a.bmp"))
    #expect(image.layout == .gray)
    #expect(image.values == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24])
  }

  @Test("colours of a bitmap come as red, green, blue, from a palette or as they are")
  func colourBitmap() throws {
    let named = Self.bitmap(width: 2, height: 1, bits: 8, palette: [[1, 2, 3], [200, 100, 50]]) { _ in [1, 0] }
    #expect(try UncompressedFile.decode(named, path: "a.bmp")?.values == [200, 100, 50, 1, 2, 3])
    let plain = Self.bitmap(width: 1, height: 2, bits: 24) { [UInt8($0), 20, 30] }
    #expect(try UncompressedFile.decode(plain, path: "a.bmp")?.values == [30, 20, 0, 30, 20, 1])
  }

  @Test(
    "TIFF of both byte orders, gray and colour, 8 and 16 bits, in several strips", arguments: [false, true], [1, 3])
  func tiffs(isBigEndian: Bool, channels: Int) throws {
    let samples = (0..<4 * 5 * channels).map { UInt8(7 * $0 % 256) }
    let eight = Self.tiff(
      width: 4, height: 5, channels: channels, bits: 8, rowsPerStrip: 2, isBigEndian: isBigEndian, samples: samples)
    let image = try #require(try UncompressedFile.decode(eight, path: "a.tif"))
    #expect(image.layout == (channels == 1 ? .gray : .rgb))
    #expect(image.values == samples.map(Int.init))
    let bytes = samples.flatMap { (high: UInt8) -> [UInt8] in isBigEndian ? [high, 3] : [3, high] }
    let sixteen = Self.tiff(
      width: 4, height: 5, channels: channels, bits: 16, rowsPerStrip: 5, isBigEndian: isBigEndian, samples: bytes)
    #expect(try UncompressedFile.decode(sixteen, path: "a.tif")?.values == samples.map { Int($0) * 256 + 3 })
  }

  @Test("TIFF in PackBits: bytes as they are, repeated ones, and a byte that stands for nothing")
  func packedTIFF() throws {
    // 250 repeats 7 times, 2 is three bytes as they are, 128 nothing; what is beyond the strip is left aside.
    let packed: [UInt8] = [250, 9, 128, 2, 1, 2, 3, 247, 4]
    let file = Self.tiff(
      width: 4, height: 5, channels: 1, bits: 8, rowsPerStrip: 5, compression: 32773, samples: packed)
    let image = try #require(try UncompressedFile.decode(file, path: "packed.tif"))
    #expect(image.values == [Int](repeating: 9, count: 7) + [1, 2, 3] + [Int](repeating: 4, count: 10))
    for wrong: [UInt8] in [[250, 9], [127, 1, 2], [250], []] {
      let cut = Self.tiff(
        width: 4, height: 5, channels: 1, bits: 8, rowsPerStrip: 5, compression: 32773, samples: wrong)
      #expect(throws: ImageError.self) { try UncompressedFile.decode(cut, path: "cut.tif") }
    }
  }

  @Test("a file that is cut anywhere is an error, and so is one that says too much of itself")
  func damage() throws {
    let bitmap = Self.bitmap(width: 5, height: 3, bits: 8, palette: Self.grays) { _ in [9, 9, 9, 9, 9] }
    let tiff = Self.tiff(
      width: 4, height: 5, channels: 3, bits: 8, rowsPerStrip: 2, samples: [UInt8](repeating: 5, count: 60))
    for file in [bitmap, tiff] {
      for count in 4..<file.count {
        #expect(throws: ImageError.self, "\(count) bytes") {
          try UncompressedFile.decode(Array(file[..<count]), path: "cut")
        }
      }
      // Every byte wrong in turn: a picture or an error, nothing worse.
      for place in 2..<file.count {
        for value: UInt8 in [0, 255, 128] {
          var wrong = file
          wrong[place] = value
          do throws(ImageError) { _ = try UncompressedFile.decode(wrong, path: "wrong") } catch { continue }
        }
      }
    }
    let huge = Self.bitmap(width: 60_000, height: 60_000, bits: 24) { _ in [] }
    let error = #expect(throws: ImageError.self) { try UncompressedFile.decode(huge, path: "huge.bmp") }
    guard case .tooLarge(_, 60_000, 60_000, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let packed = Self.tiff(
      width: 4, height: 5, channels: 1, bits: 8, rowsPerStrip: 5, compression: 5,
      samples: [UInt8](repeating: 5, count: 20))
    #expect(throws: ImageError.self) { try UncompressedFile.decode(packed, path: "lzw.tif") }
    #expect(try UncompressedFile.decode(Array("hello".utf8), path: "text")?.width == nil)
  }
}
