import Base
import Foundation
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("white and correlated noise", .timeLimit(.minutes(10))) struct NoiseSpectrumTests {
  static let samples = ["torii_gates", "kitten", "row_houses", "colosseum"]

  private static func sample(_ name: String) throws -> Image {
    try ImageFile.read(TestData.packageRoot.appending(path: "Samples/\(name).png").path).image
  }

  private static func noisy(_ image: Image, sigma: Double) throws -> Image {
    try Degradation.noise(GaussianNoise(sigma: sigma, seed: .text("seven"))).apply(to: image)
  }

  private static func saved(_ image: Image, quality: Int) throws -> Image {
    try ImageFile.decode(
      try ImageFile.encode(image, format: .jpeg, encoding: .init(quality: quality, chroma: .half)), path: "x"
    ).image
  }

  @Test("white noise is white, gray or colour, 8 or 16 bits", arguments: samples, [10.0, 25, 50])
  func white(name: String, sigma: Double) throws {
    let image = try Self.noisy(try Self.sample(name), sigma: sigma)
    let spectrum = try #require(NoiseSpectrum(image))
    #expect(spectrum.kind == .gaussian, "\(spectrum)")
    let deep = try #require(NoiseSpectrum(image.withBitDepth(16)))
    #expect(deep.kind == .gaussian && abs(deep.highShare - spectrum.highShare) < 1e-9)
    let gray = try #require(NoiseSpectrum(try Self.noisy(try Self.sample(name).converted(to: .gray), sigma: sigma)))
    #expect(gray.kind == .gaussian && gray.correlation == nil, "\(gray)")
  }

  @Test("the same saved once as JPEG 95 with 4:2:0 is not", arguments: samples, [10.0, 25, 50])
  func compressed(name: String, sigma: Double) throws {
    let spectrum = try #require(
      NoiseSpectrum(try Self.saved(try Self.noisy(try Self.sample(name), sigma: sigma), quality: 95)))
    #expect(spectrum.kind == .photo, "\(spectrum)")
  }

  @Test("nor is white noise of a mosaic that was interpolated", arguments: samples, [10.0, 25, 50])
  func demosaicked(name: String, sigma: Double) throws {
    let spectrum = try Self.interpolated(try Self.sample(name), sigma: sigma)
    #expect(spectrum.kind == .photo, "\(spectrum)")
  }

  private static func interpolated(_ image: Image, sigma: Double) throws -> NoiseSpectrum {
    let clean = Tensor(
      shape: Shape(height: image.height, width: image.width, channels: 3), values: image.floats(.rgb))
    let mosaic = try Degradation.noise(GaussianNoise(sigma: sigma, seed: .text("seven"))).apply(
      to: clean.mosaicked(.rggb))
    let interpolated = mosaic.demosaicked(.rggb)
    return try #require(
      NoiseSpectrum(Image(width: image.width, height: image.height, colour: interpolated.values, bitDepth: 8)))
  }

  private static func reduced(_ name: String, by scale: Int) throws -> Image {
    try Degradation.bicubic(scale: scale, bitDepth: 8).apply(to: try sample(name))
  }

  @Test(
    "texture of a small photograph is not taken for noise",
    arguments: ["kitten", "colosseum", "circuit_board", "row_houses"], [2, 3])
  func smallAndClean(name: String, scale: Int) throws {
    let spectrum = try #require(NoiseSpectrum(try Self.reduced(name, by: scale)))
    #expect(spectrum.kind == nil, "\(spectrum)")
  }

  @Test(
    "correlated noise of a small photograph is found over its texture", arguments: samples + ["circuit_board"], [2, 3])
  func smallAndNoisy(name: String, scale: Int) throws {
    let small = try Self.reduced(name, by: scale)
    let interpolated = try Self.interpolated(small, sigma: 10)
    #expect(interpolated.kind == .photo, "\(interpolated)")
    let saved = try #require(NoiseSpectrum(try Self.saved(try Self.noisy(small, sigma: 25), quality: 95)))
    #expect(saved.kind == .photo, "\(saved)")
    #expect(try NoiseSpectrum(try Self.noisy(small, sigma: 25))?.kind == .gaussian)
  }

  @Test("an estimate that nobody wants any more ends at its next look, and tells nothing")
  func cancelled() throws {
    let image = try Self.sample("kitten")
    let flag = CancelFlag()
    #expect(PictureEstimates(image, heeding: flag) == PictureEstimates(image))
    // A row of blocks, four rows of the wavelet for each colour, and a row of the grid are between two looks.
    let looks = flag.lookCount
    #expect(looks > image.height / 8 + 3 * image.height / 2 + image.height)
    flag.set()
    #expect(PictureEstimates(image, heeding: flag) == nil)
    #expect(flag.lookCount < looks + 10)
  }

  @Test("noise that all colours share is none that differs from colour to colour")
  func shared() throws {
    let gray = try Self.noisy(try Self.sample("kitten").converted(to: .gray), sigma: 25)
    let spectrum = try #require(NoiseSpectrum(gray.converted(to: .rgb)))
    #expect(spectrum.kind == .photo && spectrum.correlation! > 0.99)
  }

  @Test("flat and tiny pictures tell nothing, and noise half clipped at black is still white")
  func edges() throws {
    func flat(_ level: UInt8, _ side: Int) -> Image {
      Image(
        width: side, height: side, layout: .rgb, samples: .eight([UInt8](repeating: level, count: side * side * 3)))
    }
    #expect(NoiseSpectrum(flat(90, 128))?.kind == nil && NoiseSpectrum(flat(90, 128)) != nil)
    #expect(NoiseSpectrum(flat(0, 128)) == nil && NoiseSpectrum(flat(255, 128)) == nil)
    for side in [1, 3, 4, 11, 12, 40] { #expect(NoiseSpectrum(flat(90, side)) == nil) }
    #expect(try NoiseSpectrum(try Self.noisy(flat(25, 128), sigma: 25))?.kind == .gaussian)
  }

  @Test("of a large picture some of the blocks are looked at")
  func large() throws {
    // 44,700 blocks, of which every fourth is looked at.
    let noise = try Self.noisy(
      Image(width: 2400, height: 1200, layout: .gray, samples: .eight([UInt8](repeating: 120, count: 2_880_000))),
      sigma: 20)
    #expect(try #require(NoiseSpectrum(noise)).kind == .gaussian)
  }

  private static let polyU = TestData.shared("data/testsets/PolyU_real_noise/input")
  private static let cbsd = TestData.shared("data/testsets/CBSD68")

  private static func pictures(_ folder: URL, each step: Int) throws -> [URL] {
    let all = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { ["png", "jpg"].contains($0.pathExtension) }.sorted { $0.path < $1.path }
    return stride(from: 0, to: all.count, by: step).map { all[$0] }
  }

  @Test(
    "pictures of five cameras have correlated noise",
    .enabled(if: polyU != nil, "skipped: ../shared/data/testsets/PolyU_real_noise is not here"))
  func cameras() throws {
    let pictures = try Self.pictures(try #require(Self.polyU), each: 1)
    #expect(pictures.count == 31)
    for file in pictures {
      let spectrum = try #require(NoiseSpectrum(try ImageFile.read(file.path).image))
      #expect(spectrum.kind == .photo, "\(file.lastPathComponent): \(spectrum)")
    }
  }

  @Test(
    "CBSD68 with noise has white noise",
    .enabled(if: cbsd != nil, "skipped: ../shared/data/testsets/CBSD68 is not here"), arguments: [15.0, 25, 50])
  func testSet(sigma: Double) throws {
    for file in try Self.pictures(try #require(Self.cbsd), each: 4) {
      let spectrum = try #require(
        NoiseSpectrum(try Self.noisy(try ImageFile.read(file.path).image, sigma: sigma)))
      #expect(spectrum.kind == .gaussian, "\(file.lastPathComponent): \(spectrum)")
    }
  }
}
