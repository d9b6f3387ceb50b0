import Glibc

/// An exclusive lock on a file, held until it is released or the process ends, however it ends.
package final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock and writes `owner` into the file; nil where somebody else holds it, or the file was removed meanwhile.
  package init?(_ path: String, owner: String) throws(JobError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .store(path: path, code: errno) }
    var request = Self.exclusive
    guard fcntl(descriptor, Self.setLock, &request) == 0 else {
      let code = errno
      close(descriptor)
      if Self.isTaken(code) { return nil }
      throw .store(path: path, code: code)
    }
    // Whoever held it before may have removed the folder: then this is a lock on nothing.
    var (held, named) = (stat(), stat())
    guard fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino,
      held.st_dev == named.st_dev
    else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    // Who it is only serves messages; on a full disk they go without.
    ftruncate(descriptor, 0)
    _ = Array(owner.utf8).withUnsafeBytes { DurableFile.writeAll($0, descriptor, 0) }
  }

  deinit {
    Self.release(descriptor)
    close(descriptor)
  }

  /// How the lock of an open file stands.
  enum State { case own, held, free, unknown }

  /// Takes the lock of an open file where it can be had: `free` where it could be, but the file is open for reading only; `unknown`
  /// where the file system has no locks.
  static func take(_ descriptor: Int32) -> State {
    var request = exclusive
    if fcntl(descriptor, setLock, &request) == 0 { return .own }
    if isTaken(errno) { return .held }
    return state(descriptor)
  }

  /// Looks without taking.
  static func state(_ descriptor: Int32) -> State {
    var request = exclusive
    guard fcntl(descriptor, getLock, &request) == 0 else { return .unknown }
    return request.l_type == Int16(F_UNLCK) ? .free : .held
  }

  static func release(_ descriptor: Int32) {
    // Said aloud: a process that is just being started holds a copy of every descriptor for a moment, and with it the lock.
    var request = exclusive
    request.l_type = Int16(F_UNLCK)
    _ = fcntl(descriptor, setLock, &request)
  }

  private static func isTaken(_ code: Int32) -> Bool { code == EAGAIN || code == EACCES }

  // Locks of an open file (fcntl(2), "Open file description locks"): unlike those of a process they hold between two users
  // in one process, and unlike flock's they can be asked about without being taken for a moment.
  private static let getLock: Int32 = 36
  private static let setLock: Int32 = 37
  private static var exclusive: Glibc.flock {
    Glibc.flock(l_type: Int16(F_WRLCK), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }

  /// Who holds the lock, in words; nil where nobody does.
  package static func holder(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard state(descriptor) == .held else { return nil }
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    return text.isEmpty ? "another process" : text
  }
}
