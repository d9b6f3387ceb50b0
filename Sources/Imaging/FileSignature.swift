/// What a file is by its first bytes.
enum FileSignature {
  static let length = 16
  static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  static let jpeg: [UInt8] = [0xFF, 0xD8]

  static func format(_ begins: [UInt8]) -> ImageFile.Format? {
    if begins.starts(with: png) { return .png }
    if begins.starts(with: jpeg) { return .jpeg }
    func has(_ text: String, at place: Int = 0) -> Bool { begins.dropFirst(place).starts(with: Array(text.utf8)) }
    // Classic and BigTIFF of both byte orders.
    if has("II*\0") || has("MM\0*") || has("II+\0") || has("MM\0+") { return .tiff }
    if has("RIFF") && has("WEBP", at: 8) { return .webp }
    if has("ftyp", at: 4) {
      if has("avif", at: 8) || has("avis", at: 8) { return .avif }
      if ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"].contains(where: { has($0, at: 8) }) {
        return .heic
      }
    }
    if has("\0\0\0\u{C}JXL ") || begins.starts(with: [0xFF, 0x0A]) { return .jxl }
    if begins.starts(with: [0x76, 0x2F, 0x31, 0x01]) { return .exr }
    // The size of its header tells a bitmap from a text that begins so.
    if has("BM"), begins.count == length, [12, 40, 52, 56, 64, 108, 124].contains(begins[14]), begins[15] == 0 {
      return .bmp
    }
    if begins.count > 2, begins[0] == UInt8(ascii: "P"), (0x09...0x0D).contains(begins[2]) || begins[2] == 0x20 {
      switch begins[1] {
      case UInt8(ascii: "1")...UInt8(ascii: "7"): return .pnm
      case UInt8(ascii: "F"), UInt8(ascii: "f"): return .pfm
      default: break
      }
    }
    return nil
  }

  /// Words for a file of no known format.
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
    (0, [0, 0, 0, 0x0C] + Array("jP  ".utf8), "a JPEG 2000 picture"),
    (0, Array("8BPS".utf8), "a Photoshop file"),
    (0, Array("%PDF".utf8), "a PDF file"),
    (0, [0x1F, 0x8B], "a gzip archive"),
    (0, Array("PK\u{3}\u{4}".utf8), "a zip archive"),
    (1, Array("PNG".utf8), "a PNG file whose signature was changed on its way, as by a transfer in text mode"),
  ]
}
