/// Text to look for in names, upper and lower case alike.
struct TextQuery: Sendable {
  private let text: String
  /// Lower case, if it is all ASCII: bytes are compared then, which is ten times as fast.
  private let bytes: [UInt8]?

  init(_ text: String) {
    self.text = text.lowercased()
    bytes = self.text.utf8.allSatisfy { $0 < 0x80 } ? Array(self.text.utf8) : nil
  }

  func isIn(_ name: String) -> Bool {
    guard let bytes else { return name.lowercased().contains(text) }
    guard let first = bytes.first else { return true }
    var name = name
    return name.withUTF8 { name in
      guard name.count >= bytes.count else { return false }
      return (0...name.count - bytes.count).contains { start in
        Self.lower(name[start]) == first && bytes.indices.allSatisfy { Self.lower(name[start + $0]) == bytes[$0] }
      }
    }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
