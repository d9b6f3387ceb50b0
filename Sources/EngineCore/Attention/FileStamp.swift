import Glibc
import Imaging

/// What tells whether a file has changed.
struct FileStamp: Hashable {
  private let bytes: Int
  private let seconds: Int
  private let nanoseconds: Int

  init(_ path: String) throws(JobError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .image(.unreadable(path: path, reason: String(cString: strerror(errno))))
    }
    (bytes, seconds, nanoseconds) = (Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
  }
}
