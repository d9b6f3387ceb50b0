import Glibc

/// A process that was started in a session of its own, so that neither Ctrl-C nor a hang-up of our terminal reaches it.
struct ChildProcess: Sendable {
  /// How a process ended.
  enum Ending: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
    /// It was not ours to wait for.
    case unknown
  }

  let processID: pid_t
  private(set) var ending: Ending?

  /// - Parameters:
  ///   - arguments: the program's name as it shall see it, then its arguments.
  ///   - executable: a path, or a name that is looked for in `PATH`.
  ///   - environment: all of it.
  ///   - input, output, errors: what becomes descriptors 0, 1 and 2. Everything else is closed.
  init(
    _ arguments: [String], executable: String, environment: [String: String], input: Int32, output: Int32, errors: Int32
  ) throws(EngineProcessError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Descriptors that we were given with no note to close them would keep somebody's lock or pipe alive.
    for descriptor in Self.inheritable where descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    for (number, descriptor) in [input, output, errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // What we ignore or were told to ignore is not the new program's concern.
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let newSession = 0x80  // POSIX_SPAWN_SETSID, which the headers show to GNU sources only
    posix_spawnattr_setflags(&attributes, Int16(Int(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | newSession))

    let texts = arguments.map { strdup($0) }
    let variables = environment.map { strdup("\($0)=\($1)") }
    defer { for text in texts + variables { free(text) } }
    var processID: pid_t = 0
    let code = posix_spawnp(&processID, executable, &actions, &attributes, texts + [nil], variables + [nil])
    guard code == 0 else { throw .system(doing: "start it", path: executable, code: code) }
    self.processID = processID
  }

  /// How it ended, if it has; never waits.
  mutating func poll() -> Ending? {
    guard ending == nil else { return ending }
    var status: Int32 = 0
    let result = waitpid(processID, &status, WNOHANG)
    if result == processID {
      let signal = status & 0x7F
      ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
    } else if result < 0 && errno == ECHILD {
      ending = .unknown
    }
    return ending
  }

  /// Open descriptors that a new program would inherit.
  private static var inheritable: [Int32] {
    guard let folder = opendir("/proc/self/fd") else { return [] }
    defer { closedir(folder) }
    var found: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let descriptor = Int32(name), descriptor != dirfd(folder) else { continue }
      let flags = fcntl(descriptor, F_GETFD)
      if flags >= 0 && flags & FD_CLOEXEC == 0 { found.append(descriptor) }
    }
    return found
  }
}
