/// What a file is by its first bytes.
enum FileSignature {
  static let length = 16
  static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  static let jpeg: [UInt8] = [0xFF, 0xD8]

  static func format(_ begins: [UInt8]) -> ImageFile.Format? {
    if begins.starts(with: png) { return .png }
    if begins.starts(with: jpeg) { return .jpeg }
    return nil
  }

  /// Words for a file that is neither PNG nor JPEG.
  static func describe(_ begins: [UInt8]) -> String {
    name(begins) ?? "data that begin with " + begins.prefix(8).map { hex($0) }.joined(separator: " ")
  }

  /// What is known by its beginning; nil for anything else.
  static func name(_ begins: [UInt8]) -> String? {
    if begins.isEmpty { return "an empty file" }
    for (offset, bytes, name) in known where begins.dropFirst(offset).starts(with: bytes) { return name }
    if begins.allSatisfy({ (0x20...0x7E).contains($0) || (0x09...0x0D).contains($0) }) { return "text" }
    return nil
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  private static let known: [(offset: Int, bytes: [UInt8], name: String)] = [
    (0, Array("GIF8".utf8), "a GIF picture"),
    (0, Array("II*\0".utf8), "a TIFF or camera raw picture"),
    (0, Array("MM\0*".utf8), "a TIFF or camera raw picture"),
    (8, Array("WEBP".utf8), "a WebP picture"),
    (4, Array("ftypavif".utf8), "an AVIF picture"),
    (4, Array("ftyphei".utf8), "a HEIF picture"),
    (4, Array("ftypmif1".utf8), "a HEIF picture"),
    (0, [0, 0, 0, 0x0C] + Array("jP  ".utf8), "a JPEG 2000 picture"),
    (0, [0, 0, 0, 0x0C] + Array("JXL ".utf8), "a JPEG XL picture"),
    (0, [0xFF, 0x0A], "a JPEG XL picture"),
    (0, Array("8BPS".utf8), "a Photoshop file"),
    (0, Array("%PDF".utf8), "a PDF file"),
    (0, Array("P4".utf8), "a portable bitmap"),
    (0, Array("P5".utf8), "a portable graymap"),
    (0, Array("P6".utf8), "a portable pixmap"),
    (0, Array("BM".utf8), "a BMP picture"),
    (0, [0x1F, 0x8B], "a gzip archive"),
    (0, Array("PK\u{3}\u{4}".utf8), "a zip archive"),
    (1, Array("PNG".utf8), "a PNG file whose signature was changed on its way, as by a transfer in text mode"),
  ]
}
