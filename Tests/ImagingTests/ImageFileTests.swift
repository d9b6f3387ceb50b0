import Foundation
import Glibc
import Imaging
import TestSupport
import Testing

@_silgen_name("mallopt") private func setAllocator(_ parameter: Int32, _ value: Int32) -> Int32

@Suite("Picture files")
struct ImageFileTests {
  static let layouts: [Image.Layout] = [.gray, .grayAlpha, .rgb, .rgbAlpha]

  @Test("PNG gives back every sample", arguments: layouts, [8, 16])
  func pngRoundTrip(layout: Image.Layout, bitDepth: Int) throws {
    let image = Pictures.pattern(layout, bitDepth: bitDepth)
    let decoded = try ImageFile.decode(ImageFile.encode(image, format: .png), path: "x")
    #expect(decoded.format == .png)
    #expect(decoded.warnings == [])
    #expect(decoded.image.layout == layout)
    #expect(decoded.image.bitDepth == bitDepth)
    #expect((decoded.image.width, decoded.image.height) == (13, 7))
    #expect(decoded.image.values == image.values)
  }

  @Test(
    "JPEG gives back shades within a few steps", arguments: [Image.Layout.gray, .rgb],
    [ImageFile.ChromaSampling.half, .full])
  func jpegRoundTrip(layout: Image.Layout, chroma: ImageFile.ChromaSampling) throws {
    let image = Pictures.shades(layout)
    let bytes = try ImageFile.encode(image, format: .jpeg, encoding: .init(quality: 98, chroma: chroma))
    let decoded = try ImageFile.decode(bytes, path: "x")
    #expect(decoded.format == .jpeg)
    #expect(decoded.warnings == [])
    #expect(decoded.image.layout == layout)
    #expect(decoded.image.distance(to: image) <= 4)
  }

  @Test("full chroma keeps colour edges that half chroma blurs, and costs bytes")
  func chromaSampling() throws {
    let stripes = Image(
      width: 32, height: 32, layout: .rgb,
      samples: .eight((0..<32 * 32).flatMap { $0 % 2 == 0 ? [200, 50, 50] : [50, 50, 200] as [UInt8] }))
    let half = try ImageFile.encode(stripes, format: .jpeg, encoding: .init(chroma: .half))
    let full = try ImageFile.encode(stripes, format: .jpeg, encoding: .init(chroma: .full))
    #expect(try ImageFile.decode(full, path: "x").image.distance(to: stripes) < 20)
    #expect(try ImageFile.decode(half, path: "x").image.distance(to: stripes) > 50)
  }

  @Test("a lower JPEG quality makes a smaller file and a larger error")
  func quality() throws {
    let image = Pictures.pattern(.rgb, bitDepth: 8, width: 64, height: 64)
    let sizes = try [5, 50, 100].map { try ImageFile.encode(image, format: .jpeg, encoding: .init(quality: $0)).count }
    #expect(sizes == sizes.sorted() && Set(sizes).count == 3)
  }

  @Test("profile, EXIF, resolution and gamma survive in both formats and from one to the other")
  func metadata() throws {
    var image = Pictures.shades(.rgb)
    image.metadata.iccProfile = Pictures.profile(space: "RGB ", count: 200_000)  // four JPEG segments
    image.metadata.exif = Pictures.exif(orientation: 1)
    image.metadata.pixelsPerMetre = .init(horizontal: 300 / 0.0254, vertical: 150 / 0.0254)

    var copy = image
    for format in [ImageFile.Format.jpeg, .png, .jpeg, .png, .png] {
      let decoded = try ImageFile.decode(ImageFile.encode(copy, format: format), path: "x")
      copy = decoded.image
      #expect(decoded.warnings.filter { !$0.contains("iCCP") } == [])
      #expect(copy.metadata.iccProfile == image.metadata.iccProfile)
      #expect(copy.metadata.exif == image.metadata.exif)
      let density = try #require(copy.metadata.pixelsPerMetre)
      #expect(abs(density.horizontal * 0.0254 - 300) < 0.02)
      #expect(abs(density.vertical * 0.0254 - 150) < 0.02)
    }
  }

  @Test("EXIF is read before a library frees the memory that it lies in")
  func exifIsOurs() async {
    await #expect(processExitsWith: .success) {
      // M_PERTURB (mallopt(3)): from here on nothing of a large block that is freed can be read again.
      try #require(setAllocator(-6, 0xA5) == 1)
      var image = Pictures.shades(.rgb)
      let rest = [UInt8](repeating: 7, count: 9000)
      image.metadata.exif = Pictures.exif(orientation: 6) + rest
      for format in ImageFile.Format.common {
        let decoded = try ImageFile.decode(ImageFile.encode(image, format: format), path: "x")
        #expect(decoded.orientation.rawValue == 6, "\(format)")
        #expect(decoded.image.metadata.exif == Pictures.exif(orientation: 1) + rest, "\(format)")
      }
    }
  }

  @Test("gamma, chromaticities and rendering intent survive in PNG")
  func pngColours() throws {
    var image = Pictures.shades(.rgb)
    image.metadata.pngGamma = 100_000
    image.metadata.pngChromaticities = [31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000]
    let decoded = try ImageFile.decode(ImageFile.encode(image, format: .png), path: "x").image.metadata
    #expect(decoded.pngGamma == 100_000)
    #expect(decoded.pngChromaticities == image.metadata.pngChromaticities)

    var standard = Pictures.shades(.rgb)
    standard.metadata.srgbIntent = 1
    #expect(try ImageFile.decode(ImageFile.encode(standard, format: .png), path: "x").image.metadata.srgbIntent == 1)
  }

  @Test("a profile overrides gamma in PNG")
  func profileOverridesGamma() throws {
    var image = Pictures.shades(.gray)
    image.metadata.iccProfile = Pictures.profile(space: "GRAY")
    image.metadata.pngGamma = 100_000
    let decoded = try ImageFile.decode(ImageFile.encode(image, format: .png), path: "x").image.metadata
    #expect(decoded.iccProfile == image.metadata.iccProfile)
    #expect(decoded.pngGamma == nil)
  }

  @Test("centimetres are kept where they are exact and inches are not")
  func metricResolution() throws {
    var image = Pictures.shades(.gray)
    image.metadata.pixelsPerMetre = .init(horizontal: 4_700, vertical: 4_700)
    let decoded = try ImageFile.decode(ImageFile.encode(image, format: .jpeg), path: "x").image.metadata
    #expect(decoded.pixelsPerMetre == .init(horizontal: 4_700, vertical: 4_700))
  }

  @Test("what a format cannot keep is told, one line each")
  func losses() throws {
    var image = Pictures.pattern(.rgbAlpha, bitDepth: 16)
    image.metadata.exif = [UInt8](repeating: 7, count: 70_000)
    image.metadata.iccProfile = Pictures.profile(space: "GRAY")
    image.metadata.pngGamma = 55_556
    image.metadata.pixelsPerMetre = .init(horizontal: 1e9, vertical: 1e9)
    let (fitted, losses) = image.fitted(to: .jpeg)
    #expect(fitted.layout == .rgb && fitted.bitDepth == 8)
    #expect(losses.count == 5)
    for word in ["alpha", "16-bit", "EXIF", "ICC", "resolution"] {
      #expect(losses.filter { $0.contains(word) }.count == 1, "\(word) in \(losses)")
    }
    // Gamma, which JPEG has no place for, becomes a profile.
    let read = try ImageFile.decode(ImageFile.encode(image, format: .jpeg), path: "x").image.metadata
    var expected = ImageMetadata()
    expected.iccProfile = read.iccProfile
    #expect(read == expected && read.iccProfile != nil)

    #expect(image.fitted(to: .png).losses.count == 1)
    #expect(Pictures.shades(.rgb).fitted(to: .jpeg).losses == [])
    #expect(Pictures.shades(.rgb).converted(to: .rgbAlpha).fitted(to: .jpeg).losses == [], "opaque alpha is no loss")
  }

  @Test("a profile that libpng refuses is left out of PNG with a word")
  func invalidProfile() throws {
    try withTemporaryFolder { folder in
      var image = Pictures.shades(.rgb)
      var profile = Pictures.profile(space: "RGB ")
      profile[36] = 0  // no 'acsp'
      image.metadata.iccProfile = profile
      let path = folder.appending(path: "a.png").path
      let notes = try ImageFile.write(image, to: path, format: .png)
      #expect(notes.count == 1 && notes[0].contains("profile"), "\(notes)")
      #expect(try ImageFile.read(path).image.metadata.iccProfile == nil)
    }
  }

  @Test("what is not carried into copies is told")
  func notCarried() throws {
    var bytes = try ImageFile.encode(Pictures.shades(.rgb), format: .jpeg)
    func segment(_ marker: UInt8, _ text: String) -> [UInt8] {
      [0xFF, marker, 0, UInt8(text.utf8.count + 2)] + Array(text.utf8)
    }
    let xmp = segment(0xE1, "http://ns.adobe.com/xap/1.0/\0<x/>")
    bytes.insert(contentsOf: xmp + segment(0xED, "Photoshop 3.0\0") + segment(0xFE, "hello"), at: 2)
    let decoded = try ImageFile.decode(bytes, path: "x")
    #expect(decoded.warnings == ["not carried into copies: text"])
    #expect(decoded.image.metadata.xmp == Array("<x/>".utf8))

    let text = TestData.fixtures.appending(path: "images/pngsuite/ct1n0g04.png").path
    #expect(try ImageFile.read(text).warnings == ["not carried into copies: text"])
  }

  @Test("the first frame of an animated PNG is read, with a word about the others")
  func animation() throws {
    var bytes = try ImageFile.encode(Pictures.pattern(.gray, bitDepth: 8), format: .png)
    // acTL of two frames, played for ever, with its checksum (CRC-32 as in PNG, annex D).
    let control: [UInt8] = [0, 0, 0, 8] + Array("acTL".utf8) + [0, 0, 0, 2, 0, 0, 0, 0, 0xF3, 0x8D, 0x93, 0x70]
    bytes.insert(contentsOf: control, at: 33)  // behind the signature and IHDR
    let decoded = try ImageFile.decode(bytes, path: "x")
    #expect(decoded.warnings == ["not carried into copies: all frames of the animation but the first"])
    #expect(decoded.image.values == Pictures.pattern(.gray, bitDepth: 8).values)
  }

  @Test("CMYK becomes RGB with a word")
  func cmyk() throws {
    let path = TestData.fixtures.appending(path: "images/own/cmyk_quarters.jpg").path
    let decoded = try ImageFile.read(path)
    #expect(decoded.image.layout == .rgb)
    #expect(decoded.warnings.count == 1 && decoded.warnings[0].contains("CMYK without a profile"))
    // Ink fractions 51/255, 102/255, 153/255; half black; full cyan; paper.
    let expected: [(x: Int, y: Int, rgb: [Int])] = [
      (4, 4, [204, 153, 102]), (24, 4, [127, 127, 127]), (4, 24, [0, 255, 255]), (24, 24, [255, 255, 255]),
    ]
    for (x, y, rgb) in expected {
      for c in 0..<3 { #expect(abs(decoded.image.value(x, y, c) - rgb[c]) <= 2, "\(x) \(y) \(c)") }
    }
  }

  @Test("a PNG cut off tells the row")
  func truncatedPNG() throws {
    let bytes = try ImageFile.encode(Pictures.noise(width: 400, height: 200), format: .png)
    let error = #expect(throws: ImageError.self) {
      try ImageFile.decode(Array(bytes.prefix(bytes.count / 2)), path: "cut.png")
    }
    guard case .cutOff("cut.png", let row?, 200) = error else { throw Unexpected(error as Any) }
    #expect((1..<200).contains(row))
  }

  @Test("the header tells size and kind of the upright picture", arguments: ImageFile.Format.common)
  func header(format: ImageFile.Format) throws {
    try withTemporaryFolder { folder in
      var image = Pictures.shades(.gray, width: 40, height: 20)
      image.metadata.exif = Pictures.exif(orientation: 6)
      let path = folder.appending(path: "a").path
      try ImageFile.write(image, to: path, format: format)
      let header = try ImageFile.header(path)
      #expect(header.format == format)
      #expect((header.width, header.height) == (20, 40))
      #expect(header.layout == .gray && header.bitDepth == 8)
      #expect(header.orientation == .rotatedLeft)
      #expect(header.metadata.exif == Pictures.exif(orientation: 1))
      let decoded = try ImageFile.read(path).image
      #expect((decoded.width, decoded.height) == (20, 40))
    }
  }

  @Test("headers of all PngSuite files tell what decoding gives")
  func headerAgrees() throws {
    let suite = TestData.fixtures.appending(path: "images/pngsuite")
    for name in try FileManager.default.contentsOfDirectory(atPath: suite.path).sorted() where !name.hasPrefix("x") {
      let path = suite.appending(path: name).path
      let (header, image) = (try ImageFile.header(path), try ImageFile.read(path).image)
      #expect(header.layout == image.layout && header.bitDepth == image.bitDepth, "\(name)")
      #expect((header.width, header.height) == (image.width, image.height), "\(name)")
    }
  }

  @Test("- reads standard input and writes standard output")
  func standardStreams() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let (first, second) = (folder.appending(path: "a.png").path, folder.appending(path: "b.png").path)
        let image = Pictures.pattern(.rgb, bitDepth: 16)
        try ImageFile.write(image, to: first, format: .png)
        let input = open(first, O_RDONLY)
        let output = open(second, O_WRONLY | O_CREAT, 0o600)
        try #require(input >= 0 && output >= 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1)
        var limits = ImageLimits.standard
        limits.takesStreams = true
        let decoded = try ImageFile.read("-", limits: limits)
        try ImageFile.write(decoded.image, to: "-", format: .png)
        #expect(try ImageFile.read(second).image.values == image.values)
      }
    }
  }

  @Test("a pipe is read like a file")
  func pipe() throws {
    let bytes = try ImageFile.encode(Pictures.pattern(.rgb, bitDepth: 8), format: .png)
    var ends: [Int32] = [0, 0]
    try #require(Glibc.pipe(&ends) == 0)
    defer { close(ends[0]) }
    try #require(Glibc.write(ends[1], bytes, bytes.count) == bytes.count)  // fits into the pipe's buffer
    close(ends[1])
    var limits = ImageLimits.standard
    limits.takesStreams = true
    let decoded = try ImageFile.read("/dev/fd/\(ends[0])", limits: limits)
    #expect(decoded.image.values == Pictures.pattern(.rgb, bitDepth: 8).values)
  }

  @Test("the extension names the format")
  func formatOfPath() {
    #expect(ImageFile.Format(path: "a/b.PNG") == .png)
    #expect(ImageFile.Format(path: "b.jpeg") == .jpeg)
    #expect(ImageFile.Format(path: "b.jpg") == .jpeg)
    #expect(ImageFile.Format(path: "folder.png/b") == nil)
    #expect(ImageFile.Format(path: "b.gif") == nil)
    #expect(ImageFile.Format(path: "") == nil)
  }
}
