import EngineTransport
import EngineWire
import Foundation
import TestSupport
import Testing

/// Clients that do not behave: nobody else notices.
@Suite(.timeLimit(.minutes(10))) struct HostileClientTests {
  @Test("another version is told so, and the connection ends")
  func version() async throws {
    let server = try await ServerFixture()
    let client = try await server.connect()
    try await client.post(.hello(version: WireProtocol.version + 1, client: "newer"))
    let answers = try await client.rest()
    guard answers.count == 1, answers[0].id == 1, case .failure(let failure) = answers[0].reply else {
      Issue.record("\(answers)")
      return
    }
    #expect(failure.kind == .version)
    #expect(failure.message.contains("grl engine --stop"))
    try await server.tearDown()
  }

  @Test("what is no question ends the connection with a reason, and nobody else's")
  func malformed() async throws {
    let server = try await ServerFixture()
    let witness = try await server.greeted()
    let hello = try Frame(Question(id: 1, .hello(version: WireProtocol.version, client: "test"))).bytes
    let watch = try Frame(Question(id: 1, .watch)).bytes
    let slow = try Frame(Question(id: 5, .preview(path: "/", region: nil, width: 1, height: 1))).bytes
    let cases: [(name: String, bytes: [UInt8])] = [
      ("no hello", watch), ("no JSON", Frame(head: [0x7B]).bytes), ("an empty head", Frame(head: []).bytes),
      ("lengths over the limit", [255, 255, 255, 255, 255, 255, 255, 255]),
      ("an HTTP request", Array("GET / HTTP/1.1\r\n\r\n".utf8)),
      ("hello with raw bytes", try Frame(Question(id: 1, .hello(version: 1, client: "")), body: [1]).bytes),
      ("hello twice", hello + hello), ("number 0", hello + (try Frame(Question(id: 0, .watch)).bytes)),
      ("a number in use", hello + slow + slow),
      ("deep nesting", hello + Frame(head: .init(repeating: 0x5B, count: 500_000)).bytes),
    ]
    for (name, bytes) in cases {
      let client = try await server.connect()
      try await client.send(bytes)
      let last = try await client.rest().last
      guard case .failure(let failure) = last?.reply else {
        Issue.record("\(name): \(String(describing: last))")
        continue
      }
      #expect(failure.kind == .badRequest, "\(name): \(failure.message)")
      #expect(try await witness.ask(.listModels) == .done, "\(name)")
    }
    await server.engine.release()
    try await server.tearDown()
  }

  @Test("a client that sends every frame cut at every byte and disappears disturbs nobody")
  func cut() async throws {
    let server = try await ServerFixture()
    let witness = try await server.greeted()
    let job = JobRequest(inputs: ["/a.png"], task: "denoise")
    let frames = try [
      Request.hello(version: WireProtocol.version, client: "cut"), .watch, .plan(job), .submit(job),
      .jobPreview(job: "j", picture: 0, width: 20, height: 20),
    ].enumerated().map { try Frame(Question(id: $0 + 1, $1), limits: .questions).bytes }
    let bytes = frames.flatMap { $0 }
    for cut in 0...bytes.count {
      let client = try await server.connect()
      try await client.send(Array(bytes[..<cut]))
      client.close()
      if cut % 100 == 0 { #expect(try await witness.ask(.listModels) == .done) }
    }
    #expect(try await witness.ask(.listModels) == .done)
    #expect(!server.hasEnded)
    try await server.tearDown()
  }

  @Test("a client that says nothing is sent away after a while; one that says hello stays")
  func silent() async throws {
    var options = EngineServer.Options()
    // Long enough for the one that greets, on a machine that has much else to do.
    options.greetingSeconds = 3
    let server = try await ServerFixture(options: options)
    let (silent, slow) = (try await server.connect(), try await server.connect())
    try await slow.send([9])
    let client = try await server.greeted()
    #expect(try await silent.next() == nil)
    #expect(try await slow.next() == nil)
    #expect(try await client.ask(.listModels) == .done)
    try await server.tearDown()
  }

  @Test("one client too many is told so; when another leaves, there is room again")
  func crowd() async throws {
    var options = EngineServer.Options()
    options.clientLimit = 3
    let server = try await ServerFixture(options: options)
    var clients = [try await server.greeted(), try await server.greeted(), try await server.greeted()]
    let client = try await server.connect()
    guard case .failure(let failure) = try await client.rest().last?.reply else {
      Issue.record("not refused")
      return
    }
    #expect(failure.kind == .system)
    clients.removeLast().close()
    try await eventually("there is room") { server.log.contains { $0.contains("client 3 has left") } }
    #expect(try await server.greeted().ask(.listModels) == .done)
    try await server.tearDown()
  }

  @Test("a client that does not read gets no progress, then is dropped; the engine and the others do not wait for it")
  func slow() async throws {
    let server = try await ServerFixture()
    let (deaf, witness) = (try await server.greeted(), try await server.greeted())
    #expect(try await deaf.ask(.watch) == .jobs([]))
    #expect(try await witness.ask(.watch) == .jobs([]))

    // Progress alone never costs the connection: the last word arrives, with few before it.
    let count = 20_000
    for step in 1...count { await server.engine.tell(.progress(Self.progress(step))) }
    let last = Answer(id: 0, .event(.progress(Self.progress(count))))
    var heard = 0
    while let (answer, _) = try await deaf.next(), answer != last { heard += 1 }
    #expect(heard < count)
    while let (answer, _) = try await witness.next(), answer != last {}

    // News that must not be lost pile up, and end in the connection's end.
    let text = String(repeating: "x", count: 100_000)
    var lines = 0
    while !server.log.contains(where: { $0.contains("reads nothing") }), lines < 5000 {
      await server.engine.tell(.log(LogLine(time: Double(lines), level: .info, text: text)))
      lines += 1
      guard case .event(.log(let line)) = try await witness.next()?.0.reply else {
        Issue.record("the other client lost a line")
        break
      }
      #expect(line.time == Double(lines - 1))
    }
    #expect((300...3000).contains(lines), "\(lines) lines of 100 kB before the client was dropped")
    #expect(try await witness.ask(.listModels) == .done)
    try await server.tearDown()
  }

  @Test("a client that asks and does not read is not read either")
  func greedy() async throws {
    let server = try await ServerFixture()
    let client = try await server.greeted()
    // 3 MB an answer; 2,000 of them would be 6 GB.
    let question = try (1...2000).map {
      try Frame(Question(id: $0 + 1, .jobPreview(job: "j", picture: $0, width: 1000, height: 1000))).bytes
    }
    try await client.send(question.flatMap { $0 }, seconds: 2)
    #expect(await server.engine.asked.count < 100)
    let witness = try await server.greeted()
    #expect(try await witness.ask(.listModels) == .done)
    // It reads after all: nothing was lost.
    for number in 1...40 {
      let (answer, body) = try #require(try await client.next())
      #expect(body.count == 3_000_000)
      if answer.id <= 1 || answer.id > 2001 { Issue.record("\(number): \(answer.id)") }
    }
    client.close()
    try await server.tearDown()
  }

  private static func progress(_ step: Int) -> EngineWire.Progress {
    EngineWire.Progress(
      job: "j", picture: 0, tilesDone: step, tileCount: 1, tileFraction: 0, secondsElapsed: 0, secondsRemaining: nil,
      pixelsPerSecond: 0, residentBytes: 0, budgetBytes: 0, cpuPercent: 0)
  }
}
