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
    let region: [Int]
    let pictures: [Picture]
    let referenceMetrics: [String: Double]?
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

  @Test("without a reference it is told what changed, in a table and as JSON, and no quality")
  func changes() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let table = try await GRLProcess.run(["compare", "clean.png", "damaged.png"], in: folder)
    #expect(table.status == 0 && table.outputLines.count == 2)
    for name in ["from clean.png", "noise", "blockiness", "blur", "largest change", "mean change"] {
      #expect(table.outputLines[0].contains(name))
    }
    #expect(table.outputLines[1].contains(" > ") && !table.outputText.contains("PSNR"))
    let json = try await GRLProcess.run(["compare", "clean.png", "damaged.png", "--json"], in: folder)
    let report = try #require(try JSONSerialization.jsonObject(with: json.output) as? [String: Any])
    #expect(report["before"] as? String == "clean.png" && report["reference"] == nil)
    let picture = try #require((report["pictures"] as? [[String: Any]])?.first)
    #expect(picture["picture"] as? String == "damaged.png" && (picture["noise"] as? [String: Double])?.count == 2)
    #expect((picture["largestAt"] as? [Int])?.count == 2 && (picture["meanChange"] as? Double ?? 0) > 0)
  }

  @Test("pictures that cannot be measured end with status 3 and their name")
  func badInput() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    try TestPicture.write(to: folder, "larger.png", width: 50)
    try TestPicture.write(to: folder, "wide.png", width: 120)
    try TestPicture.write(to: folder, "tiny.png", width: 4, height: 4)
    try folder.write("text.png", "this is not a picture")
    let cases: [([String], [String])] = [
      (["clean.png", "larger.png", "--fit", "none"], ["larger.png", "50 x 40"]),
      (["clean.png", "wide.png"], ["wide.png", "120 x 40", "--fit crop"]),
      (["tiny.png", "--reference", "tiny.png"], ["tiny.png", "too small"]),
      (["clean.png", "text.png"], ["text.png", "not a picture of a format"]),
      (["clean.png", "nowhere.png"], ["nowhere.png", "no such file"]),
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

  private func report(_ arguments: [String], in folder: TemporaryFolder) async throws -> (Report, notes: String) {
    let outcome = try await GRLProcess.run(["compare"] + arguments + ["--json"], in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    return (try JSONDecoder().decode(Report.self, from: outcome.output), outcome.errorText)
  }

  @Test("measures of one picture alone have a row for the reference too")
  func alone() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "clean.png")
    let degraded = try await GRLProcess.run(
      ["degrade", "--task", "denoise", "--sigma", "40", "clean.png", "-o", "damaged.png"], in: folder)
    #expect(degraded.status == 0, "\(degraded.errorText)")
    let (report, _) = try await report(["clean.png", "damaged.png", "--metric", "psnr,noise,blur"], in: folder)
    let damaged = try #require(report.pictures.first).metrics
    #expect(Set(damaged.keys) == ["psnr", "noise", "blur"])
    let clean = try #require(report.referenceMetrics)
    #expect(Set(clean.keys) == ["noise", "blur"])
    #expect(try #require(damaged["noise"]) > 2 * (try #require(clean["noise"])))
    let table = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "--metric", "psnr,noise"], in: folder)
    #expect(table.outputLines.count == 3)
    #expect(table.outputLines[2].hasPrefix("clean.png") && table.outputLines[2].contains(" - "))
  }

  @Test("--crop measures that part only")
  func crop() async throws {
    let folder = try TemporaryFolder()
    let clean = try TestPicture.write(to: folder, "clean.png")
    var values = TestPicture.values(clean).map { UInt8($0) }
    for x in 0..<8 { for channel in 0..<3 { values[(3 * 48 + x) * 3 + channel] ^= 64 } }
    let damaged = Image(width: 48, height: 40, layout: .rgb, samples: .eight(values))
    try ImageFile.write(damaged, to: folder.path("damaged.png"), format: .png)
    let (whole, _) = try await report(["clean.png", "damaged.png", "--metric", "mae"], in: folder)
    #expect(whole.region == [0, 0, 48, 40])
    #expect(abs(whole.pictures[0].metrics["mae"]! - 64.0 / 255 * 8 / (48 * 40)) < 1e-9)
    let (part, _) = try await report(["clean.png", "damaged.png", "--metric", "mae", "--crop", "4,2,8,4"], in: folder)
    #expect(part.region == [4, 2, 8, 4])
    #expect(abs(part.pictures[0].metrics["mae"]! - 64.0 / 255 * 4 / 32) < 1e-9)
    let (clear, _) = try await report(
      ["clean.png", "damaged.png", "--metric", "mae", "--crop", "8,0,40,40"], in: folder)
    #expect(clear.pictures[0].metrics["mae"] == 0)
    let outside = try await GRLProcess.run(["compare", "clean.png", "damaged.png", "--crop", "40,0,9,9"], in: folder)
    #expect(outside.status == 2)
    #expect(outside.oneErrorLine().contains("48 x 40"))
  }

  @Test("pictures of another size or depth are fitted, and that is said")
  func fitting() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let larger = try TestPicture.write(to: folder, "larger.png", width: 50, height: 43)
    #expect(larger.width == 50)
    let (cropped, word) = try await report(["clean.png", "larger.png", "--metric", "mae"], in: folder)
    #expect(cropped.region == [0, 0, 48, 40])
    #expect(cropped.pictures[0].metrics["mae"] == 0)
    #expect(word.contains("common 48 x 40"))

    let degraded = try await GRLProcess.run(
      ["degrade", "--task", "sr", "--scale", "2", "clean.png", "-o", "small.png"], in: folder)
    #expect(degraded.status == 0)
    let (enlarged, words) = try await report(["clean.png", "small.png", "--metric", "psnr"], in: folder)
    #expect(words.contains("small.png: 24 x 20 enlarged to 48 x 40 by Matlab's bicubic"))
    #expect(enlarged.pictures[0].metrics["psnr"]! > 30)

    try TestPicture.write(to: folder, "deep.png", bitDepth: 16)
    let (deep, depthWord) = try await report(["clean.png", "deep.png", "--metric", "psnr"], in: folder)
    #expect(depthWord.contains("deep.png: 16-bit samples beside 8-bit ones"))
    #expect(deep.pictures[0].metrics["psnr"]! > 55)
  }

  @Test("--fail-above is for measures of which less is better")
  func failAbove() async throws {
    let folder = try TemporaryFolder()
    try pair(in: folder)
    let passed = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "--fail-above", "mae=0.02"], in: folder)
    #expect(passed.status == 0)
    let failed = try await GRLProcess.run(
      ["compare", "clean.png", "damaged.png", "--fail-above", "mae=0.01"], in: folder)
    #expect(failed.status == 1)
    #expect(failed.oneErrorLine().contains("MAE (matlab) is 0.01307, above 0.01"))
    let wrong = try await GRLProcess.run(["compare", "clean.png", "damaged.png", "--fail-above", "psnr=3"], in: folder)
    #expect(wrong.status == 2)
  }
}
