import Base
import EngineTransport
import EngineWire
import Foundation
import TestSupport
import Testing

/// A server with a fake engine on a socket of its own, in a folder that is gone afterwards.
final class ServerFixture: Sendable {
  let folder: URL
  let place: EnginePlace
  let engine: FakeEngine
  let server: EngineServer
  private let state = Locked(State())

  private struct State {
    var hasEnded = false
    var isListening = false
    var failure: (any Error)?
    var log: [String] = []
  }

  init(_ engine: FakeEngine = FakeEngine(), options: EngineServer.Options = .init()) async throws {
    folder = try Self.makeFolder()
    place = Self.place(in: folder)
    self.engine = engine
    let lines = Lines()
    let server = try EngineServer(engine, options: options) { lines.add("\($0): \($1)") }
    self.server = server
    self.lines = lines
    Thread.detachNewThread { [self] in
      do {
        let listener = try EngineListener(place)
        state.withLock { $0.isListening = true }
        server.run(at: listener)
      } catch {
        state.withLock { $0.failure = error }
      }
      state.withLock { $0.hasEnded = true }
    }
    try await eventually("the server listens") { self.state.withLock { $0.isListening || $0.hasEnded } }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Ends the server and removes the folder; the end of every test.
  func tearDown() async throws {
    server.stop(reason: "the test is over")
    try await eventually("the server ends") { self.hasEnded }
    try FileManager.default.removeItem(at: folder)
  }

  var hasEnded: Bool { state.withLock { $0.hasEnded } }

  /// What the server logged.
  var log: [String] { lines.all }
  private let lines: Lines

  /// Waits where more clients wait at the listener than it holds.
  func connect() async throws -> WireClient {
    var descriptor: Int32?
    try await eventually("a connection") {
      descriptor = try LocalSocket.connect(to: self.place.socket)
      return descriptor != nil
    }
    return WireClient(try #require(descriptor))
  }

  /// A client that has been greeted.
  func greeted() async throws -> WireClient {
    let client = try await connect()
    _ = try await client.ask(.hello(version: WireProtocol.version, client: "test"))
    return client
  }

  static func makeFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "grl-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Another process writes it: a child that another test starts meanwhile would hold ours open, and a file that is open for
  /// writing cannot be executed.
  static func writeScript(_ script: String, to path: String) throws {
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/bash")
    shell.arguments = ["-c", "printf '#!/bin/bash\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"", "bash", path, script]
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
  }

  static func place(in folder: URL) -> EnginePlace {
    EnginePlace(
      socket: folder.appending(path: "run/engine.sock").path, stateFolder: folder.appending(path: "state").path)
  }

  private final class Lines: Sendable {
    private let lines = Locked<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }
}
