import EngineTransport
import Glibc

/// A socket that a test answers by hand, in place of an engine.
final class Listener {
  private let listener: EngineListener
  private var client: Int32 = -1

  init(_ socket: String) throws {
    listener = try EngineListener(EnginePlace(socket: socket, stateFolder: socket + "-state"))
  }

  /// Takes a client if one waits; the one before is forgotten.
  func accept() -> Bool {
    var watched = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, 0) == 1 else { return false }
    client = Glibc.accept(listener.descriptor, nil, nil)
    return client >= 0
  }

  func send(_ bytes: [UInt8]) { _ = Glibc.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Closes the connection, without a word.
  func drop() { Glibc.close(client) }

  func close() { drop() }
}
