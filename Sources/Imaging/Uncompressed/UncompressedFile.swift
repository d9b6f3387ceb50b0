/// The plain formats that test sets of papers come in: Windows bitmaps and TIFF, plain or in PackBits.
///
/// Only what such sets hold is read: gray, palette and RGB, 8 bits (TIFF also 16), one picture. Nothing of a file is trusted;
/// every place is checked before it is read.
public enum UncompressedFile {
  /// Endings of names, in lower case.
  public static let extensions: Set<String> = ["bmp", "tif", "tiff"]

  /// Decodes a file's `bytes`, or returns nil where they begin like neither format; `path` names them in errors.
  ///
  /// - Throws: `ImageError.damaged`, `.unsupported`, `.tooLarge` (from the header, before samples are taken).
  public static func decode(
    _ bytes: [UInt8], path: String, limits: ImageLimits = .standard
  ) throws(ImageError) -> Image? {
    if bytes.starts(with: Array("BM".utf8)) { return try WindowsBitmap(bytes, path: path, limits: limits).image() }
    if bytes.starts(with: Array("II*\0".utf8)) || bytes.starts(with: Array("MM\0*".utf8)) {
      return try PlainTIFF(bytes, path: path, limits: limits).image()
    }
    return nil
  }

  /// Pixels of the picture and bytes that decoding it takes, by the header of a file's `bytes`; nil where they begin like
  /// neither format.
  public static func size(
    _ bytes: [UInt8], path: String, limits: ImageLimits = .standard
  ) throws(ImageError) -> (pixels: Int, decodingBytes: Int)? {
    if bytes.starts(with: Array("BM".utf8)) { return try WindowsBitmap(bytes, path: path, limits: limits).size }
    if bytes.starts(with: Array("II*\0".utf8)) || bytes.starts(with: Array("MM\0*".utf8)) {
      return try PlainTIFF(bytes, path: path, limits: limits).size
    }
    return nil
  }
}

/// Numbers at checked places of a file.
struct FileBytes {
  let bytes: [UInt8]
  let path: String
  var isBigEndian = false

  /// An unsigned number of `count` bytes (1 to 4).
  func number(at offset: Int, count: Int) throws(ImageError) -> Int {
    guard offset >= 0, offset <= bytes.count - count else { throw damaged("it ends before byte \(offset)") }
    var value = 0
    for i in 0..<count { value = value << 8 | Int(bytes[offset + (isBigEndian ? i : count - 1 - i)]) }
    return value
  }

  /// Throws unless the picture is within the limits and not empty.
  func check(width: Int, height: Int, limits: ImageLimits) throws(ImageError) {
    guard width > 0, height > 0 else { throw damaged("its sides are \(width) x \(height)") }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= limits.pixels, width <= limits.side, height <= limits.side else {
      throw .tooLarge(path: path, width: width, height: height, limitPixels: limits.pixels, limitSide: limits.side)
    }
  }

  func damaged(_ reason: String) -> ImageError { .damaged(path: path, reason: reason) }
  func unsupported(_ what: String) -> ImageError { .unsupported(path: path, what: what) }
}
