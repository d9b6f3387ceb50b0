import Base

/// Command lines as a POSIX shell reads them: the one place where the program writes words into a line and takes them apart.
public enum ShellLine {
  /// A line of `words`. What begins with `~/` keeps its meaning: the home folder.
  public static func text(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  /// `word` as one word of a line, on one line and safe to show: a word with control characters, or with those that change the
  /// writing direction, is written as `$'...'` (POSIX.1-2024, section 2.2.4), byte by byte where it is not ASCII. So are bytes of
  /// a file name that is no UTF-8, which stand as U+10FF80 to U+10FFFF.
  public static func quoted(_ word: String) -> String {
    if word.hasPrefix("~/"), word.utf8.count > 2 { return "~/" + quoted(String(word.dropFirst(2))) }
    if !word.isEmpty && word.utf8.allSatisfy(isPlain) { return word }
    guard word.unicodeScalars.contains(where: \.isUnprintable) else {
      return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
    var text = "$'"
    for byte in word.unicodeScalars.flatMap(bytes) {
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
      case 0x20..<0x7F: text += String(UnicodeScalar(byte))
      default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text + "'"
  }

  /// Splits a line as a shell does, without its substitutions; nil where a quote stays open.
  public static func words(_ line: String) -> [String]? {
    var reader = Reader(Array(line.unicodeScalars))
    return reader.words()
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39: true
    default: "_-./,:=+@%".utf8.contains(byte)
    }
  }

  private static func bytes(_ scalar: Unicode.Scalar) -> [UInt8] {
    scalar.fileNameByte.map { [$0] } ?? Array(String(scalar).utf8)
  }
}

extension ShellLine {
  /// Goes through a line once.
  private struct Reader {
    private let line: [Unicode.Scalar]
    private var place = 0
    /// UTF-8 of the word that is being read; nil between words.
    private var word: [UInt8]?

    init(_ line: [Unicode.Scalar]) { self.line = line }

    mutating func words() -> [String]? {
      var words: [String] = []
      while let scalar = next() {
        switch scalar {
        case "\\":
          guard let escaped = next() else { return nil }
          add(escaped)
        case "'": guard quote("'") else { return nil }
        case "\"": guard quote("\"") else { return nil }
        case "$" where place < line.count && line[place] == "'":
          place += 1
          guard ansiQuote() else { return nil }
        case _ where scalar.properties.isWhitespace:
          if let done = word { words.append(String(fileName: done)) }
          word = nil
        default: add(scalar)
        }
      }
      if let done = word { words.append(String(fileName: done)) }
      return words
    }

    private mutating func next() -> Unicode.Scalar? {
      guard place < line.count else { return nil }
      place += 1
      return line[place - 1]
    }

    private mutating func add(_ scalar: Unicode.Scalar) { word = (word ?? []) + Array(String(scalar).utf8) }

    /// Up to the closing quote; false where there is none. In double quotes a backslash takes the next character as it is.
    private mutating func quote(_ end: Unicode.Scalar) -> Bool {
      word = word ?? []
      while let scalar = next() {
        if scalar == end { return true }
        guard scalar == "\\", end == "\"" else {
          add(scalar)
          continue
        }
        guard let escaped = next() else { return false }
        add(escaped)
      }
      return false
    }

    /// The rest of `$'...'`; false where it does not end.
    private mutating func ansiQuote() -> Bool {
      word = word ?? []
      while let scalar = next() {
        if scalar == "'" { return true }
        guard scalar == "\\" else {
          add(scalar)
          continue
        }
        guard let escaped = next() else { return false }
        switch escaped {
        case "n": add("\n")
        case "t": add("\t")
        case "r": add("\r")
        case "x":
          let digits = line[place...].prefix(2).prefix { $0.properties.isASCIIHexDigit }
          place += digits.count
          word?.append(UInt8(String(String.UnicodeScalarView(digits)), radix: 16) ?? 0)
        default: add(escaped)
        }
      }
      return false
    }
  }
}
