import Base
import EngineCore
import EngineWire
import Imaging
import TestSupport
import Testing

@Suite("trials whose finish changes", .timeLimit(.minutes(5))) struct TrialCacheTests {
  @Test("strength, texture and grain of a trial change without another pass, and give what a fresh engine gives")
  func withoutAnotherPass() async throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 400, height: 300)
    let path = folder.path("pictures/large.png")
    let region = Rectangle(x: 100, y: 50, width: 160, height: 120)
    func trial(_ engine: Engine, _ change: (inout JobRequest) -> Void) async throws -> (
      seconds: Double, pixels: [UInt8]
    ) {
      var job = folder.request()
      change(&job)
      let (reply, body) = await engine.answer(.tryRegion(job, path: path, region: region, width: 200, height: 200))
      guard case .trial(let info) = reply else { throw Unexpected(reply) }
      #expect(info.after.byteCount == 160 * 120 * 3)
      return (info.seconds, body)
    }
    let engine = folder.engine()
    let first = try await trial(engine) { _ in }
    // The input itself: both halves of the answer are one.
    let none = try await trial(engine) { $0.strength = 0 }
    #expect(none.pixels.prefix(160 * 120 * 3) == none.pixels.suffix(160 * 120 * 3))
    #expect(none.seconds < first.seconds / 2, "\(none.seconds) s where the pass took \(first.seconds) s")
    let change: (inout JobRequest) -> Void = { ($0.strength, $0.texture, $0.grain, $0.grainSeed) = (0.6, 0.5, 4, 9) }
    let changed = try await trial(engine, change)
    #expect(changed.seconds < first.seconds / 2)
    #expect(changed.pixels != first.pixels)
    let fresh = folder.engine()
    #expect(try await trial(fresh, change).pixels == changed.pixels)
    // Another picture under the same name is another picture.
    try folder.picture("large.png", width: 400, height: 300, phase: 1)
    #expect(try await trial(engine) { $0.strength = 0 }.pixels != none.pixels)
    await engine.shutDown()
    await fresh.shutDown()
  }

  @Test("a plan says what a model does not heed, and refuses a result that is too large before any work")
  func plans() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let engine = folder.engine()
    var job = folder.request("a.png")
    (job.sigma, job.width) = (20, 160)
    guard case .plan(let plan) = await engine.ask(.plan(job)) else { return }
    #expect(plan.pictures[0].ignored?["sigma"]?.hasPrefix("--sigma 20 is ignored: denoise-test is blind") == true)
    #expect((plan.pictures[0].outputWidth, plan.pictures[0].outputHeight) == (160, 120))
    job.width = 100_000
    guard case .plan(let large) = await engine.ask(.plan(job)) else { return }
    #expect(large.pictures[0].problem?.contains("the result would be 100000 x 75000") == true)
    await engine.shutDown()
  }
}
