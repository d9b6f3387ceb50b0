import EngineWire
import Glibc

/// The way to the engine of another machine: `ssh HOST grl engine --stdio`.
package struct RemoteShell: Hashable, Sendable {
  /// `[user@]host`, or what else ssh takes for one.
  package let host: String
  /// Program that is called as ssh is; `GRL_SSH`.
  let program: String
  /// What is called there; `GRL_REMOTE`.
  let remoteProgram: String
  let environment: [String: String]

  /// - Throws: `EngineProcessError.badHost` for what ssh might take for an option, and for characters that no host has.
  package init(host: String, environment: [String: String]) throws(EngineProcessError) {
    let machine = host.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    let isName = host.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || (0x30...0x39).contains(scalar.value)
        || "._-:@%+[]/".unicodeScalars.contains(scalar)
    }
    guard isName, !machine.isEmpty, !host.hasPrefix("-"), !host.hasPrefix("@"), !machine.hasPrefix("-"),
      host.count <= 300
    else { throw .badHost(host) }
    self.host = host
    self.environment = environment
    program = environment["GRL_SSH"].flatMap { $0.isEmpty ? nil : $0 } ?? "ssh"
    remoteProgram = environment["GRL_REMOTE"].flatMap { $0.isEmpty ? nil : $0 } ?? "grl"
  }

  /// The way to the engine there.
  var arguments: [String] { arguments(ShellLine.quoted(remoteProgram) + " engine --stdio") }

  /// Never asks for anything: it has no terminal. Notices within a minute that the other machine is gone.
  ///
  /// - Parameter command: for the shell over there.
  func arguments(_ command: String) -> [String] {
    let options = ["BatchMode=yes", "ConnectTimeout=20", "ServerAliveInterval=15", "ServerAliveCountMax=3"]
    // ssh hands the last word to the shell over there.
    return [program, "-T"] + options.flatMap { ["-o", $0] } + [host, command]
  }

  /// Starts it. The caller closes both descriptors.
  ///
  /// - Returns: the process, one descriptor for both directions, and one from which its errors are read. Neither blocks.
  func start() throws(EngineProcessError) -> (process: ChildProcess, stream: Int32, errors: Int32) {
    var streams: [Int32] = [-1, -1]
    var errors: [Int32] = [-1, -1]
    defer { for descriptor in [streams[1], errors[1]] where descriptor >= 0 { close(descriptor) } }
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &streams) == 0 else {
      throw .system(doing: "make its pipes", path: program, code: errno)
    }
    guard pipe(&errors) == 0 else {
      let code = errno
      close(streams[0])
      throw .system(doing: "make its pipes", path: program, code: code)
    }
    for descriptor in [streams[0], errors[0]] { LocalSocket.setNonBlocking(descriptor) }
    _ = fcntl(errors[1], F_SETFD, FD_CLOEXEC)
    do {
      let process = try ChildProcess(
        arguments, executable: program, environment: environment, input: streams[1], output: streams[1],
        errors: errors[1])
      return (process, streams[0], errors[0])
    } catch {
      for descriptor in [streams[0], errors[0]] { close(descriptor) }
      throw error
    }
  }

  /// Why it ended before, or instead of, a conversation.
  func reason(_ ending: ChildProcess.Ending?, lastLine: String?) -> String {
    let said = lastLine.map { ": " + $0 } ?? ""
    return switch ending {
    case .exited(127): "\(host): '\(remoteProgram)' was not found there; install it, or say where it is with GRL_REMOTE"
    case .exited(126): "\(host): '\(remoteProgram)' cannot be run there\(said)"
    case .exited(255): "\(host): ssh failed\(said)"
    case .exited(let status) where status != 0: "\(host): the engine could not be reached there\(said)"
    case .killed(let signal): "\(host): ssh was killed by signal \(signal)\(said)"
    default: "\(host): the connection ended\(said)"
    }
  }
}
