import Foundation
import Imaging
import TestSupport
import Testing

/// Colours through profiles; what Little CMS's own program makes of them is in `Fixtures/formats`.
@Suite("Colours") struct ColourTests {
  private static func image(_ name: String) throws -> Image {
    try ImageFile.decode(FormatTests.bytes(name), path: name).image
  }

  @Test(
    "a screen shows what Little CMS makes of a profile, to one level", arguments: ["a98", "rommrgb", "scrgb", "gray"])
  func screen(name: String) throws {
    let shown = try Self.image("colours_\(name).png").inScreenColours
    let expected = try Self.image("screen_\(name).png")
    #expect(shown.converted(to: .rgb).distance(to: expected) <= 1)
  }

  @Test("what a picture states goes in PNG's order: cICP, profile, sRGB, gamma and chromaticities; nothing is sRGB")
  func order() throws {
    var metadata = ImageMetadata()
    #expect(ColourSpace(metadata, .rgb).isSRGB)
    metadata.pngGamma = 45_455
    #expect(ColourSpace(metadata, .rgb).isSRGB)
    metadata.pngGamma = 100_000
    #expect(!ColourSpace(metadata, .rgb).isSRGB)
    metadata.srgbIntent = 0
    #expect(ColourSpace(metadata, .rgb).isSRGB)
    metadata.iccProfile = try Self.image("colours_a98.png").metadata.iccProfile
    #expect(!ColourSpace(metadata, .rgb).isSRGB)
    metadata.cicp = [1, 13, 0, 1]
    #expect(ColourSpace(metadata, .rgb).isSRGB)
    metadata.cicp = [12, 13, 0, 1]
    #expect(!ColourSpace(metadata, .rgb).isSRGB)
    // A profile of other colours than the picture's means nothing, as does damage.
    metadata.cicp = nil
    #expect(ColourSpace(metadata, .gray).isSRGB)
    metadata.iccProfile = [UInt8](repeating: 7, count: 300)
    #expect(ColourSpace(metadata, .rgb).isSRGB)
  }

  @Test("primaries alone leave the network's values alone; another curve is taken to sRGB's")
  func curves() throws {
    var metadata = ImageMetadata()
    metadata.cicp = [12, 13, 0, 1]
    #expect(NetworkColours(metadata, .rgb) == nil, "Display P3 has sRGB's curve")
    metadata.cicp = nil
    metadata.pngGamma = 100_000
    let linear = try #require(NetworkColours(metadata, .rgb))
    var half = Image(width: 1, height: 1, layout: .rgb, samples: .sixteen([14_027, 0, 65_535]))
    half.metadata = metadata
    // Light of 0.214 is sRGB's value 0.5 (IEC 61966-2-1).
    guard case .float(let values) = linear.coded(half).samples else { throw Unexpected(half.bitDepth) }
    #expect(abs(values[0] - 0.5) < 1e-4 && values[1] == 0 && abs(values[2] - 1) < 1e-6)
  }

  @Test(
    "there and back changes no sample of 16 bits by more than one level",
    arguments: ["a98", "rommrgb", "scrgb", "gray", "gamma"])
  func roundTrip(name: String) throws {
    var metadata = ImageMetadata()
    if name == "gamma" {
      metadata.pngGamma = 100_000
    } else {
      metadata = try Self.image("colours_\(name).png").metadata
    }
    let layout: Image.Layout = name == "gray" ? .gray : .rgbAlpha
    let colours = try #require(NetworkColours(metadata, layout))
    let values = (0..<65_536).map { UInt16($0) }
    let image = Image(width: 65_536 / layout.channels, height: 1, layout: layout, samples: .sixteen(values))
    #expect(colours.decoded(colours.coded(image), bitDepth: 16).distance(to: image) <= 1)
    // Floats are not clipped on the way.
    let wide = Image(width: 1, height: 1, layout: .gray, samples: .float([2.5]))
    guard case .float(let kept) = colours.decoded(colours.coded(wide), bitDepth: 32).samples else {
      throw Unexpected(0)
    }
    #expect(abs(kept[0] - 2.5) < 1e-3)
  }

  @Test("gamma and chromaticities of PNG become a profile where a format has a place for one")
  func madeProfiles() throws {
    let image = try Self.image("colours_a98.png")
    var stated = image
    stated.metadata = ImageMetadata()
    stated.metadata.pngGamma = 45_470
    stated.metadata.pngChromaticities = [31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000]
    let read = try ImageFile.decode(ImageFile.encode(stated, format: .tiff), path: "x").image
    #expect(read.metadata.iccProfile != nil && read.values == stated.values)
    #expect(read.inScreenColours.distance(to: stated.inScreenColours) <= 1)
  }
}
