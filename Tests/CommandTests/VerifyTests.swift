import Foundation
import Imaging
import Testing

/// `grl restore --verify`.
@Suite struct VerifyTests {
  @Test("--verify says what tiling changed and draws it")
  func verify() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 80)
    let outcome = try await GRLProcess.run(
      ["restore", "--task", "denoise", "--tile", "64", "--verify-map", "map.png", "a.png"], in: folder)
    #expect(outcome.status == 0)
    #expect(outcome.errorText.contains("a_denoise.png: against the picture restored whole: at most "))
    let map = try TestPicture.read(folder, "map.png")
    #expect(map.width > 96 && map.height > 80)
  }

  @Test("--verify tells programs too, and a picture of one tile has nothing to tell")
  func events() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 80)
    let arguments = ["restore", "--task", "denoise", "--verify", "--overwrite", "a.png"]
    let tiled = try await GRLProcess.run(arguments + ["--tile", "64", "--events", "ndjson"], in: folder)
    let events = try EventSchema().events(tiled.outputLines)
    let done = try #require(events.first { $0["event"] as? String == "done" })
    let tiling = try #require(done["tiling"] as? [String: Any])
    #expect(tiling["maximumLevels"] is Double && tiling["seamScore"] is Double)
    let whole = try await GRLProcess.run(arguments, in: folder)
    #expect(whole.status == 0 && whole.errorText.contains("one tile"))
  }

  @Test("a map that cannot be written is refused before anything is computed")
  func refused() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 80)
    try folder.write("map.png", "here already")
    for map in ["map.png", "nowhere/map.png", "map.jpg", "a_denoise.png"] {
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--verify-map", map, "-o", "a_denoise.png", "a.png"], in: folder)
      #expect(outcome.status == 2, "\(map)")
      #expect(!folder.exists("a_denoise.png"))
    }
  }
}
