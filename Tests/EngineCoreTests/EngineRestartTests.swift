import EngineCore
import EngineWire
import Foundation
import Imaging
import TestSupport
import Testing

/// What an engine leaves behind and another takes up.
@Suite("Engine: restart", .timeLimit(.minutes(10))) struct EngineRestartTests {
  /// A job that was stopped after a few tiles by the end of its engine.
  private func interrupted(_ folder: EngineFolder) async throws -> (id: String, done: Int) {
    try folder.picture("a.png", width: 500, height: 400)
    let engine = folder.engine()
    let id = try await engine.submit(folder.request("a.png"))
    try await engine.wait(for: id) { $0.pictures[0].tilesDone >= 5 }
    await engine.shutDown()
    let tiles = try folder.store.snapshot(id).record.pictures[0].tiles.count
    #expect(tiles >= 5 && tiles < 1000)
    return (id, tiles)
  }

  /// The tiles whose computing began, in order.
  private static func began(_ events: [EngineEvent]) -> [Int] {
    events.compactMap { if case .tile(_, _, let tile, .running) = $0 { tile } else { nil } }
  }

  private static func log(_ events: [EngineEvent]) -> [String] {
    events.compactMap { if case .log(let line) = $0 { line.text } else { nil } }
  }

  /// Waits for the end of the job, then ends the engine.
  private func finish(_ id: String, _ engine: Engine) async throws {
    try await engine.wait(for: id) { $0.state == .done }
    await engine.shutDown()
  }

  @Test("a new engine goes on by itself, computes no finished tile again, and the result has the same bytes")
  func resumes() async throws {
    let folder = try EngineFolder()
    let (id, done) = try await interrupted(folder)
    let engine = folder.engine()
    let began = Self.began(await Engine.heard(await engine.events(), until: id))
    #expect(began.first == done && began == Array(Set(began)).sorted())
    #expect(try folder.bytes("out/a_denoise.png") == folder.expected("a.png", folder.request("a.png")))
    await engine.shutDown()
  }

  @Test("a damaged tile and a torn journal cost what they held, and the log says so")
  func damage() async throws {
    let folder = try EngineFolder()
    let (id, done) = try await interrupted(folder)
    let tiles = folder.url.appending(path: "state/jobs/\(id)/tiles-0")
    var bytes = try Data(contentsOf: tiles)
    bytes[bytes.count / done * 2 + 100] ^= 1
    try bytes.write(to: tiles)
    let journal = folder.url.appending(path: "state/jobs/\(id)/journal")
    try (try Data(contentsOf: journal) + Data("0123456789abcdef {\"tile\":".utf8)).write(to: journal)
    let engine = folder.engine()
    let heard = await Engine.heard(await engine.events(), until: id)
    let (began, log) = (Self.began(heard), Self.log(heard))
    #expect(began.prefix(2) == [2, done])
    #expect(log.contains { $0.contains("tile 2 is damaged") })
    #expect(try folder.bytes("out/a_denoise.png") == folder.expected("a.png", folder.request("a.png")))
    await engine.shutDown()
  }

  @Test("a picture or model that changed is begun anew", arguments: ["picture", "model"])
  func changed(what: String) async throws {
    let folder = try EngineFolder()
    let (id, _) = try await interrupted(folder)
    if what == "picture" {
      try folder.picture("a.png", width: 500, height: 400, phase: 1)
    } else {
      try TestModel.write(to: folder.url.appending(path: "models"), seed: 2)
    }
    let engine = folder.engine()
    let heard = await Engine.heard(await engine.events(), until: id)
    let (began, log) = (Self.began(heard), Self.log(heard))
    #expect(began.first == 0)
    #expect(log.contains { $0.contains("begun anew") && $0.contains(what) })
    #expect(try folder.bytes("out/a_denoise.png") == folder.expected("a.png", folder.request("a.png")))
    await engine.shutDown()
  }

  @Test("a paused job stays paused over a restart")
  func paused() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png", width: 500, height: 400)
    let engine = folder.engine()
    let id = try await engine.submit(folder.request("a.png"))
    await engine.ask(.pause(job: id))
    await engine.shutDown()
    // On a busy machine its thread comes to the end a moment later, as a process does.
    try await eventually("the job is let go") { folder.store.holder(id) == nil }
    let again = folder.engine()
    #expect(await again.job(id)?.state == .paused)
    try await Task.sleep(for: .milliseconds(100))
    #expect(await again.job(id)?.pictures[0].state == .waiting)
    await again.ask(.resume(job: id))
    try await finish(id, again)
  }

  @Test("two engines on one store share the work without doing any twice; when one goes, the other takes over")
  func two() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png", width: 500, height: 400)
    let first = folder.engine()
    let id = try await first.submit(folder.request("a.png"))
    try await first.wait(for: id) { $0.pictures[0].tilesDone >= 3 }
    // Begun only now: it sees the job at once, where one that waits looks every 1.5 s, in which time the job may be done.
    let second = folder.engine()
    try await second.wait(for: id) { $0.isElsewhere && $0.state == .running }
    #expect(await second.refusal(.pause(job: id))?.message.contains("worked on by the engine") == true)
    let events = await second.events()
    await first.shutDown()
    let done = try folder.store.snapshot(id).record.pictures[0].tiles.count
    let began = Self.began(await Engine.heard(events, until: id))
    #expect(began.first == done)
    #expect(try folder.bytes("out/a_denoise.png") == folder.expected("a.png", folder.request("a.png")))
    await second.shutDown()
  }

  @Test("what grl restore left behind is shown as interrupted and goes on when asked")
  func leftByRestore() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let request = folder.request("a.png")
    let result = folder.path("out/a_denoise.png")
    var id = ""
    do {
      let job = try folder.store.create(
        request, pictures: [.init(input: request.inputs[0], output: result)], owner: .restore)
      id = job.id
      let engine = folder.engine()
      #expect(await engine.job(id)?.isElsewhere == true)
      #expect(await engine.refusal(.resume(job: id))?.message.contains("a test") == true)
      await engine.shutDown()
    }
    let engine = folder.engine()
    let job = try #require(await engine.job(id))
    #expect(job.state == .paused && !job.isElsewhere && job.reason?.contains("interrupted") == true)
    await engine.ask(.resume(job: id))
    try await finish(id, engine)
    #expect(folder.exists("out/a_denoise.png"))
  }

  @Test("a restart shows the queue as it was: jobs that are done, failed, paused and cancelled")
  func sameQueue() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    try folder.picture("large.png", width: 500, height: 400)
    try Data("no picture".utf8).write(to: folder.url.appending(path: "pictures/c.png"))
    let engine = folder.engine()
    let done = try await engine.submit(folder.request("a.png"))
    try await engine.wait(for: done) { $0.state == .done }
    let failed = try await engine.submit(folder.request("c.png"))
    try await engine.wait(for: failed) { $0.state == .failed }
    let paused = try await engine.submit(folder.request("large.png"))
    try await engine.wait(for: paused) { $0.pictures[0].tilesDone > 0 }
    await engine.ask(.pause(job: paused))
    let cancelled = try await engine.submit(folder.request("a.png", existing: .rename))
    await engine.ask(.cancel(job: cancelled))
    let before = await engine.queue()
    await engine.shutDown()
    let next = folder.engine()
    let after = await next.queue()
    await next.shutDown()
    #expect(before.map(\.id) == [done, failed, paused, cancelled] && after.map(\.id) == before.map(\.id))
    #expect(after.map(\.state) == [.done, .failed, .paused, .cancelled])
    for (old, new) in zip(before, after) {
      #expect(new.state == old.state && new.reason == old.reason)
      var picture = old.pictures[0]
      // Places of tiles are not on disk, and the picture of the paused job is in nobody's work.
      (picture.tiles, picture.tilesPerRow) = ([], 0)
      if old.id != paused { #expect(new.pictures == [picture]) }
    }
  }
}
