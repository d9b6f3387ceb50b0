import EngineTransport
import EngineWire
import Foundation
import Glibc
import TestSupport
import Testing

/// The real binary as an engine: started, found again, killed, stopped.
@Suite(.serialized, .timeLimit(.minutes(10))) struct EngineProcessTests {
  @Test("a client starts an engine, which runs in a session of its own and outlives it; the next client finds it")
  func start() async throws {
    let home = try EngineFixture()
    var engine: pid_t = 0
    do {
      let client = try await home.greeted()
      guard case .connected(let info) = client.connection.link else { throw Unexpected(client.connection.link) }
      #expect(info.home == home.folder.path)
      engine = pid_t(info.processID)
      #expect(home.engine == engine)
    }
    #expect(getsid(engine) == engine)
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(engine)/fd").compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(engine)/fd/\($0)")
    }
    #expect(descriptors.contains("/dev/null") && descriptors.contains(home.place.log))
    #expect(!descriptors.contains { $0.hasPrefix("/dev/pts") || $0.hasPrefix("/dev/tty") })
    let again = try await home.greeted()
    again.connection.send(Question(id: 2, .listModels))
    try await again.run(until: "the models") { !$0.answers.isEmpty }
    guard case .models(let models) = again.answers[0].reply else {
      Issue.record("\(again.answers)")
      return
    }
    #expect(models.contains { $0.name == "denoise-color-tiny" })
    #expect(home.engine == engine)
    try await home.tearDown()
  }

  @Test("clients that start at the same moment share one engine")
  func race() async throws {
    let home = try EngineFixture()
    let clients = try (0..<5).map { _ in try home.client() }
    try await eventually("all are greeted") {
      for client in clients { client.turn() }
      return clients.allSatisfy(\.isConnected)
    }
    for client in clients {
      guard case .connected(let info) = client.connection.link else { throw Unexpected(client.connection.link) }
      #expect(pid_t(info.processID) == home.engine)
      #expect(client.links.count == 2)
    }
    try await home.tearDown()
  }

  @Test("an engine that is killed is replaced, and the client says what happened", arguments: [SIGKILL, SIGUSR1])
  func killed(signal: Int32) async throws {
    let home = try EngineFixture()
    let client = try await home.greeted()
    for count in 1...2 {
      let engine = try #require(home.engine)
      kill(engine, signal)
      // links: connecting, connected; then for each loss: lost, connecting, connected
      try await client.run(until: "the loss") { $0.links.count >= 3 * count }
      guard case .lost(let reason, let seconds) = client.links[3 * count - 1] else {
        Issue.record("\(client.links)")
        break
      }
      #expect(reason.hasPrefix(signal == SIGKILL ? "the engine was killed" : "the engine crashed (signal 10)"))
      #expect(seconds == Double(count - 1))
      try await client.run(until: "a new engine") { $0.links.count >= 3 * count + 2 }
      #expect(client.isConnected && home.engine != engine)
    }
    try await home.tearDown()
  }

  @Test("grl engine --stop ends the engine; its clients are told and start no new one")
  func stop() async throws {
    let home = try EngineFixture()
    let client = try await home.greeted()
    let engine = try #require(home.engine)
    let outcome = try await home.run(["engine", "--stop"])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "grl: the engine (process \(engine)) has ended\n")
    #expect(outcome.output.isEmpty)
    try await client.run(until: "the loss") { $0.loss != nil }
    #expect(client.loss?.retrySeconds == nil)
    #expect(client.loss?.reason == "the engine was stopped: ended from outside (SIGTERM)")
    #expect(!FileManager.default.fileExists(atPath: home.place.socket))
    let again = try await home.run(["engine", "--stop"])
    #expect(again.status == 0 && again.errors == "grl: no engine runs\n")
    try await home.tearDown()
  }

  @Test(
    "an engine in the foreground serves, tells of a second one, and ends on each of the signals",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func foreground(signal: Int32) async throws {
    let home = try EngineFixture()
    let engine = try home.start(["engine", "--listen"])
    try await eventually("it listens") { try LocalSocket.connect(to: home.place.socket).map { close($0) } != nil }
    let second = try await home.run(["engine", "--listen"])
    #expect(second.status == 7)
    #expect(second.errors.hasPrefix("grl: an engine runs already (process "))
    #expect(second.errors.hasSuffix("; 'grl engine --stop' ends it\n"))
    let client = try await home.greeted()
    #expect(client.isConnected)
    kill(pid_t(home.engine ?? 0), signal)
    try await eventually("it ends") { !engine.process.isRunning }
    #expect(engine.process.terminationStatus == 0 && engine.process.terminationReason == .exit)
    try await home.tearDown()
  }

  @Test("an engine that nobody needs ends by itself")
  func idle() async throws {
    let home = try EngineFixture()
    let engine = try home.start(["engine", "--listen", "--idle", "1"])
    try await eventually("it ends") { !engine.process.isRunning }
    #expect(engine.process.terminationStatus == 0)
    #expect(String(decoding: try Data(contentsOf: engine.errors), as: UTF8.self).hasSuffix("ended: nobody needs it\n"))
    try await home.tearDown()
  }

  @Test("another socket can be named and is found through the lock; one too long is an error")
  func named() async throws {
    let home = try EngineFixture()
    let engine = try home.start(["engine", "--listen", "here.sock"])
    try await eventually("it listens") { FileManager.default.fileExists(atPath: home.path("here.sock")) }
    let client = try await home.greeted()
    #expect(client.isConnected)
    #expect(try await home.run(["engine", "--stop"]).status == 0)
    try await eventually("it ends") { !engine.process.isRunning }
    let long = try await home.run(["engine", "--listen", "/tmp/" + String(repeating: "x", count: 120)])
    #expect(long.status == 7 && long.errors.contains("125 bytes are too long for a socket, which may have 107"))
    try await home.tearDown()
  }

  @Test("the log of an engine in the background is begun anew when it is full, and the old one kept")
  func fullLog() async throws {
    let home = try EngineFixture()
    try FileManager.default.createDirectory(atPath: home.place.stateFolder, withIntermediateDirectories: true)
    try Data(repeating: 0x2E, count: 1 << 20).write(to: URL(filePath: home.place.log))
    _ = try await home.greeted()
    #expect(try home.log.count < 10_000)
    #expect(try home.log.contains(#/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[\d+\] info: listening at /#))
    #expect(try Data(contentsOf: URL(filePath: home.place.log + ".1")).count == 1 << 20)
    try await home.tearDown()
  }

  @Test(
    "each of the wrong ways to call it is a usage error",
    arguments: [[], ["--listen", "--stdio"], ["--stop", "x"], ["--idle", "-1", "--listen"]])
  func usage(arguments: [String]) async throws {
    let home = try EngineFixture()
    let outcome = try await home.run(["engine"] + arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(home.engine == nil)
    try await home.tearDown()
  }
}
