import Base
import Foundation
import Imaging
import TestSupport
import Testing

/// Camera raw files that are damaged, lie, or are of another kind; each made here from one that is sound.
@Suite("Camera raw: damage, kinds, hot photosites") struct RawDamageTests {
  private static let (width, height) = (256, 192)

  /// A smooth scene with noise, as every exposure has it.
  private static func samples(_ change: (_ x: Int, _ y: Int) -> UInt16? = { _, _ in nil }) -> [UInt16] {
    var state: UInt64 = 7
    return (0..<width * height).map { place in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (x, y) = (place % width, place / width)
      return change(x, y) ?? UInt16(1500 + 20 * x + 10 * y + Int(state >> 56) % 60)
    }
  }

  private static func dng(
    _ storage: DNG.Storage = .plain, tags: [Int: DNG.Value] = [:], _ samples: [UInt16] = samples()
  ) -> DNG {
    DNG(width: width, height: height, filters: .rggb, storage: storage, tags: tags, samples: samples)
  }

  private func read(_ bytes: [UInt8], damaged: DamagePolicy = .refuse) throws -> SensorMosaic {
    let url = FileManager.default.temporaryDirectory.appending(path: "grl-\(UUID().uuidString).dng")
    try Data(bytes).write(to: url)
    defer { unlink(url.path) }
    return try RawFile.read(url.path, damaged: damaged)
  }

  private func told(_ mosaic: SensorMosaic) -> [String] { Array(mosaic.warnings.dropFirst()) }

  private func refusal(_ bytes: [UInt8]) throws -> String {
    "\(try #require(#expect(throws: ImageError.self) { try read(bytes) }))"
  }

  @Test("unpacking that nobody wants any more ends in the middle, without a sign of work meanwhile")
  func cancelled() throws {
    // 48 megapixels of 12 bits, all zero and not stored: unpacking takes long.
    let url = FileManager.default.temporaryDirectory.appending(path: "grl-\(UUID().uuidString).dng")
    defer { unlink(url.path) }
    let (width, height) = (8000, 6000)
    let sound = DNG(
      width: 2, height: 2, filters: .rggb, storage: .plain,
      tags: [
        256: .longs(width), 257: .longs(height), 258: .shorts(12), 278: .longs(height),
        279: .longs(width * height * 3 / 2),
      ], samples: [0, 0, 0, 0])
    try Data(sound.bytes).write(to: url)
    try #require(truncate(url.path, off_t(sound.pieces[0].lowerBound + width * height * 3 / 2)) == 0)
    var looks = 0
    // On a machine with much else to do the flag may come too late.
    for _ in 0..<10 where looks != 1 {
      let flag = CancelFlag()
      Thread.detachNewThread {
        while flag.lookCount == 0 { usleep(100) }
        flag.set()
      }
      do { _ = try RawFile.read(url.path, limits: .standard.heeding(flag), damaged: .keep) } catch {
        #expect(error == .cancelled(path: url.path))
        looks = flag.lookCount
      }
    }
    // It looks once before and once behind.
    #expect(looks == 1)
  }

  @Test(
    "sound samples come back as they are, however they are stored",
    arguments: [DNG.Storage.plain, .lossless, .tiles(32)])
  func sound(storage: DNG.Storage) throws {
    let mosaic = try read(Self.dng(storage).bytes)
    #expect(mosaic.samples == Self.samples())
    #expect(told(mosaic) == [])
  }

  /// What is done to a file whose samples are losslessly compressed, and what the refusal says.
  private static let compressed: [(name: String, words: String, damage: @Sendable (DNG) -> [UInt8])] = [
    ("no start mark", "does not begin", { zeroed($0, 0, 2) }),
    ("its first 64 bytes zero", "does not begin", { zeroed($0, 0, 64) }),
    ("all of it zero", "does not begin", { zeroed($0, 0, $0.pieces[0].count) }),
    ("its second half zero", "of the sensor's 192", { zeroed($0, $0.pieces[0].count / 2, $0.pieces[0].count) }),
    ("cut at 10 percent", "ends too early", { cut($0, 10) }), ("cut at 50 percent", "ends too early", { cut($0, 50) }),
    ("cut at 90 percent", "ends too early", { cut($0, 90) }),
  ]

  private static func zeroed(_ dng: DNG, _ from: Int, _ to: Int) -> [UInt8] {
    var bytes = dng.bytes
    for place in dng.pieces[0].lowerBound + from..<dng.pieces[0].lowerBound + to { bytes[place] = 0 }
    return bytes
  }

  private static func cut(_ dng: DNG, _ percent: Int) -> [UInt8] {
    Array(dng.bytes.prefix(dng.pieces[0].lowerBound + dng.pieces[0].count * percent / 100))
  }

  @Test("damaged lossless JPEG is refused, never a black or striped picture", arguments: 0..<7)
  func damagedLossless(number: Int) throws {
    let (name, words, damage) = Self.compressed[number]
    let text = try refusal(damage(Self.dng(.lossless)))
    #expect(text.contains(words), "\(name): \(text)")
    #expect(!text.contains("Input/output error"))
  }

  @Test("a half that is gone is told with its share and its rows, and what is there can be kept")
  func half() throws {
    let bytes = Self.zeroed(
      Self.dng(.lossless), Self.dng(.lossless).pieces[0].count / 2, Self.dng(.lossless).pieces[0].count)
    let text = try refusal(bytes)
    let numbers = text.matches(of: /(\d+)\.\d % of the samples are missing or guessed, in rows (\d+) to 191/)
    let match = try #require(numbers.first, "\(text)")
    #expect(try abs(#require(Int(match.1)) - 50) < 5 && abs(#require(Int(match.2)) - 96) < 10)
    let kept = try read(bytes, damaged: .keep)
    #expect(kept.samples.prefix(80 * Self.width) == Self.samples().prefix(80 * Self.width))
    #expect(told(kept).contains { $0.contains("% of the samples are missing or guessed") })
  }

  @Test("one damaged tile of many is told with share and rows, more of them are refused")
  func tiles() throws {
    let dng = Self.dng(.tiles(32))
    var bytes = dng.bytes
    func wreck(_ tile: Int) { for place in dng.pieces[tile].dropFirst(100) { bytes[place] = 0 } }
    wreck(10)
    let mosaic = try read(bytes)
    let line = try #require(told(mosaic).first)
    #expect(line.hasPrefix("the compressed samples of tile 11 of 48 make no sense: "), "\(line)")
    #expect(
      line.hasSuffix(": 2.1 % of the samples are missing or guessed, in rows 32 to 63 of the sensor's 192"), "\(line)")
    wreck(20)
    #expect(try refusal(bytes).contains("of the samples are missing or guessed"))
  }

  /// Tags that lie about where or what the samples are.
  private static let lies: [(name: String, words: String, storage: DNG.Storage, tags: [Int: DNG.Value])] = [
    ("compression 7 over plain samples", "does not begin", .plain, [259: .shorts(7)]),
    ("one bit", "samples of 1 bit", .plain, [258: .shorts(1)]),
    ("no bits", "samples of 0 bits", .plain, [258: .shorts(0)]),
    ("eight bits", "too many", .plain, [258: .shorts(8)]), ("strip at 0", "at byte 0", .plain, [273: .longs(0)]),
    ("strip outside", "behind the end of the file", .plain, [273: .longs(0xFFFF_FFFF)]),
    ("strip in the directory", "which cannot be", .plain, [273: .longs(12)]),
    ("a length of nothing", "with a length of 0", .plain, [279: .longs(0)]),
    ("a length too short", "too few", .plain, [279: .longs(1000)]),
    ("a length beyond the end", "ends too early", .plain, [279: .longs(100_000)]),
    ("half the tiles", "where the picture has 48", .tiles(32), [324: .longs(9999, 9999), 325: .longs(9, 9)]),
  ]

  @Test("strips and tiles whose places, lengths or bits lie are refused", arguments: 0..<11)
  func lyingStrips(number: Int) throws {
    let (name, words, storage, tags) = Self.lies[number]
    let text = try refusal(Self.dng(storage, tags: tags).bytes)
    #expect(text.contains(words), "\(name): \(text)")
  }

  @Test(
    "levels and colours that make no sense are replaced, and that is told",
    arguments: [
      (50_717, DNG.Value.longs(0), "the file's white level 0 makes no sense; 65535 is taken"),
      (50_717, .longs(0xFFFF_FFFF), "the file's white level 4294967295 makes no sense; 65535 is taken"),
      (50_714, .longs(0xFFFF_FFFF), "the file's black level 4294967295 makes no sense; 0 is taken"),
      (50_721, .rationals([Double](repeating: 0, count: 9), signed: true), "the file's colour matrix holds only zeros"),
    ])
  func replacedTags(tag: Int, value: DNG.Value, words: String) throws {
    let mosaic = try read(Self.dng(tags: [tag: value]).bytes)
    #expect(told(mosaic).contains { $0.hasPrefix(words) }, "\(mosaic.warnings)")
  }

  @Test("a mosaic of one value, whole rows of one, and blocks of one are damage; a few are told")
  func constant() throws {
    #expect(try refusal(Self.dng(.plain, Self.samples { _, _ in 3000 }).bytes).contains("all samples are the same"))
    #expect(try refusal(Self.dng(.plain, Self.samples { _, _ in 0 }).bytes).contains("all samples are the same"))
    let lower = try refusal(Self.dng(.plain, Self.samples { _, y in y >= 150 ? 0 : nil }).bytes)
    #expect(
      lower.contains("21.9 % of the samples are missing or guessed, in rows 150 to 191 of the sensor's 192"), "\(lower)"
    )
    let block = try refusal(Self.dng(.plain, Self.samples { x, y in x < 64 && y >= 96 ? 700 : nil }).bytes)
    #expect(block.contains("12.5 %") && block.contains("in rows 96 to 191"), "\(block)")
    let few = try read(Self.dng(.plain, Self.samples { _, y in [7, 90, 91].contains(y) ? 0 : nil }).bytes)
    #expect(told(few) == ["1.6 % of the samples are missing or guessed, in rows 7, 90 to 91 of the sensor's 192"])
  }

  @Test("what is burnt out is not damage, and neither is a shallow sky")
  func burntOut() throws {
    let sky = Self.samples { _, y in y < 60 ? 16_383 : nil }
    #expect(try told(read(Self.dng(.plain, sky).bytes)) == [])
    // A step of one in each cell is enough of a picture.
    let flat = Self.samples { x, y in y < 60 ? (x % 50 == 0 ? 3001 : 3000) : nil }
    #expect(try told(read(Self.dng(.plain, flat).bytes)) == [])
  }

  @Test(
    "other kinds are named for what they are, with advice for a raw file",
    arguments: [
      ([262: DNG.Value.shorts(34_892), 277: .shorts(3)], "a linear DNG"),
      ([339: .shorts(3), 258: .shorts(32)], "floating-point"),
      ([33_421: .shorts(6, 6), 33_422: .bytes([UInt8](repeating: 1, count: 36))], "an X-Trans mosaic"),
      (
        [33_421: .shorts(4, 4), 33_422: .bytes([0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2])], "a quad Bayer mosaic"
      ), ([33_421: .shorts(2, 4), 33_422: .bytes([0, 1, 2, 1, 0, 1, 2, 1])], "a mosaic of 4 x 2 photosites"),
    ])
  func kinds(tags: [Int: DNG.Value], words: String) throws {
    let text = try refusal(Self.dng(tags: tags).bytes)
    #expect(text.contains(words) && text.contains("raw converter"), "\(text)")
    #expect(!text.contains("8-bit JPEG"))
  }

  @Test(
    "a colour pattern at which LibRaw writes past its own is refused before LibRaw sees it",
    arguments: [
      [33_422: DNG.Value.bytes([UInt8](repeating: 1, count: 36))],
      [33_421: .shorts(6, 5), 33_422: .bytes([UInt8](repeating: 1, count: 36))],
      [64_777: .bytes([UInt8](repeating: 1, count: 36))],
    ])
  func unannouncedPattern(tags: [Int: DNG.Value]) throws {
    let bytes = Self.dng(tags: tags).bytes
    #expect(try refusal(bytes).contains("colour pattern of 36 entries"))
    // Whoever wrote the file: ORF and others have numbers of their own in the place of TIFF's 42.
    #expect(try refusal(bytes[..<2] + [0x52, 0x4F] + bytes[4...]).contains("colour pattern of 36 entries"))
  }

  // MARK: Hot photosites

  private static let hot = [
    (3, 4), (40, 41), (41, 60), (100, 101), (177, 33), (255, 100), (0, 9), (130, 191), (200, 150),
  ]

  @Test("hot photosites are replaced by what is around them, and counted")
  func hotPhotosites() throws {
    let clean = Self.samples()
    let samples = Self.samples { x, y in Self.hot.contains { $0 == (x, y) } ? 16_000 : nil }
    let mosaic = try read(Self.dng(.plain, samples).bytes)
    #expect(told(mosaic) == ["9 hot photosites replaced by their neighbours"])
    for (x, y) in Self.hot {
      let place = y * Self.width + x
      #expect(abs(Int(mosaic.samples[place]) - Int(clean[place])) < 120, "\(x),\(y)")
    }
    let others = mosaic.samples.indices.filter { place in
      !Self.hot.contains { $0 == (place % Self.width, place / Self.width) }
    }
    #expect(others.allSatisfy { mosaic.samples[$0] == samples[$0] })
  }

  @Test("stars as lenses draw them, lines, edges and corners stay as they are", arguments: [0.5, 0.7, 1.0, 1.5])
  func stars(sigma: Double) throws {
    let sky = Self.samples { x, y in
      var light = 0.0
      // Stars at every place between photosites, each with its own colour.
      for number in 0..<20 {
        let (column, row) = (10 + 12 * number, 20 + 7 * number)
        let (dx, dy) = (Double(x - column) - Double(number % 5) * 0.2, Double(y - row) - Double(number % 4) * 0.25)
        let colour = ColourFilterArray.rggb.channel(y: y, x: x)
        let shares = [[1, 1, 1], [1, 0.6, 0.4], [0.4, 0.7, 1], [0.8, 1, 0.8]][number % 4]
        light += 9000 * shares[colour] * exp(-(dx * dx + dy * dy) / (2 * sigma * sigma))
      }
      return UInt16(700 + light + Double((x * 7 + y * 13) % 11))
    }
    #expect(try read(Self.dng(.plain, sky).bytes).samples == sky)
    let drawn = Self.samples { x, y in
      let isWhite = x == 50 || y == 60 || x == y || (100..<140).contains(x) && (100..<130).contains(y)
      return UInt16((isWhite ? 12_000 : 900) + (x * 7 + y * 13) % 11)
    }
    #expect(try read(Self.dng(.plain, drawn).bytes).samples == drawn)
  }

  @Test(
    "nothing changes in photographs where nothing is hot",
    arguments: ["kitten", "wall_text", "circuit_board", "row_houses", "torii_gates"])
  func photographs(name: String) throws {
    let image = try ImageFile.read(TestData.packageRoot.appending(path: "Samples/\(name).png").path).image
    let colours = image.floats(.rgb)
    let dng = DNG(width: image.width, height: image.height, filters: .grbg) { x, y, channel in
      let value = colours[(y * image.width + x) * 3 + channel]
      return value <= 0.04045 ? value / 12.92 : powf((value + 0.055) / 1.055, 2.4)
    }
    let mosaic = try read(dng.bytes)
    #expect(told(mosaic) == [])
  }

  private static let colourChart = "data/raw/colorchart_canon_kissx4_1734x1156_rggb.dng"

  @Test("a real camera's few hot photosites are found, and nothing else is told", .shared(colourChart))
  func realCamera() throws {
    let mosaic = try RawFile.read(#require(TestData.shared(Self.colourChart)).path)
    let line = try #require(told(mosaic).first)
    let count = try #require(line.split(separator: " ").first.flatMap { Int($0) })
    #expect(
      (8...20).contains(count) && line.hasSuffix("hot photosites replaced by their neighbours")
        && told(mosaic).count == 1)
  }

  /// The shared cases: file, words of the refusal; nil where a picture is made.
  private static let cases: [(file: String, words: String?)] = [
    ("r00_plain", nil), ("r02_linear", "a linear DNG"), ("r03_xtrans", "an X-Trans mosaic"), ("r04_hot", nil),
    ("r07_float", "a floating-point DNG"), ("r09_orient6", nil), ("r10_denoise", nil),
  ]

  @Test("the public cases get their verdicts", .shared("cases/pictures"))
  func publicCases() throws {
    let folder = try #require(TestData.shared("cases/pictures"))
    for (file, words) in Self.cases {
      let path = folder.appending(path: file + ".dng").path
      if let words {
        let error = #expect(throws: ImageError.self) { try RawFile.read(path) }
        #expect("\(try #require(error))".contains(words))
      } else {
        _ = try RawFile.read(path)
      }
    }
    let clean = try RawFile.read(folder.appending(path: "r00_plain.dng").path)
    let hot = try RawFile.read(folder.appending(path: "r04_hot.dng").path)
    #expect(told(hot) == ["25 hot photosites replaced by their neighbours"])
    // 25 photosites of 1023 before; what stands there now is near what was there.
    #expect(zip(clean.samples, hot.samples).filter { $0 != $1 }.count <= 25)
    #expect(zip(clean.samples, hot.samples).allSatisfy { abs(Int($0) - Int($1)) < 80 })
  }
}
