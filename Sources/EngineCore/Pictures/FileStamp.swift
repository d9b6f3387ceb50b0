import Base
import Glibc
import Imaging

/// What a file was when it was looked at; another one where it has changed since.
struct FileStamp: Hashable, Sendable {
  let path: String
  /// Two names that differ in how an accent is written are equal as text.
  let inode: UInt
  let bytes: Int
  let seconds: Int
  let nanoseconds: Int

  /// nil where there is no regular file.
  init?(_ path: String) {
    var status = stat()
    guard stat(path.systemPath, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    self.path = path
    inode = UInt(status.st_ino)
    bytes = Int(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}
