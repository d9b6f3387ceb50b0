/// A tar archive made here, block by block.
struct TarBytes {
  var bytes: [UInt8] = []

  /// - Parameters:
  ///   - size: what the header says; nil for that of `content`.
  ///   - sizeField: twelve bytes in place of octal digits.
  mutating func add(
    _ name: String, _ content: [UInt8] = [], kind: Character = "0", prefix: String = "", isGNU: Bool = false,
    size: Int? = nil, sizeField: [UInt8]? = nil, extendsChecksum: Int = 0
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], _ offset: Int) { header.replaceSubrange(offset..<offset + text.count, with: text) }
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
    put(Array(Array(name.utf8).prefix(100)), 0)
    put(octal(0o644, 7), 100)
    put(sizeField ?? octal(size ?? content.count, 11), 124)
    put(Array(String(kind).utf8), 156)
    put(Array((isGNU ? "ustar  \0" : "ustar\u{0}00").utf8), 257)
    put(Array(prefix.utf8), 345)
    put([UInt8](repeating: 0x20, count: 8), 148)
    put(octal(header.reduce(0) { $0 + Int($1) } + extendsChecksum, 6) + [0, 0x20], 148)
    bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  /// A header in front of the next member, with what is to replace its fields.
  mutating func addPax(_ records: [(String, String)]) {
    var text: [UInt8] = []
    for (key, value) in records {
      let rest = " \(key)=\(value)\n".utf8.count
      var length = rest + String(rest).utf8.count
      if String(length).utf8.count > String(rest).utf8.count { length = rest + String(length).utf8.count }
      text += Array("\(length) \(key)=\(value)\n".utf8)
    }
    add("PaxHeaders/x", text, kind: "x")
  }

  mutating func end() { bytes += [UInt8](repeating: 0, count: 1024) }
}
