import Base

/// Text as cells show it: every glyph with the columns it takes, nothing in it that could move a cursor, reorder or hide.
///
/// Control characters become `^[`, other hidden ones `\u{202e}`, bytes of a file name that is no UTF-8 `\xe9`; a glyph keeps at most four combining marks.
package struct ShownText: Hashable, Sendable {
  package struct Glyph: Hashable, Sendable {
    package let character: Character
    /// 1 or 2.
    package let columns: Int
  }

  package private(set) var glyphs: [Glyph] = []
  package private(set) var columns = 0

  /// Most marks that a cell takes (what ncurses can hold).
  private static let markLimit = 4

  /// - Parameter limit: no more columns than these are looked at, so that long text costs nothing.
  package init(_ text: some StringProtocol, limit: Int = .max) {
    if Self.isPlain(text) {
      for byte in text.utf8 {
        guard columns < limit else { return }
        append(Character(Unicode.Scalar(byte)), 1)
      }
      return
    }
    var marks = 0
    for scalar in text.unicodeScalars {
      let width = scalar.fileNameByte != nil ? .hidden : CharacterWidth(scalar)
      switch width {
      case .columns(let width):
        guard columns < limit else { return }
        append(Character(scalar), width)
        marks = 0
      case .combining where !glyphs.isEmpty && marks < Self.markLimit && glyphs[glyphs.count - 1].character != " ":
        let last = glyphs.removeLast()
        // A mark may join its base to two characters (a CRLF cannot come here); then it is not drawn.
        let joined = String(last.character) + String(Character(scalar))
        glyphs.append(Glyph(character: joined.count == 1 ? Character(joined) : last.character, columns: last.columns))
        marks += 1
      case .combining where marks >= Self.markLimit, .dropped:
        break
      case .combining, .hidden:
        guard columns < limit else { return }
        for character in Self.escape(scalar) { append(character, 1) }
        marks = Self.markLimit
      }
    }
  }

  private mutating func append(_ character: Character, _ width: Int) {
    glyphs.append(Glyph(character: character, columns: width))
    columns += width
  }

  private static func isPlain(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    if let byte = scalar.fileNameByte { return "\\x" + String(byte, radix: 16) }
    return switch scalar.value {
    case 0..<0x20: "^" + String(Character(Unicode.Scalar(UInt8(scalar.value) + 0x40)))
    case 0x7f: "^?"
    default: "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }

  package var string: String { String(glyphs.map(\.character)) }

  /// At most `width` columns; `..` marks what is cut off where there is room for it.
  package func cut(to width: Int, from end: Cut = .end) -> ShownText {
    guard columns > width else { return self }
    guard width > 0 else { return ShownText("") }
    let ellipsis = ShownText(width > 4 && end != .silently ? ".." : "")
    var kept: [Glyph] = []
    var used = ellipsis.columns
    for glyph in end == .start ? glyphs.reversed() : glyphs {
      guard used + glyph.columns <= width else { break }
      kept.append(glyph)
      used += glyph.columns
    }
    var result = self
    result.glyphs = end == .start ? ellipsis.glyphs + kept.reversed() : kept + ellipsis.glyphs
    result.columns = used
    return result
  }

  /// Which part of a text that is too long goes.
  package enum Cut: Hashable, Sendable {
    case end
    /// For paths, whose last part says most.
    case start
    case silently
  }
}

extension String {
  /// Columns this takes on a canvas.
  package var columns: Int { ShownText(self).columns }

  /// As a canvas shows it: without control characters and the like.
  package var shown: String { ShownText(self).string }
}

extension String {
  /// This in lines of at most so many columns, broken at blanks where there are some. Line breaks in it count. Never empty.
  package func wrapped(columns: Int) -> [String] {
    let room = max(1, columns)
    return split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph -> [String] in
      var lines: [String] = []
      var line = ""
      var used = 0
      for word in paragraph.split(separator: " ") {
        let shown = ShownText(word)
        if used > 0, used + 1 + shown.columns <= room {
          line += " " + shown.string
          used += 1 + shown.columns
          continue
        }
        if used > 0 { lines.append(line) }
        (line, used) = ("", 0)
        for glyph in shown.glyphs {
          if used + glyph.columns > room, used > 0 {
            lines.append(line)
            (line, used) = ("", 0)
          }
          line.append(glyph.character)
          used += glyph.columns
        }
      }
      return lines + (used > 0 || lines.isEmpty ? [line] : [])
    }
  }
}
