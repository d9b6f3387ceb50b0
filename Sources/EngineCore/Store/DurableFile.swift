import Glibc
import Imaging

/// Small files of the program's own, written whole.
package enum DurableFile {
  /// Writes beside `path`, flushes, and renames.
  ///
  /// - Parameter isFlushed: false where losing the file in a power failure does not matter.
  package static func write(_ bytes: [UInt8], to path: String, isFlushed: Bool = true) throws(JobError) {
    let temporary = path + ".\(getpid()).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .store(path: path, code: errno) }
    var isRenamed = false
    defer {
      close(descriptor)
      if !isRenamed { unlink(temporary) }
    }
    try write(bytes, to: descriptor, path: path)
    if isFlushed, fsync(descriptor) != 0 { throw .store(path: path, code: errno) }
    guard rename(temporary, path) == 0 else { throw .store(path: path, code: errno) }
    isRenamed = true
    if isFlushed { flushFolder(parentFolder(path)) }
  }

  /// All bytes, at the descriptor's place or at `offset`.
  package static func write(
    _ bytes: some Collection<UInt8>, to descriptor: Int32, at offset: Int? = nil, path: String
  ) throws(JobError) {
    let code =
      bytes.withContiguousStorageIfAvailable { writeAll(UnsafeRawBufferPointer($0), descriptor, offset) }
      ?? Array(bytes).withUnsafeBytes { writeAll($0, descriptor, offset) }
    if code != 0 { throw .store(path: path, code: code) }
  }

  /// Returns 0 or `errno`.
  package static func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ offset: Int?) -> Int32 {
    var done = 0
    while done < bytes.count {
      let (start, count) = (bytes.baseAddress! + done, bytes.count - done)
      let written =
        offset.map { pwrite(descriptor, start, count, off_t($0 + done)) } ?? Glibc.write(descriptor, start, count)
      if written > 0 {
        done += written
      } else if written == 0 {
        return ENOSPC
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  /// Makes names in a folder durable. Some file systems cannot, and their names need no flush.
  package static func flushFolder(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  /// The bytes of a regular file of at most `limit` bytes.
  package static func read(_ path: String, limit: Int) throws(JobError) -> [UInt8] {
    do { return try RegularFile.read(path, limit: limit) } catch { throw JobError(error, path: path) }
  }

  /// Makes a folder and those above it, for this user alone.
  package static func makeFolder(_ path: String) throws(JobError) {
    if mkdir(path, 0o700) == 0 || (errno == EEXIST && isFolder(path)) { return }
    guard errno == ENOENT, parentFolder(path) != path else { throw .store(path: path, code: errno) }
    try makeFolder(parentFolder(path))
    if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .store(path: path, code: errno) }
  }
}

extension JobError {
  /// What stands at `path` in the store cannot be read.
  init(_ refusal: RegularFile.Refusal, path: String) {
    self =
      if case .system(let code) = refusal {
        .store(path: path, code: code)
      } else {
        .storeDamaged(path: path, reason: "\(refusal)")
      }
  }
}
