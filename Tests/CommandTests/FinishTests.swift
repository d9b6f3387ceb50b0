import Foundation
import Imaging
import Testing

/// `--strength`, sizes and notes, from file to file.
@Suite struct FinishTests {
  @Test("strength 0 gives the input back, 0.5 the mean to one level; a level that the model does not heed is told")
  func strength() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png")
    func values(_ name: String, _ options: [String], note: String? = nil) async throws -> [Int] {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--variant", "tiny", "a.png", "-o", name] + options, in: folder)
      #expect(outcome.status == 0)
      #expect(outcome.errorText == (note.map { "grl: a.png: \($0)\n" } ?? ""))
      return TestPicture.values(try TestPicture.read(folder, name)).map { Int($0) }
    }
    let input = TestPicture.values(try TestPicture.read(folder, "a.png")).map { Int($0) }
    let whole = try await values("whole.png", [])
    #expect(whole != input)
    #expect(try await values("none.png", ["--strength", "0"]) == input)
    let half = try await values("half.png", ["--strength", "0.5"])
    #expect(zip(zip(input, whole).map { Double($0 + $1) / 2 }, half).allSatisfy { abs($0 - Double($1)) <= 1 })
    let note = "--sigma 25 is ignored: denoise-color-tiny is blind, it finds the level of the noise itself"
    #expect(try await values("told.png", ["--sigma", "25"], note: note) == whole)
  }

  @Test("a result is made smaller behind the network; the report and the events say how far it agrees with its input")
  func sizeAndConsistency() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.writeCrop(to: folder, "a.png", side: 24)
    let outcome = try await GRLProcess.run(
      ["restore", "--task", "sr", "--scale", "2", "--fit", "40x30", "a.png", "-o", "b.jpg"], in: folder)
    #expect(outcome.status == 0 && outcome.outputText.contains(" s, consistent with the input to "))
    let small = try TestPicture.read(folder, "b.jpg")
    #expect((small.width, small.height, small.bitDepth) == (30, 30, 8))
    let told = try await GRLProcess.run(
      ["restore", "--task", "sr", "--scale", "2", "--events", "ndjson", "a.png", "-o", "c.png"], in: folder)
    let events = try told.outputLines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    let consistency = try #require(events.first { $0["event"] as? String == "done" }?["consistency"] as? Double)
    #expect(consistency > 25 && consistency <= 100)
    // Behind the network the first one was kept in 16 bits.
    let first = outcome.outputText.split(separator: " ").compactMap { Double($0) }.last
    #expect(abs(try #require(first) - consistency) < 3)
  }
}
