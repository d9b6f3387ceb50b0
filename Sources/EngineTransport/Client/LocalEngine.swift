import Base
import Glibc

/// Reaches the engine of this user on this machine, starting it where none runs. Nothing here waits: `step` is called
/// until it has found an engine or given up.
package struct LocalEngine {
  let place: EnginePlace
  /// The program that has the verb `engine`.
  let executable: String
  /// Of the engine that is started.
  let environment: [String: String]
  /// How long a new engine may take until it listens.
  let patienceSeconds: Double

  /// The engine that was started here, if one was.
  private(set) var child: ChildProcess?
  private var deadline: Double?
  private var hasStarted = false

  /// - Parameter environment: says where the engine is, and is handed on to one that is started.
  init(environment: [String: String], executable: String, patienceSeconds: Double = 15) {
    place = EnginePlace(environment: environment)
    self.environment = environment
    self.executable = executable
    self.patienceSeconds = patienceSeconds
  }

  /// A connection to the user's engine, started where none runs; waits for it.
  package static func reach(
    environment: [String: String], executable: String = "/proc/self/exe"
  ) throws(EngineProcessError) -> Int32 {
    var engine = LocalEngine(environment: environment, executable: executable)
    var now = 0.0
    while true {
      if let descriptor = try engine.step(now: now) { return descriptor }
      usleep(UInt32(pace * 1e6))
      now += pace
    }
  }

  /// Seconds between two calls of `step`.
  static let pace = 0.02

  /// One try to connect; starts an engine where nobody answers.
  ///
  /// - Returns: a connected descriptor, or nil where the new engine does not listen yet.
  /// - Throws: `EngineProcessError`, where another try would be of no use or the time is over.
  mutating func step(now: Double) throws(EngineProcessError) -> Int32? {
    for path in place.candidates {
      if let descriptor = try LocalSocket.connect(to: path) { return descriptor }
    }
    if !hasStarted {
      hasStarted = true
      child = try start()
      deadline = now + patienceSeconds
    }
    // It may have ended because another one was a moment faster; that one listens soon.
    if child?.poll() != nil { deadline = min(deadline ?? now, now + 1) }
    if let deadline, now >= deadline {
      throw .noAnswer(
        reason: "the engine does not start" + (lastLogLine.map { ": " + $0 } ?? "; see \(place.log.printable)"))
    }
    return nil
  }

  /// The engine that runs.
  var holder: EngineLock.Holder? { EngineLock.holder(at: place.lock) }

  /// How the engine that was started here has ended, if it has.
  mutating func pollChild() -> ChildProcess.Ending? { child?.poll() }

  /// An engine in a session of its own, with nothing of ours but the log to write to: it outlives us and our terminal.
  private func start() throws(EngineProcessError) -> ChildProcess {
    try place.makeStateFolder()
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw .system(doing: "open it", path: "/dev/null", code: errno) }
    defer { close(nothing) }
    let log = open(place.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0o600)
    guard log >= 0 else { throw .system(doing: "open the log", path: place.log, code: errno) }
    defer { close(log) }
    return try ChildProcess(
      ["grl", "engine", "--listen", place.socket, "--detached"], executable: executable,
      environment: environment, input: nothing, output: log,
      errors: log)
  }

  /// What the engine said last, fit for a terminal.
  var lastLogLine: String? { CrashLog.last(in: place.log) }
}
