import EngineCore
import EngineWire
import Foundation
import TestSupport
import Testing

/// Several steps as the engine plans and runs them.
@Suite("Engine: chains", .timeLimit(.minutes(10))) struct ChainTests {
  private func folder() throws -> (EngineFolder, JobRequest) {
    let folder = try EngineFolder()
    try folder.picture("a.png", width: 40, height: 30)
    try TestModel.write(
      to: folder.url.appending(path: "models"), "sr-test", task: "sr", TestModel.configuration(upscale: 2))
    var request = folder.request("a.png")
    (request.task, request.scale) = ("denoise,sr", 2)
    return (folder, request)
  }

  @Test("a plan says of each step model, tiles, memory and what it makes; a chain that cannot be is refused")
  func plan() async throws {
    let (folder, request) = try folder()
    let engine = folder.engine()
    guard case .plan(let plan) = await engine.ask(.plan(request)) else { throw Unexpected(request) }
    let picture = try #require(plan.pictures.first)
    let steps = try #require(picture.steps)
    #expect(plan.problem == nil && picture.problem == nil && plan.command.contains("--task denoise,sr --scale 2"))
    #expect(steps.map(\.task) == ["denoise", "sr"] && steps.map(\.model) == ["denoise-test", "sr-test"])
    #expect(steps.map(\.outputWidth) == [40, 80] && steps.map(\.tileWidth) == [16, 16])
    #expect(picture.tileCount == steps.reduce(0) { $0 + $1.tileCount } && picture.tileCount == 18)
    #expect(picture.estimateBytes == steps.map(\.estimateBytes).max())
    #expect((picture.outputWidth, picture.outputHeight) == (80, 60))
    var single = request
    (single.task, single.scale) = ("denoise", nil)
    guard case .plan(let plain) = await engine.ask(.plan(single)) else { throw Unexpected(single) }
    #expect(plain.pictures.first?.steps == nil)
    var wrong = request
    wrong.task = "sr,demosaic"
    guard case .plan(let refused) = await engine.ask(.plan(wrong)) else { throw Unexpected(wrong) }
    #expect(refused.problem?.contains("give --task demosaic,sr") == true)
    await engine.shutDown()
  }

  @Test("a job says which step it is at; the same bytes as `grl restore`'s path, and a region can be tried")
  func runs() async throws {
    let (folder, request) = try folder()
    let engine = folder.engine()
    let events = await engine.events()
    let id = try await engine.submit(request)
    var seen: [JobStep] = []
    for case .picture(_, _, let picture) in await Engine.heard(events, until: id) {
      if let step = picture.step, seen.last != step { seen.append(step) }
    }
    #expect(seen == [JobStep(number: 1, count: 2, task: "denoise"), JobStep(number: 2, count: 2, task: "sr")])
    let job = try #require(await engine.job(id))
    #expect(job.state == .done && folder.exists("out/a_denoise-sr.png"))
    let reply = await engine.ask(
      .tryRegion(
        request, path: folder.path("pictures/a.png"), region: .init(x: 0, y: 0, width: 20, height: 20), width: 80,
        height: 80))
    guard case .trial(let trial) = reply else { throw Unexpected(reply) }
    #expect(trial.model == "denoise-test, sr-test" && trial.after.width == 40 && trial.before.width == 20)
    await engine.shutDown()
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("state/jobs/" + id)).sorted()
    #expect(left == ["job.json", "journal", "lock"])
  }
}
