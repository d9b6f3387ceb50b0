import Foundation
import Imaging
import TestSupport
import Testing

/// A folder of one test: a quick model, pictures, and places for state and sockets; gone when the test is over.
final class CrashFolder {
  let url: URL

  init() throws {
    // Short: the path of a socket has little room.
    url = URL(filePath: "/tmp/grl-" + String(UInt32.random(in: 0 ... .max), radix: 36))
    for name in ["models", "state", "home", "in", "out", "run"] {
      try FileManager.default.createDirectory(at: url.appending(path: name), withIntermediateDirectories: true)
    }
    try TestModel.write(to: url.appending(path: "models"))
  }

  deinit {
    do { try FileManager.default.removeItem(at: url) } catch { print("note: \(url.path) stays behind: \(error)") }
  }

  func path(_ name: String) -> String { url.appending(path: name).path }
  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
  func bytes(_ name: String) throws -> Data { try Data(contentsOf: url.appending(path: name)) }
  func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(folder)).sorted()
  }

  func picture(_ name: String, width: Int = 120, height: Int = 90) throws {
    var values: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 {
          let wave = sin(Double(x) * 0.31 + Double(channel)) * cos(Double(y) * 0.23 + Double(x % 7))
          values.append(UInt8(128 + 80 * wave))
        }
      }
    }
    let image = Image(width: width, height: height, layout: .rgb, samples: .eight(values))
    try ImageFile.write(image, to: path("in/" + name), format: .png)
  }

  /// The environment of a child: nothing of the user's but `GRL_THREADS`.
  func environment(_ changes: [String: String] = [:]) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("GRL_") || $0.key == "GRL_THREADS"
    }
    environment["HOME"] = path("home")
    environment["XDG_STATE_HOME"] = path("state")
    environment["XDG_RUNTIME_DIR"] = path("run")
    environment["GRL_MODELS"] = path("models")
    environment["GRL_BINARY_UNDER_TEST"] = Child.binary.path
    return environment.merging(changes) { $1 }
  }

  /// The results of an undisturbed run in a folder of their own.
  func expected(_ names: [String]) async throws -> [String: Data] {
    let options = ["--task", "denoise", "--tile", "16", "--overlap", "4", "--output-dir", path("plain")]
    let plain = Child(["restore", "-q"] + options + names.map { path("in/" + $0) }, environment())
    let outcome = try await plain.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    var results: [String: Data] = [:]
    for name in names {
      let result = name.replacing(".png", with: "_denoise.png")
      results[result] = try bytes("plain/" + result)
    }
    return results
  }

  /// The journal of the only job, line by line.
  func journal() throws -> [[String: Any]] {
    let id = try #require(try names(in: "state/grl/jobs").first { !$0.hasPrefix(".") })
    let text = String(decoding: try bytes("state/grl/jobs/\(id)/journal"), as: UTF8.self)
    return try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.dropFirst(17).utf8)) as? [String: Any])
    }
  }
}

/// The real binary, or a shell around it, as a child process.
final class Child {
  /// Beside the test bundle in the build folder, or what `GRL_BINARY` names.
  static let binary: URL = {
    if let named = ProcessInfo.processInfo.environment["GRL_BINARY"] { return URL(filePath: named) }
    return URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "grl")
  }()

  struct Outcome {
    let status: Int32
    let wasKilled: Bool
    let output: String
    let errors: String
  }

  private let process = Process()
  private let ended: AsyncStream<Void>
  private let (output, errors): (URL, URL)
  private var failure: (any Error)?

  init(_ arguments: [String], _ environment: [String: String], shell: String? = nil) {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    ended = stream
    let name = FileManager.default.temporaryDirectory.appending(path: "grl-stream-" + UUID().uuidString)
    (output, errors) = (name.appendingPathExtension("out"), name.appendingPathExtension("err"))
    for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    if let shell {
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = ["-c", shell, "bash"] + arguments
    } else {
      process.executableURL = Self.binary
      process.arguments = arguments
    }
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.terminationHandler = { _ in continuation.finish() }
    do {
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      try process.run()
    } catch {
      failure = error
      continuation.finish()
    }
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    for file in [output, errors] { unlink(file.path) }
  }

  var identifier: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  func outcome() async throws -> Outcome {
    for await _ in ended {}
    if let failure { throw failure }
    return Outcome(
      status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
      output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
}

/// Asks every few milliseconds until it is so; false after five minutes.
func comesTrue(_ condition: () throws -> Bool) async throws -> Bool {
  let deadline = ContinuousClock.now + .seconds(300)
  while ContinuousClock.now < deadline {
    if try condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return try condition()
}
