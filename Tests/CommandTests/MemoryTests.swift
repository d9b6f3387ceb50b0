import Foundation
import Imaging
import Restoration
import TestSupport
import Testing

/// Memory is a budget for every verb that decodes a picture.
@Suite(.serialized) struct MemoryTests {
  /// Resident beside what the estimate counts: an unoptimised program and a test machine's libraries.
  private static let slackBytes = 48 << 20
  static let hasTime = FileManager.default.isExecutableFile(atPath: "/usr/bin/time")

  /// A black picture of 36 megapixels, which is small as a file.
  private static func writeLarge(to folder: TemporaryFolder, _ name: String = "large.png") throws {
    let image = Image(
      width: 6000, height: 6000, layout: .rgb, samples: .eight([UInt8](repeating: 0, count: 6000 * 6000 * 3)))
    try ImageFile.write(image, to: folder.path(name), format: .png)
  }

  /// Runs `grl` below GNU time, which tells the peak of the process itself.
  private static func measured(
    _ arguments: String, in folder: TemporaryFolder
  ) async throws -> (status: Int32, errors: String, peakBytes: Int) {
    let outcome = try await GRLProcess.shell(
      "/usr/bin/time -q -f %M -o peak \"$GRL\" \(arguments); echo $? > status", in: folder)
    let peak = try #require(
      Int(String(decoding: try folder.bytes("peak"), as: UTF8.self).split(separator: "\n").last ?? ""))
    let status = String(decoding: try folder.bytes("status"), as: UTF8.self).trimmingCharacters(in: .newlines)
    return (try #require(Int32(status)), outcome.errorText, peak * 1024)
  }

  /// The size with which a refusal begins, as `--memory` takes it.
  private static func need(_ text: String) throws -> (text: String, bytes: Int) {
    let found = try #require(text.firstMatch(of: /needs at least ([0-9.]+ [KMGT]iB)/), "\(text)")
    let text = found.1.filter { $0 != " " }
    return (text, try #require(MemoryBudget.bytes(text)))
  }

  static let verbs = [
    // By rows they would do, were it not for noise that is not known, a stream, and formats that are written whole.
    "restore --task denoise large.png -o out.png", "restore --task denoise - -o out.png < large.png",
    "restore --task denoise --sigma 25 --region 0,0,5000,5000 large.png -o out.jpg",
    "restore --task demosaic --tile 64 large.png -o out.jpg",
    "degrade --task motion-deblur --length 15 large.png -o out.png",
    "degrade --task jpeg --quality 10 large.png -o out.png",
    "degrade --task denoise --sigma 25 - -o out.png < large.png",
    "degrade --task jpeg --quality 10 large.png -o out.jpg",
    "attention --task denoise --at 5,5 large.png", "compare large.png large.png",
    "evaluate --task denoise --sigma 25 --dataset set --baseline-only",
  ]

  @Test(
    "what is over the budget is refused by its header, and begins with what would do",
    .enabled(if: hasTime, "no GNU time"))
  func refused() async throws {
    let folder = try TemporaryFolder()
    try Self.writeLarge(to: folder)
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "set"), withIntermediateDirectories: false)
    try FileManager.default.copyItem(
      at: folder.url.appending(path: "large.png"), to: folder.url.appending(path: "set/large.png"))
    for verb in Self.verbs {
      let words = verb.split(separator: " ", maxSplits: 1)
      let run = try await Self.measured("\(words[0]) --memory 96M \(words[1])", in: folder)
      #expect(run.status == 5, "\(verb): \(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(verb): \(run.errors)")
      #expect(try Self.need(run.errors).bytes > 96 << 20, "\(verb)")
      #expect(run.peakBytes < 96 << 20, "\(verb): \(run.peakBytes)")
      #expect(!folder.exists("out.png") && !folder.exists("out.jpg"))
    }
  }

  static let damages = [
    "--task demosaic large.png -o out.png", "--task jpeg --quality 50 large.png -o out.png",
    "--task jpeg --quality 50 large.png -o out.jpg",
  ]

  @Test("with the memory that a refusal names the work is done within it", .enabled(if: hasTime, "no GNU time"))
  func enough() async throws {
    let folder = try TemporaryFolder()
    try Self.writeLarge(to: folder)
    for damage in Self.damages {
      let refusal = try await Self.measured("degrade --overwrite --memory 8M \(damage)", in: folder)
      let need = try Self.need(refusal.errors)
      let run = try await Self.measured("degrade --overwrite --memory \(need.text) \(damage)", in: folder)
      #expect(run.status == 0, "\(damage): \(run.errors)")
      #expect(run.peakBytes < need.bytes + Self.slackBytes, "\(damage): \(run.peakBytes) of \(need.bytes)")
    }
  }

  @Test(
    "evaluate and attention keep within what a refusal names, and a colour set stays one",
    .enabled(if: hasTime, "no GNU time"),
    arguments: [
      "evaluate --task denoise --sigma 25 --baseline-only --again --format json --dataset set",
      "evaluate --task sr --scale 4 --baseline-only --again --format json --dataset set",
      "evaluate --task denoise --sigma 25 --variant tiny --again --format json --dataset small",
      "attention --task denoise --at 5,5 --tile 64 set/large.png -o map.png --overwrite",
    ])
  func evaluation(verb: String) async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("set")
    try TestPicture.write(to: folder, "set/large.png", width: 1600, height: 1200)
    try folder.makeFolder("small")
    try TestPicture.write(to: folder, "small/a.png", width: 200, height: 150)
    let words = verb.split(separator: " ", maxSplits: 1)
    // Pictures are refused first, then the network beside them.
    var need = (text: "8M", bytes: 0)
    var run = try await Self.measured("\(words[0]) --memory 8M \(words[1])", in: folder)
    for _ in 0..<2 where run.status == 5 {
      let next = try Self.need(run.errors)
      #expect(next.bytes > need.bytes, "\(run.errors)")
      need = next
      run = try await Self.measured("\(words[0]) --memory \(need.text) \(words[1]) > report", in: folder)
    }
    #expect(need.bytes > 0 && run.status == 0, "\(verb): \(run.errors)")
    #expect(run.peakBytes < need.bytes + Self.slackBytes, "\(verb): \(run.peakBytes) of \(need.bytes)")
    guard words[0] == "evaluate" else { return }
    let report = try JSONDecoder().decode(EvaluateReport.self, from: Data(folder.bytes("report")))
    #expect(report.blocks.first?.colours == "colour")
  }

  @Test("a restoration's refusal names what would do")
  func restoration() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 64, height: 64)
    let arguments = ["restore", "--task", "denoise", "a.png", "-o", "b.png"]
    let refusal = try await GRLProcess.run(arguments + ["--memory", "8M"], in: folder)
    #expect(refusal.status == 5)
    let need = try Self.need(refusal.oneErrorLine())
    #expect(try await GRLProcess.run(arguments + ["--memory", need.text], in: folder).status == 0)
  }
}
