import EngineWire
import Glibc

/// A command on another machine, through ssh. It is told to end by SIGTERM when this process says so, has gone, or cannot be reached: a closed
/// connection alone ends nothing over there.
package final class RemoteCommand {
  package let shell: RemoteShell
  /// Readable when it has said something, or has ended.
  package let output: Int32
  private var process: ChildProcess
  private var input: Int32
  private var rest: [UInt8] = []

  /// Longest line that is handed on, in bytes.
  private static let longestLine = 1 << 14

  /// Starts it.
  ///
  /// - Parameters:
  ///   - words: behind the program's name.
  ///   - shell: the way there.
  package init(_ words: [String], by shell: RemoteShell) throws(EngineProcessError) {
    self.shell = shell
    var (inputs, outputs): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
    guard pipe(&inputs) == 0 else { throw .system(doing: "make its pipes", path: shell.program, code: errno) }
    guard pipe(&outputs) == 0 else {
      let code = errno
      for descriptor in inputs { close(descriptor) }
      throw .system(doing: "make its pipes", path: shell.program, code: code)
    }
    for descriptor in inputs + outputs { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    LocalSocket.setNonBlocking(outputs[0])
    (input, output) = (inputs[1], outputs[0])
    defer { for descriptor in [inputs[0], outputs[1]] { close(descriptor) } }
    do {
      process = try ChildProcess(
        shell.arguments(Self.script(shell, words)), executable: shell.program, environment: shell.environment,
        input: inputs[0], output: outputs[1], errors: outputs[1])
    } catch {
      for descriptor in [inputs[1], outputs[0]] { close(descriptor) }
      throw error
    }
  }

  deinit {
    if input >= 0 { close(input) }
    close(output)
  }

  /// What the shell over there runs: the command, and beside it a reader of the connection that ends the command where the connection ends.
  private static func script(_ shell: RemoteShell, _ words: [String]) -> String {
    let command = ([ShellLine.quoted(shell.remoteProgram)] + words.map(ShellLine.quoted)).joined(separator: " ")
    let script =
      "exec 3<&0; \(command) </dev/null 3<&- & w=$!; { read -r _ <&3; kill -TERM $w; } >/dev/null 2>&1 & r=$!; "
      + "wait $w; s=$?; kill $r 2>/dev/null; exit $s"
    // A login shell may be any.
    return "exec sh -c " + ShellLine.quoted(script)
  }

  /// Has it end in good order; what it says until then still comes.
  package func stop() {
    guard input >= 0 else { return }
    close(input)
    input = -1
  }

  /// Lets go of it at once.
  package func abandon() {
    stop()
    kill(process.processID, SIGTERM)
  }

  /// The lines that it has said since the last time, printable.
  ///
  /// - Returns: how it ended, once it has and all was read; nil before.
  package func take(_ line: (String) -> Void) -> RemoteEnding? {
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    var isOver = false
    while true {
      let count = read(output, &buffer, buffer.count)
      if count > 0 {
        rest += buffer[..<count]
        hand(on: line)
        continue
      }
      if count < 0 && errno == EINTR { continue }
      isOver = count == 0 || errno != EAGAIN
      break
    }
    guard isOver, let ending = process.poll() else { return nil }
    if !rest.isEmpty { line(String(decoding: rest, as: UTF8.self)) }
    rest = []
    return RemoteEnding(ending, shell)
  }

  private func hand(on line: (String) -> Void) {
    var start = 0
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      line(String(decoding: rest[start..<end].prefix(Self.longestLine), as: UTF8.self))
      start = end + 1
    }
    rest.removeFirst(start)
    if rest.count > Self.longestLine { rest.removeFirst(rest.count - Self.longestLine) }
  }
}

/// How a command on another machine ended.
package struct RemoteEnding: Hashable, Sendable {
  /// As a shell tells it: 128 and a signal's number where one ended it; 255 where ssh failed.
  package let status: Int32
  private let host: String
  private let program: String

  init(_ ending: ChildProcess.Ending, _ shell: RemoteShell) {
    (host, program) = (shell.host, shell.remoteProgram)
    status =
      switch ending {
      case .exited(let status): status
      case .killed(let signal): 128 + signal
      case .unknown: 255
      }
  }

  /// Why nothing can be done there, in words that follow the host's name; nil where the command itself ended so.
  package var problem: String? {
    switch status {
    case 255: "ssh failed, or the connection is gone"
    case 127: "'\(program)' was not found there; install it, or say where it is with GRL_REMOTE"
    case 126: "'\(program)' cannot be run there"
    default: nil
    }
  }
}
