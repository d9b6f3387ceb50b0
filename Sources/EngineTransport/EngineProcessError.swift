import Base
import Glibc

/// Why an engine cannot be started, reached or served.
package enum EngineProcessError: Error, Hashable, CustomStringConvertible {
  /// A path that no Unix socket can have.
  case pathTooLong(path: String, bytes: Int, limit: Int)
  /// A folder or socket of another user, or a folder that others may write to.
  case notPrivate(path: String)
  case notASocket(path: String)
  /// Nobody lets this user write where the state should be kept.
  case stateNotWritable(path: String, code: Int32)
  /// The lock of this user's state folder is held.
  case running(processID: Int?, socket: String?)
  /// Something answers at the socket although the lock is free: an engine with another state folder.
  case occupied(socket: String)
  case badHost(String)
  case noAnswer(reason: String)
  case system(doing: String, path: String, code: Int32)

  /// The next try may fare better.
  var mayPass: Bool {
    switch self {
    case .noAnswer, .running, .system: true
    case .pathTooLong, .notPrivate, .notASocket, .stateNotWritable, .occupied, .badHost: false
    }
  }

  package var description: String {
    switch self {
    case .pathTooLong(let path, let bytes, let limit):
      "\(path.printable): \(bytes) bytes are too long for a socket, which may have \(limit); "
        + "set XDG_RUNTIME_DIR or --listen to a shorter path"
    case .notPrivate(let path):
      "\(path.printable): belongs to another user or is open to others; remove it, or set XDG_RUNTIME_DIR to a folder of yours"
    case .notASocket(let path):
      "\(path.printable): stands where the engine's socket should; remove it"
    case .stateNotWritable(let path, let code):
      // What to do stands first: on a narrow screen the end is cut off.
      "set XDG_STATE_HOME to a folder of yours: the engine cannot keep its state in \(path.printable) "
        + "(\(systemReason(code)))"
    case .running(let process, let socket):
      "an engine runs already"
        + (process.map { " (process \($0)" + (socket.map { ", \($0.printable)" } ?? "") + ")" } ?? "")
        + "; 'grl engine --stop' ends it"
    case .occupied(let socket):
      "\(socket.printable): another engine listens there, with another state folder; give --listen a socket of its own"
    case .badHost(let host):
      "'\(host.printable)' is no host; give [user@]host"
    case .noAnswer(let reason):
      reason
    case .system(let doing, let path, let code):
      "\(path.printable): cannot \(doing): \(systemReason(code))"
    }
  }
}
