import EngineWire
import Foundation
import Testing

/// A picture at which the program comes to a trap every time: two processes die at it, then it has failed and the rest goes on.
@Suite(.serialized, .timeLimit(.minutes(10))) struct PoisonedPictureTests {
  private func begin() async throws -> (CrashFolder, healthy: Data) {
    let folder = try CrashFolder()
    try folder.picture("bad.png", width: 60, height: 50)
    try folder.picture("good.png", width: 40, height: 30)
    return (folder, try #require(try await folder.expected(["good.png"])["good_denoise.png"]))
  }

  /// Queues jobs, then starts engines that meet `trap` until one comes through.
  ///
  /// - Returns: how many died, and the jobs as they are then.
  private func run(_ folder: CrashFolder, trap: String, _ requests: [JobRequest]) async throws -> (Int, [JobInfo]) {
    let ids = try await queue(requests, in: folder)
    for deaths in 0..<5 {
      // Of several tiles at once the first that is not there would be named.
      let engine = folder.engine(["GRL_TRAP_AT": trap, "GRL_THREADS": "2"])
      if let client = try await folder.client(of: engine) {
        var jobs: [JobInfo] = []
        let isOver = try await comesTrue {
          guard case .jobs(let found)? = try client.ask(.watch) else { return !engine.isRunning }
          jobs = found.filter { ids.contains($0.id) }
          return !jobs.isEmpty && jobs.allSatisfy { [.done, .failed].contains($0.state) }
        }
        #expect(isOver)
        if engine.isRunning {
          _ = try client.ask(.shutDown)
          #expect(try await engine.outcome().status == 0)
          return (deaths, jobs)
        }
      }
      let outcome = try await engine.outcome()
      #expect(outcome.wasKilled && outcome.errors.contains("GRL_TRAP_AT"), "\(outcome.errors)")
    }
    Issue.record("no engine came through")
    return (5, [])
  }

  /// Jobs that wait on disk: queued behind one that is paused at work, in an engine that is then killed.
  private func queue(_ requests: [JobRequest], in folder: CrashFolder) async throws -> [String] {
    try folder.picture("large.png", width: 700, height: 600)
    var large = folder.request(["large.png"])
    large.outputFolder = folder.path("home")
    let engine = folder.engine()
    let client = try #require(try await folder.client(of: engine))
    guard case .submitted(let id)? = try client.ask(.submit(large)) else { throw NotQueued() }
    #expect(try await comesTrue { try folder.job(client)?.state == .running })
    _ = try client.ask(.pause(job: id))
    let ids = try requests.map { request in
      guard case .submitted(let id)? = try client.ask(.submit(request)) else { throw NotQueued() }
      return id
    }
    engine.send(SIGKILL)
    #expect(try await engine.outcome().wasKilled)
    return ids
  }

  private struct NotQueued: Error {}

  @Test(
    "an engine that traps at a picture is started twice more at most; the picture has failed, and the job behind it is done",
    arguments: [("bad.png:3", "tile 3 of 20"), ("bad.png:1", "tile 1 of 20"), ("bad.png", "it")])
  func engine(trap: String, place: String) async throws {
    let (folder, healthy) = try await begin()
    let (deaths, jobs) = try await run(folder, trap: trap, [folder.request(["bad.png"]), folder.request(["good.png"])])
    #expect(deaths == 2)
    try #require(jobs.count == 2)
    #expect(jobs.map(\.state) == [.failed, .done])
    #expect(jobs[0].pictures[0].state == .failed)
    #expect(jobs[0].pictures[0].reason == "\(folder.path("in/bad.png")): the engine died twice at \(place)")
    #expect(try folder.names(in: "out") == ["good_denoise.png"])
    #expect(try folder.bytes("out/good_denoise.png") == healthy)
    let shown = try await Child(["jobs", "show", jobs[0].id], folder.environment()).outcome()
    #expect(shown.status == 0 && shown.output.contains("the engine died twice at \(place)"))
    // Asked to, an engine that has no such fault tries it again.
    let engine = folder.engine()
    let client = try #require(try await folder.client(of: engine))
    _ = try client.ask(.retry(job: jobs[0].id))
    #expect(try await comesTrue { folder.exists("out/bad_denoise.png") })
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
  }

  @Test("in one job, the pictures behind the one that traps are restored")
  func sameJob() async throws {
    let (folder, healthy) = try await begin()
    let (deaths, jobs) = try await run(folder, trap: "bad.png:3", [folder.request(["bad.png", "good.png"])])
    #expect(deaths == 2)
    #expect(jobs.first?.pictures.map(\.state) == [.failed, .done])
    #expect(jobs.first?.reason == "1 of 2 pictures failed")
    #expect(try folder.bytes("out/good_denoise.png") == healthy)
  }

  @Test("an engine that finishes a tile before it is killed may be killed as often as you like")
  func progress() async throws {
    let (folder, _) = try await begin()
    let expected = try await folder.expected(["bad.png"])
    var isSubmitted = false
    for _ in 0..<6 {
      let engine = folder.engine(["GRL_CRASH_AT": "tile-journaled"])
      let client = try await folder.client(of: engine)
      if !isSubmitted { _ = try client?.ask(.submit(folder.request(["bad.png"]))) }
      isSubmitted = true
      #expect(try await engine.outcome().wasKilled)
    }
    #expect(folder.attempts == 6)
    let engine = folder.engine()
    let client = try #require(try await folder.client(of: engine))
    #expect(try await comesTrue { try folder.job(client)?.state == .done })
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
    #expect(try folder.bytes("out/bad_denoise.png") == expected["bad_denoise.png"])
  }

  @Test("an engine that is ended in good order, or killed while its job is paused, has not died at the picture")
  func goodOrder() async throws {
    let folder = try CrashFolder()
    // Seconds of work, so that it is seen at work also where the machine is fast and the test late.
    try folder.picture("a.png", width: 1000, height: 900)
    var request = folder.request(["a.png"])
    (request.tile, request.overlap, request.usesSelfEnsemble) = (.whole, nil, true)
    var isSubmitted = false
    // `swift test` ignores some signals, and a child inherits that.
    let shell = "exec /usr/bin/env --default-signal=TERM \"$GRL_BINARY_UNDER_TEST\" \"$@\""
    for isPaused in [false, true, false, true, false] {
      // Before the engine starts, which goes on with the picture at once.
      let attempts = folder.attempts
      let engine = folder.engine(shell: shell)
      let client = try #require(try await folder.client(of: engine))
      if !isSubmitted { _ = try client.ask(.submit(request)) }
      isSubmitted = true
      let isRunning = try await comesTrue {
        guard let job = try folder.job(client) else { return false }
        if job.state == .paused { _ = try client.ask(.resume(job: job.id)) }
        // The line before the work comes a moment later than the state.
        return job.pictures[0].state == .running && folder.attempts > attempts
      }
      #expect(isRunning)
      if isPaused {
        let id = try #require(try folder.job(client)?.id)
        _ = try client.ask(.pause(job: id))
        #expect(
          try await comesTrue { try folder.journal().last?["state"] != nil || folder.journal().last?["left"] != nil })
        engine.send(SIGKILL)
        #expect(try await engine.outcome().wasKilled)
      } else {
        engine.send(SIGTERM)
        #expect(try await engine.outcome().status == 0)
      }
    }
    // The picture was really begun each time, and never ended.
    let journal = try folder.journal()
    #expect(folder.attempts >= 5 && journal.allSatisfy { $0["done"] == nil })
    let engine = folder.engine()
    let client = try #require(try await folder.client(of: engine))
    #expect(
      try await comesTrue { [.done, .failed].contains(try folder.job(client)?.state) })
    #expect(try folder.job(client)?.state == .done)
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
  }

  @Test("grl restore --resume leaves a picture that killed it twice out, says so, and does the rest")
  func batch() async throws {
    let (folder, healthy) = try await begin()
    let arguments =
      ["restore", "--task", "denoise", "--tile", "16", "--overlap", "4", "--events", "ndjson", "--output-dir"]
      + [folder.path("out"), folder.path("in/bad.png"), folder.path("in/good.png")]
    let environment = folder.environment(["GRL_TRAP_AT": "bad.png:3", "GRL_THREADS": "2"])
    for more in [[], ["--resume"]] {
      let died = try await Child(arguments + more, environment).outcome()
      #expect(died.wasKilled, "\(died.errors)")
      #expect(died.errors.contains("died at tile 3 of 20; one more try") == !more.isEmpty)
    }
    let third = try await Child(arguments + ["--resume"], environment).outcome()
    #expect(third.status == 1, "\(third.errors)")
    #expect(third.errors.contains("bad.png: grl restore died twice at tile 3 of 20"))
    let lines = third.output.split(separator: "\n")
    #expect(
      lines.contains { $0.contains("\"event\":\"failed\"") && $0.contains("died twice") && $0.contains("\"index\":0") })
    #expect(lines.contains { $0.contains("\"event\":\"done\"") && $0.contains("\"index\":1") })
    #expect(try folder.names(in: "out") == ["good_denoise.png"])
    #expect(try folder.bytes("out/good_denoise.png") == healthy)
    #expect(folder.jobs.isEmpty)
  }
}

extension CrashFolder {
  /// Lines before a picture's work in the journal of the only job; 0 before there is one.
  fileprivate var attempts: Int {
    do { return try journal().filter { $0["attempt"] != nil }.count } catch { return 0 }
  }
}
