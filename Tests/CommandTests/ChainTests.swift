import Foundation
import Imaging
import TestSupport
import Testing

/// `--task denoise,sr`: several steps in one job.
@Suite struct ChainTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func restore(_ arguments: [String]) async throws -> GRLProcess.Outcome {
    let outcome = try await GRLProcess.run(["restore", "--variant", "tiny", "--tile", "32"] + arguments, in: folder)
    #expect(outcome.status == 0, "\(outcome.errorText)")
    return outcome
  }

  private func samples(_ name: String) throws -> [Int] {
    guard case .sixteen(let values) = try TestPicture.read(folder, name).samples else { throw Unexpected(name) }
    return values.map { Int($0) }
  }

  @Test("a chain gives what its steps give by hand with 32-bit float files between, to one level of 16 bits")
  func byHand() async throws {
    let picture = try TestPicture.write(to: folder, "a.png")
    try ImageFile.write(picture.withBitDepth(32), to: folder.path("a.tif"), format: .tiff)
    let chain = try await restore([
      "--task", "denoise,sr", "--scale", "2", "--strength", "0.8", "--depth", "16", "a.png", "-o", "chain.tif",
    ])
    #expect(
      chain.outputText.hasPrefix("a.png -> chain.tif: denoise-color-tiny, 4 tiles of 32 x 32")
        && chain.outputText.contains(", then sr-x2-tiny, 4 tiles of 32 x 32"))
    _ = try await restore(["--task", "denoise", "--strength", "0.8", "a.tif", "-o", "b.tif"])
    #expect(try TestPicture.read(folder, "b.tif").bitDepth == 32)
    _ = try await restore([
      "--task", "sr", "--scale", "2", "--strength", "0.8", "--depth", "16", "b.tif", "-o", "hand.tif",
    ])
    let (one, two) = (try samples("chain.tif"), try samples("hand.tif"))
    #expect(one.count == 96 * 80 * 3 && zip(one, two).allSatisfy { abs($0 - $1) <= 1 })

    // In 8 bits as the input, by models named step by step; the name of the result tells all steps.
    _ = try await restore(["--task", "denoise,sr", "--scale", "2", "--model", ",sr-x2-tiny", "a.png"])
    let result = try TestPicture.read(folder, "a_denoise-sr.png")
    #expect((result.width, result.height, result.bitDepth) == (96, 80, 8))
  }

  @Test("of a region, and made smaller behind the last step")
  func regionAndSize() async throws {
    try TestPicture.write(to: folder, "a.png")
    _ = try await restore([
      "--task", "jpeg,sr", "--scale", "3", "--region", "8,8,24,16", "--fit", "60x60", "a.png", "-o", "b.png",
    ])
    let result = try TestPicture.read(folder, "b.png")
    #expect((result.width, result.height) == (60, 40))
  }

  @Test("a camera raw file goes through demosaicking and denoising at once", arguments: [[], ["--linear"]])
  func raw(linear: [String]) async throws {
    let dng = DNG(width: 64, height: 48, filters: .rggb) { x, y, channel in
      [0.05 + 0.3 * Float(x) / 64, 0.1 + 0.2 * Float(y) / 48, 0.3 - 0.2 * Float(x) / 64][channel]
    }
    try Data(dng.bytes).write(to: folder.url.appending(path: "a.dng"))
    let chain = try await restore(["--task", "demosaic,denoise", "a.dng", "-o", "chain.png"] + linear)
    #expect(chain.outputText.contains("demosaic-tiny") && chain.outputText.contains("then denoise-photo-tiny"))
    _ = try await restore(["--task", "demosaic", "a.dng", "-o", "b.png"] + linear)
    _ = try await restore(["--task", "denoise", "--noise", "photo", "b.png", "-o", "hand.png"])
    #expect((try TestPicture.read(folder, "chain.png").metadata.pngGamma == 100_000) == !linear.isEmpty)
    // By hand 16 bits lie between.
    let far = zip(try samples("chain.png"), try samples("hand.png")).map { abs($0 - $1) }
    #expect(far.max()! <= 8 && far.reduce(0, +) < far.count)
  }

  @Test("events say which step it is, and nothing of steps where there is one task")
  func events() async throws {
    try TestPicture.write(to: folder, "a.png")
    func pictures(_ task: String) async throws -> [[String: Any]] {
      let outcome = try await restore(["--task", task, "--events", "ndjson", "--overwrite", "a.png", "-o", "b.png"])
      return try outcome.outputLines.map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }.filter { $0["event"] as? String == "picture" }
    }
    let steps = try await pictures("jpeg,denoise").map { try #require($0["step"] as? [String: Any]) }
    #expect(steps.map { $0["number"] as? Int } == [1, 2] && steps.map { $0["count"] as? Int } == [2, 2])
    #expect(steps.map { $0["task"] as? String } == ["jpeg", "denoise"])
    #expect(try await pictures("denoise").map { $0["step"] == nil } == [true])
  }

  @Test(
    "steps that cannot follow each other are refused before work, with what would do",
    arguments: [
      (["--task", "sr,demosaic", "--scale", "2"], "give --task demosaic,sr"),
      (["--task", "denoise,jpeg,denoise"], "denoise stands there twice"),
      (["--task", "denoise,sr"], "needs --scale"),
      (["--task", "denoise,sr", "--scale", "2", "--quality", "10"], "--quality is for --task jpeg"),
      (["--task", "denoise,sr", "--scale", "2", "--model", "denoise-color-tiny"], "one for each of the 2 steps"),
      (["--task", "sr,real-sr", "--scale", "4", "--max-pixels", "100000"], "over the limit"),
      (["--task", "denoise,defocus-deblur", "--right", "a.png"], "begin with defocus-deblur"),
      (["--task", "denoise,", "--scale", "2"], "give denoise, sr"),
      (["--task", "denoise,jpeg", "--verify"], "--verify goes with a single task"),
      (["--task", "denoise,jpeg", "--linear"], "--linear is for --task demosaic"),
    ])
  func refused(_ arguments: [String], _ words: String) async throws {
    try TestPicture.write(to: folder, "a.png")
    let outcome = try await GRLProcess.run(["restore"] + arguments + ["a.png"], in: folder)
    #expect(outcome.status == 2 && outcome.errorText.contains(words), "\(outcome.errorText)")
    #expect(try folder.listing() == ["a.png"])
  }
}

/// What a result's file says of its making, and what is refused because it cannot be right.
@Suite struct ProvenanceTests {
  @Test(
    "the result says which program, model and settings made it, the same for any number of threads; --metadata strip leaves it out"
  )
  func provenance() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    func restore(_ name: String, _ more: [String]) async throws -> String {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--variant", "tiny", "--strength", "0.5", "a.png", "-o", name] + more,
        in: folder)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errorText)")
      return String(decoding: try folder.bytes(name).map { $0 < 128 ? $0 : 63 }, as: UTF8.self)
    }
    let text = try await restore("b.png", ["--threads", "1", "--memory", "1G"])
    #expect(text.contains("tEXtComment\0GRL Workbench "))
    #expect(text.contains("denoise by denoise-color-tiny (SHA-256 "))
    #expect(text.contains("grl restore --task denoise --variant tiny --strength 0.5"))
    #expect(!text.contains("--threads") && !text.contains("b.png"))
    #expect(try await restore("c.png", ["--threads", "2"]) == text)
    let bare = try await restore("d.png", ["--metadata", "strip"])
    #expect(!bare.contains("GRL Workbench") && !bare.contains("tEXt"))
    // A result is a picture like any other: nothing is said of its text.
    let again = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--variant", "tiny", "b.png", "-o", "e.png"], in: folder)
    #expect(again.status == 0 && again.errors.isEmpty, "\(again.errorText)")
  }

  @Test("HDR pictures are refused with what would do")
  func highRange() async throws {
    let folder = try TemporaryFolder()
    var image = try TestPicture.write(to: folder, "a.png", bitDepth: 16)
    image.metadata.cicp = [9, 16, 0, 1]
    try ImageFile.write(image, to: folder.path("a.png"), format: .png)
    let outcome = try await GRLProcess.run(["restore", "--task", "denoise", "a.png"], in: folder)
    #expect(outcome.status == 3 && outcome.errorText.contains("HDR picture (PQ, BT.2100)"), "\(outcome.errorText)")
    #expect(outcome.errorText.contains("linear light") && !folder.exists("a_denoise.png"))
  }
}
