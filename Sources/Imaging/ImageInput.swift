import CSystem
import Glibc

/// An opened input: a regular file is read piece by piece; anything else (standard input, a pipe) is taken in whole first.
enum ImageInput {
  /// Opens `path` ("-" is standard input), checks its size and first bytes, and hands it to `body`.
  static func open<Result>(
    _ path: String, _ limits: ImageLimits,
    _ body: (grl_image_source, ImageFile.Format) throws(ImageError) -> Result
  ) throws(ImageError) -> Result {
    if path == "-" {
      return try open(try readAll(0, path: "standard input", limits), path: "standard input", limits, body)
    }
    guard !path.utf8.contains(0) else { throw .unreadable(path: path, reason: "a zero byte in the name") }
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemReason()) }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: systemReason()) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw .unreadable(path: path, reason: "it is a folder")
    case S_IFREG:
      let size = Int(status.st_size)
      guard size <= limits.fileBytes else {
        throw .fileTooLarge(path: path, bytes: size, limitBytes: limits.fileBytes)
      }
      let source = grl_image_source(bytes: nil, count: UInt64(size), descriptor: descriptor)
      return try body(source, try format(try firstBytes(descriptor, path: path), path: path))
    default:
      return try open(try readAll(descriptor, path: path, limits), path: path, limits, body)
    }
  }

  /// Throws unless `path` is a regular file within the limits: for libraries that open files themselves.
  static func checkRegularFile(_ path: String, _ limits: ImageLimits) throws(ImageError) {
    guard !path.utf8.contains(0) else { throw .unreadable(path: path, reason: "a zero byte in the name") }
    var status = stat()
    guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
      throw .unreadable(path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is not a regular file") }
    guard status.st_size <= limits.fileBytes else {
      throw .fileTooLarge(path: path, bytes: Int(status.st_size), limitBytes: limits.fileBytes)
    }
  }

  /// Bytes of the file at `path`; 0 where it is gone.
  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Hands `bytes` to `body`; `path` names them in errors.
  static func open<Result>(
    _ bytes: [UInt8], path: String, _ limits: ImageLimits,
    _ body: (grl_image_source, ImageFile.Format) throws(ImageError) -> Result
  ) throws(ImageError) -> Result {
    guard bytes.count <= limits.fileBytes else {
      throw .fileTooLarge(path: path, bytes: bytes.count, limitBytes: limits.fileBytes)
    }
    let format = try format(Array(bytes.prefix(FileSignature.length)), path: path)
    return try bytes.withUnsafeBufferPointer { buffer throws(ImageError) in
      try body(grl_image_source(bytes: buffer.baseAddress, count: UInt64(buffer.count), descriptor: -1), format)
    }
  }

  private static func format(_ begins: [UInt8], path: String) throws(ImageError) -> ImageFile.Format {
    guard let format = FileSignature.format(begins) else { throw .notAnImage(path: path, begins: begins) }
    return format
  }

  private static func firstBytes(_ descriptor: Int32, path: String) throws(ImageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: FileSignature.length)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { throw .unreadable(path: path, reason: systemReason()) }
    return Array(bytes.prefix(count))
  }

  private static func readAll(_ descriptor: Int32, path: String, _ limits: ImageLimits) throws(ImageError) -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(path: path, reason: systemReason()) }
      if count == 0 { return bytes }
      guard bytes.count + count <= limits.fileBytes else {
        throw .fileTooLarge(path: path, bytes: nil, limitBytes: limits.fileBytes)
      }
      bytes.append(contentsOf: block.prefix(count))
    }
  }
}

/// The operating system's words for an error number.
func systemReason(_ number: Int32 = errno) -> String { String(cString: strerror(number)) }
