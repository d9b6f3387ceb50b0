import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import Restoration
import TestSupport
import Testing

/// The command line and the workbench's engine are asked the same.
@Suite("one answer for both faces", .timeLimit(.minutes(10))) struct OneAnswerTests {
  private struct Report: Decodable {
    struct Picture: Decodable { let metrics: [String: Double] }
    let region: [Int]
    let pictures: [Picture]
    let referenceMetrics: [String: Double]?
  }

  private func engine(_ folder: TemporaryFolder) -> Engine {
    Engine(
      EngineConfiguration(
        stateFolder: folder.path("state"), home: folder.url.path,
        library: ModelLibrary(folders: [], userFolder: folder.path("models")), threadCount: 1, budgetBytes: 1 << 30,
        program: "test"))
  }

  /// Two pictures of another size than `a.png`, and how they relate to it.
  static let sizes: [(width: Int, height: Int, what: String)] = [
    (96, 80, "the same size"), (90, 73, "a few pixels less"), (101, 88, "a few pixels more"),
    (48, 40, "half the size"), (24, 20, "a quarter"), (193, 161, "twice the size and a pixel"), (64, 53, "one shape"),
    (140, 116, "one shape, larger"),
  ]

  @Test(
    "PSNR, SSIM and error of pictures of any size are those of the screen, of the whole and of a part", arguments: sizes
  )
  func comparison(_ size: (width: Int, height: Int, what: String)) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 80)
    try TestPicture.write(to: folder, "b.png", width: size.width, height: size.height, phase: 0.1)
    let names = ["psnr", "psnr-y", "ssim", "ssim-y", "mae"]
    let engine = engine(folder)
    let whole = try await engine.measures(["a.png", "b.png"], of: nil)
    let outcome = try await GRLProcess.run(
      ["compare", "a.png", "b.png", "--metric", names.joined(separator: ","), "--json"], in: folder)
    let report = try JSONDecoder().decode(Report.self, from: outcome.output)
    for (name, shown) in zip(names, whole) {
      let value = try #require(report.pictures[0].metrics[name])
      #expect(shown.values == ["", Self.text(value, name)], "\(size.what): \(shown.name)")
    }

    // A part of the frame, which is the larger picture's; what it is of the reference, the command line is told.
    let frame = (width: max(96, size.width), height: max(80, size.height))
    let isReference = frame.width == 96
    let part = try await engine.measures(
      ["a.png", "b.png"], of: Rectangle(x: 16, y: 8, width: 24, height: 20), reference: isReference ? 0 : 1)
    let cropped = try await GRLProcess.run(
      [
        "compare", isReference ? "a.png" : "b.png", isReference ? "b.png" : "a.png", "--crop", "16,8,24,20", "--metric",
        names.joined(separator: ","), "--json",
      ], in: folder)
    let croppedReport = try JSONDecoder().decode(Report.self, from: cropped.output)
    for (name, shown) in zip(names, part) {
      let value = try #require(croppedReport.pictures[0].metrics[name])
      #expect(shown.values.filter { !$0.isEmpty } == [Self.text(value, name)], "a part, \(size.what): \(shown.name)")
    }
    await engine.shutDown()
  }

  @Test("a cut picture is compared pixel on pixel: equal where it was not changed")
  func cut() async throws {
    let folder = try TemporaryFolder()
    let image = try ImageFile.read(TestPicture.sample.path).image.cropped(
      to: Rectangle(x: 40, y: 30, width: 128, height: 100))
    try ImageFile.write(image, to: folder.path("a.png"), format: .png)
    let part = image.cropped(to: Rectangle(x: 0, y: 0, width: 122, height: 97))
    try ImageFile.write(part, to: folder.path("b.png"), format: .png)
    let engine = engine(folder)
    #expect(try await engine.measures(["a.png", "b.png"], of: nil)[0].values == ["", "equal"])
    #expect(try await engine.measures(["a.png", "b.png"], of: nil, reference: 1)[0].values == ["equal", ""])
    await engine.shutDown()
    for pair in [["a.png", "b.png"], ["b.png", "a.png"]] {
      let outcome = try await GRLProcess.run(["compare"] + pair + ["--metric", "psnr"], in: folder)
      #expect(outcome.outputText.contains("inf dB"))
    }
  }

  @Test("what changed is the same on both faces, of the whole and of a part, and no quality is told")
  func changes() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "clean.png", width: 96, height: 80)
    let degraded = try await GRLProcess.run(
      ["degrade", "--task", "denoise", "--sigma", "25", "clean.png", "-o", "noisy.png"], in: folder)
    #expect(degraded.status == 0)
    let engine = engine(folder)
    let part = Rectangle(x: 16, y: 8, width: 48, height: 40)
    for region in [nil, part] {
      let (reply, _) = await engine.answer(
        .compare(ComparisonRequest(paths: ["noisy.png", "clean.png"], reference: 0, .changes(region: region))))
      guard case .comparison(.measures(let measures)) = reply else {
        Issue.record("\(reply)")
        return
      }
      let crop = region.map { ["--crop", "\($0.x),\($0.y),\($0.width),\($0.height)"] } ?? []
      let table = try await GRLProcess.run(["compare", "noisy.png", "clean.png"] + crop, in: folder)
      #expect(table.outputLines[0].hasPrefix("from noisy.png"))
      for measure in measures {
        #expect(measure.values[0].isEmpty && !measure.values[1].isEmpty)
        #expect(
          table.outputLines[0].contains(measure.name) && table.outputLines[1].contains(measure.values[1]), "\(measure)")
      }
      #expect(!table.outputText.contains("PSNR") && !table.outputText.contains("dB"))
      let noise = measures[0].values[1].split(separator: " ").compactMap { Double($0) }
      #expect(noise.count == 2 && noise[0] > 10 && noise[1] < noise[0], "\(measures)")
    }
    await engine.shutDown()
  }

  @Test("pictures that have nothing to do with each other have no numbers on either face")
  func unrelated() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 80)
    try TestPicture.write(to: folder, "b.png", width: 200, height: 50)
    let engine = engine(folder)
    let measures = try await engine.measures(["a.png", "b.png"], of: nil)
    #expect(measures.allSatisfy { $0.values == ["", ""] })
    await engine.shutDown()
    #expect(try await GRLProcess.run(["compare", "a.png", "b.png"], in: folder).status == 3)
  }

  @Test("noise and JPEG grid are the numbers of the files screen", arguments: ["clean", "noisy", "compressed"])
  func estimates(_ kind: String) async throws {
    let folder = try TemporaryFolder()
    var image = try ImageFile.read(TestPicture.sample.path).image
    if kind == "noisy" { image = try Degradation.noise(GaussianNoise(sigma: 25, seed: .number(3))).apply(to: image) }
    let name = kind == "compressed" ? "a.jpg" : "a.png"
    try ImageFile.write(
      image, to: folder.path(name), format: kind == "compressed" ? .jpeg : .png, encoding: .init(quality: 30))
    let engine = engine(folder)
    let (reply, _) = await engine.answer(.preview(path: name, region: nil, width: 40, height: 40))
    await engine.shutDown()
    guard case .pixels(let info) = reply else {
      Issue.record("\(reply)")
      return
    }
    let outcome = try await GRLProcess.run(
      ["compare", name, name, "--metric", "noise,blockiness", "--json"], in: folder)
    let metrics = try #require(try JSONDecoder().decode(Report.self, from: outcome.output).referenceMetrics)
    #expect(info.noiseSigma == metrics["noise"] && info.blockiness == metrics["blockiness"])
    #expect(kind == "noisy" ? info.noiseSigma! > 20 : info.noiseSigma! < 8)
    #expect(kind == "compressed" ? info.blockiness! > 0.5 : info.blockiness! < 0.1)
  }

  /// As the engine writes a value.
  private static func text(_ value: Double, _ name: String) -> String {
    value.isFinite ? String(format: name.hasPrefix("psnr") ? "%.2f" : "%.4f", value) : "equal"
  }
}

extension Engine {
  fileprivate func measures(
    _ paths: [String], of region: Rectangle?, reference: Int = 0
  ) async throws -> [ComparisonMeasure] {
    let question = ComparisonRequest.Question.measure(region: region, convention: "matlab", shave: 0)
    let (reply, _) = await answer(.compare(ComparisonRequest(paths: paths, reference: reference, question)))
    guard case .comparison(.measures(let measures)) = reply else { throw NoMeasures(reply: "\(reply)") }
    return measures
  }
}

private struct NoMeasures: Error { let reply: String }
