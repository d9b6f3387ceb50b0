import EngineTransport
import EngineWire
import Foundation
import Glibc
import Imaging
import TestSupport
import Testing

/// Folders of a user of its own for the real binary: engines that are started in it are ended with it.
final class EngineFixture {
  static let binary: String = {
    if let named = ProcessInfo.processInfo.environment["GRL_BINARY"] { return named }
    let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appending(path: "grl").path
  }()

  let folder: URL
  let environment: [String: String]
  let place: EnginePlace

  init() throws {
    folder = try ServerFixture.makeFolder()
    var environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("GRL_") && !$0.key.hasPrefix("XDG_")
    }
    for name in ["RUNTIME_DIR", "STATE_HOME", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME"] {
      let path = folder.appending(path: name).path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      environment["XDG_" + name] = path
    }
    environment["HOME"] = folder.path
    self.environment = environment
    place = EnginePlace(environment: environment)
  }

  /// What a test that failed left behind.
  deinit {
    guard FileManager.default.fileExists(atPath: folder.path) else { return }
    for engine in engines { kill(engine, SIGKILL) }
    do { try FileManager.default.removeItem(at: folder) } catch { print("note: \(folder.path) stays behind: \(error)") }
  }

  /// Ends what runs and removes everything; the end of every test.
  func tearDown(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await eventually("the engines end", sourceLocation: sourceLocation) {
      for engine in self.engines { kill(engine, SIGKILL) }
      return self.engines.isEmpty
    }
    try FileManager.default.removeItem(at: folder)
  }

  /// Every engine that was started here, those included that wait for another one to end. Dead ones that nobody has waited for
  /// have no command line any more.
  var engines: [pid_t] {
    let name = Array("--listen\0\(place.socket)".utf8)
    guard let processes = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else { return [] }
    return processes.compactMap { pid_t($0) }.filter { process in
      guard let line = try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline")) else { return false }
      return line.firstRange(of: name) != nil
    }
  }

  /// Process of the engine that runs.
  var engine: pid_t? { EngineLock.holder(at: place.lock).map { pid_t($0.processID) } }

  var log: String {
    get throws { try String(contentsOfFile: place.log, encoding: .utf8) }
  }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// A client that begins to look for an engine when it is first driven.
  func client(host: String? = nil, changes: [String: String] = [:]) throws -> ConnectionDriver {
    let environment = environment.merging(changes) { $1 }
    return ConnectionDriver(
      try EngineConnection(host: host, client: "test", environment: environment, executable: Self.binary))
  }

  /// A client that has been greeted.
  func greeted(sourceLocation: SourceLocation = #_sourceLocation) async throws -> ConnectionDriver {
    let driver = try client()
    try await driver.run(until: "the engine greets", sourceLocation: sourceLocation) { $0.isConnected }
    return driver
  }

  /// A script to be called in place of ssh, which hands the last word to a shell as ssh does.
  func makeSSH() throws -> [String: String] {
    try ServerFixture.writeScript("exec bash -c \"${!#}\"", to: path("ssh"))
    return ["GRL_SSH": path("ssh"), "GRL_REMOTE": Self.binary]
  }

  /// Runs `grl` to its end.
  func run(_ arguments: [String], input: Data = Data()) async throws -> (status: Int32, output: Data, errors: String) {
    let process = try start(arguments)
    try process.input.write(contentsOf: input)
    try process.input.close()
    try await eventually("\(arguments) ends") { !process.process.isRunning }
    return (
      process.process.terminationStatus, try Data(contentsOf: process.output),
      String(decoding: try Data(contentsOf: process.errors), as: UTF8.self)
    )
  }

  struct Started {
    let process: Process
    let input: FileHandle
    let output: URL
    let errors: URL
  }

  func start(_ arguments: [String]) throws -> Started {
    let process = Process()
    let name = UUID().uuidString
    let (output, errors) = (folder.appending(path: name + ".out"), folder.appending(path: name + ".err"))
    for file in [output, errors] { try Data().write(to: file) }
    // `swift test` ignores some signals, and a child inherits that.
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--default-signal=INT,TERM,HUP", Self.binary] + arguments
    process.environment = environment
    process.currentDirectoryURL = folder
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    return Started(process: process, input: input.fileHandleForWriting, output: output, errors: errors)
  }

  /// Writes a colour picture of soft waves, in which a network finds something to do.
  func writePicture(_ name: String, width: Int, height: Int) throws {
    var samples: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          samples.append(UInt8(128 + 90 * sin(Double(x) * 0.31 + Double(channel)) * cos(Double(y) * 0.23)))
        }
      }
    }
    let image = Image(width: width, height: height, layout: .rgb, samples: .eight(samples))
    try ImageFile.write(image, to: path(name), format: .png)
  }
}
