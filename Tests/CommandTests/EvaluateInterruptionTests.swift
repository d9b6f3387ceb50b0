import Foundation
import Imaging
import TestSupport
import Testing

/// `grl evaluate` stopped on its way. Apart from the other suites, which would hold up the hand that stops it.
@Suite(.serialized, .timeLimit(.minutes(10))) struct EvaluateInterruptionTests {
  @Test("Ctrl-C ends with status 130, and the next run goes on from what was kept")
  func interruption() async throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("set")
    for i in 0..<6 { try TestPicture.writeCrop(to: folder, "set/p\(i).png", side: 160 - i) }
    let models = TestPicture.denoiser.deletingLastPathComponent().path
    let arguments = ["evaluate", "--task", "denoise", "--sigma", "25", "--dataset", "set", "--threads", "1"]
    // `swift test` ignores some signals, and a child inherits that.
    let running = try GRLProcess.start(
      executable: URL(filePath: "/usr/bin/env"),
      ["--default-signal=INT", "GRL_MODELS=\(models)", GRLProcess.binary.path] + arguments, in: folder)
    let place = folder.home.appending(path: "XDG_STATE_HOME/grl/evaluations")
    func kept() throws -> Int {
      guard FileManager.default.fileExists(atPath: place.path) else { return 0 }
      return try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil).map {
        try String(contentsOf: $0, encoding: .utf8)
      }.filter { $0.contains("model ") }
        .reduce(0) { $0 + $1.split(separator: "\n").count - 1 }
    }
    try await eventually("two pictures are measured") { try kept() >= 2 }
    running.send(SIGINT)
    let outcome = try await running.outcome()
    #expect(outcome.status == 130)
    #expect(outcome.output.isEmpty)
    #expect(outcome.oneErrorLine().contains("goes on from there"))
    let before = try kept()
    #expect(before >= 2 && before < 6)
    let rest = try await EvaluateReport.run(
      Array(arguments.dropFirst()), in: folder, environment: ["GRL_MODELS": models])[0]
    #expect(try kept() == 6)
    #expect(rest.measuredCount == 6)
    let (input, model) = (try rest.row("baseline").values["psnr"]!, try rest.row("model").values["psnr"]!)
    #expect(model > input + 5, "the bundled denoiser denoises")
  }
}
