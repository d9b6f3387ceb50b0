import Foundation
import Imaging
import TestSupport
import Testing

/// `grl evaluate` on small sets of our own: damage, measures, means, what is kept, and how it ends.
@Suite struct EvaluateTests {
  /// A folder with `count` pictures of different waves.
  private func writeSet(
    _ name: String, _ count: Int, in folder: TemporaryFolder, layout: Image.Layout = .rgb, width: Int = 48,
    height: Int = 40
  ) throws {
    try folder.makeFolder(name)
    for i in 0..<count {
      try TestPicture.write(
        to: folder, "\(name)/p\(i).png", width: width, height: height, layout: layout, phase: Double(i))
    }
  }

  /// The file in which results of models or of input are kept.
  private func stores(_ folder: TemporaryFolder) throws -> [URL] {
    let place = folder.home.appending(path: "XDG_STATE_HOME/grl/evaluations")
    guard FileManager.default.fileExists(atPath: place.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
  }

  @Test("noise of sigma 25 measures as its definition says, and means are those of the pictures")
  func noise() async throws {
    let folder = try TemporaryFolder()
    try writeSet("set", 3, in: folder)
    let block = try #require(
      try await EvaluateReport.run(
        ["--task", "denoise", "--sigma", "25", "--dataset", "set", "--baseline-only"], in: folder
      ).first)
    #expect(block.set == "set" && block.level == 25 && block.colours == "colour")
    #expect(block.pictureCount == 3 && block.measuredCount == 3 && block.isResult)
    let baseline = try block.row("baseline")
    // Noise of 25 levels, some of it clipped when it is rounded to 8 bits.
    #expect(abs(try #require(baseline.values["psnr"]) - 10 * log10(255 * 255 / 625)) < 0.25)
    for key in ["psnr", "ssim", "ssim-padded"] {
      let mean = block.pictures.reduce(0) { $0 + $1.baseline[key]! } / 3
      #expect(abs(try #require(baseline.values[key]) - mean) < 1e-12)
    }
    #expect(Set(block.pictures.map { $0.baseline["psnr"]! }).count == 3)
    #expect(block.measures["psnr"] == "PSNR (grl)")
    #expect(block.rows.count == 1)
  }

  @Test("every ending of a picture that restore takes counts in a test set too")
  func endings() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("set")
    for (i, ending) in ["png", "jpg", "JPEG", "jpe", "jfif"].enumerated() {
      let format = try #require(ImageFile.Format(path: "a." + ending))
      let image = try TestPicture.write(to: folder, "made.png", phase: Double(i))
      try ImageFile.write(image, to: folder.path("set/p\(i).\(ending)"), format: format)
    }
    let blocks = try await EvaluateReport.run(
      ["--task", "denoise", "--sigma", "25", "--dataset", "set", "--baseline-only"], in: folder)
    #expect(blocks.first?.measuredCount == 5)
  }

  @Test("names that are no UTF-8 count in a test set, in pairs too, and as a model's file")
  func latin() async throws {
    let folder = try TemporaryFolder()
    for name in ["set/input", "set/target"] { try folder.makeFolder(name) }
    try TestPicture.write(to: folder, "a.png")
    try TestPicture.write(to: folder, "b.png", phase: 0.1)
    try folder.copy(TestPicture.denoiser, as: "weights.safetensors")
    let outcome = try await GRLProcess.shell(
      """
      cp a.png $'set/input/\\xe9.png' && cp b.png $'set/target/\\xe9.png' && cp -r set $'s\\xe8t' &&
        mv weights.safetensors $'m\\xf6del.safetensors' && cd $'s\\xe8t' &&
        $GRL evaluate --task denoise --dataset . --model $'../m\\xf6del.safetensors' --format json &&
        $GRL evaluate --task denoise --sigma 25 --dataset target --baseline-only > /dev/null &&
        $GRL models show $'../m\\xf6del.safetensors' > /dev/null &&
        $GRL restore --task denoise --model $'../m\\xf6del.safetensors' ../a.png -o ../c.png > /dev/null
      """, in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    let block = try #require(try JSONDecoder().decode(EvaluateReport.self, from: outcome.output).blocks.first)
    #expect(block.measuredCount == 1 && block.pictureCount == 1)
    #expect(block.pictures.map(\.picture) == ["\u{10FFE9}.png"])
    #expect(folder.exists("c.png"))
  }

  @Test(
    "a network that changes nothing measures what its input does, for each task",
    arguments: [
      ("denoise", "dn", ["--sigma", "15"]), ("jpeg", "jpeg", ["--quality", "10"]), ("demosaic", "dm", []),
      ("motion-deblur", "db_motion", []), ("defocus-deblur", "db_defocus", []),
    ])
  func transparent(task: String, key: String, level: [String]) async throws {
    let folder = try TemporaryFolder()
    try writeSet("set", 2, in: folder)
    try folder.makeFolder("models")
    try TransparentNetwork.write(
      to: folder.url.appending(path: "models"), "still", task: key, TransparentNetwork.configuration(),
      metadata: key == "dn"
        ? ["degradation": #"{"kind": "noise", "sigma": [0, 55]}"#]
        : key == "jpeg" ? ["degradation": #"{"kind": "jpeg", "quality": [5, 95]}"#] : [:])
    let block = try #require(
      try await EvaluateReport.run(
        ["--task", task, "--dataset", "set"] + level, in: folder, environment: ["GRL_MODELS": folder.path("models")]
      ).first)
    let (baseline, model) = (try block.row("baseline"), try block.row("model"))
    #expect(model.method == "still")
    #expect(baseline.values.count >= 3)
    // The interpolation of a mosaic ends on halves of a level, which a last bit rounds the other way.
    let tolerance = task == "demosaic" ? 0.05 : 1e-4
    for (measure, value) in baseline.values {
      let ours = try #require(model.values[measure])
      #expect(abs(value - ours) < tolerance, "\(measure): \(value), \(ours)")
    }
    #expect(block.pictures.allSatisfy { $0.models.count == 1 })
  }

  @Test("several models stand in one table, in the order in which they were named")
  func severalModels() async throws {
    let folder = try TemporaryFolder()
    try writeSet("set", 2, in: folder)
    try folder.write("set/broken.png", "not a picture")
    for name in ["first", "second"] {
      try TransparentNetwork.write(
        to: folder.url, name, task: "dn", TransparentNetwork.configuration(),
        metadata: ["degradation": #"{"kind": "noise", "sigma": [0, 55]}"#])
    }
    let block = try #require(
      try await EvaluateReport.run(
        [
          "--task", "denoise", "--sigma", "50", "--dataset", "set", "--model", "second.safetensors", "--model",
          "first.safetensors",
        ], in: folder, status: 1
      ).first)
    #expect(block.rows.filter { $0.origin == "model" }.map(\.method) == ["second", "first"])
    #expect(block.pictureCount == 3)
    #expect(block.pictures.map(\.models.count) == [2, 2])
    for picture in block.pictures { #expect(picture.models[0] == picture.models[1]) }
    for row in block.rows where row.origin == "model" {
      #expect(abs(row.values["psnr"]! - (try block.row("baseline").values["psnr"]!)) < 1e-4)
    }
  }

  @Test("tiles of a network that changes nothing are put together again")
  func tiles() async throws {
    let folder = try TemporaryFolder()
    try writeSet("set", 1, in: folder)
    try folder.makeFolder("models")
    try TransparentNetwork.write(
      to: folder.url.appending(path: "models"), "still", task: "dn", TransparentNetwork.configuration(),
      metadata: ["degradation": #"{"kind": "noise", "sigma": [0, 55]}"#])
    let environment = ["GRL_MODELS": folder.path("models")]
    let common = ["--task", "denoise", "--sigma", "50", "--dataset", "set"]
    let whole = try await EvaluateReport.run(common, in: folder, environment: environment)
    let tiled = try await EvaluateReport.run(
      common + ["--tile", "16", "--overlap", "4"], in: folder, environment: environment)
    let (a, b) = (try whole[0].row("model").values["psnr"]!, try tiled[0].row("model").values["psnr"]!)
    #expect(abs(a - b) < 1e-3)
  }

  @Test("small pictures of a set are taken where it brings them, and made where not")
  func smallPictures() async throws {
    let folder = try TemporaryFolder()
    try writeSet("made", 2, in: folder, width: 49, height: 41)
    try writeSet("brought/HR", 2, in: folder, width: 49, height: 41)
    try folder.makeFolder("brought/LR_bicubic/X2")
    for i in 0..<2 {
      let outcome = try await GRLProcess.run(
        ["degrade", "--task", "sr", "--scale", "2", "brought/HR/p\(i).png", "-o", "brought/LR_bicubic/X2/p\(i)x2.png"],
        in: folder)
      #expect(outcome.status == 0)
    }
    let arguments = ["--task", "sr", "--scale", "2", "--baseline-only", "--dataset", "made", "--dataset", "brought"]
    let blocks = try await EvaluateReport.run(arguments, in: folder)
    #expect(blocks.map(\.set) == ["made", "brought"])
    #expect(blocks[0].measures["psnr"] == "PSNR-Y (grl, shave 2)")
    let values = try blocks.map { try $0.row("baseline").values["psnr"]! }
    #expect(values[0] > 30 && abs(values[0] - values[1]) < 1e-9)
    try Data(contentsOf: folder.url.appending(path: "brought/LR_bicubic/X2/p1x2.png"))
      .write(to: folder.url.appending(path: "brought/LR_bicubic/X2/p0x2.png"))
    let swapped = try await EvaluateReport.run(arguments, in: folder)
    #expect(try swapped[1].row("baseline").values["psnr"]! < values[1] - 3)
  }

  @Test("pairs of blurred and sharp pictures are measured as they are")
  func pairs() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("set")
    let sharp = try TestPicture.write(to: folder, "set/a_sharp.png")
    let values = TestPicture.values(sharp).map { UInt8($0 + 10) }
    let moved = Image(width: sharp.width, height: sharp.height, layout: .rgb, samples: .eight(values))
    try ImageFile.write(moved, to: folder.path("set/a_blur.png"), format: .png)
    let blocks = try await EvaluateReport.run(
      ["--task", "motion-deblur", "--dataset", "set", "--baseline-only"], in: folder)
    #expect(abs(try blocks[0].row("baseline").values["psnr"]! - 10 * log10(255 * 255 / 100)) < 1e-9)
    #expect(blocks[0].pictures.map(\.picture) == ["a_blur.png"])
  }

  /// Writes targets and inputs that are some levels brighter.
  private func writePairs(_ name: String, _ levels: [Int], in folder: TemporaryFolder) throws {
    for part in ["input", "target"] { try folder.makeFolder("\(name)/\(part)") }
    for (i, level) in levels.enumerated() {
      let clean = try TestPicture.write(to: folder, "\(name)/target/p\(i).png", phase: Double(i))
      let values = TestPicture.values(clean).map { UInt8($0 + level) }
      let moved = Image(width: clean.width, height: clean.height, layout: .rgb, samples: .eight(values))
      // Another ending: partners have one stem.
      try ImageFile.write(moved, to: folder.path("\(name)/input/p\(i)"), format: .png)
      try FileManager.default.moveItem(
        atPath: folder.path("\(name)/input/p\(i)"), toPath: folder.path("\(name)/input/p\(i).PNG"))
    }
  }

  @Test(
    "folders input and target are pairs for every task, measured once and as they are",
    arguments: [
      ("denoise", "dn"), ("jpeg", "jpeg"), ("demosaic", "dm"), ("motion-deblur", "db_motion"),
      ("defocus-deblur", "db_defocus"),
    ])
  func inputAndTarget(task: String, key: String) async throws {
    let folder = try TemporaryFolder()
    try writePairs("set", [10, 4], in: folder)
    try TestPicture.write(to: folder, "set/input/alone.png")
    try folder.makeFolder("models")
    try TransparentNetwork.write(
      to: folder.url.appending(path: "models"), "still", task: key, TransparentNetwork.configuration(),
      metadata: key == "dn"
        ? ["degradation": #"{"kind": "noise", "sigma": [0, 55]}"#]
        : key == "jpeg" ? ["degradation": #"{"kind": "jpeg", "quality": [5, 95]}"#] : [:])
    let blocks = try await EvaluateReport.run(
      ["--task", task, "--dataset", "set"], in: folder, environment: ["GRL_MODELS": folder.path("models")])
    #expect(blocks.count == 1)
    let block = try #require(blocks.first)
    #expect(block.pictures.map(\.picture) == ["p0.png", "p1.png"] && block.level == nil)
    for (picture, level) in zip(block.pictures, [10.0, 4]) {
      #expect(abs(picture.baseline["psnr"]! - 10 * log10(255 * 255 / (level * level))) < 1e-9)
    }
    #expect(block.notes.contains { $0.contains("input/alone.png") })
    let gain = try #require(try block.row("model").gain)
    #expect(abs(gain.mean) < 1e-3 && gain.worsePictures == 0 && gain.worstPicture.hasPrefix("p"))
  }

  @Test("pairs for sr tell the enlargement themselves")
  func pairsOfSizes() async throws {
    let folder = try TemporaryFolder()
    for part in ["input", "target"] { try folder.makeFolder("set/\(part)") }
    try TestPicture.write(to: folder, "set/target/p.png", width: 90, height: 60)
    try TestPicture.write(to: folder, "set/input/p.png", width: 30, height: 20)
    let blocks = try await EvaluateReport.run(["--task", "sr", "--dataset", "set", "--baseline-only"], in: folder)
    #expect(blocks.map(\.level) == [3] && blocks[0].pictures.map(\.picture) == ["p.png"])
  }

  @Test("pictures that a model made worse than their input are counted, and the worst is named")
  func worse() async throws {
    let folder = try TemporaryFolder()
    // The network adds nothing but its mean: what lies far from the target stays, what is equal to it is as it was.
    try writePairs("set", [0, 10], in: folder)
    try folder.makeFolder("models")
    try TestModel.write(to: folder.url.appending(path: "models"))
    let outcome = try await GRLProcess.run(
      ["evaluate", "--task", "denoise", "--dataset", "set"], in: folder,
      environment: ["GRL_MODELS": folder.path("models")])
    #expect(outcome.status == 0, "\(outcome.errorText)")
    let line = try #require(outcome.outputLines.last)
    #expect(line.contains("least for p0.png: -inf dB (inf to "), "\(line)")
    #expect(line.contains(" of 2 pictures lost more than 0.1 dB") && !line.contains("none of 2"))
  }

  @Test("gray sets are gray, and --gray makes colour ones so")
  func gray() async throws {
    let folder = try TemporaryFolder()
    try writeSet("gray", 1, in: folder, layout: .gray)
    try writeSet("colour", 1, in: folder)
    let common = ["--task", "denoise", "--sigma", "25", "--baseline-only", "--dataset"]
    #expect(try await EvaluateReport.run(common + ["gray"], in: folder)[0].colours == "gray")
    #expect(try await EvaluateReport.run(common + ["colour"], in: folder)[0].colours == "colour")
    let made = try await EvaluateReport.run(common + ["colour", "--gray"], in: folder)[0]
    #expect(made.colours == "gray")
    #expect(abs(try made.row("baseline").values["psnr"]! - 20.17) < 0.4)
  }

  @Test("each set of rules has its own noise")
  func rules() async throws {
    let folder = try TemporaryFolder()
    try writeSet("set", 2, in: folder)
    var means: Set<Double> = []
    for rules in ["grl", "matlab", "basicsr"] {
      let blocks = try await EvaluateReport.run(
        ["--task", "denoise", "--sigma", "25", "--dataset", "set", "--baseline-only", "--rules", rules], in: folder)
      means.insert(try blocks[0].row("baseline").values["psnr"]!)
      #expect(blocks[0].measures["psnr"] == "PSNR (\(rules))")
    }
    #expect(means.count == 3)
    #expect(means.max()! - means.min()! < 0.3)
  }

  @Test("published rows stand beside a whole standard set only, and the gap is ours less theirs")
  func publishedRows() async throws {
    let folder = try TemporaryFolder()
    try writeSet("Classic5", 5, in: folder, layout: .gray)
    try writeSet("Set5", 3, in: folder)
    let blocks = try await EvaluateReport.run(
      ["--task", "jpeg", "--quality", "10,40", "--dataset", "Classic5", "--baseline-only"], in: folder)
    #expect(blocks.map(\.level) == [10, 40])
    let grl = try #require(blocks[0].published("GRL-S"))
    #expect(grl.values["psnr"] == 30.20 && grl.values["ssim"] == 0.829 && grl.source == "GRL (CVPR 2023), Table 6")
    #expect(grl.oursLessRow == nil)
    let quoted = try #require(blocks[0].published("JPEG"))
    let baseline = try blocks[0].row("baseline").values["psnr"]!
    #expect(abs(try #require(quoted.oursLessRow) - (baseline - 27.82)) < 1e-9)
    #expect(blocks[0].published("FBCNN")?.parametersMillions == 71.92)

    let partial = try await EvaluateReport.run(
      ["--task", "sr", "--scale", "2", "--dataset", "Set5", "--baseline-only"], in: folder)
    #expect(partial[0].rows.count == 1)
    #expect(partial[0].notes.contains { $0.contains("5 pictures") && $0.contains("3") })
    let renamed = try await EvaluateReport.run(
      ["--task", "denoise", "--sigma", "25", "--dataset", "Classic5", "--set", "mine", "--baseline-only"], in: folder)
    #expect(renamed[0].set == "mine" && renamed[0].rows.count == 1)
  }

  @Test("text, Markdown and CSV hold the same numbers; a limited run says that it is no result")
  func formats() async throws {
    let folder = try TemporaryFolder()
    try writeSet("Set12", 12, in: folder, layout: .gray)
    let common = ["evaluate", "--task", "denoise", "--sigma", "25", "--dataset", "Set12", "--baseline-only"]
    let block = try await EvaluateReport.run(Array(common.dropFirst()), in: folder)[0]
    let psnr = String(format: "%.2f", try block.row("baseline").values["psnr"]!)

    let text = try await GRLProcess.run(common, in: folder)
    #expect(text.outputLines[0] == "Set12, denoise sigma 25, gray: 12 pictures")
    #expect(text.outputLines.contains { $0.hasPrefix("noisy input") && $0.contains(psnr) })
    #expect(text.outputLines.contains { $0.hasPrefix("GRL-T") && $0.contains("30.92") && $0.contains("Table 4") })

    let markdown = try await GRLProcess.run(common + ["--format", "markdown", "-o", "table.md"], in: folder)
    #expect(markdown.status == 0 && markdown.output.isEmpty)
    let table = String(decoding: try folder.bytes("table.md"), as: UTF8.self)
    #expect(table.contains("| noisy input |  | \(psnr) |"))
    let widths = Set(table.split(separator: "\n").filter { $0.hasPrefix("|") }.map { $0.filter { $0 == "|" }.count })
    #expect(widths.count == 1)
    let again = try await GRLProcess.run(common + ["-o", "table.md"], in: folder)
    #expect(again.status == 2 && again.oneErrorLine().contains("--overwrite"))

    let csv = try await GRLProcess.run(common + ["--format", "csv"], in: folder)
    #expect(csv.outputLines.contains { $0.hasPrefix("Set12,denoise,25,gray,grl,12,12,noisy input,baseline,,psnr,") })

    let limited = try await GRLProcess.run(common + ["--limit", "4"], in: folder)
    #expect(limited.outputLines[0] == "Set12, denoise sigma 25, gray: 4 of 12 pictures: not a result")
    let few = try await EvaluateReport.run(Array(common.dropFirst()) + ["--limit", "4"], in: folder)[0]
    #expect(!few.isResult && few.pictures.map(\.picture) == ["p0.png", "p11.png", "p4.png", "p7.png"])
  }

  @Test("results are kept: a second run reads them, --again measures anew, a torn line is measured again")
  func keeping() async throws {
    let folder = try TemporaryFolder()
    try writeSet("set", 3, in: folder)
    let arguments = ["--task", "denoise", "--sigma", "25", "--dataset", "set", "--baseline-only"]
    let first = try await EvaluateReport.run(arguments, in: folder)[0]
    let store = try #require(try stores(folder).first)
    let lines = try String(contentsOf: store, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(lines.count == 4)

    // What stands in the file is what is printed, so nothing was computed.
    let number = try #require(lines[1].range(of: #""psnr":[0-9.]+"#, options: .regularExpression))
    let changed = lines[1].replacingCharacters(in: number, with: #""psnr":99"#)
    try Data(([lines[0], changed] + lines[2...]).joined(separator: "\n").appending("\n").utf8).write(to: store)
    let second = try await EvaluateReport.run(arguments, in: folder)[0]
    #expect(second.pictures.map { $0.baseline["psnr"]! }.max() == 99)
    let fresh = try await EvaluateReport.run(arguments + ["--again"], in: folder)[0]
    #expect(fresh.pictures.map(\.baseline) == first.pictures.map(\.baseline))

    // Cut in the middle of the last line, as when the program is killed while it writes.
    try Data(try Data(contentsOf: store).dropLast(40)).write(to: store)
    let healed = try await EvaluateReport.run(arguments, in: folder)[0]
    #expect(healed.pictures.map(\.baseline) == first.pictures.map(\.baseline))
    let last = try await EvaluateReport.run(arguments, in: folder)[0]
    #expect(last.pictures.map(\.baseline) == first.pictures.map(\.baseline))

    // Another picture under an old name is another picture.
    try TestPicture.write(to: folder, "set/p0.png", phase: 9)
    let replaced = try await EvaluateReport.run(arguments, in: folder)[0]
    #expect(replaced.pictures[0].baseline != first.pictures[0].baseline)
    #expect(replaced.pictures[1].baseline == first.pictures[1].baseline)
  }

  @Test("every way to fail has its status and one line")
  func failures() async throws {
    let folder = try TemporaryFolder()
    try writeSet("set", 1, in: folder)
    try folder.makeFolder("empty")
    try folder.makeFolder("models")
    let none = ["GRL_MODELS": folder.path("models")]
    let cases: [([String], Int32, String)] = [
      (["--task", "denoise", "--dataset", "set"], 4, "--baseline-only"),
      (["--task", "denoise", "--dataset", "set", "--model", "nobody"], 4, "nobody"),
      (["--task", "denoise", "--dataset", "nowhere", "--baseline-only"], 3, "nowhere"),
      (["--task", "denoise", "--dataset", "empty", "--baseline-only"], 3, "no PNG"),
      (["--task", "defocus-deblur", "--dual-pixel", "--dataset", "set", "--baseline-only"], 3, "NAME_left"),
      (["--task", "denoise", "--baseline-only"], 2, "--dataset"),
      (["--task", "denoise", "--scale", "2", "--dataset", "set"], 2, "--scale"),
      (["--task", "denoise", "--sigma", "25,x", "--dataset", "set"], 2, "whole numbers"),
      (["--task", "sr", "--scale", "5", "--dataset", "set"], 2, "2, 3 or 4"),
      (["--task", "denoise", "--dataset", "set", "--baseline-only", "--model", "x"], 2, "--baseline-only"),
      (["--task", "denoise", "--dataset", "set", "--baseline-only", "-o", "nowhere/t.md"], 2, "nowhere"),
    ]
    for (arguments, status, fragment) in cases {
      let outcome = try await GRLProcess.run(["evaluate"] + arguments, in: folder, environment: none)
      #expect(outcome.status == status, "\(arguments): \(outcome.errorText)")
      #expect(outcome.output.isEmpty)
      #expect(outcome.oneErrorLine().contains(fragment))
    }
    try folder.write("set/broken.png", "not a picture")
    let outcome = try await GRLProcess.run(
      ["evaluate", "--task", "denoise", "--sigma", "25", "--dataset", "set", "--baseline-only"], in: folder)
    #expect(outcome.status == 1)
    #expect(outcome.oneErrorLine().contains("broken.png"))
    #expect(outcome.outputLines[0].contains("1 of 2 pictures: not a result"))
  }
}
