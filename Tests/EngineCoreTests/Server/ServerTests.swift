import Base
import EngineTransport
import EngineWire
import Foundation
import TestSupport
import Testing

/// What clients that behave get.
@Suite(.timeLimit(.minutes(10))) struct ServerTests {
  @Test("a client is greeted, asks, and gets each answer once, raw bytes included")
  func conversation() async throws {
    let server = try await ServerFixture()
    let client = try await server.connect()
    let reply = try await client.ask(.hello(version: WireProtocol.version, client: "test\u{1B}[31m"))
    guard case .hello(let info) = reply else {
      Issue.record("\(reply)")
      return
    }
    #expect(info.host == "fake")
    let id = try await client.post(.jobPreview(job: "j", picture: 7, width: 100, height: 50))
    let (answer, body) = try #require(try await client.next())
    #expect(answer.id == id)
    #expect(body == .init(repeating: 7, count: 15_000))
    #expect(try await client.ask(.listModels) == .done)
    client.stopSending()
    #expect(try await client.rest().isEmpty)
    #expect(server.log.contains { $0.contains("client 1: test\\u{1B}[31m") })
    try await server.tearDown()
  }

  @Test("questions are begun in their order and answered side by side: a long one holds up no other, of nobody")
  func concurrent() async throws {
    let server = try await ServerFixture()
    let (client, other) = (try await server.greeted(), try await server.greeted())
    let slow = try await client.post(.preview(path: "/a.png", region: nil, width: 1, height: 1))
    // More than are worked on at a time: the rest waits and is not lost.
    let requests = (0..<300).map { Request.listFolder(path: "/\($0)") }
    var open: Set<Int> = [slow]
    for request in requests { open.insert(try await client.post(request)) }
    while open.count > 1 {
      let (answer, _) = try #require(try await client.next())
      #expect(open.remove(answer.id) != nil, "answered twice or never asked: \(answer.id)")
    }
    #expect(open == [slow])
    #expect(await server.engine.asked.dropFirst() == requests[...])
    #expect(try await other.ask(.listModels) == .done)
    await server.engine.release()
    #expect(try await client.next()?.0 == Answer(id: slow, .done))
    try await server.tearDown()
  }

  @Test("watch is answered by the queue; then events come to everybody who watches, in order, and to nobody else")
  func watching() async throws {
    let server = try await ServerFixture()
    let (client, other, deaf) = (try await server.greeted(), try await server.greeted(), try await server.greeted())
    for watcher in [client, other] { #expect(try await watcher.ask(.watch) == .jobs([])) }
    let events: [EngineEvent] = [
      .tile(job: "j", picture: 0, tile: 1, .running), .tile(job: "j", picture: 0, tile: 1, .done), .jobs([]),
      .job(job: "j", state: .done, reason: nil),
    ]
    for event in events { await server.engine.tell(event) }
    for watcher in [client, other] {
      for event in events { #expect(try await watcher.next()?.0 == Answer(id: 0, .event(event))) }
    }
    #expect(try await deaf.ask(.listModels) == .done)
    try await server.tearDown()
  }

  @Test("how far a plan is hears the client that asked for it and wants to, if it watches")
  func planning() async throws {
    let server = try await ServerFixture()
    let (client, other) = (try await server.greeted(), try await server.greeted())
    let job = JobRequest(inputs: ["/photos"], task: "denoise")
    let deaf = try await client.post(.plan(job, tellsProgress: true))
    #expect(try await client.next()?.0 == Answer(id: deaf, .done))
    for watcher in [client, other] { #expect(try await watcher.ask(.watch) == .jobs([])) }
    let plain = try await client.post(.plan(job))
    #expect(try await client.next()?.0 == Answer(id: plain, .done))
    let told = try await client.post(.plan(job, tellsProgress: true))
    #expect(try await client.next()?.0 == Answer(id: 0, .event(.planning(files: 0, pictures: 1, count: 3))))
    #expect(try await client.next()?.0 == Answer(id: told, .done))
    #expect(try await other.ask(.listModels) == .done)
    try await server.tearDown()
  }

  @Test("a client that closes its sending side gets what is due to it, then the end")
  func halfClosed() async throws {
    let server = try await ServerFixture()
    let client = try await server.greeted()
    let id = try await client.post(.preview(path: "/a.png", region: nil, width: 1, height: 1))
    client.stopSending()
    try await eventually("the question arrives") { await server.engine.asked.count == 1 }
    await server.engine.release()
    #expect(try await client.rest() == [Answer(id: id, .done)])
    try await server.tearDown()
  }

  @Test("what a client asked for before it left is carried out, and what only it wanted to see is given up")
  func gone() async throws {
    let server = try await ServerFixture()
    let client = try await server.greeted()
    let job = JobRequest(inputs: ["/a.png"], task: "denoise")
    try await client.post(
      .tryRegion(job, path: "/a.png", region: .init(x: 0, y: 0, width: 1, height: 1), width: 1, height: 1))
    try await eventually("the trial begins") { await server.engine.asked.count == 1 }
    try await client.post(.submit(job))
    client.close()
    try await eventually("the job is queued") { await server.engine.asked.last == .submit(job) }
    try await eventually("the trial is cancelled") { await server.engine.cancelled.count == 1 }
    try await server.tearDown()
  }

  @Test("the end: the service shuts down once, clients hear why, the socket is gone")
  func stopped() async throws {
    let server = try await ServerFixture(FakeEngine(shutDownSeconds: 0.2))
    let client = try await server.greeted()
    let id = try await client.post(.preview(path: "/a.png", region: nil, width: 1, height: 1))
    try await eventually("the question arrives") { await server.engine.asked.count == 1 }
    server.server.stop(reason: "terminated")
    server.server.stop(reason: "again")
    let answers = try await client.rest()
    let failure = Reply.failure(.init(.cancelled, "the engine was stopped: terminated"))
    #expect(answers == [Answer(id: id, failure), Answer(id: 0, failure)])
    try await eventually("the server ends") { server.hasEnded }
    #expect(await server.engine.shutDowns == 1)
    #expect(!FileManager.default.fileExists(atPath: server.place.socket))
    await server.engine.release()
    try await server.tearDown()
  }

  @Test("a client can end the engine and is told that it is done")
  func shutDown() async throws {
    let server = try await ServerFixture()
    let client = try await server.greeted()
    let id = try await client.post(.shutDown)
    #expect(try await client.rest().first == Answer(id: id, .done))
    try await eventually("the server ends") { server.hasEnded }
    #expect(await server.engine.shutDowns == 1)
    try await server.tearDown()
  }

  @Test("nobody connected and nothing to do: the engine ends; with either of them it stays")
  func idle() async throws {
    var options = EngineServer.Options()
    options.idleSeconds = 0.3
    let server = try await ServerFixture(FakeEngine(isIdle: false), options: options)
    try await Task.sleep(for: .seconds(1))
    #expect(!server.hasEnded)
    let client = try await server.greeted()
    await server.engine.setIdle(true)
    try await Task.sleep(for: .seconds(1))
    #expect(!server.hasEnded)
    #expect(try await client.ask(.listModels) == .done)
    client.close()
    try await eventually("the server ends") { server.hasEnded }
    #expect(await server.engine.shutDowns == 1)
    try await server.tearDown()
  }

  @Test("a queue too large for a frame is told without the tiles of pictures that do not run")
  func largeQueue() async throws {
    let server = try await ServerFixture()
    let client = try await server.greeted()
    _ = try await client.ask(.watch)
    let tiles = [Rectangle](repeating: Rectangle(x: 1, y: 2, width: 3, height: 4), count: 150_000)
    var waiting = PictureProgress(input: "a", output: "b", state: .waiting, tiles: tiles)
    var running = waiting
    running.state = .running
    running.tiles = Array(tiles.prefix(1000))
    let job = JobInfo(
      id: "j", created: 0, state: .running, request: JobRequest(inputs: [], task: "sr"),
      pictures: [waiting, running, waiting])
    await server.engine.tell(.jobs([job]))
    waiting.tiles = []
    var told = job
    told.pictures = [waiting, running, waiting]
    #expect(try await client.next()?.0 == Answer(id: 0, .event(.jobs([told]))))

    // What cannot be said at all does not end the conversation.
    await server.engine.tell(
      .progress(
        EngineWire.Progress(
          job: "j", picture: 0, tilesDone: 0, tileCount: 0, tileFraction: .nan, secondsElapsed: 0,
          secondsRemaining: nil,
          pixelsPerSecond: 0, residentBytes: 0, budgetBytes: 0, cpuPercent: 0)))
    guard case .event(.log(let line)) = try await client.next()?.0.reply else {
      Issue.record("no line of the log")
      return
    }
    #expect(line.text.contains("tileFraction"))
    try await server.tearDown()
  }
}
