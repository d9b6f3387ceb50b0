import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import Restoration
import TestSupport
import Testing

@Suite("Engine: pictures, models, plans", .timeLimit(.minutes(10))) struct EnginePictureTests {
  @Test("a preview has the asked size, all of the picture or a region, and estimates")
  func preview() async throws {
    let folder = try EngineFolder()
    let image = try folder.picture("a.png", width: 120, height: 80)
    let engine = folder.engine()
    let (reply, body) = await engine.answer(.preview(path: "a.png", region: nil, width: 60, height: 60))
    guard case .pixels(let info) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect((info.width, info.height, info.pictureWidth, info.pictureHeight) == (60, 40, 120, 80))
    #expect(body.count == info.byteCount && info.noiseSigma != nil && info.blockiness != nil)
    let region = Rectangle(x: 7, y: 9, width: 20, height: 10)
    let (part, pixels) = await engine.answer(.preview(path: "~/a.png", region: region, width: 100, height: 100))
    guard case .pixels(let partInfo) = part, case .eight(let samples) = image.samples else { throw Unexpected(part) }
    #expect((partInfo.width, partInfo.height, partInfo.region) == (20, 10, region))
    #expect(Array(pixels.prefix(60)) == Array(samples[(9 * 120 + 7) * 3..<(9 * 120 + 27) * 3]))
    for bad in [Rectangle(x: 0, y: 0, width: 121, height: 1), Rectangle(x: .max, y: 0, width: .max, height: 1)] {
      let failure = await engine.refusal(.preview(path: "a.png", region: bad, width: 9, height: 9))
      #expect(failure?.kind == .badRequest)
    }
    #expect(await engine.refusal(.preview(path: "a.png", region: nil, width: 0, height: 5))?.kind == .badRequest)
    #expect(
      await engine.refusal(.preview(path: "a.png", region: nil, width: 60000, height: 60000))?.kind == .badRequest)
    #expect(await engine.refusal(.preview(path: "none.png", region: nil, width: 9, height: 9))?.kind == .badInput)
    await engine.shutDown()
  }

  @Test("folders are listed for people, and headers tell kind and orientation")
  func folders() async throws {
    let folder = try EngineFolder()
    for name in ["b10.png", "b2.png", "B1.png"] { try folder.picture(name, width: 8, height: 8) }
    try FileManager.default.createDirectory(atPath: folder.path("pictures/z"), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: folder.url.appending(path: "pictures/notes.txt"))
    let odd = open(folder.path("pictures") + "/x", O_RDONLY)
    #expect(odd < 0)
    let raw: [CChar] = Array(folder.path("pictures").utf8CString.dropLast()) + [47, -1, 46, 112, 110, 103, 0]
    close(open(raw, O_CREAT | O_WRONLY, 0o600))
    let engine = folder.engine()
    let folderReply = await engine.ask(.listFolder(path: ""))
    guard case .folder(let listing) = folderReply else { throw Unexpected(folderReply) }
    #expect(listing.path == folder.path("pictures") && !listing.isCut)
    #expect(listing.entries.map(\.name) == ["z", "B1.png", "b2.png", "b10.png", "notes.txt", "\u{10FFFF}.png"])
    #expect(listing.entries.map(\.kind) == [.folder, .picture, .picture, .picture, .other, .picture])
    let pictureReply = await engine.ask(.inspect(path: "~/b2.png"))
    guard case .picture(let info) = pictureReply else { throw Unexpected(pictureReply) }
    #expect((info.width, info.height, info.format, info.layout, info.bitDepth) == (8, 8, "png", "rgb", 8))
    #expect(info.bytes > 0 && info.turnedDegrees == 0 && !info.hasICC)
    #expect(await engine.refusal(.listFolder(path: "/nowhere"))?.kind == .badInput)
    #expect(await engine.refusal(.inspect(path: "notes.txt"))?.kind == .badInput)
    await engine.shutDown()
  }

  @Test("models are listed with hash, settings and, after a run, the speed measured here")
  func models() async throws {
    let folder = try EngineFolder()
    let engine = folder.engine()
    let reply = await engine.ask(.listModels)
    guard case .models(let models) = reply else { throw Unexpected(reply) }
    let model = try #require(models.first)
    #expect(models.count == 1 && model.name == "denoise-test" && model.task == "denoise" && model.variant == "tiny")
    #expect(model.sha256 == SHA256.hex(try folder.bytes("models/denoise-test.safetensors")))
    #expect(model.parameterCount > 1000 && model.settings.contains { $0.name == "window" && $0.value == "8" })
    #expect(model.pixelsPerSecond == nil)
    let profile = SpeedProfile(path: folder.path("state/speeds.json"), threadCount: MachineLimits.current.threadCount)
    profile.record(model: model.sha256, precision: .float32, pixelsPerSecond: 1000)
    profile.record(model: model.sha256, precision: .float32, pixelsPerSecond: 3000)
    await engine.shutDown()
    let again = folder.engine()
    let secondReply = await again.ask(.listModels)
    guard case .models(let measured) = secondReply else { throw Unexpected(secondReply) }
    #expect(measured.first?.pixelsPerSecond == 2000)
    let other = SpeedProfile(path: folder.path("state/speeds.json"), threadCount: MachineLimits.current.threadCount + 1)
    #expect(other.pixelsPerSecond(model: model.sha256, precision: .float32) == nil)
    await again.shutDown()
  }

  @Test("a plan tells tiles, memory, time and names, flags what is wrong, and touches nothing")
  func plan() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    try folder.picture("it's.png")
    try Data("x".utf8).write(to: folder.url.appending(path: "pictures/broken.png"))
    try Data().write(to: folder.url.appending(path: "out/a_denoise.png"))
    let engine = folder.engine()
    func plan(_ request: JobRequest) async -> JobPlan? {
      guard case .plan(let plan) = await engine.ask(.plan(request)) else { return nil }
      return plan
    }
    var request = folder.request("a.png", "broken.png", "it's.png")
    let refused = try #require(await plan(request))
    #expect(refused.problem?.contains("exists already") == true)
    #expect(refused.pictures.map(\.outputExists) == [true, false, false])
    #expect(refused.pictures[1].problem?.contains("not a picture of a format") == true)
    let first = refused.pictures[0]
    #expect((first.tileCount, first.tileWidth, first.overlap, first.model) == (35, 16, 4, "denoise-test"))
    #expect((first.outputWidth, first.outputHeight) == (80, 60))
    #expect(first.estimateBytes > 1 << 20 && first.budgetBytes == 2 << 30 && (first.seconds ?? 0) > 0)
    #expect(refused.command.hasSuffix("'\(folder.path("pictures"))/it'\\''s.png'"))
    request.existing = .skip
    let skipped = try #require(await plan(request))
    #expect(skipped.problem == nil && skipped.pictures.map(\.isSkipped) == [false, false, true])
    request.existing = .rename
    #expect(await plan(request)?.pictures[0].output == folder.path("out/a_denoise-2.png"))
    request.outputFolder = folder.path("new/deep")
    #expect(await plan(request)?.problem == nil)
    #expect(!folder.exists("new"))
    request.memoryBytes = 1 << 20
    #expect(await plan(request)?.pictures[0].problem?.contains("memory budget") == true)
    await engine.shutDown()
  }

  @Test("previews, trials and attention stay within what the engine may take, by the header of the picture")
  func budget() async throws {
    let folder = try EngineFolder()
    let large = Image(
      width: 5000, height: 5000, layout: .gray, samples: .eight([UInt8](repeating: 9, count: 25_000_000)))
    try ImageFile.write(large, to: folder.path("pictures/large.png"), format: .png)
    let engine = folder.engine(budgetBytes: 20 << 20)
    let job = JobRequest(inputs: ["large.png"], task: "denoise")
    let region = Rectangle(x: 0, y: 0, width: 64, height: 64)
    let order = AttentionOrder(x: 5, y: 5, stage: 0, block: 0, kind: "window")
    let requests: [Request] = [
      .preview(path: "large.png", region: nil, width: 60, height: 60),
      .tryRegion(job, path: "large.png", region: region, width: 60, height: 60),
      .attention(job, path: "large.png", order),
    ]
    for request in requests {
      let failure = await engine.refusal(request)
      #expect(failure?.kind == .memory && failure?.message.contains("large.png: needs at least") == true, "\(request)")
    }
    await engine.shutDown()
  }

  @Test(
    "a job's preview shows the input, then the result; a region is tried ahead of the queue, which goes on after it")
  func trial() async throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 900, height: 700)
    let engine = folder.engine()
    let id = try await engine.submit(folder.request("large.png"))
    try await engine.wait(for: id) { $0.pictures[0].tilesDone >= 2 }
    let (reply, body) = await engine.answer(.jobPreview(job: id, picture: 0, width: 90, height: 90))
    guard case .pixels(let info) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect((info.width, info.height, info.pictureWidth, info.pictureHeight) == (90, 70, 900, 700))
    #expect(body.count == 90 * 70 * 3)
    let region = Rectangle(x: 100, y: 50, width: 40, height: 30)
    let (trial, pixels) = await engine.answer(
      .tryRegion(folder.request(), path: folder.path("pictures/large.png"), region: region, width: 200, height: 200))
    guard case .trial(let info) = trial else {
      Issue.record("\(trial)")
      return
    }
    #expect(info.before.region == region && info.after.byteCount == 40 * 30 * 3 && info.model == "denoise-test")
    #expect(pixels.count == info.before.byteCount + info.after.byteCount)
    #expect(pixels.prefix(info.before.byteCount) != pixels.suffix(info.after.byteCount))
    let before = await engine.job(id)?.pictures[0].tilesDone ?? 0
    try await engine.wait(for: id) { $0.pictures[0].tilesDone > before }
    #expect(await engine.refusal(.jobPreview(job: id, picture: 1, width: 9, height: 9))?.kind == .badRequest)
    await engine.ask(.cancel(job: id))
    await engine.shutDown()
  }

  @Test("a trial is ended by stopTrying, and by the next trial")
  func stopTrying() async throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 1200, height: 1200)
    let engine = folder.engine()
    let whole = Rectangle(x: 0, y: 0, width: 1200, height: 1200)
    let path = folder.path("pictures/large.png")
    var request = folder.request()
    request.usesSelfEnsemble = true
    let long = request
    func begin() -> Task<Reply, Never> {
      Task { await engine.answer(.tryRegion(long, path: path, region: whole, width: 50, height: 50)).reply }
    }
    func isEnded(_ reply: Reply) -> Bool {
      if case .failure(let failure) = reply { return failure.kind == .cancelled }
      return false
    }
    let first = begin()
    try await eventually("a trial is under way") { await !engine.isIdle() }
    let second = begin()
    // The second one ends the first.
    #expect(isEnded(await first.value))
    await engine.ask(.stopTrying)
    #expect(isEnded(await second.value))
    await engine.shutDown()
  }

  @Test("a trial ends when nobody waits for it any more")
  func vanishedClient() async throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 1200, height: 1200)
    let engine = folder.engine()
    var request = folder.request()
    request.usesSelfEnsemble = true
    let (long, path) = (request, folder.path("pictures/large.png"))
    let whole = Rectangle(x: 0, y: 0, width: 1200, height: 1200)
    let trial = Task { await engine.answer(.tryRegion(long, path: path, region: whole, width: 50, height: 50)).reply }
    try await eventually("a trial is under way") { await !engine.isIdle() }
    trial.cancel()
    guard case .failure(let failure) = await trial.value else {
      Issue.record("the trial went on")
      return
    }
    #expect(failure.kind == .cancelled)
    await engine.shutDown()
  }

  @Test("answers do not wait for the tile that is computed")
  func answers() async throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 1200, height: 1200)
    let engine = folder.engine()
    var request = folder.request("large.png")
    (request.tile, request.overlap, request.usesSelfEnsemble) = (.whole, nil, true)
    let id = try await engine.submit(request)
    try await engine.wait(for: id) { $0.pictures[0].state == .running }
    await engine.ask(.listFolder(path: ""))
    // Held in the middle of its only tile, so that the answers cannot be those of an engine that is done with it.
    await engine.ask(.pause(job: id))
    await engine.ask(.listFolder(path: ""))
    await engine.ask(.inspect(path: "large.png"))
    await engine.ask(.plan(request))
    let job = try #require(await engine.job(id))
    #expect(job.state == .paused && job.pictures[0].state == .running && job.pictures[0].tilesDone == 0)
    await engine.ask(.cancel(job: id))
    await engine.shutDown()
  }
}
