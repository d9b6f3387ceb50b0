import EngineTransport
import Glibc

/// Standard input and output tied to the user's engine, for a client at the other end of ssh or a pipe. The engine is started
/// where none runs and goes on when the bridge ends.
struct EngineBridge {
  /// Says where the engine is, and is handed on to one that is started.
  let environment: [String: String]

  /// Ends when the engine closes the connection or nobody reads standard output any more. When standard input ends, the answers
  /// that are due still come.
  func run() throws(EngineProcessError) {
    let socket = try LocalEngine.reach(environment: environment)
    defer { close(socket) }
    var (up, down) = (Relay(from: STDIN_FILENO, to: socket), Relay(from: socket, to: STDOUT_FILENO))
    while true {
      // A socket that is only watched for its end would wake `poll` again and again once it has ended.
      let events = (down.wantsToRead ? POLLIN : 0) | (up.wantsToWrite ? POLLOUT : 0)
      var watched = [
        pollfd(fd: up.wantsToRead ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: events == 0 ? -1 : socket, events: Int16(events), revents: 0),
        pollfd(fd: STDOUT_FILENO, events: Int16(down.wantsToWrite ? POLLOUT : 0), revents: 0),
      ]
      guard poll(&watched, nfds_t(watched.count), -1) >= 0 || errno == EINTR else { return }

      if watched[0].revents != 0 { up.read() }
      if up.wantsToWrite, watched[1].revents & Int16(POLLOUT | POLLERR | POLLHUP) != 0, !up.write() {
        // What the engine said before it closed is still to be read.
        up.hasEnded = true
      }
      if up.hasEnded && !up.wantsToWrite { up.finish { shutdown(socket, Int32(SHUT_WR)) } }
      if down.wantsToRead, watched[1].revents & Int16(POLLIN | POLLERR | POLLHUP) != 0 { down.read() }
      if down.wantsToWrite, !down.write() { return }
      if watched[2].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { return }
      if down.hasEnded && !down.wantsToWrite { return }
    }
  }
}

/// One direction of a bridge: what was read is written before more is.
private struct Relay {
  let source: Int32
  let target: Int32
  /// The source has nothing more, or the target takes nothing more.
  var hasEnded = false
  private var bytes: [UInt8] = []
  private var written = 0
  private var isFinished = false

  init(from source: Int32, to target: Int32) {
    self.source = source
    self.target = target
  }

  var wantsToRead: Bool { !hasEnded && bytes.isEmpty }
  var wantsToWrite: Bool { !bytes.isEmpty }

  mutating func read() {
    var code: Int32 = 0
    bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
      let result = Glibc.read(source, buffer.baseAddress, buffer.count)
      code = result < 0 ? errno : 0
      count = max(result, 0)
    }
    if bytes.isEmpty && code != EAGAIN && code != EINTR { hasEnded = true }
  }

  /// Writes what `poll` says will not block: a pipe that can be written to takes 4 KiB.
  ///
  /// - Returns: false where nobody reads any more.
  mutating func write() -> Bool {
    let count = bytes.withUnsafeBytes {
      Glibc.write(target, $0.baseAddress! + written, min($0.count - written, 4096))
    }
    if count < 0 {
      if errno == EAGAIN || errno == EINTR { return true }
      bytes = []
      written = 0
      return false
    }
    written += count
    if written == bytes.count {
      bytes = []
      written = 0
    }
    return true
  }

  /// Does something once.
  mutating func finish(_ act: () -> Void) {
    if !isFinished { act() }
    isFinished = true
  }
}
