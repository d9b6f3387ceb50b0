import Glibc

/// Exclusive locks on open files, which end with the process that holds them, however it ends.
///
/// They belong to the open file (fcntl(2), "Open file description locks"): unlike those of a process they hold between two users
/// in one process, and unlike flock's they can be asked about without being taken for a moment.
package enum OpenFileLock {
  package enum State { case own, held, free, unknown }

  private static let getLock: Int32 = 36
  private static let setLock: Int32 = 37

  private static func request(_ type: Int32) -> Glibc.flock {
    Glibc.flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
  }

  /// Takes the lock of an open file where it can be had: `free` where it could be, but the file is open for reading only; `unknown`
  /// where the file system has no locks.
  package static func take(_ descriptor: Int32) -> State {
    var request = request(F_WRLCK)
    if fcntl(descriptor, setLock, &request) == 0 { return .own }
    if errno == EAGAIN || errno == EACCES { return .held }
    return state(descriptor)
  }

  /// Looks without taking.
  package static func state(_ descriptor: Int32) -> State {
    var request = request(F_WRLCK)
    guard fcntl(descriptor, getLock, &request) == 0 else { return .unknown }
    return request.l_type == Int16(F_UNLCK) ? .free : .held
  }

  package static func release(_ descriptor: Int32) {
    // Said aloud: a process that is just being started holds a copy of every descriptor for a moment, and with it the lock.
    var request = request(F_UNLCK)
    _ = fcntl(descriptor, setLock, &request)
  }
}
