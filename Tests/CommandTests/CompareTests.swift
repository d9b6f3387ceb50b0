import Foundation
import Imaging
import Testing

@Suite struct CompareTests {
  private struct Report: Decodable {
    struct Picture: Decodable {
      let picture: String
      let metrics: [String: Double]
    }
    let reference: String
    let convention: String
    let shave: Int
    let pictures: [Picture]
  }

  /// Two pictures of which one is the other with every third sample moved by ten levels.
  private func pair(in folder: TemporaryFolder) throws {
    let clean = try TestPicture.write(to: folder, "clean.png")
    let moved = TestPicture.values(clean).enumerated().map { UInt8($1 + ($0 % 3 == 0 ? 10 : 0)) }
    let damaged = Image(width: clean.width, height: clean.height, layout: clean.layout, samples: .eight(moved))
    try ImageFile.write(damaged, to: folder.path("damaged.png"), format: .png)
  }

  @Test("--json gives PSNR and mean absolute error as their definitions have them")
  func definitions() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let outcome = try await GRLProcess.run(
      ["compare", "damaged.png", "--reference", "clean.png", "--metric", "psnr,mae", "--json"], in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.errorText.isEmpty)
    let report = try JSONDecoder().decode(Report.self, from: outcome.output)
    #expect(report.reference == "clean.png")
    #expect(report.convention == "matlab")
    #expect(report.shave == 0)
    let metrics = try #require(report.pictures.first).metrics
    #expect(abs(try #require(metrics["psnr"]) - 10 * log10(255 * 255 / (100.0 / 3))) < 1e-9)
    #expect(abs(try #require(metrics["mae"]) - 10.0 / 3 / 255) < 1e-12)
  }

  @Test("the table names reference and convention, a row for each picture")
  func textTable() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let outcome = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "clean.png", "--convention", "basicsr", "--shave", "4"], in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.outputLines.count == 3)
    #expect(outcome.outputLines[0].hasPrefix("against clean.png"))
    #expect(outcome.outputLines[0].contains("PSNR (basicsr, shave 4)  SSIM (basicsr, shave 4)"))
    #expect(outcome.outputLines[1].hasPrefix("damaged.png") && outcome.outputLines[1].contains("32.90 dB"))
    #expect(outcome.outputLines[2].contains("inf dB") && outcome.outputLines[2].contains("1.0000"))
  }

  @Test("luma and SSIM differ between conventions, and each flag reaches the measurement")
  func conventions() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    var seen: [String: Double] = [:]
    for convention in ["matlab", "basicsr", "grl"] {
      let outcome = try await GRLProcess.run(
        [
          "compare", "clean.png", "damaged.png", "--convention", convention, "--metric", "psnr-y,ssim-y", "--json",
        ], in: folder)
      let metrics = try #require(try JSONDecoder().decode(Report.self, from: outcome.output).pictures.first).metrics
      seen[convention + ".psnr"] = metrics["psnr-y"]
      seen[convention + ".ssim"] = metrics["ssim-y"]
    }
    #expect(seen["matlab.psnr"] == seen["grl.psnr"])
    #expect(seen["matlab.psnr"] != seen["basicsr.psnr"])
    #expect(seen["matlab.ssim"] != seen["grl.ssim"])
    #expect(seen.count == 6)
  }

  @Test("--fail-below ends with status 1 and says by how much")
  func failBelow() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let passed = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "--fail-below", "psnr=32,ssim=0.5"], in: folder)
    #expect(passed.status == 0)
    #expect(passed.errorText.isEmpty)
    let failed = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "--fail-below", "psnr=33"], in: folder)
    #expect(failed.status == 1)
    #expect(failed.oneErrorLine() == "grl: damaged.png: PSNR (matlab) is 32.90 dB, below 33\n")
    #expect(failed.outputLines.count == 2)
  }

  @Test("pictures that cannot be measured end with status 3 and their name")
  func badInput() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    try TestPicture.write(to: folder, "larger.png", width: 50)
    try TestPicture.write(to: folder, "tiny.png", width: 4, height: 4)
    try folder.write("text.png", "this is not a picture")
    let cases: [([String], [String])] = [
      (["clean.png", "larger.png"], ["larger.png", "50 x 40"]),
      (["tiny.png", "tiny.png"], ["tiny.png", "too small"]),
      (["clean.png", "text.png"], ["text.png", "not a PNG or JPEG"]),
      (["clean.png", "nowhere.png"], ["nowhere.png", "No such file"]),
      (["clean.png", "clean.png", "--max-pixels", "100"], ["clean.png", "--max-pixels"]),
    ]
    for (arguments, fragments) in cases {
      let outcome = try await GRLProcess.run(["compare"] + arguments, in: folder)
      #expect(outcome.status == 3)
      #expect(outcome.output.isEmpty)
      for fragment in fragments { #expect(outcome.oneErrorLine().contains(fragment)) }
    }
  }

  @Test("standard input is one of the pictures")
  func standardInput() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let outcome = try await GRLProcess.run(
      ["compare", "-", "--reference", "clean.png", "--metric", "psnr"], in: folder,
      input: folder.url.appending(path: "damaged.png"))
    #expect(outcome.status == 0)
    #expect(outcome.outputText.contains("32.90 dB"))
  }
}
