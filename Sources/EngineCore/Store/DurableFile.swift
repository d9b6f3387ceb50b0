import Base
import Glibc
import Imaging

/// Small files of the program's own, written whole.
package enum DurableFile {
  /// Writes a file that only this user reads.
  ///
  /// - Parameter isFlushed: false where losing the file in a power failure does not matter.
  package static func write(_ bytes: [UInt8], to path: String, isFlushed: Bool = true) throws(JobError) {
    func failure(_ refusal: WholeFile.Refusal) -> JobError {
      if case .unwritable(_, let code) = refusal {
        .store(path: path, code: code)
      } else {
        .store(path: path, code: EIO)
      }
    }
    try WholeFile.write(to: path, permissions: 0o600, isFlushed: isFlushed, failure: failure) {
      descriptor throws(JobError) in
      try write(bytes, to: descriptor, path: path)
    }
  }

  /// All bytes, at the descriptor's place or at `offset`.
  package static func write(
    _ bytes: [UInt8], to descriptor: Int32, at offset: Int? = nil, path: String
  ) throws(JobError) {
    let code = bytes.withUnsafeBytes { WholeFile.writeAll($0, to: descriptor, at: offset) }
    if code != 0 { throw .store(path: path, code: code) }
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
