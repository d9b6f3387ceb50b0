import Glibc

/// Unix sockets: addresses, listening, connecting, and who is at the other end.
package enum LocalSocket {
  /// Longest path in bytes: what `sun_path` holds, without its closing zero.
  package static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// Connects to a socket without waiting.
  ///
  /// - Returns: a descriptor that does not block and is closed on `exec`; nil where nobody listens.
  package static func connect(to path: String) throws(EngineProcessError) -> Int32? {
    let descriptor = try make(path)
    guard try withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let code = errno
      close(descriptor)
      // EAGAIN: more clients at the listener than it holds; the next try may find room.
      if [ENOENT, ECONNREFUSED, ENOTDIR, EAGAIN].contains(code) { return nil }
      throw code == EACCES ? .notPrivate(path: path) : .system(doing: "connect", path: path, code: code)
    }
    guard peerUser(of: descriptor) == geteuid() else {
      close(descriptor)
      throw .notPrivate(path: path)
    }
    return descriptor
  }

  /// Listens at `path`, which only this user may connect to. A socket at which nobody listens is replaced.
  ///
  /// - Returns: a descriptor that does not block and is closed on `exec`.
  static func listen(at path: String) throws(EngineProcessError) -> Int32 {
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
      if let descriptor = try connect(to: path) {
        close(descriptor)
        throw .occupied(socket: path)
      }
      guard unlink(path) == 0 || errno == ENOENT else {
        throw .system(doing: "remove the old socket", path: path, code: errno)
      }
    }
    let descriptor = try make(path)
    // Linux gives the file the mode of the descriptor; a mask would hold for the other threads of the process too.
    guard fchmod(descriptor, 0o600) == 0, try withAddress(path, { bind(descriptor, $0, $1) }) == 0,
      chmod(path, 0o600) == 0, Glibc.listen(descriptor, 64) == 0
    else {
      let code = errno
      close(descriptor)
      throw .system(doing: "listen there", path: path, code: code)
    }
    return descriptor
  }

  /// The user of the process at the other end, as it was when it connected; nil where the system does not say.
  static func peerUser(of descriptor: Int32) -> uid_t? {
    // struct ucred: process, user, group.
    var credentials: (Int32, UInt32, UInt32) = (0, UInt32.max, UInt32.max)
    var size = socklen_t(MemoryLayout.size(ofValue: credentials))
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
    return credentials.1
  }

  /// Makes a descriptor fit for a `poll` loop.
  static func setNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  private static func make(_ path: String) throws(EngineProcessError) -> Int32 {
    let count = path.utf8.count
    guard count <= pathLimit, count > 0 else { throw .pathTooLong(path: path, bytes: count, limit: pathLimit) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { throw .system(doing: "make a socket", path: path, code: errno) }
    return descriptor
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(EngineProcessError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
