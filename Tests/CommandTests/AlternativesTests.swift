import EngineCore
import Foundation
import Restoration
import Testing

@Suite struct AlternativesTests {
  @Test("a picture that takes long is restored with a word on the model's other size; a quick or chosen one without")
  func told() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 24, height: 16)
    let library = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
    let catalogue = ModelCatalogue(library: library)
    let state = folder.home.appending(path: "XDG_STATE_HOME/grl/speeds.json").path
    func run(pace: Double, _ options: [String] = []) async throws -> String {
      let speeds = SpeedProfile(path: state, threadCount: 1)
      for card in library.list().cards where card.task == .denoise {
        speeds.record(model: try catalogue.hash(card), precision: .float32, pixelsPerSecond: pace)
      }
      let outcome = try await GRLProcess.run(
        ["restore", "--task", "denoise", "--noise", "gaussian", "--threads", "1", "--overwrite"] + options
          + ["a.png", "-o", "b.png"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errorText)")
      return outcome.errorText
    }
    // 384 pixels.
    #expect(try await run(pace: 1e6) == "")
    try FileManager.default.removeItem(atPath: state)
    let text = try await run(pace: 3.2)
    #expect(
      text.hasPrefix("grl: denoise-color-small takes about 2:00; --variant tiny about 2:00, -0."), "\(text)")
    #expect(try await run(pace: 3.2, ["--variant", "small"]) == "")
  }
}
