import Base
import Glibc

/// Where a user's engine is found: its socket, its lock, its log.
///
/// One engine runs for each user and state folder. The lock says which: whoever holds it writes process and socket into it, so
/// that an engine is also found by a login with another `XDG_RUNTIME_DIR`.
package struct EnginePlace: Hashable, Sendable {
  /// Absolute, at most `LocalSocket.pathLimit` bytes once it is used.
  package let socket: String
  /// `$XDG_STATE_HOME/grl`.
  package let stateFolder: String

  package var lock: String { stateFolder + "/engine.lock" }
  package var log: String { stateFolder + "/engine.log" }

  package init(socket: String, stateFolder: String) {
    self.socket = socket
    self.stateFolder = stateFolder
  }

  /// The place that an environment describes. Relative paths in it count as not set (XDG Base Directory Specification 0.8).
  ///
  /// - Parameter socket: used in place of `$XDG_RUNTIME_DIR/grl/engine.sock` or, where that folder is missing or not the
  ///   user's (as after `su`), `/tmp/grl-UID/engine.sock`.
  package init(environment: [String: String], socket: String? = nil) {
    func folder(_ variable: String) -> String? { UserFolders.named(variable, in: environment) }
    let home = folder("HOME").map { $0 == "/" ? "" : $0 } ?? "/tmp/grl-\(geteuid())"
    let state = folder("XDG_STATE_HOME") ?? home + "/.local/state"
    let runtime = folder("XDG_RUNTIME_DIR").flatMap { PrivateFolder.isOwn($0) ? $0 + "/grl" : nil }
    self.init(socket: socket ?? (runtime ?? "/tmp/grl-\(geteuid())") + "/engine.sock", stateFolder: state + "/grl")
  }

  /// Makes the folder for the state, or says at once that it cannot be had.
  ///
  /// - Throws: `stateNotWritable` where only the user can do something about it.
  func makeStateFolder() throws(EngineProcessError) {
    do throws(EngineProcessError) {
      try PrivateFolder.make(stateFolder)
      guard access(stateFolder, W_OK | X_OK) == 0 else {
        throw .system(doing: "write to it", path: stateFolder, code: errno)
      }
    } catch {
      guard case .system(_, _, let code) = error, [EACCES, EPERM, EROFS, ENOENT, ENOTDIR, ELOOP].contains(code) else {
        throw error
      }
      throw .stateNotWritable(path: stateFolder, code: code)
    }
  }

  /// Sockets at which the running engine may be, the likeliest first.
  package var candidates: [String] {
    guard let named = EngineLock.holder(at: lock)?.socket, named != socket else { return [socket] }
    return [named, socket]
  }
}

/// Folders that only their user may enter.
package enum PrivateFolder {
  /// `path` is a folder (or a link to one) of this user.
  static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
  }

  /// Makes `path`, with what leads to it, for this user alone. A folder that is there must be the user's and, where
  /// `isChecked`, closed to everybody else: somebody might have made it before us, in `/tmp`.
  package static func make(_ path: String, isChecked: Bool = false) throws(EngineProcessError) {
    var status = stat()
    if lstat(path, &status) != 0 {
      guard errno == ENOENT else { throw .system(doing: "look at it", path: path, code: errno) }
      if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try make(String(path[..<slash])) }
      // Two programs may do this at once: that it is there now is as good.
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw .system(doing: "make this folder", path: path, code: errno)
      }
      guard lstat(path, &status) == 0 else { throw .system(doing: "look at it", path: path, code: errno) }
    }
    guard isChecked else { return }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
      throw .notPrivate(path: path)
    }
  }
}
