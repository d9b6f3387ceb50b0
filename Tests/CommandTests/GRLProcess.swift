import Foundation
import Testing

/// The real binary as a child process: what it printed and how it ended.
struct GRLProcess {
  /// Beside the test bundle in the build folder, or what `GRL_BINARY` names.
  static let binary: URL = {
    if let named = ProcessInfo.processInfo.environment["GRL_BINARY"] { return URL(filePath: named) }
    return URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "grl")
  }()

  struct Outcome {
    let status: Int32
    let wasKilledBySignal: Bool
    let output: Data
    let errors: Data

    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
    var outputLines: [String] { outputText.split(separator: "\n").map(String.init) }
    var errorLines: [String] { errorText.split(separator: "\n").map(String.init) }

    /// Standard error as the one line that an error must be: begins with `grl: `, ends with a line feed, shows nothing that
    /// moves a cursor. Records an issue otherwise.
    func oneErrorLine(sourceLocation: SourceLocation = #_sourceLocation) -> String {
      let text = errorText
      #expect(text.hasPrefix("grl: ") && text.hasSuffix("\n"), sourceLocation: sourceLocation)
      #expect(
        text.dropLast().allSatisfy { !$0.isNewline }, "more than one line: \(text)", sourceLocation: sourceLocation)
      let controls = text.dropLast().unicodeScalars.filter { $0.properties.generalCategory == .control }
      #expect(controls.isEmpty, "control characters in: \(text.debugDescription)", sourceLocation: sourceLocation)
      return text
    }
  }

  /// Runs `grl` to its end.
  ///
  /// - Parameters:
  ///   - input: a file for standard input; nothing at all by default.
  ///   - environment: changes to this process's own, without its `GRL_` variables but `GRL_THREADS`; models and settings come from `folder`.
  static func run(
    _ arguments: [String], in folder: TemporaryFolder, input: URL? = nil, environment: [String: String] = [:]
  ) async throws -> Outcome {
    try await start(arguments, in: folder, input: input, environment: environment).outcome()
  }

  /// Runs a shell command line in which `$GRL` is the binary.
  static func shell(_ script: String, in folder: TemporaryFolder) async throws -> Outcome {
    try await start(
      executable: URL(filePath: "/bin/bash"), ["-c", script], in: folder, environment: ["GRL": binary.path]
    ).outcome()
  }

  static func start(
    executable: URL = binary, _ arguments: [String], in folder: TemporaryFolder, input: URL? = nil,
    environment: [String: String] = [:]
  ) throws -> Running {
    try Running(executable, arguments, folder, input, environment)
  }

  /// A process at work.
  final class Running {
    private let process = Process()
    private let folder: TemporaryFolder
    private let ended: AsyncStream<Void>
    private let outputFile: URL
    private let errorFile: URL

    fileprivate init(
      _ executable: URL, _ arguments: [String], _ folder: TemporaryFolder, _ input: URL?, _ changes: [String: String]
    ) throws {
      self.folder = folder
      let name = UUID().uuidString
      outputFile = folder.streams.appending(path: name + ".out")
      errorFile = folder.streams.appending(path: name + ".err")
      for file in [outputFile, errorFile] { try Data().write(to: file) }
      var environment = ProcessInfo.processInfo.environment.filter {
        !$0.key.hasPrefix("GRL_") || $0.key == "GRL_THREADS"
      }
      for variable in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        environment[variable] = folder.home.appending(path: variable).path
      }
      environment["HOME"] = folder.home.path
      // An engine that a test should start by mistake finds no socket of the user's.
      environment["XDG_RUNTIME_DIR"] = folder.home.path
      environment.merge(changes) { $1 }
      process.executableURL = executable
      process.arguments = arguments
      process.currentDirectoryURL = folder.url
      process.environment = environment
      process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
      process.standardOutput = try FileHandle(forWritingTo: outputFile)
      process.standardError = try FileHandle(forWritingTo: errorFile)
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      ended = stream
      process.terminationHandler = { _ in continuation.finish() }
      try process.run()
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until standard output holds `text`; records an issue after five minutes or when the process ends without it.
    func waitForOutput(_ text: String) async throws {
      let deadline = ContinuousClock.now + .seconds(300)
      while true {
        let isRunning = process.isRunning
        if String(decoding: try Data(contentsOf: outputFile), as: UTF8.self).contains(text) { return }
        guard isRunning, ContinuousClock.now < deadline else {
          Issue.record("no '\(text)' on standard output")
          return
        }
        try await Task.sleep(for: .milliseconds(5))
      }
    }

    func outcome() async throws -> Outcome {
      for await _ in ended {}
      return Outcome(
        status: process.terminationStatus, wasKilledBySignal: process.terminationReason == .uncaughtSignal,
        output: try Data(contentsOf: outputFile), errors: try Data(contentsOf: errorFile))
    }
  }
}

/// A folder of one test, gone when the test is over; with a home folder that holds nothing of the user's.
final class TemporaryFolder {
  private let root: URL
  let url: URL
  let home: URL
  fileprivate let streams: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appending(path: "grl-" + UUID().uuidString)
    url = root.appending(path: "work")
    home = root.appending(path: "home")
    streams = root.appending(path: "streams")
    for folder in [url, home, streams] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
  }

  deinit {
    do { try FileManager.default.removeItem(at: root) } catch { print("note: \(root.path) stays behind: \(error)") }
  }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: url.appending(path: name)) }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(at: url.appending(path: name), withIntermediateDirectories: true)
  }

  func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: url.appending(path: name)) }

  func copy(_ file: URL, as name: String) throws {
    try FileManager.default.copyItem(at: file, to: url.appending(path: name))
  }

  /// Names of all files below the folder, sorted: to see that nothing was left behind.
  func listing() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: url.path).filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path($0), isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }
}
