import Base
import Foundation
import Imaging
import TestSupport
import Testing

/// Camera raw files from file to file, with a network that returns the interpolated mosaic as it is.
@Suite struct CameraRawTests {
  /// Linear sRGB, smooth enough for bilinear interpolation.
  private static func scene(_ x: Int, _ y: Int) -> [Float] {
    [0.1 + 0.7 * Float(x) / 64, 0.2 + 0.5 * Float(y) / 48, 0.6 - 0.4 * Float(x) / 64]
  }

  private let folder: TemporaryFolder
  private let models: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    try folder.makeFolder("models")
    let place = folder.url.appending(path: "models")
    try TransparentNetwork.write(to: place, "demosaic", task: "dm", TransparentNetwork.configuration(), metadata: [:])
    models = ["GRL_MODELS": place.path]
  }

  private func write(_ name: String, filters: ColourFilterArray = .rggb, orientation: Int = 1) throws {
    let dng = DNG(width: 64, height: 48, filters: filters, orientation: orientation) { x, y, channel in
      Self.scene(x, y)[channel]
    }
    try Data(dng.bytes).write(to: folder.url.appending(path: name))
  }

  private func restore(_ arguments: String...) async throws -> GRLProcess.Outcome {
    try await GRLProcess.run(
      ["restore", "--task", "demosaic", "--exposure", "0"] + arguments, in: folder, environment: models)
  }

  /// Mean and largest distance from the scene, borders left out.
  private func errors(_ image: Image, linear: Bool) -> (mean: Float, largest: Float) {
    let values = image.floats(.rgb)
    var (sum, largest, count): (Float, Float, Float) = (0, 0, 0)
    for y in 2..<image.height - 2 {
      for x in 2..<image.width - 2 {
        for channel in 0..<3 {
          let light = Self.scene(x, y)[channel]
          let wanted = linear ? light : 1.055 * powf(light, 1 / 2.4) - 0.055
          let error = abs(values[(y * image.width + x) * 3 + channel] - wanted)
          (sum, largest, count) = (sum + error, max(largest, error), count + 1)
        }
      }
    }
    return (sum / count, largest)
  }

  @Test("a raw file becomes a 16-bit sRGB picture; its own pattern counts", arguments: ColourFilterArray.allCases)
  func picture(filters: ColourFilterArray) async throws {
    try write("scene.dng", filters: filters)
    let outcome = try await restore("scene.dng", "--tile", "32")
    try #require(outcome.status == 0, "\(outcome.errorText)")
    let image = try TestPicture.read(folder, "scene_demosaic.png")
    #expect((image.width, image.height, image.bitDepth) == (64, 48, 16))
    #expect(image.metadata.srgbIntent == 0)
    let (mean, largest) = errors(image, linear: false)
    #expect(mean < 0.006 && largest < 0.03, "mean \(mean), largest \(largest)")
  }

  @Test("--linear stores light in 16 bits")
  func linear() async throws {
    try write("scene.dng")
    let outcome = try await restore("scene.dng", "--linear", "-o", "light.png")
    try #require(outcome.status == 0, "\(outcome.errorText)")
    let image = try TestPicture.read(folder, "light.png")
    #expect(image.bitDepth == 16 && image.metadata.pngGamma == 100_000)
    let (mean, largest) = errors(image, linear: true)
    #expect(mean < 0.006 && largest < 0.03, "mean \(mean), largest \(largest)")
  }

  @Test(
    "of an automatic brightness one pixel in a hundred is white, as LibRaw has it; a number moves the light by so many steps"
  )
  func exposure() async throws {
    let dark = DNG(width: 64, height: 48, filters: .rggb) { x, y, channel in Self.scene(x, y)[channel] / 4 }
    try Data(dark.bytes).write(to: folder.url.appending(path: "dark.dng"))
    func light(_ arguments: String...) async throws -> [Float] {
      let words = ["restore", "--task", "demosaic", "--overwrite", "dark.dng", "-o", "a.png"] + arguments
      let outcome = try await GRLProcess.run(words, in: folder, environment: models)
      try #require(outcome.status == 0, "\(outcome.errorText)")
      return try TestPicture.read(folder, "a.png").floats(.rgb).map {
        $0 <= 0.04045 ? $0 / 12.92 : powf(($0 + 0.055) / 1.055, 2.4)
      }
    }
    let plain = try await light("--exposure", "0")
    let brighter = try await light("--exposure", "1.5")
    #expect(zip(plain, brighter).allSatisfy { abs(min(1, $0 * powf(2, 1.5)) - $1) < 1e-3 })
    for automatic in [try await light(), try await light("--exposure", "auto")] {
      // The brightest channel of the scene is red, up to 0.8 / 4.
      let white = stride(from: 0, to: automatic.count, by: 3).count { automatic[$0] > 0.995 }
      #expect((0.005...0.03).contains(Double(white) / (64 * 48)), "\(white)")
    }
    #expect(zip(plain, try await light("--linear")).allSatisfy { $0.isFinite && $1.isFinite })
    let linear = try TestPicture.read(folder, "a.png").floats(.rgb)
    #expect(zip(plain, linear).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test("8 bits on request, and a turned camera's picture stands upright")
  func turned() async throws {
    try write("scene.dng", filters: .gbrg, orientation: 6)
    let outcome = try await restore("scene.dng", "--depth", "8")
    try #require(outcome.status == 0, "\(outcome.errorText)")
    let image = try TestPicture.read(folder, "scene_demosaic.png")
    #expect((image.width, image.height, image.bitDepth) == (48, 64, 8))
    // Turned clockwise, what was at the bottom left is at the top left.
    let wanted = Self.scene(2, 45).map { 1.055 * powf($0, 1 / 2.4) - 0.055 }
    let found = image.floats(.rgb, of: Rectangle(x: 2, y: 2, width: 1, height: 1))
    for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 0.03) }
  }

  @Test("a folder's raw files are found for demosaicking, and for nothing else")
  func folders() async throws {
    try write("a.dng")
    try write("b.DNG")
    let outcome = try await restore(".", "--output-dir", "out")
    try #require(outcome.status == 0, "\(outcome.errorText)")
    for name in ["a", "b"] { _ = try TestPicture.read(folder, "out/\(name)_demosaic.png") }
    let none = try await GRLProcess.run(["restore", "--task", "denoise", "."], in: folder, environment: models)
    #expect(none.status == 3, "\(none.errorText)")
  }

  @Test("what does not fit is refused with the way out")
  func refusals() async throws {
    try write("a.dng")
    try TestPicture.write(to: folder, "a.png", width: 16, height: 16)
    try Data("no camera".utf8).write(to: folder.url.appending(path: "b.nef"))
    for (arguments, status, word) in [
      (["--task", "denoise", "a.dng"], 3, "--task demosaic"),
      (["--task", "demosaic", "--linear", "a.png"], 3, "--linear"),
      (["--task", "demosaic", "--linear", "--depth", "8", "a.dng"], 2, "--linear"),
      (["--task", "sr", "--scale", "2", "--linear", "a.png"], 2, "--linear"),
      (["--task", "demosaic", "b.nef"], 3, "b.nef"),
    ] as [([String], Int32, String)] {
      let outcome = try await GRLProcess.run(["restore"] + arguments, in: folder, environment: models)
      #expect(outcome.status == status, "\(arguments): \(outcome.errorText)")
      #expect(outcome.errorText.contains(word), "\(arguments): \(outcome.errorText)")
    }
  }

  @Test("a damaged raw file ends with status 3, and what is there can be kept")
  func damaged() async throws {
    let dng = DNG(width: 64, height: 48, filters: .rggb, storage: .lossless) { x, y, channel in
      Self.scene(x, y)[channel]
    }
    var bytes = dng.bytes
    let block = dng.pieces[0]
    for place in block.lowerBound + block.count / 2..<block.upperBound { bytes[place] = 0 }
    try Data(bytes).write(to: folder.url.appending(path: "half.dng"))
    let refused = try await restore("half.dng")
    #expect(refused.status == 3)
    #expect(refused.errorText.contains("% of the samples are missing or guessed, in rows "), "\(refused.errorText)")
    let kept = try await restore("half.dng", "--damaged", "keep")
    #expect(kept.status == 0 && kept.errorText.contains("% of the samples are missing or guessed, in rows "))
    let found = try TestPicture.read(folder, "half_demosaic.png").floats(
      .rgb, of: Rectangle(x: 8, y: 8, width: 1, height: 1))
    for (a, b) in zip(found, Self.scene(8, 8).map({ 1.055 * powf($0, 1 / 2.4) - 0.055 })) { #expect(abs(a - b) < 0.03) }
  }

  private static let colourChart = "data/raw/colorchart_canon_kissx4_1734x1156_rggb.dng"

  @Test("a real camera's file", .shared(colourChart))
  func realCamera() async throws {
    let file = try #require(TestData.shared(Self.colourChart))
    let outcome = try await restore(file.path, "-o", "chart.png", "--region", "400,300,256,192")
    try #require(outcome.status == 0, "\(outcome.errorText)")
    let image = try TestPicture.read(folder, "chart.png")
    #expect((image.width, image.height, image.bitDepth) == (256, 192, 16))
    let values = image.floats(.rgb)
    #expect(values.max()! > 0.3 && values.min()! < 0.2)
  }
}
