import Base
import EngineCore
import EngineTransport
import EngineWire
import Foundation
import Imaging
import Restoration
import TestSupport
import Synchronization
import Testing

/// What clients of one engine have of each other: nothing.
@Suite("Many clients", .timeLimit(.minutes(10))) struct ManyClientsTests {
  private static func requester(_ number: Int) -> Requester { Requester(number: number) { _ in } }

  private static func kind(_ reply: Reply) -> FailureKind? {
    if case .failure(let failure) = reply { failure.kind } else { nil }
  }

  /// Every place of a queue taken by work that goes on until it is told to end.
  private static func fill(_ queue: RequestQueue, places: Int) async throws -> [Task<Void, any Error>] {
    let began = RequestQueueTests.Names()
    let tasks = (0..<places).map { place in
      Task {
        try await queue.run(for: 1000 + place, about: "place \(place)") { flag in
          began.add("\(place)")
          while !flag.isSet { usleep(500) }
        }
      }
    }
    try await eventually("all places are taken") { began.all.count == places }
    return tasks
  }

  @Test(
    "with every place for plans, large previews, comparisons, measures, passes and submissions taken, the rest answers")
  func kinds() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let engine = folder.engine()
    let queues = engine.queues
    var held: [Task<Void, any Error>] = []
    for (queue, places) in [
      (queues.plans, 2), (queues.largePreviews, 1), (queues.comparisons, 1), (queues.measures, 1), (queues.passes, 1),
      (queues.submissions, 2), (queues.models, 2), (queues.headers, 2),
    ] { held += try await Self.fill(queue, places: places) }
    let client = Self.requester(1)
    for request in [
      Request.listFolder(path: ""), .inspect(path: "a.png"),
      .preview(path: "a.png", region: nil, width: 20, height: 20),
    ] {
      let reply = await engine.answer(request, from: client).reply
      #expect(Self.kind(reply) == nil, "\(request): \(reply)")
    }
    for task in held { task.cancel() }
    // And folders, with all headers taken: a text bomb is a header that takes long.
    let headers = try await Self.fill(queues.headers, places: 16)
    #expect(Self.kind(await engine.answer(.listFolder(path: ""), from: client).reply) == nil)
    for task in headers { task.cancel() }
    await engine.shutDown()
  }

  @Test("previews of a client that is gone are never decoded, and a small one of another client waits for none")
  func previews() async throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 2400, height: 2000)
    try folder.picture("a.png")
    let engine = folder.engine()
    let held = try await Self.fill(engine.queues.largePreviews, places: 1)
    let client = Self.requester(1)
    let gone = (0..<12).map { _ in
      Task { await engine.answer(.preview(path: "large.png", region: nil, width: 9, height: 9), from: client).reply }
    }
    try await eventually("twelve previews wait") { engine.queues.largePreviews.waitingCount == 12 }
    let small = await engine.answer(.preview(path: "a.png", region: nil, width: 9, height: 9), from: Self.requester(2))
      .reply
    #expect(Self.kind(small) == nil)
    for task in gone { task.cancel() }
    for task in gone { #expect(Self.kind(await task.value) == .cancelled) }
    for task in held { task.cancel() }
    await engine.shutDown()
  }

  @Test("a trial of one client is ended neither by another one's nor by its stopTrying; its own ones end it")
  func passes() async throws {
    let folder = try EngineFolder()
    try folder.picture("large.png", width: 1200, height: 1200)
    let engine = folder.engine()
    var request = folder.request()
    request.usesSelfEnsemble = true
    let (long, path) = (request, folder.path("pictures/large.png"))
    let whole = Rectangle(x: 0, y: 0, width: 1200, height: 1200)
    func begin(_ client: Int) -> Task<Reply, Never> {
      Task {
        await engine.answer(
          .tryRegion(long, path: path, region: whole, width: 50, height: 50), from: Self.requester(client)
        ).reply
      }
    }
    let first = begin(1)
    try await eventually("a trial is under way") { await !engine.isIdle() }
    let second = begin(2)
    try await eventually("another one waits") { engine.queues.passes.waitingCount == 1 }
    _ = await engine.answer(.stopTrying, from: Self.requester(3))
    #expect(engine.queues.passes.waitingCount == 1)
    _ = await engine.answer(.stopTrying, from: Self.requester(2))
    #expect(Self.kind(await second.value) == .cancelled)
    let third = begin(1)
    #expect(Self.kind(await first.value) == .cancelled)
    _ = await engine.answer(.stopTrying, from: Self.requester(1))
    #expect(Self.kind(await third.value) == .cancelled)
    try await eventually("nothing is left") { await engine.isIdle() }
    await engine.shutDown()
  }

  @Test("attentionOverview refuses what attention refuses, in its words, before a pass is spent")
  func attention() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png", width: 48, height: 36)
    let engine = folder.engine()
    let path = folder.path("pictures/a.png")
    let good = AttentionOrder(x: 30, y: 20, stage: 0, block: 1)
    var bad = [AttentionOrder](repeating: good, count: 6)
    bad[0].kind = "sideways"
    bad[1].stage = 99
    bad[2].block = -1
    bad[3].head = 99
    bad[4].x = 48
    (bad[5].x, bad[5].isHalfScale) = (4000, true)
    for order in bad {
      let refusal = await engine.refusal(.attention(folder.request(), path: path, order))
      #expect(await engine.refusal(.attentionOverview(folder.request(), path: path, order)) == refusal)
    }
    guard case .attention(let info) = await engine.ask(.attention(folder.request(), path: path, good)) else {
      Issue.record("no attention")
      return
    }
    #expect(info.isNewPass)
    var half = good
    half.isHalfScale = true
    for order in [good, half] { await engine.ask(.attentionOverview(folder.request(), path: path, order)) }
    await engine.shutDown()
  }

  @Test("analyses are answered with their numbers, at most so many a side, and refuse what does not exist")
  func analysis() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png", width: 400, height: 24)
    let engine = folder.engine()
    let path = folder.path("pictures/a.png")
    let order = AnalysisOrder(.maps, x: 30, y: 20, stage: 0, block: 1)
    let (reply, body) = await engine.answer(.analysis(folder.request(), path: path, order), from: Self.requester(1))
    guard case .analysis(let said) = reply, let report = said.filled(by: body) else {
      Issue.record("no analysis: \(reply)")
      return
    }
    #expect(report.maps.count == 9 && report.region == Rectangle(x: 0, y: 0, width: 400, height: 24))
    #expect(report.maps.allSatisfy { $0.width == 200 && $0.height == 12 && $0.numbers.largest >= 0 })
    #expect(report.maps[0].numbers.mean > 1, "an entropy of all keys is some bits")
    var bad = [AnalysisOrder](repeating: order, count: 6)
    (bad[0].stage, bad[1].block, bad[2].head, bad[3].x) = (99, -1, 99, 400)
    (bad[4].kind, bad[4].span) = (.field, 1 << 20)
    bad[5].region = Rectangle(x: 390, y: 0, width: 20, height: 5)
    let words = ["no stage 99", "no block -1", "no head 99", "outside the picture", "--span", "region 390,0,20,5"]
    for (order, word) in zip(bad, words) {
      let refusal = await engine.refusal(.analysis(folder.request(), path: path, order))
      #expect(refusal?.message.contains(word) == true, "\(refusal?.message ?? "")")
    }
    await engine.shutDown()
  }

  @Test("one pass answers all questions about a picture's blocks, rows too, until another picture is asked about")
  func onePass() async throws {
    let folder = try EngineFolder()
    for name in ["a", "b"] { try folder.picture("\(name).png", width: 64, height: 48) }
    let engine = folder.engine()
    let told = Mutex<[String]>([])
    let requester = Requester(number: 1) { event in
      if case .analysing(_, let detail) = event { told.withLock { $0.append(detail) } }
    }
    var request = folder.request()
    request.tile = .whole
    let job = request
    /// Whether a pass was needed.
    func ask(_ kind: AnalysisKind, block: Int = 1, head: Int? = nil, of name: String = "a") async throws -> Bool {
      told.withLock { $0 = [] }
      var order = AnalysisOrder(kind, x: 30, y: 20, stage: 0, block: block)
      (order.head, order.tellsProgress) = (head, true)
      if kind == .region { order.region = Rectangle(x: 8, y: 8, width: 8, height: 8) }
      let path = folder.path("pictures/\(name).png")
      let (reply, _) = await engine.answer(.analysis(job, path: path, order), from: requester)
      guard case .analysis = reply else {
        Issue.record("no analysis: \(reply)")
        return false
      }
      return told.withLock { $0.contains { $0.hasPrefix("block ") } }
    }
    #expect(try await ask(.maps))
    #expect(try await !ask(.maps, head: 0))
    #expect(try await !ask(.maps, block: 0))
    #expect(try await !ask(.region))
    #expect(try await !ask(.spectrum, head: 0))
    #expect(try await !ask(.rollout))
    let order = AttentionOrder(x: 30, y: 20, stage: 0, block: 0, kind: "stripe", head: nil)
    let path = folder.path("pictures/a.png")
    guard case .attention(let row) = await engine.answer(.attention(job, path: path, order), from: requester).0
    else {
      Issue.record("no row")
      return
    }
    #expect(!row.isNewPass)
    #expect(try await ask(.maps, of: "b"))
    #expect(try await ask(.maps, of: "a"))
    await engine.shutDown()
  }

  // MARK: Plans

  @Test("a plan of a huge tree ends at its bounds, and when nobody waits for it any more")
  func hugeTree() async throws {
    let look = JobPlanner.look(nil)
    try look("/photos", JobPlanner.mostFiles, 2 * JobPlanner.mostPictures)
    #expect { try look("/photos", JobPlanner.mostFiles + 1, 0) } throws: {
      "\($0)".contains("/photos: over 100000 files")
    }
    #expect { try look("/photos", 30_000, 20_001) } throws: {
      "\($0)".contains("more pictures than the limit of 10000")
    }
    let folder = try EngineFolder()
    for name in ["a", "b", "c"] { try folder.picture("\(name).png") }
    var request = JobRequest(inputs: [folder.path("pictures")], task: "denoise")
    request.outputFolder = folder.path("out")
    let planner = JobPlanner(
      models: ModelCatalogue(library: folder.library), speeds: SpeedProfile(path: nil, threadCount: 1),
      budgetBytes: 2 << 30,
      threadCount: 1)
    var told: [String] = []
    let plan = try planner.plan(request) { progress in
      switch progress {
      case .searching(let files): told.append("file \(files)")
      case .planning(let done, let count): told.append("\(done) of \(count)")
      }
    }
    #expect(plan.pictures.count == 3)
    #expect(told.suffix(4) == ["file 3", "0 of 3", "1 of 3", "2 of 3"])
    let flag = CancelFlag()
    flag.set()
    #expect { try planner.plan(request, flag) } throws: { ($0 as? JobError)?.kind == .cancelled }
  }

  @Test("a plan tells what its folders hold besides")
  func passedOver() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    for name in ["x.gif", "y.gif"] { try Data("GIF89a".utf8).write(to: folder.url.appending(path: "pictures/" + name)) }
    try #require(mkfifo(folder.path("pictures/pipe.png"), 0o600) == 0)
    let engine = folder.engine()
    var request = JobRequest(inputs: [folder.path("pictures")], task: "denoise")
    request.outputFolder = folder.path("out")
    guard case .plan(let plan) = await engine.ask(.plan(request)) else {
      Issue.record("no plan")
      return
    }
    #expect(plan.passedOver?.summary == "3 passed over: a GIF picture (2), a named pipe (1)")
    #expect(plan.passedOver?.count == 3)
    #expect(plan.passedOver?.first.map(\.path).contains(folder.path("pictures/pipe.png")) == true)
    request.inputs = [folder.path("pictures/a.png")]
    guard case .plan(let plain) = await engine.ask(.plan(request)) else {
      Issue.record("no plan")
      return
    }
    #expect(plain.passedOver == nil)
    await engine.shutDown()
  }

  // MARK: A dead mount

  @Test("a verb that is given something on a dead mount ends with an error, wherever its name stands", .canMount)
  func deadVerb() async throws {
    let home = try EngineFixture()
    let dead = home.path("dead")
    try FileManager.default.createDirectory(atPath: dead, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: TestData.packageRoot.appending(path: "Samples/kitten.png"), to: home.folder.appending(path: "a.png"))
    let mount = try #require(DeadMount(at: dead))
    defer { mount.end() }
    let verbs = [
      ["restore", "--task", "denoise", home.path("a.png"), dead + "/b.png"],
      ["degrade", "--task", "denoise", "--sigma", "5", home.path("a.png"), "--output=\(dead)/b.png"],
    ]
    for verb in verbs {
      let outcome = try await home.run(verb)
      #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome.errors)")
      #expect(
        outcome.errors.contains(/^grl: .*dead.*: its file system has not answered for 10 s; .*\n$/), "\(outcome.errors)"
      )
    }
    mount.end()
    try await home.tearDown()
  }

  @Test("requests for a dead mount get an error each, and nobody else notices", .canMount)
  func deadMount() async throws {
    let folder = try EngineFolder()
    try folder.picture("a.png")
    let dead = folder.path("pictures/dead")
    try FileManager.default.createDirectory(atPath: dead, withIntermediateDirectories: true)
    let mount = try #require(DeadMount(at: dead))
    defer { mount.end() }
    let engine = folder.engine(patience: .seconds(1))
    var job = folder.request()
    job.inputs = [dead + "/b.png"]
    let order = AttentionOrder(x: 0, y: 0, stage: 0, block: 0)
    let region = Rectangle(x: 0, y: 0, width: 8, height: 8)
    let compare = ComparisonRequest(paths: [folder.path("pictures/a.png"), dead + "/d.png"], reference: 0, .open)
    let requests: [Request] = [
      .listFolder(path: dead), .inspect(path: dead + "/a.png"),
      .preview(path: dead + "/c.png", region: nil, width: 9, height: 9), .plan(job), .submit(job), .compare(compare),
      .attention(job, path: dead + "/e.png", order),
      .tryRegion(job, path: dead + "/f.png", region: region, width: 9, height: 9),
    ]
    let waiting = requests.enumerated().map { number, request in
      Task { await engine.answer(request, from: Self.requester(10 + number)).reply }
    }
    let client = Self.requester(1)
    for request in [
      Request.listFolder(path: folder.path("out")), .inspect(path: "a.png"),
      .preview(path: "a.png", region: nil, width: 20, height: 20), .plan(folder.request("a.png")),
    ] {
      let reply = await engine.answer(request, from: client).reply
      #expect(Self.kind(reply) == nil, "\(request): \(reply)")
    }
    for (request, task) in zip(requests, waiting) {
      guard case .failure(let failure) = await task.value else {
        Issue.record("\(request) was answered")
        continue
      }
      #expect(failure.kind == .system && failure.message.contains("has not answered for 1 s"), "\(failure.message)")
    }
    mount.end()
    await engine.shutDown()
  }

  @Test("a picture of a job on a mount that died fails, and the next job goes on", .canMount)
  func deadJob() async throws {
    let folder = try EngineFolder()
    try folder.picture("long.png", width: 480, height: 480)
    try folder.picture("b.png")
    let disk = folder.path("pictures/disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    try folder.picture("disk/a.png")
    let engine = folder.engine(patience: .milliseconds(300))
    let long = try await engine.submit(folder.request("long.png"))
    try await engine.wait(for: long) { $0.pictures[0].tilesDone >= 1 }
    let stuck = try await engine.submit(folder.request("disk/a.png"))
    let next = try await engine.submit(folder.request("b.png"))
    let mount = try #require(DeadMount(at: disk))
    defer { mount.end() }
    await engine.ask(.cancel(job: long))
    try await engine.wait(for: next) { $0.state == .done }
    let failed = try #require(await engine.job(stuck))
    #expect(failed.state == .failed)
    #expect(failed.pictures[0].reason?.contains("has not answered for 2 s") == true, "\(failed.pictures)")
    mount.end()
    // The thread that was left behind computes nothing more.
    await engine.shutDown()
    #expect(!folder.exists("out/a_denoise.png"))
  }
}
