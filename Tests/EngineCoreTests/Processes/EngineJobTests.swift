import EngineTransport
import EngineWire
import Foundation
import Glibc
import JobStore
import TestSupport
import Testing

/// Jobs in an engine of its own process, seen by clients that come and go.
@Suite(.serialized, .timeLimit(.minutes(10))) struct EngineJobTests {
  @Test("plan, submit, watch: two clients, one of them behind a bridge, see the job begin and end; the result is there")
  func finish() async throws {
    let home = try EngineFixture()
    try home.writePicture("a.png", width: 48, height: 40)
    let job = JobRequest(inputs: [home.path("a.png")], task: "denoise")
    let local = try await home.greeted()
    let remote = try home.client(host: "tower", changes: home.makeSSH())
    try await remote.run(until: "the engine greets") { $0.isConnected }
    for client in [local, remote] { try await client.watch() }

    local.connection.send(Question(id: 2, .plan(job)))
    try await local.run(until: "the plan") { $0.answer(2) != nil }
    guard case .plan(let plan) = local.answer(2) else {
      Issue.record("\(String(describing: local.answer(2)))")
      return
    }
    #expect(plan.problem == nil && plan.pictures.count == 1)
    local.connection.send(Question(id: 3, .submit(job)))
    try await local.run(until: "it is queued") { $0.answer(3) != nil }
    guard case .submitted(let id) = local.answer(3) else {
      Issue.record("\(String(describing: local.answer(3)))")
      return
    }
    for client in [local, remote] {
      try await client.run(until: "the job is done") { $0.states(of: id).last == .done }
      #expect(client.states(of: id).contains(.running))
    }
    #expect(FileManager.default.fileExists(atPath: plan.pictures[0].output))
    try await home.tearDown()
  }

  @Test("a job outlives its client, and new clients see it run while the engine is busy")
  func outlive() async throws {
    let home = try EngineFixture()
    let id = try await begin(in: home)
    let engine = try #require(home.engine)
    for _ in 0..<5 {
      let client = try await home.greeted()
      try await client.watch()
      #expect(client.states(of: id) == [.running])
    }
    #expect(home.engine == engine)
    try await home.tearDown()
  }

  @Test("an engine that is killed at work takes its job up again, and the client follows")
  func killed() async throws {
    let home = try EngineFixture()
    try home.writePicture("a.png", width: 320, height: 320)
    let client = try await home.greeted()
    let id = try await begin(in: home)
    try await client.watch()
    kill(try #require(home.engine), SIGKILL)
    try await client.run(until: "a new engine") { $0.links.count == 5 }
    try await client.watch(question: 20)
    try await client.run(until: "the job runs again") { $0.states(of: id).last == .running }
    try await home.tearDown()
  }

  @Test(
    "a picture that traps the engine costs two engines, no more; a client hears what the log says, and the next job is done"
  )
  func poisoned() async throws {
    let home = try EngineFixture()
    try home.writePicture("bad.png", width: 96, height: 64)
    try home.writePicture("good.png", width: 32, height: 32)
    // As an engine left them that was ended before it began.
    let store = JobStore(stateFolder: home.place.stateFolder, owner: "a test")
    for (place, name) in ["bad", "good"].enumerated() {
      var job = JobRequest(inputs: [home.path(name + ".png")], task: "denoise")
      (job.variant, job.tile, job.overlap) = ("tiny", .side(32), 8)
      let picture = StoredJob.Picture(input: job.inputs[0], output: home.path(name + "_denoise.png"))
      try store.create(job, pictures: [picture], owner: .engine).append(.rank(Double(place)))
    }
    let client = try home.client(changes: ["GRL_TRAP_AT": "bad.png:2"])
    // What a client does: it asks for the queue whenever it has an engine again, and listens.
    var (asked, greeted) = (10, 0)
    try await client.run(until: "the second job is done") { client in
      if client.isConnected, client.links.count != greeted {
        (asked, greeted) = (asked + 1, client.links.count)
        client.connection.send(Question(id: asked, .watch))
      }
      return client.lastStates.contains(.done)
    }
    try await client.watch(question: 99)
    guard case .jobs(let jobs) = try #require(client.answer(99)) else {
      Issue.record("no queue")
      return
    }
    let losses = client.links.filter { if case .lost = $0 { true } else { false } }
    // Two deaths; a connection that was made to an engine already dying is lost beside them. The reason below counts the deaths.
    #expect((2...4).contains(losses.count), "\(client.links)")
    try #require(jobs.count == 2)
    #expect(jobs[0].state == .failed)
    let reason = try #require(jobs[0].pictures[0].reason)
    #expect(reason.contains("the engine died twice at tile 2 of ") && reason.contains("; log: "), "\(reason)")
    #expect(reason.hasSuffix("Fatal error: GRL_TRAP_AT bad.png"), "\(reason)")
    try await home.tearDown()
  }

  @Test("a stopped engine ends although it computes; the next one goes on")
  func stopped() async throws {
    let home = try EngineFixture()
    let id = try await begin(in: home)
    #expect(try await home.run(["engine", "--stop"]).status == 0)
    try await eventually("the process has ended") { home.engines.isEmpty }
    let client = try await home.greeted()
    try await client.watch()
    try await client.run(until: "the job runs again") { $0.states(of: id).last == .running }
    try await home.tearDown()
  }

  @Test("clients that send every frame cut at every byte and disappear do not disturb a job or another client")
  func cut() async throws {
    let home = try EngineFixture()
    let id = try await begin(in: home)
    let client = try await home.greeted()
    try await client.watch()
    let bytes = try [
      Request.hello(version: WireProtocol.version, client: "cut"), .watch,
      .jobPreview(job: id, picture: 0, width: 8, height: 8),
    ].enumerated().flatMap { try Frame(Question(id: $0 + 1, $1), limits: .questions).bytes }
    for cut in 0...bytes.count {
      var descriptor: Int32?
      try await eventually("a connection") {
        descriptor = try LocalSocket.connect(to: home.place.socket)
        return descriptor != nil
      }
      let broken = WireClient(try #require(descriptor))
      try await broken.send(Array(bytes[..<cut]))
      broken.close()
      client.turn()
    }
    let engine = home.engine
    client.connection.send(Question(id: 5, .listFolder(path: home.folder.path)))
    try await client.run(until: "an answer") { $0.answer(5) != nil }
    #expect(client.links.count == 2 && home.engine == engine)
    #expect(client.states(of: id).last == .running)
    try await home.tearDown()
  }

  /// Submits a job of a minute or so and leaves when it runs.
  private func begin(in home: EngineFixture) async throws -> String {
    try home.writePicture("large.png", width: 800, height: 800)
    var job = JobRequest(inputs: [home.path("large.png")], task: "denoise")
    job.usesSelfEnsemble = true
    job.tile = .side(256)
    job.threadCount = 1
    let client = try await home.greeted()
    try await client.watch()
    client.connection.send(Question(id: 2, .submit(job)))
    try await client.run(until: "it is queued") { $0.answer(2) != nil }
    let reply = try #require(client.answer(2))
    guard case .submitted(let id) = reply else { throw Unexpected(reply) }
    try await client.run(until: "it runs") { $0.states(of: id).last == .running }
    return id
  }
}

extension ConnectionDriver {
  fileprivate func answer(_ id: Int) -> Reply? { answers.last { $0.id == id }?.reply }

  fileprivate func watch(question: Int = 10) async throws {
    connection.send(Question(id: question, .watch))
    try await run(until: "the queue") { $0.answer(question) != nil }
  }

  /// States of the jobs in the last queue that was told, those told of single jobs since included.
  fileprivate var lastStates: Set<JobState> {
    var states: [String: JobState] = [:]
    for answer in answers {
      switch answer.reply {
      case .jobs(let jobs), .event(.jobs(let jobs)):
        states = Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0.state) })
      case .event(.job(let id, let state, _)): states[id] = state
      default: break
      }
    }
    return Set(states.values)
  }

  /// What was told of a job's state, in order.
  fileprivate func states(of id: String) -> [JobState] {
    answers.flatMap { answer -> [JobState] in
      switch answer.reply {
      case .jobs(let jobs), .event(.jobs(let jobs)): jobs.filter { $0.id == id }.map(\.state)
      case .event(.job(id, let state, _)): [state]
      default: []
      }
    }
  }
}
