import EngineTransport
import EngineWire
import Foundation
import Testing

/// The client's end, against servers in this process and scripts in place of engines.
@Suite(.timeLimit(.minutes(10))) struct EngineConnectionTests {
  @Test("an engine that runs is reached, greeted and asked; nothing is started")
  func reach() async throws {
    let server = try await ServerFixture()
    let driver = try ConnectionDriver(connection(to: server.folder, executable: "/bin/false"))
    #expect(driver.connection.link == .connecting(what: "starting the engine"))
    driver.connection.send(Question(id: 9, .listModels))
    try await driver.run(until: "the engine greets") { $0.isConnected }
    driver.connection.send(Question(id: 10, .jobPreview(job: "j", picture: 3, width: 300, height: 200)))
    driver.connection.send(Question(id: 11, .watch))
    try await driver.run(until: "both answers") { $0.answers.count == 2 }
    #expect(driver.bodies[10]?.count == 180_000)
    #expect(driver.answers.contains(Answer(id: 11, .jobs([]))))
    await server.engine.tell(.job(job: "j", state: .done, reason: nil))
    try await driver.run(until: "events") {
      $0.answers.last == Answer(id: 0, .event(.job(job: "j", state: .done, reason: nil)))
    }
    // Questions from before the greeting are lost, as the contract says.
    #expect(await server.engine.asked.count == 1)
    #expect(driver.links.count == 2)
    try await server.tearDown()
  }

  @Test("a question that cannot be sent is answered by a failure, and the connection stays")
  func unspeakable() async throws {
    let server = try await ServerFixture()
    let driver = try ConnectionDriver(connection(to: server.folder))
    try await driver.run(until: "the engine greets") { $0.isConnected }
    var job = JobRequest(inputs: [], task: "denoise")
    job.sigma = .infinity
    driver.connection.send(Question(id: 5, .plan(job)))
    #expect(driver.connection.deadline == -.infinity)
    driver.turn()
    guard case .failure(let failure) = driver.answers.first?.reply else {
      Issue.record("\(driver.answers)")
      return
    }
    #expect(failure.message.contains("sigma"))
    driver.connection.send(Question(id: 6, .listModels))
    try await driver.run(until: "an answer") { $0.answers.last == Answer(id: 6, .done) }
    try await server.tearDown()
  }

  @Test("an engine that is silent is asked for a sign of life, stays while it gives one, and is lost when it does not")
  func silence() async throws {
    let server = try await ServerFixture()
    let driver = try ConnectionDriver(connection(to: server.folder, executable: "/bin/false"))
    try await driver.run(until: "the engine greets") { $0.isConnected }
    for _ in 0..<3 {
      let quiet = try #require(driver.connection.deadline)
      #expect(quiet > driver.now + 10)
      driver.skipAhead()
      driver.turn()
      // Asked; the answer moves the next question away again.
      try await driver.run(until: "a sign of life") { ($0.connection.deadline ?? 0) > quiet + 12 }
    }
    #expect(driver.isConnected && driver.answers.isEmpty)
    try await server.tearDown()

    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let other = try ConnectionDriver(connection(to: folder, executable: "/bin/false"))
    let environment = ["XDG_RUNTIME_DIR": folder.appending(path: "runtime").path, "XDG_STATE_HOME": folder.path]
    let listener = try Listener(EnginePlace(environment: environment).socket)
    defer { listener.close() }
    try await other.run(until: "the client comes") { _ in listener.accept() }
    let info = EngineInfo(
      version: WireProtocol.version, program: "x", host: "h", processID: 1, threadCount: 1, budgetBytes: 1, home: "/")
    listener.send(try Frame(Answer(id: 1, .hello(info))).bytes)
    try await other.run(until: "the engine greets") { $0.isConnected }
    other.skipAhead()
    other.turn()
    #expect(other.isConnected)
    other.skipAhead()
    other.turn()
    try await other.run(until: "it is lost") { $0.loss != nil }
    #expect(other.loss?.reason.contains("does not answer") == true)
    #expect(other.loss?.retrySeconds != nil)
  }

  @Test("an engine that is stopped on purpose is not started again; reaching it anew is")
  func stopped() async throws {
    let server = try await ServerFixture()
    let driver = try ConnectionDriver(connection(to: server.folder, executable: "/bin/false"))
    try await driver.run(until: "the engine greets") { $0.isConnected }
    server.server.stop(reason: "for the test")
    try await driver.run(until: "it is lost") { $0.loss != nil }
    #expect(driver.loss?.reason == "the engine was stopped: for the test")
    #expect(driver.loss?.retrySeconds == nil && driver.connection.deadline == nil)
    try driver.connection.reach(host: nil)
    #expect(driver.connection.link == .connecting(what: "starting the engine"))
    try await driver.run(until: "it tries") { $0.connection.watched.isEmpty && $0.connection.deadline != -.infinity }
    try await server.tearDown()
  }

  @Test("an engine that does not start is tried at once, then after 1, 2, 5 and 5 seconds, and says why in the end")
  func crashes() async throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let script = try write(
      "engine", "echo 'first line' >&2; echo \"$* boo\u{7}m\" >&2; echo >&2; kill -SEGV $$", in: folder)
    let driver = try ConnectionDriver(connection(to: folder, executable: script))
    var delays: [Double] = []
    var reasons: [String] = []
    for count in 1...5 {
      try await driver.run(until: "loss \(count)") { driver in
        if driver.loss == nil { driver.skipAhead() }
        return driver.links.filter { if case .lost = $0 { true } else { false } }.count == count
      }
      delays.append(try #require(driver.loss?.retrySeconds))
      reasons.append(driver.loss?.reason ?? "")
      driver.skipAhead()
    }
    #expect(delays == [0, 1, 2, 5, 5])
    #expect(reasons[4].contains("the engine does not start: engine --listen"))
    #expect(reasons[4].contains("--detached boo\\u{7}m"))
  }

  @Test("of a crash that the Swift runtime describes, the line that says what it was is told")
  func crashReport() async throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let lines = [
      "2026-11-22 22:00:00 [1] info: Fatal error: of yesterday", "2026-11-22 22:42:07 [2] info: listening",
      "grl/Boom.swift:3: Fatal error: Index out of range", "", "*** Program crashed: at 0x0 ***", "rax 0x0",
      "Backtrace took 1s", "",
    ]
    try Data(lines.joined(separator: "\n").utf8).write(to: folder.appending(path: "crash"))
    let script = try write("engine", "cat '\(folder.path)/crash'; kill -KILL $$", in: folder)
    let driver = try ConnectionDriver(connection(to: folder, executable: script))
    try await driver.run(until: "the loss") { driver in
      if driver.links.count < 2 { driver.skipAhead() }
      return driver.loss != nil
    }
    #expect(driver.loss?.reason == "the engine does not start: grl/Boom.swift:3: Fatal error: Index out of range")
  }

  @Test("an engine that goes without a word is tried again at once, and found")
  func vanished() async throws {
    // A listener that takes the connection and drops it, before and after its greeting.
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let greeting = try Frame(Answer(id: 1, .hello(await FakeEngine().info()))).bytes
    let listener = try Listener(folder.appending(path: "runtime/grl/engine.sock").path)
    let driver = try ConnectionDriver(connection(to: folder, executable: "/bin/false"))
    try await driver.run(until: "a connection") { _ in listener.accept() }
    listener.send(greeting)
    try await driver.run(until: "the engine greets") { $0.isConnected }
    listener.send([7, 0])
    listener.drop()
    try await driver.run(until: "the loss") { $0.links.count >= 3 }
    #expect(
      driver.links[2] == .lost(reason: "the engine is lost: it ended in the middle of a message", retrySeconds: 0))
    try await driver.run(until: "a second connection") { _ in listener.accept() }
    listener.send(greeting)
    try await driver.run(until: "the engine greets again") { $0.isConnected }
    // Garbage ends it as well.
    listener.send(Frame(head: Array("{}".utf8)).bytes)
    try await driver.run(until: "the loss") { $0.links.count >= 6 }
    guard case .lost(let reason, let seconds) = driver.links[5] else {
      Issue.record("\(driver.links[5])")
      return
    }
    #expect(reason.contains("a frame that is no Answer") && seconds == 1)
    listener.close()
  }

  @Test("frames that arrive byte by byte are put together, whatever they are cut at")
  func pieces() async throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let listener = try Listener(folder.appending(path: "runtime/grl/engine.sock").path)
    let driver = try ConnectionDriver(connection(to: folder))
    try await driver.run(until: "a connection") { _ in listener.accept() }
    let events = EngineEvent.job(job: "j", state: .done, reason: nil)
    let frames = try [Answer(id: 1, .hello(await FakeEngine().info())), Answer(id: 0, .event(events))].map {
      try Frame($0, body: [1, 2, 3]).bytes
    }
    for byte in frames.flatMap({ $0 }) {
      listener.send([byte])
      driver.turn()
    }
    try await driver.run(until: "events") { $0.answers == [Answer(id: 0, .event(events))] }
    #expect(driver.bodies[0] == [1, 2, 3])
    listener.close()
  }

  @Test(
    "hosts that ssh could take for an option, or that are none, are refused",
    arguments: ["", "-oProxyCommand=x", "@", "user@", "user@-x", "a b", "a;b", "a\nb", "$(x)", "`x`", "'a'", "@host"])
  func badHosts(host: String) {
    #expect(throws: EngineProcessError.badHost(host)) {
      try EngineConnection(host: host, client: "test", environment: [:])
    }
  }

  @Test(
    "what goes wrong on the way to another machine is said, and not tried again before it ever worked",
    arguments: [
      (
        "echo 'user@tower: Permission denied (publickey).' >&2; exit 255",
        "tower: ssh failed: user@tower: Permission denied (publickey)."
      ),
      (
        "echo 'bash: line 1: grl: command not found' >&2; exit 127",
        "tower: 'my grl' was not found there; install it, or say where it is with GRL_REMOTE"
      ),
      (
        "echo 'Welcome to tower!'; sleep 0.3",
        "tower: answers 'Welcome to tower!' in place of the engine; "
          + "its shell must print nothing when it starts"
      ),
      (
        "echo \"grl: \u{1B}[31mengine\" >&2; exit 7",
        "tower: the engine could not be reached there: grl: \\u{1B}[31mengine"
      ),
      ("kill -KILL $$", "tower: ssh was killed by signal 9"),
      ("exec <&- >&-", "tower: the engine is lost: it ended"),
    ])
  func remoteFailures(script: String, reason: String) async throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let ssh = try write("ssh", script, in: folder)
    let driver = try ConnectionDriver(connection(to: folder, host: "tower", ssh: ssh, remote: "my grl"))
    #expect(driver.connection.link == .connecting(what: "reaching the engine on tower"))
    try await driver.run(until: "the loss") { $0.loss != nil }
    #expect(driver.loss?.reason == reason)
    #expect(driver.loss?.retrySeconds == nil)
  }

  @Test("ssh is asked for no password, gets the host as one word and the command quoted for the shell over there")
  func arguments() async throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let file = folder.appending(path: "arguments").path
    let ssh = try write(
      "ssh",
      "printf '%s\\n' \"$@\" > '\(file)'; HOME=/home/ada; eval \"set -- ${!#}\"; printf '%s\\n' \"$@\" >> '\(file)'",
      in: folder)
    let driver = try ConnectionDriver(connection(to: folder, host: "ada@tower", ssh: ssh, remote: "~/ada's grl/$x"))
    try await driver.run(until: "the loss") { $0.loss != nil }
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(lines.contains("BatchMode=yes") && lines.contains("-T"))
    let host = try #require(lines.firstIndex(of: "ada@tower"))
    #expect(Array(lines[(host + 2)...]) == ["/home/ada/ada's grl/$x", "engine", "--stdio"])
  }

  @Test("another version over there is said, and not tried again")
  func remoteVersion() async throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let answer = Answer(id: 1, .failure(.init(.version, "the engine speaks version 9")))
    try Data(try Frame(answer).bytes).write(to: folder.appending(path: "answer"))
    let ssh = try write("ssh", "cat '\(folder.path)/answer'; cat > /dev/null", in: folder)
    let driver = try ConnectionDriver(connection(to: folder, host: "tower", ssh: ssh))
    try await driver.run(until: "the loss") { $0.loss != nil }
    #expect(driver.loss?.reason == "tower: the engine speaks version 9")
    #expect(driver.loss?.retrySeconds == nil)
  }

  @Test("a program in place of ssh that is not there is an error, and a later host can be reached")
  func noSSH() async throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let driver = try ConnectionDriver(connection(to: folder, host: "tower", ssh: folder.path + "/none"))
    try await driver.run(until: "the loss") { $0.loss != nil }
    #expect(driver.loss?.reason.contains("none: cannot start it") == true)
    #expect(throws: EngineProcessError.self) { try driver.connection.reach(host: "-x") }
    #expect(driver.loss != nil)
  }

  // MARK: Places

  /// A connection whose engine is looked for in `folder` only.
  private func connection(
    to folder: URL, executable: String = "/bin/false", host: String? = nil, ssh: String = "/bin/false",
    remote: String = "grl"
  ) throws -> EngineConnection {
    let runtime = folder.appending(path: "runtime")
    try FileManager.default.createDirectory(at: runtime, withIntermediateDirectories: true)
    var environment = [
      "XDG_RUNTIME_DIR": runtime.path, "XDG_STATE_HOME": folder.appending(path: "XDG_STATE_HOME").path,
      "HOME": folder.path,
      "GRL_SSH": ssh, "GRL_REMOTE": remote,
    ]
    let server = ServerFixture.place(in: folder)
    if let holder = EngineLock.holder(at: server.lock) {
      // The server of a server: its socket is the one that the runtime folder names.
      try FileManager.default.createSymbolicLink(
        atPath: runtime.appending(path: "grl").path,
        withDestinationPath: URL(filePath: holder.socket).deletingLastPathComponent().path)
      environment["XDG_STATE_HOME"] = folder.appending(path: "other").path
    }
    return try EngineConnection(host: host, client: "test", environment: environment, executable: executable)
  }

  private func write(_ name: String, _ script: String, in folder: URL) throws -> String {
    let path = folder.appending(path: name).path
    try ServerFixture.writeScript(script, to: path)
    return path
  }

  private func remove(_ folder: URL) {
    do { try FileManager.default.removeItem(at: folder) } catch { Issue.record("\(error)") }
  }
}
