import Base
import Glibc

/// The bytes of a weight file. Only the ranges asked for are read, so a large file costs nothing until its parts are needed.
///
/// Files are read with `pread`, not mapped: a file that shrinks while it is read gives an error, not a bus error.
final class ByteSource {
  let path: String
  let count: Int
  private let storage: Storage

  private enum Storage {
    case file(descriptor: Int32)
    case memory([UInt8])
  }

  /// Opens a regular file. Pipes and devices are refused without waiting for them.
  init(path: String) throws(CheckpointError) {
    let opened: (descriptor: Int32, bytes: Int)
    do { opened = try RegularFile.open(path) } catch {
      let reason: String =
        switch error {
        case .kind("a folder"): "a folder"
        case .kind: "not a regular file"
        default: "\(error)"
        }
      throw .unreadable(path: path, reason: reason)
    }
    self.path = path
    count = opened.bytes
    storage = .file(descriptor: opened.descriptor)
  }

  init(path: String, bytes: [UInt8]) {
    self.path = path
    count = bytes.count
    storage = .memory(bytes)
  }

  deinit {
    if case .file(let descriptor) = storage { close(descriptor) }
  }

  /// The bytes of `range`.
  ///
  /// - Precondition: `range` lies within `0..<count`; callers check sizes from the file first.
  func read(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    switch storage {
    case .memory(let bytes): return Array(bytes[range])
    case .file(let descriptor):
      var failure: String?
      let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, done in
        let all = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: range.count)
        let found = Descriptor.fill(all, from: descriptor, at: range.lowerBound)
        done = found.count
        if done < range.count {
          failure = found.code == 0 ? "it became shorter while it was read" : systemReason(found.code)
        }
      }
      if let failure { throw .unreadable(path: path, reason: failure) }
      return bytes
    }
  }
}
