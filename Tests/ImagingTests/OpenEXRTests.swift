import Base
import Foundation
import Imaging
import TestSupport
import Testing

/// What OpenEXR has of its own, beside the table of `FormatTests`: light, primaries, halfs, windows, and kinds of files that are no pictures.
@Suite("OpenEXR", .enabled(if: ImageFile.Format.exr.reasonAgainstReading == nil, "no libOpenEXRCore"))
struct OpenEXRTests {
  private static func picture(_ name: String) throws -> Image {
    try ImageFile.decode(FormatTests.bytes(name), path: name).image
  }

  private static func floats(_ image: Image) throws -> [Float] {
    guard case .float(let values) = image.samples else { throw Unexpected(image.bitDepth) }
    return values
  }

  private static func written(_ image: Image) throws -> Image {
    try ImageFile.decode(ImageFile.encode(image, format: .exr), path: "x").image
  }

  @Test("deep data, whole numbers and what is no picture are refused by name, in files of other programs")
  func refused() throws {
    let table = try String(contentsOf: FormatTests.folder.appending(path: "refused.tsv"), encoding: .utf8)
    let rows = table.split(separator: "\n").dropFirst().map { $0.split(separator: "\t").map(String.init) }
    #expect(rows.count == 9)
    for row in rows {
      do {
        _ = try Self.picture(row[0])
        // A newer library decodes more compressions; the rest nobody does.
        #expect(["dwaa", "dwab", "htj2k32"].contains { row[0].contains($0) }, "\(row[0])")
      } catch ImageError.unsupported(_, let reason, _) {
        #expect(reason.contains(row[1]), "\(row[0]): \(reason)")
      }
    }
  }

  @Test("values are light, in the primaries that the file states")
  func colours() throws {
    let plain = try Self.picture("openexr_zip_half.exr")
    #expect(plain.metadata.pngGamma == 100_000 && plain.metadata.pngChromaticities == nil && plain.metadata.isHalf)
    let wide = try Self.picture("openexr_p3.exr")
    #expect(wide.metadata.pngChromaticities == [31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000])
    #expect(ColourSpace(wide.metadata, .rgb).toScreen() != nil)
    // The network sees sRGB-coded values of the same primaries, and what comes back is the light it was, beyond white too.
    let colours = try #require(NetworkColours(wide.metadata, .rgb))
    let (values, again) = (try Self.floats(wide), try Self.floats(colours.decoded(colours.coded(wide), bitDepth: 32)))
    #expect(zip(values, again).allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($0)) })
    // Primaries of ACES have a negative number, which PNG's own have no place for: there they are a profile.
    let aces = try Self.picture("openexr_aces.exr")
    #expect(aces.metadata.pngChromaticities?[7] == -7_700)
    let png = try ImageFile.decode(ImageFile.encode(aces, format: .png), path: "x")
    #expect(png.warnings == [] && png.image.metadata.iccProfile != nil)
    let density = try #require(try Self.picture("openexr_density.exr").metadata.pixelsPerMetre)
    #expect(abs(density.horizontal * 0.0254 - 300) < 0.01 && abs(density.vertical * 0.0254 - 150) < 0.01)
  }

  @Test(
    "primaries of a profile stand as chromaticities, and the colours stay what they were",
    arguments: ["a98", "rommrgb", "scrgb"])
  func profiles(name: String) throws {
    let image = try ImageFile.decode(FormatTests.bytes("colours_\(name).png"), path: name).image
    let (fitted, losses) = image.fitted(to: .exr)
    #expect(losses == ["ICC profile left out: OpenEXR holds light, and its primaries as chromaticities"])
    #expect((fitted.metadata.pngChromaticities == nil) == (name == "scrgb"))
    let again = try Self.written(image)
    #expect(again.metadata.pngGamma == 100_000 && again.metadata.isHalf)
    #expect(again.inScreenColours.withBitDepth(8).distance(to: image.inScreenColours) <= 1)
  }

  @Test("eight bits are kept by halfs, sixteen by floats, and light by what it is")
  func depths() throws {
    for layout in [Image.Layout.gray, .rgb] {
      let eight = Image(
        width: 16 * 3 / layout.channels, height: 16, layout: layout, samples: .eight((0..<768).map { UInt8($0 % 256) }))
      let back = try Self.written(eight)
      #expect(back.metadata.isHalf && back.layout == layout)
      let linear = try #require(NetworkColours(back.metadata, layout))
      #expect(linear.coded(back).withBitDepth(8).values == eight.values)
      let deep = Image(
        width: 256 * 3 / layout.channels, height: 256, layout: layout,
        samples: .sixteen((0..<196_608).map { UInt16($0 % 65_536) }))
      let again = try Self.written(deep)
      #expect(!again.metadata.isHalf)
      #expect(linear.coded(again).withBitDepth(16).distance(to: deep) <= 1)
    }
    for name in ["openexr_zip_half.exr", "openexr_piz_float.exr", "openexr_y_half.exr", "openexr_p3.exr"] {
      let image = try Self.picture(name)
      let again = try Self.written(image)
      #expect(try Self.floats(again) == Self.floats(image), "\(name)")
      #expect(again.metadata == image.metadata, "\(name)")
    }
    for name in ["openexr_rgba_float.exr", "openexr_ya.exr"] {
      let image = try Self.picture(name)
      let pairs = zip(try Self.floats(try Self.written(image)), try Self.floats(image))
      #expect(pairs.allSatisfy { abs($0 - $1) <= 2e-7 * abs($1) }, "\(name)")
    }
  }

  @Test("light that is to have eight bits is coded for the eye first")
  func codedForTheEye() throws {
    var image = Image(width: 256, height: 1, layout: .gray, samples: .float((0..<256).map { LightOfLevel.light($0) }))
    image.metadata.pngGamma = 100_000
    let shown = try ImageFile.decode(ImageFile.encode(image, format: .bmp), path: "x").image
    #expect(shown.values == Array(0..<256))
    #expect(image.fitted(to: .png).image.metadata.pngGamma == 100_000, "sixteen bits are enough for light")
  }

  @Test("written by rows it has the bytes of the whole, and its primaries", arguments: [8, 16, 32])
  func rows(bits: Int) throws {
    try withTemporaryFolder { folder in
      var image = Pictures.pattern(.rgbAlpha, bitDepth: bits == 8 ? 8 : 16, width: 70, height: 85).withBitDepth(bits)
      image.metadata.iccProfile = try ImageFile.decode(FormatTests.bytes("colours_a98.png"), path: "x").image.metadata
        .iccProfile
      image.metadata.provenance = Provenance(version: "1", steps: [], settings: "--task denoise")
      let (whole, rows) = (folder.appending(path: "whole.exr"), folder.appending(path: "rows.exr"))
      let losses = try ImageFile.write(image, to: whole.path, format: .exr)
      let found = try ImageFile.writeRows(
        like: image.cropped(to: Rectangle(x: 0, y: 3, width: 70, height: 1)), height: 85, to: rows.path, format: .exr,
        failure: { $0 }
      ) { (writer) throws(ImageError) in
        for top in stride(from: 0, to: 85, by: 19) {
          try writer.put(image.cropped(to: Rectangle(x: 0, y: top, width: 70, height: min(19, 85 - top))))
        }
      }
      #expect(found == losses)
      let bytes = try Data(contentsOf: whole)
      #expect(try Data(contentsOf: rows) == bytes)
      #expect(try Data(ImageFile.encode(image, format: .exr)) == bytes, "through memory as in a file")
      #expect(bytes.range(of: Data("GRL Workbench 1".utf8)) != nil)
    }
  }

  @Test("a header of 2^31 x 2^31 and chunks beyond any picture are refused, and nothing is taken for them")
  func hugeClaims() async { await #expect(processExitsWith: .success) { try Self.refuseHugeClaims() } }

  private static func refuseHugeClaims() throws {
    let before = try addressSpace()
    let sound = try FormatTests.bytes("openexr_zip_half.exr")
    for name in ["dataWindow", "displayWindow", "both"] {
      for side in [Int32.max, 1 << 30, 1 << 20, 70_000] {
        var bytes = sound
        for window in name == "both" ? ["dataWindow", "displayWindow"] : [name] {
          let mark = Array("\(window)\0box2i\0".utf8)
          let place = try #require(bytes.indices.first { bytes[$0...].starts(with: mark) }) + mark.count + 4 + 8
          withUnsafeBytes(of: side.littleEndian) { number in
            for i in 0..<8 { bytes[place + i] = number[i % 4] }
          }
        }
        #expect(throws: ImageError.self, "\(name) \(side)") { try ImageFile.decode(bytes, path: "x") }
      }
    }
    let error = #expect(throws: ImageError.self) {
      var bytes = try FormatTests.bytes("tiled.exr")
      let mark = Array("tiledesc\0".utf8)
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: mark) }) + mark.count + 4
      for i in 0..<8 { bytes[place + i] = [0, 0, 0, 0x40][i % 4] }
      _ = try ImageFile.decode(bytes, path: "x")
    }
    guard case .damaged? = error else { throw Unexpected(error as Any) }
    let growth = try addressSpace() - before
    #expect(growth < 256 << 20, "\(growth >> 20) MB")
  }

  /// The most that this process has had, touched or not.
  private static func addressSpace() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmPeak") })
    return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
  }

  @Test("a chunk that is wrong is an error with its row, and gray on request; what is outside the windows stays black")
  func damage() throws {
    let name = "openexr_zips_half.exr"
    var bytes = try FormatTests.bytes(name)
    let whole = try Self.floats(try ImageFile.decode(bytes, path: name).image)
    for place in bytes.count * 6 / 10..<bytes.count * 6 / 10 + 20 { bytes[place] ^= 0x55 }
    let error = try #require(#expect(throws: ImageError.self) { try ImageFile.decode(bytes, path: name) })
    guard case .damaged(_, _, let row?, 29) = error, row > 0 else { throw Unexpected(error) }
    let kept = try ImageFile.decode(bytes, path: name, damaged: .keep)
    #expect(kept.faults.first?.hasPrefix("damaged at row \(row) of 29") == true, "\(kept.faults)")
    let values = try Self.floats(kept.image)
    #expect(values.prefix(row * 37 * 3) == whole.prefix(row * 37 * 3))
    #expect(values[row * 37 * 3..<(row + 1) * 37 * 3].allSatisfy { $0 == 0.5 })
    let inside = try Self.floats(try Self.picture("openexr_window_inside.exr"))
    #expect(inside.prefix(4 * 37 * 3).allSatisfy { $0 == 0 } && inside.contains { $0 > 1 })
  }
}

/// sRGB's curve (IEC 61966-2-1).
private enum LightOfLevel {
  static func light(_ level: Int) -> Float {
    let value = Double(level) / 255
    return Float(value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4))
  }
}
