import Glibc

/// The operating system's words for an error number.
package func systemReason(_ number: Int32 = errno) -> String {
  let text = String(cString: strerror(number))
  // It stands behind a colon. What begins with a word in capitals stays.
  guard let second = text.dropFirst().first, second.isLowercase || second == " " else { return text }
  return text.prefix(1).lowercased() + text.dropFirst()
}

/// The one way in for files that others made: pictures, themes, settings, jobs, weights to be hashed.
///
/// A named pipe waits for a writer, a device may have no end or do something when it is opened. None of them is opened here.
public enum RegularFile {
  /// Why a file was not opened or read.
  public enum Refusal: Error, Hashable, CustomStringConvertible {
    /// The operating system said no, with `code` as `errno`.
    case system(code: Int32)
    /// Something else has the name: `a folder`, `a named pipe`.
    case kind(String)
    case zeroByteInName
    case tooLarge(limitBytes: Int)

    public var description: String {
      switch self {
      case .system(let code): systemReason(code)
      case .kind("a folder"): "it is a folder"
      case .kind(let kind): "it is not a regular file but \(kind)"
      case .zeroByteInName: "a zero byte in the name"
      case .tooLarge(let limit): "larger than \(limit) bytes"
      }
    }
  }

  /// Opens `path` for reading, without ever waiting for another process; the caller closes the descriptor.
  public static func open(_ path: String) throws(Refusal) -> (descriptor: Int32, bytes: Int) {
    guard !path.utf8.contains(0) else { throw .zeroByteInName }
    var status = stat()
    // Before it is opened, since opening alone can do something (rewind a tape); and after, since it may be another by then.
    guard stat(path.systemPath, &status) == 0 else { throw .system(code: errno) }
    try check(status)
    let descriptor = Glibc.open(path.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw .system(code: errno) }
    do throws(Refusal) {
      guard fstat(descriptor, &status) == 0 else { throw .system(code: errno) }
      try check(status)
    } catch {
      close(descriptor)
      throw error
    }
    return (descriptor, Int(status.st_size))
  }

  /// All bytes of a file that has at most `limit`, however its size changes meanwhile.
  public static func read(_ path: String, limit: Int) throws(Refusal) -> [UInt8] {
    let (descriptor, size) = try open(path)
    defer { close(descriptor) }
    guard size <= limit else { throw .tooLarge(limitBytes: limit) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(code: errno) }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else { throw .tooLarge(limitBytes: limit) }
      bytes += block[..<count]
    }
  }

  private static func check(_ status: stat) throws(Refusal) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw .kind("a folder")
    case S_IFIFO: throw .kind("a named pipe")
    case S_IFSOCK: throw .kind("a socket")
    default: throw .kind("a device")
    }
  }
}
