import Base
import Glibc

/// An exclusive lock on a file, held until it is released or the process ends, however it ends.
package final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock and writes `owner` into the file; nil where somebody else holds it, or the file was removed meanwhile.
  package init?(_ path: String, owner: String) throws(StoreError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(path: path, code: errno) }
    let lock = OpenFileLock.take(descriptor)
    guard lock == .own else {
      let code = errno
      close(descriptor)
      if lock == .held { return nil }
      throw .system(path: path, code: code)
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
    _ = Array(owner.utf8).withUnsafeBytes { WholeFile.writeAll($0, to: descriptor, at: 0) }
  }

  deinit {
    OpenFileLock.release(descriptor)
    close(descriptor)
  }

  /// Who holds the lock, in words; nil where nobody does.
  package static func holder(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard OpenFileLock.state(descriptor) == .held else { return nil }
    let text = String(decoding: Descriptor.head(descriptor, 200) ?? [], as: UTF8.self)
    return text.isEmpty ? "another process" : text
  }
}
