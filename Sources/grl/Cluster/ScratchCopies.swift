import Base
import Foundation

/// Copies of the next inputs on a node's own disk, made while the picture before them is computed.
final class ScratchCopies {
  /// Pictures beyond the one in work.
  private static let ahead = 2

  private let folder: String
  private let inputs: [String]
  private let note: (String) -> Void
  private var copies: [Int: ScratchCopy] = [:]
  private var isOff = false

  /// - Parameters:
  ///   - place: an existing folder; a folder of this process's own is made in it, and removed at the end.
  ///   - inputs: in the order in which they are worked on.
  init(in place: String, inputs: [String], note: @escaping (String) -> Void) throws(Failure) {
    (self.inputs, self.note) = (inputs, note)
    folder = joined(place, "grl-\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36))")
    guard mkdir(folder.systemPath, 0o700) == 0 else {
      throw Failure(.usage, "--scratch \(place): \(systemReason()); give a folder that can be written to".printable)
    }
  }

  deinit {
    for copy in copies.values { _ = copy.wait() }
    do { try FileManager.default.removeItem(atPath: folder) } catch {}
  }

  /// Where the bytes of input `index` are read: of its copy, or, where there is no room for one, where they are.
  func path(of index: Int) -> String {
    guard !isOff else { return inputs[index] }
    for next in index...min(index + Self.ahead, inputs.count - 1) where copies[next] == nil {
      copies[next] = ScratchCopy(of: inputs[next], to: "\(folder)/\(next)")
    }
    guard let copy = copies[index] else { return inputs[index] }
    if let reason = copy.wait() {
      note("\(inputs[index]): no copy on the scratch disk (\(reason)); read where it is")
      return inputs[index]
    }
    return copy.path
  }

  /// The picture is settled.
  func remove(_ index: Int) {
    guard let copy = copies.removeValue(forKey: index) else { return }
    _ = copy.wait()
    copy.remove()
  }
}

/// One file on its way to a folder of its own, with its name and time.
private final class ScratchCopy: Sendable {
  let path: String
  private let folder: String
  private let ended = DispatchSemaphore(value: 0)
  private let reason = Locked<String?>(nil)

  init(of input: String, to folder: String) {
    self.folder = folder
    path = joined(folder, lastComponent(input))
    Thread.detachNewThread { [self] in
      let code = mkdir(folder.systemPath, 0o700) == 0 ? Self.copy(input, to: path) : errno
      if code != 0 {
        remove()
        reason.withLock { $0 = systemReason(code) }
      }
      ended.signal()
    }
  }

  /// Why there is none; nil where it is there.
  func wait() -> String? {
    ended.wait()
    ended.signal()
    return reason.withLock { $0 }
  }

  func remove() {
    unlink(path.systemPath)
    rmdir(folder.systemPath)
  }

  /// - Returns: 0 or `errno`.
  private static func copy(_ input: String, to output: String) -> Int32 {
    let source = open(input.systemPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard source >= 0 else { return errno }
    defer { close(source) }
    var status = stat()
    guard fstat(source, &status) == 0 else { return errno }
    guard status.st_mode & S_IFMT == S_IFREG else { return EINVAL }
    let target = open(output.systemPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard target >= 0 else { return errno }
    defer { close(target) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(source, $0.baseAddress!, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return errno }
      if count == 0 { break }
      let code = buffer.withUnsafeBytes {
        WholeFile.writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: target)
      }
      if code != 0 { return code }
    }
    // Tiles belong to a picture of this size and time.
    return futimens(target, [status.st_atim, status.st_mtim]) == 0 ? 0 : errno
  }
}
