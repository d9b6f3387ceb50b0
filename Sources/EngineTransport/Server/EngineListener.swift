import Glibc

/// The socket at which an engine is reached, for as long as it listens: the lock, the place in the file system, the descriptor.
///
/// A login session that ends takes `XDG_RUNTIME_DIR` with it, and `/tmp` is swept now and then: an engine whose socket has gone
/// opens another, and the lock file names it for clients.
package final class EngineListener {
  /// Where it listens now.
  package private(set) var socket: String
  private let sockets: [String]
  private var lock: EngineLock
  package private(set) var descriptor: Int32 = -1
  private var identity: Identity?

  private struct Identity: Equatable {
    let device: dev_t
    let inode: ino_t

    init?(_ path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      (device, inode) = (status.st_dev, status.st_ino)
    }
  }

  /// Takes the lock and listens.
  ///
  /// - Parameter patienceSeconds: how long to wait for an engine that holds the lock and does not answer, as one does that is
  ///   about to end.
  /// - Throws: `EngineProcessError`; `running` where an engine answers already.
  package init(_ place: EnginePlace, patienceSeconds: Double = 5) throws(EngineProcessError) {
    try place.makeStateFolder()
    socket = place.socket
    sockets = [place.socket, EnginePlace(environment: [:]).socket]
    var waited = 0.0
    while true {
      do {
        lock = try EngineLock(at: place.lock, socket: place.socket)
        break
      } catch {
        guard case .running = error, waited < patienceSeconds else { throw error }
        for path in place.candidates {
          if let descriptor = try LocalSocket.connect(to: path) {
            close(descriptor)
            throw error
          }
        }
        usleep(50_000)
        waited += 0.05
      }
    }
    try open(place.socket)
  }

  deinit { shut() }

  /// Listens again where the socket has gone from the file system; does nothing otherwise.
  ///
  /// - Returns: whether it did.
  func reopenIfGone() throws(EngineProcessError) -> Bool {
    guard descriptor >= 0, let identity, Identity(socket) != identity else { return false }
    var failure: EngineProcessError?
    for path in sockets {
      let old = descriptor
      do {
        try open(path)
        close(old)
        try lock.announce(path)
        return true
      } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    return false
  }

  /// Takes no more clients.
  func shut() {
    guard descriptor >= 0 else { return }
    // Another engine's socket in its place is not ours to remove.
    if Identity(socket) == identity { unlink(socket) }
    close(descriptor)
    descriptor = -1
  }

  private func open(_ path: String) throws(EngineProcessError) {
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      let folder = String(path[..<slash])
      // A folder that the user named is the user's business; ours in /tmp might have been made by another before us.
      try PrivateFolder.make(folder, isChecked: folder == "/tmp/grl-\(geteuid())")
    }
    descriptor = try LocalSocket.listen(at: path)
    socket = path
    identity = Identity(path)
  }
}
