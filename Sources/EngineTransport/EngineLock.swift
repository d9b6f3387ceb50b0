import Base
import Glibc

/// The lock that makes an engine the only one of its user and state folder. Lasts as long as the process, however that ends.
package struct EngineLock: ~Copyable {
  /// Who holds a lock.
  package struct Holder: Hashable, Sendable {
    package let processID: Int
    package let socket: String
  }

  private let descriptor: Int32
  private let path: String

  /// - Throws: `EngineProcessError.running` where another process holds it.
  package init(at path: String, socket: String) throws(EngineProcessError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(doing: "open the lock", path: path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      guard code == EWOULDBLOCK else { throw .system(doing: "lock it", path: path, code: code) }
      let holder = Self.holder(at: path)
      throw .running(processID: holder?.processID, socket: holder?.socket)
    }
    let code = Self.write(socket, to: descriptor)
    guard code == 0 else {
      close(descriptor)
      throw .system(doing: "write the lock", path: path, code: code)
    }
    self.descriptor = descriptor
    self.path = path
  }

  /// Tells that the engine is reached at another socket now.
  func announce(_ socket: String) throws(EngineProcessError) {
    let code = Self.write(socket, to: descriptor)
    guard code == 0 else { throw .system(doing: "write the lock", path: path, code: code) }
  }

  /// - Returns: 0 or `errno`.
  private static func write(_ socket: String, to descriptor: Int32) -> Int32 {
    let text = Array("\(getpid())\n\(socket)\n".utf8)
    return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, text.count, 0) == text.count ? 0 : errno
  }

  deinit { close(descriptor) }

  /// Who holds the lock at `path`; nil where nobody does.
  package static func holder(at path: String) -> Holder? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // Where the lock can be had, its holder is gone. A shared lock of a moment may meet another such look, never an engine's
    // start for longer than this: `EngineServer` tries again.
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
    let lines = String(decoding: Descriptor.head(descriptor, 4096) ?? [], as: UTF8.self).split(separator: "\n")
    guard lines.count == 2, let processID = Int(lines[0]), processID > 1, processID <= Int(Int32.max) else {
      return nil
    }
    return Holder(processID: processID, socket: String(lines[1]))
  }
}
