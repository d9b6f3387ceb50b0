import Base
import Foundation
import Imaging
import TestSupport
import Testing

/// Pictures that other programs wrote (`Fixtures/formats/generate.py`), and what is written here read again.
@Suite("Formats") struct FormatTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let file: String
    let expected: String
    let tolerance: Int
    let hasProfile: Bool
    let hasEXIF: Bool
    let hasXMP: Bool
    let word: String
    var testDescription: String { file }
  }

  static let folder = TestData.fixtures.appending(path: "formats")

  static let rows: [Row] = {
    let text = try? String(contentsOf: folder.appending(path: "files.tsv"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Row(
        file: fields[0], expected: fields[1], tolerance: Int(fields[2]) ?? 0, hasProfile: fields[3] == "1",
        hasEXIF: fields[4] == "1", hasXMP: fields[5] == "1", word: fields[6])
    }
  }()

  static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: folder.appending(path: name))) }

  /// Whether this machine has the library; a machine without it says so, which `missing` holds.
  static func canRead(_ name: String) -> Bool {
    ImageFile.Format(path: name).map { $0.reasonAgainstReading == nil } ?? false
  }

  @Test("the table is there") func table() { #expect(Self.rows.count > 70) }

  @Test("a picture of another program has the samples and the metadata that it was given", arguments: rows)
  func reads(row: Row) throws {
    guard Self.canRead(row.file) else { return }
    let bytes = try Self.bytes(row.file)
    let decoded = try ImageFile.decode(bytes, path: row.file)
    let image = decoded.image
    let header = try ImageFile.header(Self.folder.appending(path: row.file).path)
    #expect((image.width, image.height) == (37, 29))
    #expect((header.width, header.height) == (37, 29))
    #expect(header.layout == image.layout && header.bitDepth == image.bitDepth)
    #expect(decoded.faults == [], "\(decoded.faults)")
    if row.expected.hasSuffix(".f32") {
      let expected = try Self.bytes(row.expected).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      guard case .float(let values) = image.samples else { throw Unexpected(image.bitDepth) }
      #expect(values == expected)
    } else {
      let expected = try ImageFile.decode(Self.bytes(row.expected), path: row.expected).image
      let same = image.converted(to: expected.layout).withBitDepth(expected.bitDepth)
      #expect(image.bitDepth >= expected.bitDepth || row.tolerance > 0)
      #expect(same.distance(to: expected) <= row.tolerance)
    }
    #expect((image.metadata.iccProfile != nil) == row.hasProfile)
    #expect((image.metadata.exif != nil) == row.hasEXIF)
    #expect((image.metadata.xmp != nil) == row.hasXMP)
    #expect(
      row.word.isEmpty ? decoded.warnings == [] : decoded.warnings.contains { $0.contains(row.word) },
      "\(decoded.warnings)")
    if row.file == "pillow_metadata.tif" {
      let density = try #require(image.metadata.pixelsPerMetre)
      #expect(abs(density.horizontal * 0.0254 - 300) < 0.01 && abs(density.vertical * 0.0254 - 150) < 0.01)
    }
  }

  @Test(
    "what is written loses nothing where the format need not, and is told as what it is",
    arguments: ImageFile.Format.written)
  func written(format: ImageFile.Format) throws {
    // OpenEXR has alpha multiplied in and eight bits as halfs; `OpenEXRTests` has more of it.
    let losesAlways: Set<ImageFile.Format> = [.jpeg, .avif, .exr]
    for layout in [Image.Layout.gray, .grayAlpha, .rgb, .rgbAlpha] {
      for depth in [8, 16, 32] {
        var image = Pictures.pattern(layout, bitDepth: depth == 8 ? 8 : 16).withBitDepth(depth)
        // Floats of PFM are light: what is light already is kept as it is.
        if [.pfm, .exr].contains(format) { image.metadata.pngGamma = 100_000 }
        let fitted = image.fitted(to: format).image
        let decoded = try ImageFile.decode(ImageFile.encode(image, format: format), path: "x")
        #expect(decoded.format == format)
        #expect(decoded.warnings == [], "\(layout) \(depth) \(decoded.warnings)")
        #expect(
          decoded.image.layout == fitted.layout && decoded.image.bitDepth == fitted.bitDepth, "\(layout) \(depth)")
        guard !losesAlways.contains(format) else { continue }
        if depth == 32, case .float(let kept) = decoded.image.samples, case .float(let given) = fitted.samples {
          #expect(kept == given, "\(layout)")
        } else {
          #expect(decoded.image.values == fitted.values, "\(layout) \(depth)")
        }
      }
    }
  }

  @Test(
    "profile, EXIF, XMP and IPTC stay where a format has a place, and are named where it has none",
    arguments: ImageFile.Format.written)
  func metadata(format: ImageFile.Format) throws {
    var image = Pictures.shades(.rgb)
    image.metadata.iccProfile = try #require(
      ImageFile.decode(Self.bytes("colours_a98.png"), path: "a98").image.metadata.iccProfile)
    image.metadata.exif = Pictures.exif(orientation: 1)
    image.metadata.xmp = Array("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>".utf8)
    image.metadata.iptc = [0x1C, 2, 5, 0, 5] + Array("title".utf8)
    image.metadata.pixelsPerMetre = .init(horizontal: 11_811, vertical: 11_811)
    let holds = format.holds.metadata
    let losses = image.fitted(to: format).losses
    let read = try ImageFile.decode(ImageFile.encode(image, format: format), path: "x").image.metadata
    #expect((read.iccProfile == image.metadata.iccProfile) == holds.contains(.profile))
    // A TIFF file has EXIF in directories of its own.
    #expect(format == .tiff || (read.exif == image.metadata.exif) == holds.contains(.exif))
    #expect((read.xmp == image.metadata.xmp) == holds.contains(.xmp))
    #expect((read.iptc == image.metadata.iptc) == holds.contains(.iptc))
    #expect((read.pixelsPerMetre != nil) == holds.contains(.resolution))
    for (word, kind) in [
      ("EXIF", ImageFile.Format.Metadata.exif), ("XMP", .xmp), ("IPTC", .iptc), ("profile", .profile),
    ] {
      #expect(losses.contains { $0.contains(word) } == !holds.contains(kind), "\(word): \(losses)")
    }
  }

  @Test(
    "a smaller quality makes a smaller file; without one WebP and JPEG XL lose nothing",
    arguments: ImageFile.Format.written)
  func quality(format: ImageFile.Format) throws {
    guard [.jpeg, .webp, .avif, .jxl].contains(format) else { return }
    let image = Pictures.pattern(.rgb, bitDepth: 8, width: 64, height: 64)
    let sizes = try [10, 60, 95].map { try ImageFile.encode(image, format: format, encoding: .init(quality: $0)).count }
    #expect(sizes == sizes.sorted() && Set(sizes).count == 3, "\(sizes)")
  }

  @Test("every compression of TIFF is read again, and none is the largest", arguments: ImageFile.Compression.allCases)
  func compression(compression: ImageFile.Compression) throws {
    let image = Pictures.shades(.rgb, width: 200, height: 100)
    let bytes = try ImageFile.encode(image, format: .tiff, encoding: .init(compression: compression))
    #expect(try ImageFile.decode(bytes, path: "x").image.values == image.values)
    #expect((bytes.count > 60_000) == (compression == .none))
  }

  @Test(
    "a cut file is refused with the row, and kept on request where rows come in order",
    arguments: ImageFile.Format.written)
  func cut(format: ImageFile.Format) throws {
    var image = Pictures.noise(width: 101, height: 75).converted(to: .rgb)
    if [.pfm, .exr].contains(format) { image.metadata.pngGamma = 100_000 }
    let bytes = try ImageFile.encode(image, format: format)
    // The directory of a TIFF file stands behind its samples: damage there is damage of samples.
    let cut = Array(bytes.prefix(bytes.count * 6 / 10))
    let error = try #require(#expect(throws: ImageError.self) { try ImageFile.decode(cut, path: "x") })
    switch error {
    case .cutOff, .damaged: break
    default: throw Unexpected(error)
    }
    guard [.png, .jpeg, .webp, .bmp, .pnm, .pfm, .exr].contains(format) else { return }
    let kept = try ImageFile.decode(cut, path: "x", damaged: .keep)
    #expect(kept.faults.count == 1 && kept.image.width == 101, "\(kept.faults)")
  }

  @Test("samples of a TIFF file that are damaged are refused, and kept on request with the row")
  func damagedTIFF() throws {
    let name = "tifffile_strips.tif"
    var bytes = try Self.bytes(name)
    let whole = try ImageFile.decode(bytes, path: name).image.values
    for place in 2200..<2300 { bytes[place] ^= 0x55 }
    let error = try #require(#expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: name) })
    guard case .damaged(_, _, let row?, 29) = error, row > 0 else { throw Unexpected(error) }
    let kept = try ImageFile.decode(bytes, path: name, damaged: .keep)
    #expect(kept.faults.first?.hasPrefix("damaged at row \(row) of 29") == true, "\(kept.faults)")
    #expect(kept.image.values.prefix(row * 37 * 3) == whole.prefix(row * 37 * 3))
  }

  @Test("limits hold for every format, from the header", arguments: rows)
  func limits(row: Row) throws {
    guard Self.canRead(row.file) else { return }
    let bytes = try Self.bytes(row.file)
    let expected = ImageError.tooLarge(path: "x", width: 37, height: 29, limitPixels: 1_072, limitSide: 1_000_000)
    #expect(throws: expected) { try ImageFile.decode(bytes, path: "x", limits: ImageLimits(pixels: 1_072)) }
    #expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: "x", limits: ImageLimits(side: 36)) }
    let flag = CancelFlag()
    flag.set()
    #expect(throws: ImageError.cancelled(path: "x")) {
      try ImageFile.decode(bytes, path: "x", limits: .standard.heeding(flag))
    }
  }

  @Test("content decides, not the ending; what is none of the formats is named")
  func content() throws {
    try withTemporaryFolder { folder in
      for name in ["pillow_lossless.webp", "tifffile_tiles.tif", "pillow_rgb.bmp", "magick_p6.ppm"] {
        let path = folder.appending(path: "a.png").path
        try Data(Self.bytes(name)).write(to: URL(filePath: path))
        #expect(try ImageFile.kind(of: path) == .picture(try #require(ImageFile.Format(path: name))))
        #expect(try ImageFile.read(path).image.width == 37)
      }
    }
    for text in ["BMW is a maker of cars", "P65 is no bitmap", "RIFFxxxxWAVEfmt "] {
      let error = #expect(throws: ImageError.self) { try ImageFile.decode(Array(text.utf8), path: "x") }
      guard case .notAnImage? = error else { throw Unexpected(error as Any) }
    }
  }

  @Test("DNG under another name is named for what it is")
  func rawInTIFF() throws {
    let bytes = try Array(
      Data(contentsOf: TestData.packageRoot.appending(path: "Tests/Fuzz/corpus/raw/lossless_jpeg.dng")))
    let error = try #require(#expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: "x.tif") })
    #expect("\(error)".contains("camera raw"), "\(error)")
  }

  @Test("a format that this machine does not read or write says what is missing")
  func missing() {
    for format in ImageFile.Format.allCases {
      for reason in [format.reasonAgainstReading, format.reasonAgainstWriting].compactMap(\.self) {
        #expect(reason.contains("lib") || reason.contains("AVIF") || reason.contains("OpenEXR"), "\(format): \(reason)")
      }
    }
    #expect(ImageFile.Format.heic.reasonAgainstWriting != nil)
    #expect(throws: ImageError.self) { try ImageFile.encode(Pictures.shades(.rgb), format: .heic) }
  }

  /// In a process of its own, so that a crash is a failed test and memory is measured without other tests.
  @Test("mutated files of every format are read or refused, in time and memory")
  func mutations() async {
    await #expect(processExitsWith: .success) { try FormatMutants.check() }
  }
}

/// Sound files with a few bytes changed, by a seed.
private enum FormatMutants {
  private static let perFile = 32
  private static let limits = ImageLimits(
    pixels: 1 << 20, side: 1 << 16, fileBytes: 1 << 20, metadataBytes: 1 << 20, jpegScans: 100)

  static func check() throws {
    var read = 0
    var refused = 0
    for (number, row) in FormatTests.rows.enumerated() where FormatTests.canRead(row.file) {
      let sound = try FormatTests.bytes(row.file)
      for mutant in 0..<perFile {
        var random = UInt64(number * perFile + mutant) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ below: Int) -> Int {
          random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return Int(random >> 33) % below
        }
        var bytes = sound
        // Half of them are changed in front, where the structure is.
        let reach = mutant % 2 == 0 ? min(bytes.count, 400) : bytes.count
        for _ in 0...next(4) { bytes[next(reach)] = [0, 0xFF, UInt8(next(256)), 0x7F, 0x80][next(5)] }
        if mutant % 8 == 7 { bytes.removeLast(next(bytes.count)) }
        let before = try residentBytes(peak: false)
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        let start = clock()
        let policy: DamagePolicy = mutant % 4 == 3 ? .keep : .refuse
        do throws(ImageError) {
          let decoded = try ImageFile.decode(bytes, path: "x", limits: limits, damaged: policy)
          #expect(decoded.image.width * decoded.image.height <= limits.pixels)
          read += 1
        } catch {
          #expect(!error.description.contains { $0.isNewline }, "\(error)")
          refused += 1
        }
        let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
        let growth = try residentBytes(peak: true) - before
        #expect(seconds < 1, "\(row.file), mutant \(mutant)")
        #expect(growth < 256 << 20, "\(row.file), mutant \(mutant): \(growth >> 20) MB")
      }
    }
    #expect(read + refused >= 2_000 && read > 200 && refused > 200, "\(read) read, \(refused) refused")
  }

  private static func residentBytes(peak: Bool) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(peak ? "VmHWM" : "VmRSS") })
    return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
  }
}
