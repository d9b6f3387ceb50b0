import EngineWire
import Foundation
import Glibc
import TestSupport
import Testing

/// `grl engine --stdio`, alone and behind what is called in place of ssh.
@Suite(.serialized, .timeLimit(.minutes(10))) struct BridgeTests {
  private static let hello = Question(id: 1, .hello(version: WireProtocol.version, client: "test"))

  @Test("the bridge starts an engine, relays what is asked and answered, and nothing else reaches standard output")
  func relay() async throws {
    let home = try EngineFixture()
    let questions = [Self.hello, Question(id: 2, .listFolder(path: home.folder.path)), Question(id: 3, .listModels)]
    let outcome = try await home.run(["engine", "--stdio"], input: Data(questions.flatMap { try! Frame($0).bytes }))
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(try answers(in: outcome.output).map(\.id).sorted() == [1, 2, 3])
    #expect(home.engine != nil)
    try await home.tearDown()
  }

  @Test("a large answer passes whole, and a version mismatch is passed on")
  func large() async throws {
    let home = try EngineFixture()
    try home.writePicture("a.png", width: 1200, height: 900)
    let preview = Request.preview(path: home.path("a.png"), region: nil, width: 1200, height: 900)
    let outcome = try await home.run(
      ["engine", "--stdio"], input: Data([Self.hello, Question(id: 2, preview)].flatMap { try! Frame($0).bytes }))
    var decoder = FrameDecoder()
    decoder.append(outcome.output)
    _ = try decoder.next()
    #expect(try decoder.next()?.body.count == 1200 * 900 * 3)
    #expect(decoder.pendingBytes == 0)

    let other = try Frame(Question(id: 1, .hello(version: 99, client: "test"))).bytes
    let refused = try await home.run(["engine", "--stdio"], input: Data(other))
    guard case .failure(let failure) = try answers(in: refused.output).first?.reply else {
      Issue.record("\(refused)")
      return
    }
    #expect(failure.kind == .version && refused.status == 0)
    try await home.tearDown()
  }

  @Test("garbage on standard input ends the bridge, not the engine")
  func garbage() async throws {
    let home = try EngineFixture()
    let outcome = try await home.run(["engine", "--stdio"], input: Data("GET / HTTP/1.1\r\n\r\n".utf8))
    guard case .failure(let failure) = try answers(in: outcome.output).last?.reply else {
      Issue.record("\(outcome)")
      return
    }
    #expect(failure.kind == .badRequest)
    let client = try await home.greeted()
    #expect(client.isConnected)
    try await home.tearDown()
  }

  @Test("the bridge ends when nobody reads its answers, and when its engine is killed")
  func ends() async throws {
    let home = try EngineFixture()
    let client = try await home.greeted()
    let bridge = Process()
    bridge.executableURL = URL(filePath: EngineFixture.binary)
    bridge.arguments = ["engine", "--stdio"]
    bridge.environment = home.environment
    let (input, output) = (Pipe(), Pipe())
    bridge.standardInput = input
    bridge.standardOutput = output
    try bridge.run()
    try output.fileHandleForWriting.close()
    try output.fileHandleForReading.close()
    try await eventually("the bridge ends") { !bridge.isRunning }
    #expect(client.isConnected)

    let other = try home.start(["engine", "--stdio"])
    try other.input.write(contentsOf: Data(try Frame(Self.hello).bytes))
    try await eventually("an answer") { try Data(contentsOf: other.output).count > 8 }
    kill(try #require(home.engine), SIGKILL)
    try await eventually("the bridge ends") { !other.process.isRunning }
    try await home.tearDown()
  }

  @Test("--host: a client reaches the engine through ssh, comes back after ssh is killed, and finds the same engine")
  func remote() async throws {
    let home = try EngineFixture()
    let client = try home.client(host: "ada@tower", changes: home.makeSSH())
    #expect(client.connection.link == .connecting(what: "reaching the engine on ada@tower"))
    try await client.run(until: "the engine greets") { $0.isConnected }
    let engine = try #require(home.engine)
    client.connection.send(Question(id: 2, .listFolder(path: home.folder.path)))
    try await client.run(until: "an answer") { $0.answers.count == 1 }

    let bridges = try children(named: "engine --stdio")
    #expect(bridges.count == 1)
    for bridge in bridges { kill(bridge, SIGKILL) }
    try await client.run(until: "the loss") { $0.links.count >= 3 }
    #expect(client.links[2] == .lost(reason: "ada@tower: ssh was killed by signal 9", retrySeconds: 0))
    try await client.run(until: "the engine greets again") { $0.isConnected }
    #expect(home.engine == engine)

    // From there to this machine and back.
    try client.connection.reach(host: nil)
    try await client.run(until: "the local engine greets") { $0.isConnected }
    #expect(client.connection.host == nil && home.engine == engine)
    try await eventually("no bridge is left") {
      client.turn()
      return try self.children(named: "engine --stdio").isEmpty
    }
    try await home.tearDown()
  }

  private func answers(in bytes: Data) throws -> [Answer] {
    var decoder = FrameDecoder()
    decoder.append(bytes)
    var answers: [Answer] = []
    while let frame = try decoder.next() { answers.append(try frame.message(Answer.self)) }
    #expect(decoder.pendingBytes == 0)
    return answers
  }

  /// Our own child processes whose command line ends so.
  private func children(named name: String) throws -> [pid_t] {
    let parent = getpid()
    return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { process in
      guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let line = try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))
      else { return false }
      let fields = status.split(separator: ") ").last?.split(separator: " ") ?? []
      let command = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      return fields.count > 1 && pid_t(fields[1]) == parent && command.hasSuffix(name)
    }
  }
}
