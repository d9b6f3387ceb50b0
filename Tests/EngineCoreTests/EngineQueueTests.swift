import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import Restoration
import TestSupport
import Testing

@Suite("Engine: queue", .timeLimit(.minutes(10))) struct EngineQueueTests {
  @Test("a job is restored to the very bytes of an undisturbed run, tells of every tile, and leaves no tiles behind")
  func runs() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    try folder.picture("b.png", width: 30, height: 70, layout: .grayAlpha)
    let request = folder.request("a.png", "b.png")
    let engine = folder.engine()
    let events = await engine.events()
    let id = try await engine.submit(request)
    var tiles: [Int: [Int: [TileState]]] = [:]
    var progress: [EngineWire.Progress] = []
    var last: JobState?
    for event in await Engine.heard(events, until: id) {
      switch event {
      case .tile(let job, let picture, let tile, let state):
        #expect(job == id)
        tiles[picture, default: [:]][tile, default: []].append(state)
      case .progress(let event): progress.append(event)
      case .job(_, let state, _): last = state
      default: break
      }
    }
    #expect(last == .done)
    let job = try #require(await engine.job(id))
    #expect(job.state == .done && job.pictures.map(\.state) == [.done, .done])
    let (a, b) = (job.pictures[0], job.pictures[1])
    #expect(a.tilesDone == 35 && a.tiles.count == 35 && a.tilesPerRow == 7 && a.seamScore != nil)
    #expect((b.width, b.height, b.overlap, b.model) == (30, 70, 4, "denoise-test"))
    #expect(tiles[0]?.count == 35 && tiles[1]?.count == b.tilesDone)
    #expect(tiles.values.allSatisfy { $0.values.allSatisfy { $0 == [.running, .done] } })
    #expect(!progress.isEmpty && progress.allSatisfy { $0.residentBytes > 1 << 20 && $0.budgetBytes == 2 << 30 })
    let shares = progress.compactMap { $0.estimate?.fraction }
    #expect(shares.count == progress.count && shares.allSatisfy { $0 <= 1 }, "\(shares)")
    #expect(progress.allSatisfy { $0.estimate?.count == 2 && $0.queue?.count == 2 && $0.time != nil })
    #expect(progress.allSatisfy { abs(($0.estimate?.fraction ?? 2) - ($0.queue?.fraction ?? -2)) < 1e-9 })
    #expect(job.estimate == JobEstimate(settled: 2, count: 2, fraction: 1, secondsRemaining: 0))
    for name in ["a.png", "b.png"] {
      let result = name.replacing(".png", with: "_denoise.png")
      #expect(try folder.bytes("out/" + result) == folder.expected(name, request))
    }
    await engine.shutDown()
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("state/jobs/" + id)).sorted()
    #expect(left == ["job.json", "journal", "lock"])
  }

  @Test("a client that is too slow to be told everything hears how it ended, though nothing follows")
  func slowClient() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png", width: 700, height: 560)
    let engine = folder.engine()
    let events = await engine.events()
    let id = try await engine.submit(folder.request("a.png"))
    try await engine.wait(for: id) { $0.state == .done }
    let heard = await Engine.heard(events, until: id)
    #expect(heard.count > 4000)
    guard case .jobs(let jobs) = heard.last else {
      Issue.record("not the queue: \(String(describing: heard.last))")
      return
    }
    #expect(jobs.map(\.state) == [.done])
    await engine.shutDown()
  }

  @Test("a picture that fails does not stop the others, and can be tried again")
  func failure() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    try folder.picture("c.png")
    try Data("no picture \u{1B}[2J".utf8).write(to: folder.url.appending(path: "pictures/b.png"))
    let engine = folder.engine()
    let id = try await engine.submit(folder.request("a.png", "b.png", "c.png"))
    let job = try #require(try await engine.wait(for: id) { $0.state == .failed })
    #expect(job.pictures.map(\.state) == [.done, .failed, .done] && job.reason == "1 of 3 pictures failed")
    #expect(job.pictures[1].reason?.contains("not a picture of a format") == true)
    #expect(!folder.exists("out/b_denoise.png"))
    try folder.picture("b.png")
    await engine.ask(.retry(job: id))
    try await engine.wait(for: id) { $0.state == .done }
    #expect(folder.exists("out/b_denoise.png"))
    #expect(await engine.refusal(.retry(job: id))?.kind == .badRequest)
    await engine.shutDown()
  }

  @Test("a picture that is cut off fails with its row in the queue, unless the job keeps what is there")
  func cutOff() async throws {
    let folder = try EngineFolder()
    let picture = try folder.picture("a.png")
    let bytes = try ImageFile.encode(picture, format: .jpeg)
    try Data(bytes.prefix(bytes.count * 3 / 4)).write(to: folder.url.appending(path: "pictures/cut.jpg"))
    let engine = folder.engine()
    var request = folder.request("cut.jpg")
    let id = try await engine.submit(request)
    let job = try #require(try await engine.wait(for: id) { $0.state == .failed })
    let reason = try #require(job.pictures[0].reason)
    #expect(
      reason.contains(/cut\.jpg: ends at row (16|24|32|40|48) of 60, the rest is missing; .*--damaged keep/),
      "\(reason)")
    request.damaged = "keep"
    let kept = try await engine.submit(request)
    let done = try #require(try await engine.wait(for: kept) { $0.state == .done || $0.state == .failed })
    #expect(done.state == .done && done.pictures[0].notes.contains { $0.contains("of 60; from there on") })
    await engine.shutDown()
  }

  /// A job of several seconds that has begun.
  private func begin(_ folder: EngineFolder, _ engine: Engine, _ names: String...) async throws -> String {
    try folder.picture("large.png", width: 900, height: 700)
    let id = try await engine.submit(folder.request("large.png"))
    try await engine.wait(for: id) { $0.pictures[0].tilesDone >= 2 }
    return id
  }

  @Test("pausing stops in the middle of a tile and resuming goes on")
  func pause() async throws {
    let folder = try EngineFolder()
    let engine = folder.engine()
    let id = try await begin(folder, engine)
    await engine.ask(.pause(job: id))
    let before = try #require(await engine.job(id))
    // Time for dozens of tiles, of which only those that need no thread any more may still end: one, or where several are computed at once, those that
    // are there.
    let threads = MachineLimits.current.threadCount
    let ending = threads < 4 ? 1 : threads
    try await Task.sleep(for: .milliseconds(400))
    let after = try #require(await engine.job(id))
    #expect(before.state == .paused && after.pictures[0].tilesDone <= before.pictures[0].tilesDone + ending)
    #expect(after.state == .paused && after.pictures[0].state == .running)
    await engine.ask(.resume(job: id))
    try await engine.wait(for: id) { $0.pictures[0].tilesDone > after.pictures[0].tilesDone }
    await engine.ask(.cancel(job: id))
    try await engine.wait(for: id) { $0.state == .cancelled }
    await engine.shutDown()
  }

  @Test("cancelling ends the job where it is, keeps no tiles, and the next job runs")
  func cancel() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let engine = folder.engine()
    let id = try await begin(folder, engine)
    let next = try await engine.submit(folder.request("a.png"))
    await engine.ask(.cancel(job: id))
    let job = try #require(await engine.job(id))
    #expect(job.state == .cancelled && job.pictures[0].state == .cancelled)
    try await engine.wait(for: next) { $0.state == .done }
    #expect(!folder.exists("out/large_denoise.png"))
    #expect(!folder.exists("state/jobs/\(id)/tiles-0"))
    #expect(await engine.refusal(.pause(job: id))?.kind == .usage)
    // Tried again it begins anew, and says nothing of tiles that are gone.
    await engine.ask(.retry(job: id))
    try await engine.wait(for: id) { $0.pictures[0].tilesDone >= 1 }
    await engine.ask(.cancel(job: id))
    try await eventually("the engine is idle") { await engine.isIdle() }
    #expect(await !engine.logged().contains { $0.text.contains("missing") })
    await engine.ask(.remove(job: id))
    #expect(await engine.job(id) == nil && !folder.exists("state/jobs/\(id)"))
    #expect(await engine.refusal(.remove(job: id))?.kind == .noSuchJob)
    await engine.shutDown()
  }

  @Test("waiting pictures and jobs change places; what is done keeps its own")
  func moves() async throws {
    let folder = try EngineFolder()
    for name in ["a.png", "b.png", "c.png"] { try folder.picture(name) }
    let engine = folder.engine()
    let first = try await begin(folder, engine)
    var (second, third) = (folder.request("a.png", "b.png", "c.png"), folder.request("a.png"))
    second.outputFolder = folder.path("out/2")
    third.outputFolder = folder.path("out/3")
    let (two, three) = (try await engine.submit(second), try await engine.submit(third))
    await engine.ask(.move(job: two, picture: 2, by: -5))
    let names = await engine.job(two)?.pictures.map { String($0.input.suffix(5)) }
    #expect(names == ["c.png", "a.png", "b.png"])
    await engine.ask(.move(job: two, picture: 0, by: 1))
    #expect(await engine.job(two)?.pictures.map { String($0.input.suffix(5)) } == ["a.png", "c.png", "b.png"])
    await engine.ask(.moveJob(job: three, by: -1))
    #expect(await engine.queue().map(\.id) == [first, three, two])
    #expect(await engine.refusal(.moveJob(job: first, by: 1))?.kind == .badRequest)
    #expect(await engine.refusal(.move(job: first, picture: 0, by: 1))?.kind == .badRequest)
    await engine.shutDown()
    // The order is on disk.
    let again = folder.engine()
    #expect(await again.queue().map(\.id) == [first, three, two])
    #expect(await again.job(two)?.pictures.map { String($0.input.suffix(5)) } == ["a.png", "c.png", "b.png"])
    await again.shutDown()
  }

  @Test("what cannot be queued is refused with the reason, and nothing is made on disk")
  func refusals() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let engine = folder.engine()
    func refused(_ change: (inout JobRequest) -> Void) async -> Reply.Failure? {
      var request = folder.request("a.png")
      change(&request)
      return await engine.refusal(.submit(request))
    }
    #expect(await refused { $0.task = "cook" }?.kind == .badRequest)
    #expect(await refused { $0.inputs = [] }?.kind == .badRequest)
    #expect(await refused { $0.sigma = 300 }?.kind == .usage)
    #expect(await refused { $0.outputFolder = "/proc/nothing" }?.kind == .usage)
    #expect(await refused { $0.inputs += $0.inputs }?.message.contains("both") == true)
    #expect(await refused { $0.region = Rectangle(x: -1, y: 0, width: 5, height: 5) }?.kind == .badRequest)
    #expect(await refused { $0.threadCount = 0 }?.kind == .badRequest)
    try Data().write(to: folder.url.appending(path: "out/a_denoise.png"))
    #expect(await refused { _ in }?.message.contains("exists already") == true)
    #expect(await refused { $0.existing = .skip }?.kind == .badRequest)
    #expect(await engine.queue().isEmpty)
    for request in [
      Request.pause(job: "x"), .resume(job: "../x"), .cancel(job: ""), .retry(job: "x"), .remove(job: "x"),
    ] {
      #expect(await engine.refusal(request)?.kind == .noSuchJob)
    }
    #expect(await engine.refusal(.hello(version: 1, client: "x"))?.kind == .badRequest)
    let renamed = try await engine.submit(folder.request("a.png", existing: .rename))
    try await engine.wait(for: renamed) { $0.state == .done }
    #expect(folder.exists("out/a_denoise-2.png"))
    await engine.shutDown()
  }

  @Test("a result that appears while its picture is restored is not replaced")
  func resultAppears() async throws {
    let folder = try EngineFolder()
    let engine = folder.engine()
    let id = try await begin(folder, engine)
    try Data("mine".utf8).write(to: folder.url.appending(path: "out/large_denoise.png"))
    let job = try #require(try await engine.wait(for: id) { $0.state == .failed })
    #expect(job.pictures[0].reason?.contains("exists already") == true)
    #expect(try folder.bytes("out/large_denoise.png") == Array("mine".utf8))
    await engine.shutDown()
  }
}
