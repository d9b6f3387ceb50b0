import Glibc

/// Names of files are bytes. Where they are UTF-8 they are text as they stand; in others each byte that fits nowhere is held as
/// a character of its own, U+10FF00 plus the byte, which no text uses, and becomes that byte again where a file is opened.
extension String {
  /// The text for the bytes of a name or path.
  package init(fileName bytes: some Collection<UInt8>) {
    var text = String.UnicodeScalarView()
    var parser = UTF8.ForwardParser()
    var (rest, place) = (bytes.makeIterator(), bytes.startIndex)
    func escape(_ count: Int) {
      for byte in bytes[place...].prefix(count) { text.append(Unicode.Scalar(fileNameByte: byte)) }
    }
    while true {
      let count: Int
      switch parser.parseScalar(from: &rest) {
      case .valid(let encoded):
        count = encoded.count
        let scalar = UTF8.decode(encoded)
        if scalar.fileNameByte == nil { text.append(scalar) } else { escape(count) }
      case .error(let length):
        count = length
        escape(count)
      case .emptyInput:
        self = String(text)
        return
      }
      place = bytes.index(place, offsetBy: count)
    }
  }

  /// The same of what ends with a zero byte.
  package init(cFileName bytes: UnsafePointer<CChar>) {
    self.init(fileName: UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)))
  }

  /// The bytes of a name or path as the system takes it, with a zero at the end.
  package var systemPath: [CChar] {
    guard unicodeScalars.contains(where: { $0.fileNameByte != nil }) else { return Array(utf8CString) }
    return unicodeScalars.flatMap { scalar -> [CChar] in
      if let byte = scalar.fileNameByte { return [CChar(bitPattern: byte)] }
      return UTF8.encode(scalar).map { $0.map { CChar(bitPattern: $0) } } ?? []
    } + [0]
  }
}

extension Unicode.Scalar {
  private static let fileNameBytes: UInt32 = 0x10FF00

  package init(fileNameByte byte: UInt8) {
    self = Unicode.Scalar(Self.fileNameBytes + UInt32(byte)) ?? "\u{FFFD}"
  }

  /// The byte of a name that is no UTF-8.
  package var fileNameByte: UInt8? {
    value >= Self.fileNameBytes + 0x80 ? UInt8(truncatingIfNeeded: value) : nil
  }

  /// As a byte of a name is shown: `\xE9`; nil for any other character.
  package var shownFileNameByte: String? { fileNameByte.map { "\\x" + String($0, radix: 16, uppercase: true) } }
}

/// What a folder holds, hidden files too, in no order; nil where it cannot be listed, and `errno` says why.
package func namesInFolder(_ path: String) -> [String]? {
  guard !path.utf8.contains(0), let folder = opendir(path.systemPath) else { return nil }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(fileName: $0.prefix { $0 != 0 }) }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}

/// Whether a name is what a shell's pattern (`*`, `?`, `[a-z]`) stands for.
package func matches(_ name: String, pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
