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
