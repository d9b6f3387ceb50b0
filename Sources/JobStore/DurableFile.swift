import Base
import Glibc

/// Small files of the program's own, written whole.
package enum DurableFile {
  /// Writes a file that only this user reads.
  ///
  /// - Parameter isFlushed: false where losing the file in a power failure does not matter.
  package static func write(_ bytes: [UInt8], to path: String, isFlushed: Bool = true) throws(StoreError) {
    func failure(_ refusal: WholeFile.Refusal) -> StoreError {
      if case .unwritable(_, let code) = refusal {
        .system(path: path, code: code)
      } else {
        .system(path: path, code: EIO)
      }
    }
    try WholeFile.write(to: path, permissions: 0o600, isFlushed: isFlushed, failure: failure) {
      descriptor throws(StoreError) in
      try write(bytes, to: descriptor, path: path)
    }
  }

  /// All bytes, at the descriptor's place or at `offset`.
  package static func write(
    _ bytes: [UInt8], to descriptor: Int32, at offset: Int? = nil, path: String
  ) throws(StoreError) {
    let code = bytes.withUnsafeBytes { WholeFile.writeAll($0, to: descriptor, at: offset) }
    if code != 0 { throw .system(path: path, code: code) }
  }

  /// The bytes of a regular file of at most `limit` bytes.
  package static func read(_ path: String, limit: Int) throws(StoreError) -> [UInt8] {
    do { return try RegularFile.read(path, limit: limit) } catch { throw StoreError(error, path: path) }
  }

  /// Makes a folder and those above it, for this user alone.
  package static func makeFolder(_ path: String) throws(StoreError) {
    if mkdir(path, 0o700) == 0 || (errno == EEXIST && isFolder(path)) { return }
    guard errno == ENOENT, parentFolder(path) != path else { throw .system(path: path, code: errno) }
    try makeFolder(parentFolder(path))
    if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .system(path: path, code: errno) }
  }
}
