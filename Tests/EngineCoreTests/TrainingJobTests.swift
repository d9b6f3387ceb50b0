import Base
import EngineCore
import EngineWire
import Foundation
import JobStore
import Restoration
import TestSupport
import Testing

/// Trainings in the engine's queue, of the smallest network there is.
@Suite("Engine: trainings", .timeLimit(.minutes(10))) struct TrainingJobTests {
  private func folder() throws -> EngineFolder {
    let folder = try EngineFolder()
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "pictures/good"), withIntermediateDirectories: true)
    for (place, name) in ["good/a.png", "good/b.png"].enumerated() {
      try folder.picture(name, width: 40, height: 32, phase: Double(place))
    }
    return folder
  }

  private func request(_ steps: Int, _ output: String, _ data: String = "good") -> TrainingRequest {
    var request = TrainingRequest(task: "denoise", data: [data], output: output)
    (request.model, request.steps, request.patch, request.batch) = ("denoise-test", steps, 16, 1)
    request.threadCount = 2
    return request
  }

  private func train(_ engine: Engine, _ request: TrainingRequest) async throws -> String {
    let reply = await engine.ask(.train(request))
    guard case .submitted(let id) = reply else { throw Unexpected(reply) }
    return id
  }

  private func curve(_ engine: Engine, _ id: String) async -> TrainingCurve {
    await engine.job(id)?.pictures.first?.curve ?? TrainingCurve()
  }

  @Test(
    "a training is queued, tells how it goes, and ends with a model among the models; nothing but its record and crops stays"
  )
  func runs() async throws {
    let folder = try folder()
    let engine = folder.engine()
    guard case .trainingPlan(let plan) = await engine.ask(.planTraining(request(40, "own"))) else {
      Issue.record("no plan")
      return
    }
    #expect(plan.problem == nil && (plan.training, plan.heldOut) == (1, 1))
    #expect(plan.request.output == folder.path("models/own.safetensors") && plan.request.arePairs == nil)
    #expect(plan.estimateBytes > 1 << 20 && plan.estimateBytes < plan.budgetBytes)
    #expect(plan.command.hasPrefix("grl train --task denoise --from denoise-test --data "))

    let events = await engine.events()
    let id = try await train(engine, request(40, "own"))
    let figures = await Engine.heard(events, until: id).compactMap { event -> TrainingFigures? in
      if case .progress(let progress) = event { progress.training } else { nil }
    }
    #expect(figures.contains { $0.step == 40 && $0.patch == 16 && $0.batch == 1 && $0.loss > 0 })
    let job = try #require(await engine.job(id))
    #expect(job.training?.steps == 40 && job.pictures.count == 1 && job.pictures[0].state == .done)
    let curve = try #require(job.pictures[0].curve)
    #expect(curve.heldOut.map(\.step) == [0, 40] && curve.inputPSNR! > 15 && curve.losses.last?.step == 40)
    #expect(job.pictures[0].notes.first == "40 steps")
    for place in 0..<3 {
      let reply = await engine.ask(.jobPreview(job: id, picture: place, width: 64, height: 64))
      guard case .pixels(let info) = reply else { throw Unexpected(reply) }
      #expect(info.width == info.height && info.width >= 16)
    }
    guard case .models(let models) = await engine.ask(.listModels) else { return }
    #expect(models.map(\.name).contains("own"))
    var restoring = folder.request("good/a.png")
    restoring.model = "own"
    let restored = try await engine.submit(restoring)
    try await engine.wait(for: restored) { $0.state == .done }
    await engine.shutDown()
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("state/jobs/" + id)).sorted()
    #expect(left == ["before.png", "clean.png", "job.json", "journal", "lock", "now.png"])
    // What the journal adds up to after a restart is what was told.
    let record = try folder.store.snapshot(id).record
    #expect(record.info(isElsewhere: false).pictures == job.pictures)
  }

  @Test("paused, ended with its engine and taken up by another, a training comes to the bytes of an undisturbed one")
  func sameBytes() async throws {
    let folder = try folder()
    let first = folder.engine()
    let whole = try await train(first, request(120, "whole"))
    try await first.wait(for: whole) { $0.state == .done }

    let id = try await train(first, request(120, "parts"))
    try await first.wait(for: id) { $0.pictures[0].curve?.losses.isEmpty == false }
    await first.ask(.pause(job: id))
    try await first.wait(for: id) { $0.state == .paused && $0.pictures[0].state == .waiting }
    let paused = await curve(first, id).savedStep
    #expect(paused > 0 && paused < 120)
    #expect(FileManager.default.fileExists(atPath: folder.path("state/jobs/\(id)/state")))
    await first.ask(.resume(job: id))
    try await first.wait(for: id) { $0.pictures[0].curve?.losses.last.map { $0.step > paused } == true }
    await first.shutDown()
    #expect(!folder.exists("models/parts.safetensors"))

    let second = folder.engine()
    try await second.wait(for: id) { $0.state == .done }
    #expect(try folder.bytes("models/parts.safetensors") == folder.bytes("models/whole.safetensors"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("state/jobs/\(id)/state")))
    await second.shutDown()
  }

  @Test("a restoration that is queued comes first; the training goes on behind it, and what is kept of it is a model")
  func givesWay() async throws {
    let folder = try folder()
    let engine = folder.engine()
    let id = try await train(engine, request(1_000_000, "long"))
    try await engine.wait(for: id) { $0.pictures[0].curve?.losses.isEmpty == false }
    let restoration = try await engine.submit(folder.request("good/a.png"))
    try await engine.wait(for: restoration) { $0.state == .done }
    #expect(await engine.queue().map(\.id) == [restoration, id])
    let saved = await curve(engine, id).savedStep
    #expect(saved > 0)
    try await engine.wait(for: id) { $0.state == .running && $0.pictures[0].curve!.losses.last!.step > saved }

    await engine.ask(.pause(job: id))
    await engine.ask(.keep(job: id))
    let job = try await engine.wait(for: id) { $0.state == .done }
    #expect(job.pictures[0].notes.first?.hasSuffix(" steps") == true)
    let card = try folder.library.card("long")
    #expect(card.task == .denoise)
    #expect(await engine.refusal(.keep(job: id))?.message.contains("it would have to be") == true)
    #expect(await engine.refusal(.keep(job: restoration))?.message.contains("is no training") == true)
    await engine.shutDown()
  }

  @Test("cancelled, a training leaves no state and no model")
  func cancelled() async throws {
    let folder = try folder()
    let engine = folder.engine()
    let id = try await train(engine, request(1_000_000, "gone"))
    try await engine.wait(for: id) { $0.pictures[0].curve?.losses.isEmpty == false }
    #expect(await engine.refusal(.train(request(10, "gone")))?.message.contains("is to write it") == true)
    await engine.ask(.cancel(job: id))
    try await engine.wait(for: id) { $0.state == .cancelled }
    try await eventually("nothing runs") { await engine.isIdle() }
    await engine.shutDown()
    #expect(!folder.exists("models/gone.safetensors"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("state/jobs/\(id)/state")))
  }

  @Test("what grl train refuses is refused before anything is queued, with the option that is to be changed")
  func refusals() async throws {
    let folder = try folder()
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "pictures/empty"), withIntermediateDirectories: true)
    let engine = folder.engine()
    func changed(_ change: (inout TrainingRequest) -> Void) -> TrainingRequest {
      var request = request(4, "own")
      change(&request)
      return request
    }
    let cases: [(TrainingRequest, option: String, words: String)] = [
      (changed { $0.data = ["empty"] }, "data", "no pictures"),
      (changed { $0.data = ["nowhere"] }, "data", "does not exist"),
      (changed { $0.patch = 512 }, "data", "patches of 512"),
      (changed { $0.task = "jpeg" }, "from", "a model for denoise, not for jpeg"),
      (changed { $0.model = "none" }, "from", "none"),
      (changed { $0.output = "denoise-test" }, "output", "exists"),
      (changed { $0.output = "no such/own.safetensors" }, "output", "no such folder"),
      (changed { $0.output = "../x" }, "output", ".safetensors"),
      (changed { $0.minutes = 1 }, "minutes", "--minutes N or --steps N"),
      (changed { $0.memoryBytes = 30 << 20 }, "memory", "raise --memory"),
      (changed { $0.window = 7 }, "window", "window"),
      (changed { $0.rate = 1 }, "rate", "--rate 1.0"),
      (changed { $0.scale = 2 }, "scale", "does not apply"),
      (changed { $0.variant = "huge" }, "variant", "not known"),
    ]
    for (request, option, words) in cases {
      guard case .trainingPlan(let plan) = await engine.ask(.planTraining(request)) else { continue }
      #expect(plan.problem?.option == option && plan.problem?.message.contains(words) == true, "\(plan)")
      #expect(await engine.refusal(.train(request))?.message == plan.problem?.message)
    }
    #expect(await engine.queue().isEmpty)
    await engine.shutDown()
  }

  @Test("one folder with pairs is seen to be that, and two processes that die at a training are enough")
  func pairsAndDeaths() async throws {
    let folder = try folder()
    for part in ["input", "target"] {
      try FileManager.default.createDirectory(
        at: folder.url.appending(path: "pictures/pairs/" + part), withIntermediateDirectories: true)
      for name in ["a", "b"] { try folder.picture("pairs/\(part)/\(name).png", width: 32, height: 32) }
    }
    let store = folder.store
    var request = request(4, folder.path("models/own.safetensors"), folder.path("pictures/pairs"))
    request.arePairs = true
    // As an engine left it that was killed.
    let paths = StoredJob.Picture(input: request.data[0], output: request.output)
    func dead(_ process: Int) -> ProcessIdentity {
      var identity = ProcessIdentity.current
      identity.process = process
      return identity
    }
    var id = ""
    do {
      let job = try store.create(
        JobRequest(inputs: request.data, task: "denoise"), training: request, pictures: [paths], owner: .engine)
      id = job.id
      for process in [1_000_001, 1_000_002] { try job.append(.attempt(picture: 0, process: dead(process))) }
    }

    let engine = folder.engine()
    guard case .trainingPlan(let plan) = await engine.ask(.planTraining(self.request(4, "pairs-own", "pairs"))) else {
      return
    }
    #expect(plan.problem == nil && plan.request.arePairs == true && (plan.training, plan.heldOut) == (1, 1))
    try await eventually("it has failed") { await engine.job(id)?.state == .failed }
    #expect(await engine.job(id)?.pictures[0].reason?.contains("died twice") == true)
    await engine.ask(.retry(job: id))
    try await engine.wait(for: id) { $0.state == .done }
    #expect(folder.exists("models/own.safetensors"))
    await engine.shutDown()
  }
}
