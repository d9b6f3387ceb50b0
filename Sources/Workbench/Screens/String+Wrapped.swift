extension String {
  /// In lines of at most `width` columns, broken at blanks where there are some. Control characters are spelt out first.
  func wrapped(to width: Int) -> [String] {
    guard width > 0 else { return [] }
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in shown.split(separator: " ", omittingEmptySubsequences: false) {
      var word = Substring(word)
      let columns = String(word).columns
      if used > 0 && used + 1 + columns > width {
        lines.append(line)
        (line, used) = ("", 0)
      } else if used > 0 {
        line += " "
        used += 1
      }
      // A word longer than a line is cut where the line ends.
      while used + String(word).columns > width {
        let head = Self.prefix(word, width - used)
        guard !head.isEmpty else { break }
        lines.append(line + head)
        (line, used) = ("", 0)
        word = word.dropFirst(head.count)
      }
      line += word
      used += String(word).columns
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  /// The glyphs that fit, at least one.
  private static func prefix(_ text: Substring, _ width: Int) -> Substring {
    var used = 0
    var end = text.startIndex
    while end < text.endIndex {
      let columns = String(text[end]).columns
      if used + columns > width && end > text.startIndex { break }
      used += columns
      end = text.index(after: end)
    }
    return text[..<end]
  }
}
