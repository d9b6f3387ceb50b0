import Foundation
import Imaging
import TestSupport
import Testing

/// EXIF between files, and what a result's file says of its making.
@Suite struct MetadataTests {
  private static func fixture(_ name: String) throws -> Image {
    try ImageFile.read(TestData.packageRoot.appending(path: "Tests/Fixtures/formats/" + name).path).image
  }

  /// Numbers and texts of the first, the EXIF and the GPS directory, by tag.
  private static func facts(_ block: [UInt8]) throws -> [Int: [Int]] {
    let isBig = block.starts(with: Array("MM".utf8))
    func number(_ place: Int, _ count: Int) throws -> Int {
      let bytes = Array(try #require(place >= 0 && place + count <= block.count ? block[place..<place + count] : nil))
      return (isBig ? bytes : bytes.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    var facts: [Int: [Int]] = [:]
    var waiting = [try number(4, 4)]
    while let start = waiting.popLast() {
      var last = -1
      for entry in 0..<(try number(start, 2)) {
        let place = start + 2 + entry * 12
        let (tag, type, count) = (try number(place, 2), try number(place + 2, 2), try number(place + 4, 4))
        #expect(tag > last, "tags rise")
        last = tag
        let parts = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8][type] * count
        let size = type == 3 ? 2 : [4, 5, 9, 10].contains(type) ? 4 : 1
        let from = parts <= 4 ? place + 8 : try number(place + 8, 4)
        let values = try (0..<parts / size).map { try number(from + $0 * size, size) }
        if [34_665, 34_853].contains(tag) { waiting += values } else { facts[tag] = values }
      }
    }
    return facts
  }

  private static func text(_ values: [Int]?) -> String? {
    values.map { String(decoding: $0.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self) }
  }

  private static func checkShot(_ exif: [UInt8]?) throws {
    let facts = try facts(try #require(exif))
    #expect(text(facts[271]) == "Maker" && text(facts[272]) == "Model 5" && text(facts[315]) == "Ada")
    #expect(facts[33_434] == [1, 250] && facts[33_437].map { Double($0[0]) / Double($0[1]) } == 2.8)
    #expect(facts[34_855] == [400] && text(facts[36_867]) == "2026:11:30 12:34:50")
    #expect(text(facts[42_036]) == "Lens 24-70" && text(facts[1]) == "N" && facts[2]?.count == 6)
  }

  @Test("EXIF of a TIFF file, GPS too, is kept in every format that holds it, that of a JPEG file in TIFF")
  func exif() throws {
    for name in ["exif_little.tif", "exif_big.tif", "exif_bigtiff.tif", "pillow_exif.jpg"] {
      let image = try Self.fixture(name)
      try Self.checkShot(image.metadata.exif)
      for format in ImageFile.Format.written where format.holds.metadata.contains(.exif) {
        let again = try ImageFile.decode(ImageFile.encode(image, format: format), path: "x")
        try Self.checkShot(again.image.metadata.exif)
        let note = image.fitted(to: format).losses.first { $0.contains("maker's note") }
        #expect((note != nil) == (format == .tiff && name.hasSuffix("jpg")), "\(name) \(format)")
      }
    }
    let directory = TestData.packageRoot.appending(path: "Tests/Fixtures/formats/exif_little.tif").path
    #expect(try ImageFile.read(directory).warnings.contains { $0.contains("the maker's note of EXIF") })
  }

  /// Data sets of a record, by number, as exiftool wrote them.
  private static func iptcTexts(_ record: [UInt8]?) throws -> [UInt8: [String]] {
    let record = try #require(record)
    var texts: [UInt8: [String]] = [:]
    var place = 0
    while place < record.count {
      #expect(record[place] == 0x1C && record[place + 1] == 2)
      let count = Int(record[place + 3]) << 8 | Int(record[place + 4])
      texts[record[place + 2], default: []].append(
        String(decoding: record[place + 5..<place + 5 + count], as: UTF8.self))
      place += 5 + count
    }
    return texts
  }

  @Test(
    "IPTC of other programs' JPEG and TIFF files comes out whole in both, and is named where there is no place",
    arguments: [
      "iptc_exiftool.jpg", "iptc_little.tif", "iptc_big.tif", "iptc_magick.tif", "iptc_magick_big.tif",
      "iptc_photoshop.tif",
    ])
  func iptc(name: String) throws {
    let path = TestData.packageRoot.appending(path: "Tests/Fixtures/formats/" + name).path
    let read = try ImageFile.read(path)
    #expect(read.warnings.contains { $0.contains("Photoshop's image resources") } == (name == "iptc_photoshop.tif"))
    for format in ImageFile.Format.written {
      let again = try ImageFile.decode(ImageFile.encode(read.image, format: format), path: "x")
      guard [.jpeg, .tiff].contains(format) else {
        #expect(again.image.metadata.iptc == nil)
        #expect(read.image.fitted(to: format).losses.contains { $0.hasPrefix("IPTC left out") })
        continue
      }
      #expect(again.warnings == [], "\(again.warnings)")
      #expect(again.image.metadata.iptc == read.image.metadata.iptc)
      let texts = try Self.iptcTexts(again.image.metadata.iptc)
      #expect(texts[25] == ["torii", "morning"] && texts[80] == ["Ada"] && texts[90] == ["Nara"], "\(texts)")
    }
  }

  @Test("a TIFF file with EXIF and an odd number of bytes of samples is what it was, through a pipe as in a file")
  func odd() throws {
    var image = Image(width: 3, height: 3, layout: .gray, samples: .eight(Array(1...9)))
    image.metadata.exif = try Self.fixture("pillow_exif.jpg").metadata.exif
    let bytes = try ImageFile.encode(image, format: .tiff, encoding: .init(compression: .none))
    let path = FileManager.default.temporaryDirectory.appending(path: "grl-odd-\(UUID().uuidString).tif").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try ImageFile.write(image, to: path, format: .tiff, encoding: .init(compression: .none))
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(bytes))
    let again = try ImageFile.read(path).image
    #expect(again.values == image.values)
    try Self.checkShot(again.metadata.exif)
  }

  private static let provenance = Provenance(
    version: "9.8.7", steps: [.init(task: "denoise", model: "denoise-color-tiny", sha256: "0f0f")],
    settings: "--task denoise --model 'a & \"b\".pth'")

  @Test(
    "program, model, hash and settings stand in the file, where it has a place", arguments: ImageFile.Format.written)
  func provenance(format: ImageFile.Format) throws {
    var image = Pictures.shades(.rgb)
    image.metadata.provenance = Self.provenance
    let bytes = try ImageFile.encode(image, format: format)
    let text = String(decoding: bytes.map { $0 < 128 ? $0 : 63 }, as: UTF8.self)
    let holds = format.holds.metadata
    if holds.contains(.xmp) {
      #expect(text.contains("xmp:CreatorTool=\"GRL Workbench 9.8.7\""))
      #expect(text.contains("grl:Model=\"denoise-color-tiny\" grl:ModelSHA256=\"0f0f\""))
      #expect(text.contains("grl:Settings=\"--task denoise --model 'a &amp; &quot;b&quot;.pth'\""))
    }
    #expect(text.contains("GRL Workbench 9.8.7") == (holds.contains(.xmp) || format == .exr))
    let again = try ImageFile.decode(bytes, path: "x")
    #expect(again.warnings.isEmpty && again.image.metadata.provenance == nil)
    if format == .png {
      #expect(text.contains("tEXtSoftware\0GRL Workbench 9.8.7"))
      #expect(
        text.contains(
          "tEXtComment\0GRL Workbench 9.8.7: denoise by denoise-color-tiny (SHA-256 0f0f), grl restore --task"))
    }
    if holds.contains(.exif) && format != .tiff {
      #expect(Self.text(try Self.facts(try #require(again.image.metadata.exif))[305]) == "GRL Workbench 9.8.7")
    }
  }

  @Test("what was there of EXIF and XMP stays, in its place; a second run's words take the place of the first one's")
  func merged() throws {
    var image = try Self.fixture("pillow_exif.jpg")
    let before = try #require(image.metadata.exif)
    image.metadata.xmp = Array(
      "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='r'><rdf:Description a:b='kept'/></rdf:RDF></x:xmpmeta>"
        .utf8)
    for version in ["1.0", "2.0"] {
      image.metadata.provenance = Provenance(version: version, steps: Self.provenance.steps, settings: "")
      image.metadata = try ImageFile.decode(ImageFile.encode(image, format: .png), path: "x").image.metadata
    }
    let (exif, xmp) = (try #require(image.metadata.exif), try #require(image.metadata.xmp))
    try Self.checkShot(exif)
    #expect(Self.text(try Self.facts(exif)[305]) == "GRL Workbench 2.0")
    // The maker's note is where it was: only the place of the first directory changed.
    #expect(exif[..<4] == before[..<4] && exif[8..<before.count] == before[8...])
    let text = String(decoding: xmp, as: UTF8.self)
    #expect(text.contains("a:b='kept'") && text.contains("grl:Software=\"GRL Workbench 2.0\"") && !text.contains("1.0"))
    image.metadata.xmp = Array("no XMP".utf8)
    image.metadata.provenance = Self.provenance
    #expect(image.fitted(to: .png).image.metadata.xmp == Array("no XMP".utf8))
  }

  @Test("HDR pictures are told: by cICP, and by the tag of their profile")
  func highRange() throws {
    var image = Pictures.shades(.rgb)
    for (transfer, name) in [(UInt8(16), "PQ"), (18, "HLG")] {
      image.metadata.cicp = [9, transfer, 0, 1]
      let read = try ImageFile.decode(ImageFile.encode(image, format: .png), path: "x")
      #expect(
        read.warnings == ["HDR (\(name)): values are shown and measured as they are coded, as if they were sRGB's"])
    }
    image.metadata.cicp = [9, 13, 0, 1]
    #expect(try ImageFile.decode(ImageFile.encode(image, format: .png), path: "x").warnings.isEmpty)
    image.metadata.cicp = nil
    let profile = TestData.packageRoot.appending(path: "Tests/Fuzz/corpus/icc/pq.icc")
    image.metadata.iccProfile = [UInt8](try Data(contentsOf: profile))
    #expect(
      try ImageFile.decode(ImageFile.encode(image, format: .png), path: "x").warnings.first?.hasPrefix("HDR (PQ)")
        == true)
  }
}
