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

  @Test(arguments: [SensorMosaic.Transfer.srgb, .linear])
  func coloursComeBack(transfer: SensorMosaic.Transfer) throws {
    let folder = try TemporaryFolder()
    let dng = DNG(width: 64, height: 48, filters: .rggb) { x, y, channel in Self.scene(x, y)[channel] }
    let mosaic = try RawFile.read(try folder.write(dng.bytes, "scene.dng"))
    // A perfect network: all three camera colours at each pixel, encoded as the mosaic is.
    var colours: [Float] = []
    for y in 0..<48 {
      for x in 0..<64 { colours += Self.scene(x, y).map { 1.055 * powf($0, 1 / 2.4) - 0.055 } }
    }
    let restored = Image(width: 64, height: 48, colour: colours, bitDepth: 16)
    let finished = mosaic.finished(restored, transfer: transfer, bitDepth: 8)
    #expect(finished.bitDepth == (transfer == .linear ? 16 : 8))
    #expect(transfer == .linear ? finished.metadata.pngGamma == 100_000 : finished.metadata.srgbIntent == 0)
    let expected =
      transfer == .linear
      ? (0..<48).flatMap { y in (0..<64).flatMap { x in Self.scene(x, y) } }
      : colours
    let error = zip(finished.floats(.rgb), expected).map { abs($0 - $1) }.max()!
    #expect(error < (transfer == .linear ? 0.012 : 0.015), "largest error \(error)")
  }

  @Test func turnedSensorsStandUpright() throws {
    let folder = try TemporaryFolder()
    let dng = DNG(width: 64, height: 48, filters: .grbg, orientation: 6) { x, y, channel in Self.scene(x, y)[channel] }
    let mosaic = try RawFile.read(try folder.write(dng.bytes, "turned.dng"))
    #expect(mosaic.header.orientation == .rotatedLeft || mosaic.header.orientation == .rotatedRight)
    #expect(mosaic.header.width == 48 && mosaic.header.height == 64)
    let restored = Image(
      width: 64, height: 48, colour: [Float](repeating: 0.5, count: 64 * 48 * 3), bitDepth: 16)
    let finished = mosaic.finished(restored, transfer: .srgb, bitDepth: 8)
    #expect(finished.width == 48 && finished.height == 64)
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

  @Test func aRealCameraFileIsRead() throws {
    guard let file = TestData.shared("data/raw/colorchart_canon_kissx4_1734x1156_rggb.dng") else { return }
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

/// A DNG file made here: uncompressed 16-bit samples, one strip (Adobe DNG 1.4, TIFF 6.0).
private struct DNG {
  static let black: Float = 512
  static let white: Float = 16_000
  static let gains: [Float] = [2, 1, 1.5]
  let bytes: [UInt8]

  /// - Parameter light: linear sRGB of the scene, 0...1, which the camera sees divided by its gains.
  init(
    width: Int, height: Int, filters: ColourFilterArray, orientation: Int = 1,
    light: (_ x: Int, _ y: Int, _ channel: Int) -> Float
  ) {
    var entries: [(tag: Int, type: Int, count: Int, bytes: [UInt8])] = []
    func short(_ values: [Int]) -> [UInt8] { values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }
    func long(_ values: [Int]) -> [UInt8] { values.flatMap { v in (0..<4).map { UInt8(v >> (8 * $0) & 255) } } }
    func rational(_ values: [Double]) -> [UInt8] {
      values.flatMap { long([Int(($0 * 10_000).rounded()) & 0xFFFF_FFFF, 10_000]) }
    }
    func add(_ tag: Int, _ type: Int, _ count: Int, _ bytes: [UInt8]) { entries.append((tag, type, count, bytes)) }
    let pattern = (0..<4).map { UInt8(filters.channel(y: $0 / 2, x: $0 % 2)) }
    // XYZ (D65) to linear sRGB, IEC 61966-2-1: the camera's colours are those of sRGB.
    let matrix = [3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570]
    let neutral = Self.gains.map { Double(1 / $0) }
    let camera = zip([0, 1, 2], neutral).flatMap { row, gain in matrix[row * 3..<row * 3 + 3].map { $0 * gain } }
    add(254, 4, 1, long([0]))
    add(256, 4, 1, long([width]))
    add(257, 4, 1, long([height]))
    add(258, 3, 1, short([16]))
    add(259, 3, 1, short([1]))
    add(262, 3, 1, short([32_803]))
    add(271, 2, 8, Array("Testlab\0".utf8))
    add(272, 2, 8, Array("Pinhole\0".utf8))
    add(273, 4, 1, long([0]))  // filled in below
    add(274, 3, 1, short([orientation]))
    add(277, 3, 1, short([1]))
    add(278, 4, 1, long([height]))
    add(279, 4, 1, long([width * height * 2]))
    add(33_421, 3, 2, short([2, 2]))
    add(33_422, 1, 4, pattern)
    add(50_706, 1, 4, [1, 4, 0, 0])
    add(50_708, 2, 16, Array("Testlab Pinhole\0".utf8))
    add(50_714, 4, 1, long([Int(Self.black)]))
    add(50_717, 4, 1, long([Int(Self.white)]))
    add(50_721, 10, 9, rational(camera))
    add(50_728, 5, 3, rational(neutral))
    add(50_778, 3, 1, short([21]))
    let heapStart = 8 + 2 + entries.count * 12 + 4
    var heap: [UInt8] = []
    var table: [UInt8] = short([entries.count])
    let dataStart =
      heapStart + entries.filter { $0.bytes.count > 4 }.reduce(0) { $0 + $1.bytes.count + $1.bytes.count % 2 }
    for entry in entries {
      table += short([entry.tag, entry.type]) + long([entry.count])
      let content = entry.tag == 273 ? long([dataStart]) : entry.bytes
      if content.count > 4 {
        table += long([heapStart + heap.count])
        heap += content + (content.count % 2 == 1 ? [0] : [])
      } else {
        table += content + [UInt8](repeating: 0, count: 4 - content.count)
      }
    }
    var samples: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let channel = filters.channel(y: y, x: x)
        let value = Self.black + light(x, y, channel) / Self.gains[channel] * (Self.white - Self.black)
        samples += short([Int(value.rounded())])
      }
    }
    bytes = Array("II*\0".utf8) + long([8]) + table + long([0]) + heap + samples
  }
}
