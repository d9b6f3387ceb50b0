import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct RawFileTests {
  /// A scene of smooth colours in linear sRGB; the DNG's camera sees it through gains of its own.
  private static func scene(_ x: Int, _ y: Int) -> [Float] {
    [0.1 + 0.7 * Float(x) / 64, 0.2 + 0.5 * Float(y) / 48, 0.6 - 0.4 * Float(x) / 64]
  }

  @Test(arguments: ColourFilterArray.allCases)
  func levelsBalanceAndPatternComeFromTheFile(filters: ColourFilterArray) throws {
    let folder = try TemporaryFolder()
    let dng = DNG(width: 64, height: 48, filters: filters) { x, y, channel in Self.scene(x, y)[channel] }
    let path = try folder.write(dng.bytes, "scene.dng")

    let header = try RawFile.header(path)
    #expect(header.width == 64 && header.height == 48)
    #expect(header.filters == filters)
    #expect(header.black.allSatisfy { abs($0 - DNG.black) < 0.5 } && header.white == DNG.white)
    #expect(header.hasBalance && header.camera.contains("Pinhole"))
    for (gain, wanted) in zip(header.balance, DNG.gains) { #expect(abs(gain - wanted) < 0.01) }

    let mosaic = try RawFile.read(path)
    let picture = mosaic.mosaicPicture()
    #expect(picture.width == 64 && picture.height == 48 && picture.layout == .gray && picture.bitDepth == 16)
    let values = picture.floats(.gray)
    for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1), (40, 31), (63, 47)] {
      let light = Self.scene(x, y)[filters.channel(y: y, x: x)]
      let encoded = light <= 0.0031308 ? light * 12.92 : 1.055 * powf(light, 1 / 2.4) - 0.055
      #expect(abs(values[y * 64 + x] - encoded) < 2e-3, "sample at \(x),\(y)")
    }
  }

  @Test(arguments: [SensorTransfer.srgb, .linear])
  func coloursComeBack(transfer: SensorTransfer) throws {
    let folder = try TemporaryFolder()
    let dng = DNG(width: 64, height: 48, filters: .rggb) { x, y, channel in Self.scene(x, y)[channel] }
    let mosaic = try RawFile.read(try folder.write(dng.bytes, "scene.dng"))
    // A perfect network: all three camera colours at each pixel, encoded as the mosaic is.
    var colours: [Float] = []
    for y in 0..<48 {
      for x in 0..<64 { colours += Self.scene(x, y).map { 1.055 * powf($0, 1 / 2.4) - 0.055 } }
    }
    let restored = Image(width: 64, height: 48, colour: colours, bitDepth: 16)
    let finished = mosaic.header.finished(restored, transfer: transfer, bitDepth: 8)
    #expect(finished.bitDepth == (transfer == .linear ? 16 : 8))
    #expect(transfer == .linear ? finished.metadata.pngGamma == 100_000 : finished.metadata.srgbIntent == 0)
    let expected =
      transfer == .linear
      ? (0..<48).flatMap { y in (0..<64).flatMap { x in Self.scene(x, y) } }
      : colours
    let error = zip(finished.floats(.rgb), expected).map { abs($0 - $1) }.max()!
    #expect(error < (transfer == .linear ? 0.012 : 0.015), "largest error \(error)")
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8], [(64, 48), (63, 48), (64, 47), (63, 47)])
  func turnedSensorsStandUpright(tag: Int, size: (width: Int, height: Int)) throws {
    let folder = try TemporaryFolder()
    let dng = DNG(width: size.width, height: size.height, filters: .grbg, orientation: tag) { x, y, channel in
      Self.scene(x, y)[channel]
    }
    let mosaic = try RawFile.read(try folder.write(dng.bytes, "turned.dng"))
    let header = mosaic.header
    // LibRaw leaves mirrored files as they are.
    let picture = mosaic.mosaicPicture()
    #expect((header.width, header.height) == (picture.width, picture.height))
    #expect(header.orientation.swapsSides == ((header.width, header.height) == (size.height, size.width)))
    #expect(header.storedFilters == .grbg)
    if [1, 3, 6, 8].contains(tag) { #expect(header.orientation.rawValue == UInt8(tag)) }
    // The scene turned by the same tag has the colour that the turned pattern says.
    let columns = header.width
    let scene = Image(
      width: size.width, height: size.height,
      colour: (0..<size.height).flatMap { y in (0..<size.width).flatMap { Self.scene($0, y) } }, bitDepth: 16
    ).upright(from: header.orientation).floats(.rgb)
    let values = picture.floats(.gray)
    for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1), (columns - 1, header.height - 1), (20, 33)] {
      let light = scene[(y * columns + x) * 3 + header.filters.channel(y: y, x: x)]
      let encoded = light <= 0.0031308 ? light * 12.92 : 1.055 * powf(light, 1 / 2.4) - 0.055
      #expect(abs(values[y * columns + x] - encoded) < 2e-3, "sample at \(x),\(y)")
    }
    let rough = header.roughPicture(picture)
    #expect((rough.width, rough.height, rough.bitDepth) == (picture.width, picture.height, 8))
    let wanted = header.rendered(scene.map { 1.055 * powf(max($0, 0.0031308), 1 / 2.4) - 0.055 })
    let differences = zip(rough.floats(.rgb), wanted).map { abs($0 - $1) }
    #expect(differences.reduce(0, +) / Float(differences.count) < 0.02 && differences.max()! < 0.15)
  }

  @Test func damageAndWrongKindsAreErrors() throws {
    let folder = try TemporaryFolder()
    let dng = DNG(width: 64, height: 48, filters: .rggb) { x, y, channel in Self.scene(x, y)[channel] }
    // Cut at every hundredth byte: an error or a picture, never a trap.
    for count in stride(from: 0, to: dng.bytes.count, by: 101) {
      let path = try folder.write(Array(dng.bytes.prefix(count)), "cut.dng")
      do { _ = try RawFile.read(path) } catch { #expect("\(error)".contains("cut.dng")) }
    }
    var limits = ImageLimits.standard
    limits.pixels = 1000
    let path = try folder.write(dng.bytes, "scene.dng")
    #expect(throws: ImageError.self) { try RawFile.read(path, limits: limits) }
    #expect(throws: ImageError.self) { try RawFile.read(folder.path) }
    #expect(throws: ImageError.self) { try RawFile.read(path + ".missing.dng") }
    let text = try folder.write(Array("not a raw file".utf8), "text.nef")
    let error = #expect(throws: ImageError.self) { try RawFile.read(text) }
    #expect("\(error!)".contains("LibRaw"))
    #expect(RawFile.isRaw("a/b.DNG") && RawFile.isRaw("x.nef") && !RawFile.isRaw("x.dng/y") && !RawFile.isRaw("x.png"))
  }

  private static let colourChart = "data/raw/colorchart_canon_kissx4_1734x1156_rggb.dng"

  @Test(.shared(colourChart)) func aRealCameraFileIsRead() throws {
    let file = try #require(TestData.shared(Self.colourChart))
    let path = file.path
    let mosaic = try RawFile.read(path)
    let header = mosaic.header
    #expect(header.width == 1734 && header.height == 1156 && header.filters == .rggb)
    #expect(header.black.allSatisfy { abs($0 - 2056) <= 10 } && abs(header.white - 15_000) < 1000)
    let values = mosaic.mosaicPicture().floats(.gray)
    #expect(values.max()! > 0.5 && values.reduce(0, +) / Float(values.count) > 0.05)
  }
}

/// A folder that goes with the test.
private final class TemporaryFolder {
  let path = FileManager.default.temporaryDirectory.appending(path: "grl-raw-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: URL(filePath: path).appending(path: name))
    return path + "/" + name
  }
}
