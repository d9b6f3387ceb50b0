import EngineTransport
import EngineWire
import Foundation
import TestSupport
import Testing

/// Socket and lock in the file system.
@Suite(.timeLimit(.minutes(10))) struct EngineListenerTests {
  @Test("a second engine of the same state folder is refused and told which one runs; afterwards there is room again")
  func oneEngine() throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let place = ServerFixture.place(in: folder)
    do {
      let listener = try EngineListener(place)
      let error = #expect(throws: EngineProcessError.self) { try EngineListener(place) }
      #expect(error == .running(processID: Int(getpid()), socket: place.socket))
      #expect(EngineLock.holder(at: place.lock)?.socket == listener.socket)
      #expect(mode(place.socket) == 0o600)
      #expect(mode(folder.appending(path: "run").path) == 0o700)
      #expect(mode(place.lock) == 0o600)
    }
    #expect(EngineLock.holder(at: place.lock) == nil)
    #expect(!FileManager.default.fileExists(atPath: place.socket))
    #expect(throws: Never.self) { try EngineListener(place) }
  }

  @Test("where the state cannot be kept, the one thing to do is said at once, and that no other try will help")
  func stateNotWritable() throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    // Not even root makes a folder below a file.
    let file = folder.appending(path: "file").path
    try Data().write(to: URL(filePath: file))
    let place = EnginePlace(environment: ["HOME": file, "XDG_RUNTIME_DIR": folder.path])
    let error = #expect(throws: EngineProcessError.self) { try EngineListener(place) }
    #expect(error == .stateNotWritable(path: file + "/.local/state/grl", code: ENOTDIR))
    #expect(error?.description.hasPrefix("set XDG_STATE_HOME to a folder of yours: ") == true)
    #expect(throws: EngineProcessError.stateNotWritable(path: file + "/.local/state/grl", code: ENOTDIR)) {
      try LocalEngine.reach(environment: ["HOME": file, "XDG_RUNTIME_DIR": folder.path])
    }
    #expect(EnginePlace(environment: ["HOME": "/"]).stateFolder == "/.local/state/grl")
  }

  @Test("a socket that a dead engine left is replaced; anything else in its place is not touched")
  func stale() throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let place = ServerFixture.place(in: folder)
    try FileManager.default.createDirectory(
      atPath: folder.appending(path: "run").path, withIntermediateDirectories: true)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.socket.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(result == 0)
    close(descriptor)
    do { _ = try EngineListener(place) }

    try Data("notes".utf8).write(to: URL(filePath: place.socket))
    #expect(throws: EngineProcessError.notASocket(path: place.socket)) { try EngineListener(place) }
    #expect(try Data(contentsOf: URL(filePath: place.socket)) == Data("notes".utf8))
  }

  @Test("an engine of another state folder keeps its socket")
  func occupied() throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let place = ServerFixture.place(in: folder)
    let listener = try EngineListener(place)
    let other = EnginePlace(socket: place.socket, stateFolder: folder.appending(path: "other").path)
    #expect(throws: EngineProcessError.occupied(socket: place.socket)) { try EngineListener(other) }
    #expect(listener.socket == place.socket)
  }

  @Test("a path too long for a socket is an error that says so")
  func tooLong() throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    for count in [107, 108, 200] {
      let start = folder.path + "/"
      let path = start + String(repeating: "s", count: count - start.utf8.count)
      let place = EnginePlace(socket: path, stateFolder: folder.appending(path: "state").path)
      if count == 107 {
        #expect(throws: Never.self) { try EngineListener(place) }
      } else {
        let error = #expect(throws: EngineProcessError.self) { try EngineListener(place) }
        #expect(error == .pathTooLong(path: path, bytes: count, limit: 107))
      }
    }
  }

  @Test("a folder that is open to others, or a link, is no place for the socket")
  func notPrivate() throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let path = folder.appending(path: "open").path
    #expect(mkdir(path, 0o700) == 0)
    #expect(throws: Never.self) { try PrivateFolder.make(path, isChecked: true) }
    chmod(path, 0o777)
    #expect(throws: EngineProcessError.notPrivate(path: path)) { try PrivateFolder.make(path, isChecked: true) }
    chmod(path, 0o700)
    let link = folder.appending(path: "link").path
    #expect(symlink(path, link) == 0)
    #expect(throws: EngineProcessError.notPrivate(path: link)) { try PrivateFolder.make(link, isChecked: true) }
  }

  @Test("where the engine is, as the environment says")
  func places() throws {
    let folder = try ServerFixture.makeFolder()
    defer { remove(folder) }
    let user = geteuid()
    let full = EnginePlace(environment: ["XDG_RUNTIME_DIR": folder.path, "XDG_STATE_HOME": "/s", "HOME": "/h"])
    #expect(full.socket == folder.path + "/grl/engine.sock")
    #expect(full.lock == "/s/grl/engine.lock" && full.log == "/s/grl/engine.log")
    let missing = EnginePlace(environment: [
      "XDG_RUNTIME_DIR": folder.path + "/none", "XDG_STATE_HOME": "s", "HOME": "/h",
    ])
    #expect(missing.socket == "/tmp/grl-\(user)/engine.sock")
    #expect(missing.stateFolder == "/h/.local/state/grl")
    #expect(EnginePlace(environment: ["HOME": "/h"], socket: "/x").socket == "/x")
  }

  @Test("a socket that vanishes while the engine runs is opened anew, and a client finds it")
  func vanished() async throws {
    let server = try await ServerFixture()
    let client = try await server.greeted()
    try FileManager.default.removeItem(at: server.folder.appending(path: "run"))
    try await eventually("the server listens again") {
      try LocalSocket.connect(to: server.place.socket).map { close($0) } != nil
    }
    #expect(try await client.ask(.listModels) == .done)
    #expect(try await server.greeted().ask(.listModels) == .done)
    #expect(EngineLock.holder(at: server.place.lock)?.socket == server.place.socket)
    try await server.tearDown()
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  private func remove(_ folder: URL) {
    do { try FileManager.default.removeItem(at: folder) } catch { Issue.record("\(error)") }
  }
}
