import Base
import EngineCore
import EngineWire
import Foundation
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("The engine on any number of threads", .serialized, .timeLimit(.minutes(10))) struct ThreadCountTests {
  @Test("trials, attention and jobs give the same bytes, all from one engine whose pool grows with what is asked")
  func sameBytes() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png", width: 48, height: 36)
    let engine = folder.engine()
    let expected = try folder.expected("a.png", folder.request("a.png"))
    var first: (trial: [UInt8], row: [UInt8], figures: AttentionFigures)?
    for count in ThreadCounts.all {
      var job = folder.request("a.png", existing: .replace)
      job.threadCount = count
      let region = Rectangle(x: 8, y: 4, width: 40, height: 30)
      let trial = await engine.answer(
        .tryRegion(job, path: folder.path("pictures/a.png"), region: region, width: 40, height: 30))
      guard case .trial = trial.reply else {
        Issue.record("\(count) threads: \(trial.reply)")
        return
      }
      let order = AttentionOrder(x: 30, y: 20, stage: 0, block: 1)
      let row = await engine.answer(.attention(job, path: folder.path("pictures/a.png"), order))
      guard case .attention(let info) = row.reply else {
        Issue.record("\(count) threads: \(row.reply)")
        return
      }
      if let first {
        #expect(trial.body == first.trial && row.body == first.row && info.figures == first.figures, "\(count) threads")
      } else {
        first = (trial.body, row.body, info.figures)
      }
      let id = try await engine.submit(job)
      try await engine.wait(for: id) { $0.state == .done }
      #expect(try folder.bytes("out/a_denoise.png") == expected, "\(count) threads")
    }
    await engine.shutDown()
  }

  @Test(
    "a trial has the threads of a queue that is paused in the midst of a picture, and the picture goes on afterwards")
  func pausedQueueLends() async throws {
    let folder = try EngineFolder()
    try folder.picture("long.png", width: 480, height: 480)
    try folder.picture("a.png")
    let engine = folder.engine()
    let job = folder.request("long.png")
    let id = try await engine.submit(job)
    try await engine.wait(for: id) { $0.pictures[0].tilesDone >= 1 }
    await engine.ask(.pause(job: id))
    let region = Rectangle(x: 0, y: 0, width: 32, height: 32)
    let trial = await engine.answer(
      .tryRegion(
        folder.request("a.png"), path: folder.path("pictures/a.png"), region: region, width: 32, height: 32))
    guard case .trial = trial.reply else {
      Issue.record("\(trial.reply)")
      return
    }
    let paused = try #require(await engine.job(id))
    #expect(paused.state == .paused && paused.pictures[0].tilesDone < paused.pictures[0].tiles.count)
    await engine.ask(.resume(job: id))
    _ = try await engine.wait(for: id) { $0.state == .done }
    #expect(try folder.bytes("out/long_denoise.png") == folder.expected("long.png", job))
    await engine.shutDown()
  }

  @Test("an engine's own threads and memory are those that grl limits tells")
  func defaults() throws {
    let folder = try EngineFolder()
    let limits = MachineLimits.current
    let configuration = EngineConfiguration(
      stateFolder: folder.path("state"), home: folder.path("pictures"), library: folder.library, program: "test")
    #expect(configuration.threadCount == limits.threadCount)
    // What is free changes from one moment to the next; who rules does not.
    let budget = Double(configuration.budgetBytes) / Double(MemoryBudget.standard(within: limits))
    #expect((0.5...2).contains(budget))
  }
}
