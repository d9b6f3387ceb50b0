import Foundation
import TestSupport
import Testing

/// A chain killed in either step; then resumed.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ChainCrashTests {
  @Test(
    "killed in the first or second step, --resume goes on at its tile and gives the same bytes",
    arguments: [
      ("picture-begun", 0), ("tile-journaled:5", 5), ("tile-bytes:12", 11), ("tile-torn:15", 14),
      ("tile-journaled:24", 24), ("result-written", 24),
    ])
  func steps(point: String, tiles: Int) async throws {
    let folder = try CrashFolder()
    // 12 tiles in each step.
    try folder.picture("a.png", width: 52, height: 40)
    try TestModel.write(
      to: folder.url.appending(path: "models"), "sr-test", task: "sr", TestModel.configuration(upscale: 2))
    func run(_ result: String, _ more: [String], _ changes: [String: String] = [:]) async throws -> Child.Outcome {
      try await Child(
        [
          "restore", "--task", "denoise,sr", "--scale", "2", "--tile", "16", "--overlap", "4", "-o",
          folder.path("out/" + result), folder.path("in/a.png"),
        ] + more, folder.environment(changes)
      ).outcome()
    }
    let plain = try await run("plain.png", [])
    #expect(plain.status == 0, "\(plain.errors)")
    let crashed = try await run("a.png", [], ["GRL_CRASH_AT": point])
    #expect(crashed.wasKilled, "\(point): \(crashed.errors)")
    let id = try #require(try folder.names(in: "state/grl/jobs").first { !$0.hasPrefix(".") })
    let shown = try await Child(["jobs", "show", id], folder.environment()).outcome()
    #expect(shown.output.contains(tiles < 12 ? "step 1 of 2, denoise" : "step 2 of 2, sr"), "\(shown.output)")
    let resumed = try await run("a.png", ["--resume"])
    #expect(
      resumed.status == 0 && resumed.errors.contains("pictures and \(tiles) tiles are done already"),
      "\(resumed.errors)")
    #expect(try folder.bytes("out/a.png") == folder.bytes("out/plain.png"))
    #expect(try folder.names(in: "state/grl/jobs") == [])
  }
}
