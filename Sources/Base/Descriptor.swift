import Glibc

/// Reading from open files, whatever signals come in between.
package enum Descriptor {
  /// What is there now, at most 64 KiB; empty at the end. Nil and `errno` where nothing is there or the reading failed.
  package static func readSome(_ descriptor: Int32) -> (bytes: [UInt8]?, code: Int32) {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
      var result: Int
      repeat { result = read(descriptor, buffer.baseAddress, buffer.count) } while result < 0 && errno == EINTR
      code = result < 0 ? errno : 0
      count = max(result, 0)
    }
    return code == 0 ? (bytes, 0) : (nil, code)
  }

  /// The first bytes of a file, `count` at most, wherever it stands. Nil and `errno` where they cannot be read.
  package static func head(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let found = pread(descriptor, &bytes, count, 0)
    return found < 0 ? nil : Array(bytes.prefix(found))
  }

  /// Fills `buffer` from a place of a file.
  ///
  /// - Returns: how many bytes there were, and `errno`, or 0 where the file has ended.
  package static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int
  ) -> (count: Int, code: Int32) {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return (done, count < 0 ? errno : 0) }
      done += count
    }
    return (done, 0)
  }

  /// Whether an open file has the bytes of the file at `path`; false where one of them cannot be read.
  package static func isEqual(_ descriptor: Int32, _ path: String) -> Bool {
    let other = open(path.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard other >= 0 else { return false }
    defer { close(other) }
    var (first, second) = ([UInt8](repeating: 0, count: 1 << 20), [UInt8](repeating: 0, count: 1 << 20))
    var place = 0
    while true {
      let (a, b) = (
        first.withUnsafeMutableBytes { fill($0, from: descriptor, at: place) },
        second.withUnsafeMutableBytes { fill($0, from: other, at: place) }
      )
      guard a.code == 0, b.code == 0, a.count == b.count, first[..<a.count] == second[..<b.count] else { return false }
      if a.count < first.count { return true }
      place += a.count
    }
  }

  /// Whether `path` still names the file that is open.
  package static func isNamed(_ descriptor: Int32, _ path: String) -> Bool {
    var (held, named) = (stat(), stat())
    return fstat(descriptor, &held) == 0 && lstat(path.systemPath, &named) == 0 && held.st_ino == named.st_ino
      && held.st_dev == named.st_dev
  }
}
