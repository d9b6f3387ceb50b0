import Foundation
import GRLModel
import Imaging
import Testing

/// Each task from file to file, with networks whose output is known.
@Suite struct TaskTests {
  /// A folder with models for all tasks, and the environment that makes them the installed ones.
  private func models(in folder: TemporaryFolder) throws -> [String: String] {
    try folder.makeFolder("models")
    let place = folder.url.appending(path: "models")
    func write(_ name: String, _ task: String, _ configuration: GRLConfiguration, _ damage: String? = nil) throws {
      try TransparentNetwork.write(
        to: place, name, task: task, configuration, metadata: damage.map { ["degradation": $0] } ?? [:])
    }
    let same = TransparentNetwork.configuration()
    try write(
      "gray-blind", "dn", TransparentNetwork.configuration(inputChannels: 1, outputChannels: 1), #"{"sigma": [0, 55]}"#)
    try write("colour-blind", "dn", same, #"{"sigma": [0, 55]}"#)
    try write("colour-25", "dn", same, #"{"sigma": 25}"#)
    try write("jpeg-blind", "jpeg", same, #"{"quality": [5, 95]}"#)
    try write("demosaic", "dm", same)
    try write("motion", "db_motion", same)
    try write("defocus", "db_defocus", same)
    try write("dual", "db_defocus_dual", TransparentNetwork.configuration(inputChannels: 6))
    for scale in 2...4 {
      try write(
        "sr-x\(scale)", "sr", TransparentNetwork.configuration(upscale: scale, upsampler: .pixelShuffleDirect))
    }
    try write("real", "bsr", TransparentNetwork.configuration(upscale: 4, upsampler: .nearestConvolution))
    return ["GRL_MODELS": place.path]
  }

  private func restore(
    _ arguments: [String], in folder: TemporaryFolder, models: [String: String]
  ) async throws -> (image: Image, report: String) {
    let outcome = try await GRLProcess.run(
      ["restore", "--overwrite", "-o", "out.png", "--task"] + arguments, in: folder, environment: models)
    try #require(outcome.status == 0, "\(arguments): \(outcome.errorText)")
    return (try TestPicture.read(folder, "out.png"), outcome.outputText)
  }

  @Test("tasks that keep the size run from file to file, by the model for the task", arguments: ["png", "jpg"])
  func sameSize(ending: String) async throws {
    let folder = try TemporaryFolder()
    let models = try models(in: folder)
    try TestPicture.write(to: folder, "a.\(ending)", width: 37, height: 21)
    let original = TestPicture.values(try TestPicture.read(folder, "a.\(ending)"))
    for (task, model) in [
      ("denoise", "colour-blind"), ("jpeg", "jpeg-blind"), ("motion-deblur", "motion"), ("defocus-deblur", "defocus"),
    ] {
      let (image, report) = try await restore([task, "a.\(ending)"], in: folder, models: models)
      #expect(TestPicture.values(image) == original, "\(task)")
      #expect(report.contains(": \(model), "))
    }
  }

  @Test("the model is chosen by picture and level, --model overrides")
  func choice() async throws {
    let folder = try TemporaryFolder()
    let models = try models(in: folder)
    try TestPicture.write(to: folder, "colour.png", width: 20, height: 20)
    try TestPicture.write(to: folder, "gray.png", width: 20, height: 20, layout: .gray)
    for (arguments, model) in [
      (["colour.png"], "colour-blind"), (["gray.png"], "gray-blind"), (["--sigma", "25", "colour.png"], "colour-25"),
      (["--sigma", "30", "colour.png"], "colour-blind"), (["--model", "colour-25", "colour.png"], "colour-25"),
      (["--model", "models/gray-blind.safetensors", "gray.png"], "gray-blind"),
    ] {
      let (image, report) = try await restore(["denoise"] + arguments, in: folder, models: models)
      #expect(report.contains(": \(model), "), "\(arguments): \(report)")
      #expect(image.layout == (arguments.last == "gray.png" ? .gray : .rgb))
    }
    // A gray picture in a colour file keeps its kind, and the note says what that costs.
    let gray = try TestPicture.read(folder, "gray.png")
    _ = try ImageFile.write(gray.converted(to: .rgb), to: folder.path("equal.png"), format: .png)
    for (name, isEqual) in [("equal.png", true), ("colour.png", false), ("gray.png", false)] {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--overwrite", "-o", "out.png", name], in: folder, environment: models)
      #expect(outcome.status == 0)
      #expect(try TestPicture.read(folder, "out.png").layout == (name == "gray.png" ? .gray : .rgb))
      #expect(outcome.errorText.contains("all three channels are equal") == isEqual, "\(name): \(outcome.errorText)")
    }
    let wrong = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--model", "gray-blind", "colour.png"], in: folder, environment: models)
    #expect(wrong.status == 4)
    #expect(wrong.oneErrorLine().contains("gray-blind"))
  }

  @Test("enlarging makes each pixel a square, alpha beside the colours", arguments: [2, 3, 4])
  func superResolution(scale: Int) async throws {
    let folder = try TemporaryFolder()
    let models = try models(in: folder)
    let small = try TestPicture.write(to: folder, "a.png", width: 19, height: 11)
    try TestPicture.write(to: folder, "alpha.png", width: 19, height: 11, layout: .rgbAlpha)
    var runs = [["sr", "--scale", "\(scale)", "a.png"], ["sr", "--scale", "\(scale)", "--tile", "16", "a.png"]]
    if scale == 4 { runs.append(["real-sr", "a.png"]) }
    let values = TestPicture.values(small)
    var expected: [Int] = []
    for y in 0..<11 * scale {
      for x in 0..<19 * scale {
        let source = (y / scale * 19 + x / scale) * 3
        expected += values[source..<source + 3]
      }
    }
    for arguments in runs {
      let (image, _) = try await restore(arguments, in: folder, models: models)
      #expect((image.width, image.height) == (19 * scale, 11 * scale))
      #expect(TestPicture.values(image) == expected, "\(arguments)")
    }
    let (transparent, _) = try await restore(["sr", "--scale", "\(scale)", "alpha.png"], in: folder, models: models)
    #expect(transparent.layout == .rgbAlpha && transparent.width == 19 * scale)
  }

  @Test("a mosaic keeps its samples where they lie, whatever the pattern", arguments: ["rggb", "bggr", "grbg", "gbrg"])
  func demosaic(pattern: String) async throws {
    let folder = try TemporaryFolder()
    let models = try models(in: folder)
    try TestPicture.write(to: folder, "clean.png", width: 24, height: 18)
    let degraded = try await GRLProcess.run(
      ["degrade", "--task", "demosaic", "--cfa", pattern, "clean.png", "-o", "mosaic.png"], in: folder)
    #expect(degraded.status == 0)
    let mosaic = TestPicture.values(try TestPicture.read(folder, "mosaic.png"))
    let colours = Array(pattern).map { ["r": 0, "g": 1, "b": 2][$0] ?? 0 }
    let (image, _) = try await restore(["demosaic", "--cfa", pattern, "mosaic.png"], in: folder, models: models)
    let (again, _) = try await restore(["demosaic", "--cfa", pattern, "clean.png"], in: folder, models: models)
    let restored = TestPicture.values(image)
    let samples = (0..<24 * 18).map { pixel -> Int in
      let (x, y) = (pixel % 24, pixel / 24)
      return restored[pixel * 3 + colours[y % 2 * 2 + x % 2]]
    }
    #expect(samples == mosaic)
    #expect(image.layout == .rgb)
    #expect(TestPicture.values(again) == restored)
  }

  @Test("of a dual-pixel pair the left view is the picture, and --right chooses the network for two views")
  func dualPixel() async throws {
    let folder = try TemporaryFolder()
    let models = try models(in: folder)
    let left = try TestPicture.write(to: folder, "left.png", width: 30, height: 20)
    try TestPicture.write(to: folder, "right.png", width: 30, height: 20, phase: 0.4)
    try TestPicture.write(to: folder, "other.png", width: 31, height: 20)
    let (image, report) = try await restore(
      ["defocus-deblur", "--right", "right.png", "left.png"], in: folder, models: models)
    #expect(TestPicture.values(image) == TestPicture.values(left))
    #expect(report.contains(": dual, "))
    let wrong = try await GRLProcess.run(
      ["restore", "--task", "defocus-deblur", "--right", "other.png", "left.png"], in: folder, environment: models)
    #expect(wrong.status == 3)
    #expect(wrong.oneErrorLine().contains("31 x 20"))
  }

  @Test("weights that do not tell their settings are refused until flags supply them")
  func unsettledWeights() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("models")
    let place = folder.url.appending(path: "models")
    try TransparentNetwork.write(to: place, "full", task: "dn", TransparentNetwork.configuration())
    // The same tensors without a word about them.
    let bytes = try folder.bytes("models/full.safetensors")
    let size = Int(bytes.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * $1.offset) })
    var header = try #require(try JSONSerialization.jsonObject(with: bytes[8..<8 + size]) as? [String: Any])
    header["__metadata__"] = nil
    let bare = try JSONSerialization.data(withJSONObject: header)
    let length = withUnsafeBytes(of: UInt64(bare.count).littleEndian) { Data($0) }
    try (length + bare + bytes[(8 + size)...]).write(to: folder.url.appending(path: "bare.safetensors"))
    try TestPicture.write(to: folder, "a.png", width: 24, height: 16)

    let command = ["restore", "--task", "denoise", "--model", "bare.safetensors", "a.png", "-o", "out.png"]
    let refused = try await GRLProcess.run(command, in: folder)
    #expect(refused.status == 4)
    for flag in ["--window", "--stripe", "--anchor-factor"] { #expect(refused.oneErrorLine().contains(flag)) }
    #expect(!folder.exists("out.png"))
    let flags = ["--window", "8", "--stripe", "8,8", "--anchor-factor", "2"]
    let restored = try await GRLProcess.run(command + flags, in: folder)
    #expect(restored.status == 0, "\(restored.errorText)")
    #expect(
      try TestPicture.values(TestPicture.read(folder, "out.png"))
        == TestPicture.values(TestPicture.read(folder, "a.png")))

    let imported = try await GRLProcess.run(
      ["models", "import", "bare.safetensors", "--name", "settled", "--task", "denoise"] + flags, in: folder)
    #expect(imported.status == 0, "\(imported.errorText)")
    let shown = try await GRLProcess.run(["models", "show", "settled"], in: folder)
    #expect(shown.outputText.contains(/window +8 \(/))
    let used = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--model", "settled", "a.png", "--overwrite", "-o", "out.png"], in: folder)
    #expect(used.status == 0)
  }
}
