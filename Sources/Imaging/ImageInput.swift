import Base
import CImageIO
import Glibc

/// An opened input: a regular file is read piece by piece; a stream, where one may be read, is taken in whole first.
///
/// It can be read several times, each time from its beginning.
final class ImageInput {
  private enum Place {
    case descriptor(Int32)
    case bytes([UInt8])
  }

  /// Names the file in errors.
  let path: String
  let format: ImageFile.Format
  private let place: Place
  private let count: Int

  /// Opens `path` ("-" is standard input) and checks its size and first bytes.
  init(_ path: String, _ limits: ImageLimits) throws(ImageError) {
    if limits.takesStreams, let stream = Self.stream(path) {
      self.path = path == "-" ? "standard input" : path
      let bytes = try PictureStream(stream, path: self.path, limits).bytes()
      (place, count) = (.bytes(bytes), bytes.count)
      format = try Self.format(Array(bytes.prefix(FileSignature.length)), path: self.path)
      return
    }
    self.path = path
    let (descriptor, count) = try Self.opened(path, limits)
    do throws(ImageError) {
      format = try Self.format(try Self.firstBytes(descriptor, path: path), path: path)
    } catch {
      close(descriptor)
      throw error
    }
    (place, self.count) = (.descriptor(descriptor), count)
  }

  /// `bytes` of a file; `path` names them in errors.
  init(_ bytes: [UInt8], path: String, _ limits: ImageLimits) throws(ImageError) {
    guard bytes.count <= limits.fileBytes else {
      throw .fileTooLarge(path: path, bytes: bytes.count, limitBytes: limits.fileBytes)
    }
    self.path = path
    (place, count) = (.bytes(bytes), bytes.count)
    format = try Self.format(Array(bytes.prefix(FileSignature.length)), path: path)
  }

  /// Bytes of a file that is held as it is encoded.
  var heldBytes: Int { if case .bytes(let bytes) = place { bytes.count } else { 0 } }

  deinit { if case .descriptor(let descriptor) = place { close(descriptor) } }

  func read<Result>(_ body: (grl_image_source) throws(ImageError) -> Result) throws(ImageError) -> Result {
    switch place {
    case .descriptor(let descriptor):
      guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .unreadable(path: path, reason: systemReason()) }
      return try body(grl_image_source(bytes: nil, count: UInt64(count), descriptor: descriptor))
    case .bytes(let bytes):
      return try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
        try body(grl_image_source(bytes: buffer.baseAddress, count: UInt64(buffer.count), descriptor: -1))
      }
    }
  }

  /// The descriptor that `path` names: "-", or one that a shell's `<(...)` hands over. nil for the name of a file.
  static func stream(_ path: String) -> Int32? {
    if path == "-" || path == "/dev/stdin" { return 0 }
    for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
      let number = path.dropFirst(folder.count)
      guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return Int32(number)
    }
    return nil
  }

  private static func opened(
    _ path: String, _ limits: ImageLimits
  ) throws(ImageError) -> (descriptor: Int32, bytes: Int) {
    do throws(RegularFile.Refusal) {
      let (descriptor, size) = try RegularFile.open(path)
      guard size <= limits.fileBytes else {
        close(descriptor)
        throw .tooLarge(limitBytes: size)
      }
      return (descriptor, size)
    } catch {
      switch error {
      case .tooLarge(let size): throw .fileTooLarge(path: path, bytes: size, limitBytes: limits.fileBytes)
      case .kind("a named pipe") where limits.takesStreams:
        throw .unreadable(path: path, reason: "\(error); give it as standard input: - < FILE")
      default: throw .unreadable(path: path, reason: "\(error)")
      }
    }
  }

  /// Throws unless `path` is a regular file within the limits: for libraries that open files themselves.
  static func checkRegularFile(_ path: String, _ limits: ImageLimits) throws(ImageError) {
    close(try opened(path, limits).descriptor)
  }

  /// Bytes of the file at `path`; 0 where it is gone.
  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path.systemPath, &status) == 0 ? Int(status.st_size) : 0
  }

  static func format(_ begins: [UInt8], path: String) throws(ImageError) -> ImageFile.Format {
    guard let format = FileSignature.format(begins) else { throw .notAnImage(path: path, begins: begins) }
    return format
  }

  private static func firstBytes(_ descriptor: Int32, path: String) throws(ImageError) -> [UInt8] {
    guard let bytes = Descriptor.head(descriptor, FileSignature.length) else {
      throw .unreadable(path: path, reason: systemReason())
    }
    return bytes
  }
}
