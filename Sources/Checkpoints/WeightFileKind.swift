/// What a file is, judged by its first bytes; names and extensions count for nothing.
enum WeightFileKind: Equatable {
  case safetensors
  case zip
  case legacyTorch
  /// None of ours; the text says what it looks like.
  case other(String)

  init(_ source: ByteSource) throws(CheckpointError) {
    self.init(try source.read(0..<min(512, source.count)), fileSize: source.count)
  }

  init(_ head: [UInt8], fileSize: Int) {
    if let (_, kind) = Self.signatures.first(where: { head.starts(with: $0.bytes) }) {
      self = kind
    } else if head.count > 8, head[8] == UInt8(ascii: "{") || Self.headerLength(head) <= UInt64(fileSize) {
      self = .safetensors
    } else if let text = String(validating: head.prefix(64), as: UTF8.self),
      let start = text.lowercased().split(whereSeparator: \.isWhitespace).first, start.hasPrefix("<")
    {
      self = .other("a web page or XML text (a failed download?)")
    } else if head.isEmpty {
      self = .other("an empty file")
    } else if Self.looksLikePickle(head) {
      self = .other("a bare Python pickle (never read)")
    } else {
      self = .other("unknown content (it begins with \(Self.hexadecimal(head.prefix(8))))")
    }
  }

  private static let signatures: [(bytes: [UInt8], kind: WeightFileKind)] = [
    (Array("PK\u{3}\u{4}".utf8), .zip),
    (Array("PK\u{5}\u{6}".utf8), .zip),
    // A pickled integer, 0x1950a86a20f9469cfc6c, opens the files of PyTorch before 1.6.
    ([0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19], .legacyTorch),
    ([0x89] + Array("PNG".utf8), .other("a PNG picture")),
    ([0xFF, 0xD8, 0xFF], .other("a JPEG picture")),
    ([0x93] + Array("NUMPY".utf8), .other("a NumPy array")),
    ([0x89] + Array("HDF\r\n".utf8), .other("an HDF5 file")),
    (Array("GGUF".utf8), .other("a GGUF model")),
    (Array("7z".utf8) + [0xBC, 0xAF], .other("a 7z archive (unpack it first)")),
    ([0x1F, 0x8B], .other("gzip-compressed (unpack it first)")),
    (Array("version https://git-lfs".utf8), .other("a Git LFS pointer (fetch the file with git lfs pull)")),
  ]

  private static func headerLength(_ head: [UInt8]) -> UInt64 {
    head.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Protocol 2 and later begin with 0x80 and the version, earlier ones often with a `c` or `(` line of text.
  private static func looksLikePickle(_ head: [UInt8]) -> Bool {
    if head.count >= 2, head[0] == 0x80 { return head[1] <= 5 }
    return (head[0] == UInt8(ascii: "c") || head[0] == UInt8(ascii: "(")) && head.contains(UInt8(ascii: "\n"))
  }

  private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }
}
