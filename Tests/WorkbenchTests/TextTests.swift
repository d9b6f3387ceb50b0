import Glibc
import Testing
import Workbench

@Suite("Text on a canvas")
struct TextTests {
  private func canvas(_ columns: Int, _ rows: Int = 1) -> Canvas { Canvas(columns: columns, rows: rows) }
  private func row(_ columns: Int) -> CanvasArea { CanvasArea(column: 0, row: 0, columns: columns, rows: 1) }

  @Test("every glyph takes the columns that the C library tells the terminal")
  func widths() throws {
    try #require(setlocale(LC_CTYPE, "C.UTF-8") != nil)
    // Swift's Glibc leaves it out: it asks for _XOPEN_SOURCE.
    let symbol = try #require(dlsym(nil, "wcwidth"))
    let wcwidth = unsafeBitCast(symbol, to: (@convention(c) (wchar_t) -> Int32).self)
    var compared = 0
    for value in UInt32(0x20)...0x3ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let theirs = wcwidth(wchar_t(value))
      // The library may know fewer characters; what it does not know it cannot place.
      guard theirs >= 0 else { continue }
      switch CharacterWidth(scalar) {
      case .columns(let ours):
        compared += 1
        if ours != Int(theirs) { Issue.record("U+\(String(value, radix: 16)): \(ours) here, \(theirs) there") }
      case .combining: #expect(theirs == 0, "U+\(String(value, radix: 16))")
      case .dropped, .hidden: break
      }
    }
    #expect(compared > 100_000)
  }

  @Test(
    "control, bidirectional and invisible characters are spelt out",
    arguments: [
      ("a\u{1b}[2Jb", "a^[[2Jb"), ("\u{7}", "^G"), ("\u{7f}", "^?"), ("a\nb\tc\rd", "a^Jb^Ic^Md"), ("\r\n", "^M^J"),
      ("\u{9b}31m", "\\u{9b}31m"), ("\u{202e}gnp", "\\u{202e}gnp"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
      ("a\u{200b}b", "a\\u{200b}b"), ("\u{feff}", "\\u{feff}"), ("\u{ad}", "\\u{ad}"), ("\u{2028}", "\\u{2028}"),
      ("\u{e000}", "\\u{e000}"), ("\u{fffd}", "\\u{fffd}"), ("\u{2800}", "\\u{2800}"), ("\u{301}a", "\\u{301}a"),
      ("\u{e0041}", "\\u{e0041}"), ("\u{2764}\u{fe0f}", "\u{2764}"), ("e\u{301}", "e\u{301}"),
    ])
  func spelt(text: String, shown: String) { #expect(ShownText(text).string == shown) }

  @Test("a glyph keeps four marks at most, and its columns")
  func marks() {
    let shown = ShownText("a" + String(repeating: "\u{301}", count: 500) + "b")
    #expect(shown.columns == 2 && shown.glyphs.count == 2)
    #expect(shown.glyphs[0].character.unicodeScalars.count == 5)
    #expect(ShownText("\u{1100}\u{1161}\u{11a8}").columns == 2)
  }

  @Test("text is cut with two dots, at its beginning where that says less, and never within a wide glyph")
  func cut() {
    #expect(ShownText("harbour.png").cut(to: 8).string == "harbou..")
    #expect(ShownText("/home/ada/x.png").cut(to: 8, from: .start).string == "../x.png")
    #expect(ShownText("\u{6e2f}\u{6e2f}\u{6e2f}").cut(to: 5).string == "\u{6e2f}..")
    #expect(ShownText("abcdef").cut(to: 4).string == "abcd")
    #expect(ShownText("abcdef").cut(to: 0).columns == 0)
    #expect(ShownText("abcdef").cut(to: 6).string == "abcdef")
    for width in 0...12 { #expect(ShownText("\u{6e2f}a\u{6e2f}b\u{6e2f}c").cut(to: width).columns <= width) }
  }

  @Test("text stands at the left, in the middle or at the right, and stays within its area")
  func alignment() {
    for (alignment, expected) in [(Alignment.left, "[abc  ]"), (.centre, "[ abc ]"), (.right, "[  abc]")] {
      var canvas = self.canvas(7)
      canvas.write("[", in: row(1), .plain)
      canvas.write("]", in: CanvasArea(column: 6, row: 0, columns: 1, rows: 1), .plain)
      canvas.write("abc", in: CanvasArea(column: 1, row: 0, columns: 5, rows: 1), .plain, alignment)
      #expect(canvas.lines == [expected])
    }
    var canvas = self.canvas(6, 2)
    canvas.write("a long text", in: CanvasArea(column: 2, row: 1, columns: 40, rows: 1), .plain)
    #expect(canvas.lines == ["", "  a long".prefix(6) + ""])
  }

  @Test("writing over half of a wide glyph clears the other half")
  func halves() {
    var canvas = self.canvas(4)
    canvas.write("\u{6e2f}\u{6e2f}", in: row(4), .plain)
    canvas.write("x", in: CanvasArea(column: 1, row: 0, columns: 1, rows: 1), .plain)
    #expect(canvas.lines == [" x\u{6e2f}"])
    canvas.write("y", in: CanvasArea(column: 2, row: 0, columns: 1, rows: 1), .plain)
    #expect(canvas.lines == [" xy"])
    #expect(canvas.cells.allSatisfy { $0.glyph != nil })
  }

  @Test("ASCII canvases hold ASCII alone")
  func ascii() {
    var canvas = self.canvas(8)
    canvas.write("a\u{e9}\u{6e2f}\u{2713}e\u{301}", in: row(8), .plain)
    canvas.makeASCII()
    #expect(canvas.lines == ["a?????"])
    #expect(canvas.cells.allSatisfy { $0.glyph?.isASCII == true })
  }

  @Test("any text at any place of any size stays within the canvas and leaves it whole")
  func random() {
    var random = Seeded(11)
    let letters = Array(
      "ab \u{6e2f}\u{301}\u{1b}\u{202e}\u{1f600}\u{200d}\u{fe0f}\u{1100}\u{1161}\n\u{7f}\u{9b}e\u{e000}".unicodeScalars)
    for _ in 0..<400 {
      let (columns, rows) = (1 + random.below(12), 1 + random.below(4))
      var canvas = Canvas(columns: columns, rows: rows)
      for _ in 0..<6 {
        var text = String.UnicodeScalarView()
        for _ in 0..<random.below(20) { text.append(random.pick(letters)) }
        let area = CanvasArea(
          column: random.below(16) - 3, row: random.below(8) - 2, columns: random.below(20) - 2, rows: random.below(3))
        canvas.write(
          String(text), in: area, .plain, random.pick([.left, .right, .centre]),
          cut: random.pick([.end, .start, .silently]))
        canvas.fill(area, .plain, "#")
        canvas.write(String(text), in: area, .plain)
      }
      for row in 0..<rows {
        var used = 0
        for column in 0..<columns {
          guard let glyph = canvas[column, row].glyph else { continue }
          #expect(glyph.unicodeScalars.count <= 5)
          let isWide = column + 1 < columns && canvas[column + 1, row].glyph == nil
          #expect(String(glyph).columns == (isWide ? 2 : 1), "\(glyph)")
          used += isWide ? 2 : 1
        }
        #expect(used == columns)
      }
    }
  }

  @Test("lines break at blanks, long words where they must")
  func wrapping() {
    #expect("one two three".wrapped(columns: 7) == ["one two", "three"])
    #expect("abcdefghij".wrapped(columns: 4) == ["abcd", "efgh", "ij"])
    #expect("a\nb".wrapped(columns: 4) == ["a", "b"])
    #expect("".wrapped(columns: 4) == [""])
    for columns in 0...9 {
      for line in "x \u{6e2f}\u{6e2f}\u{6e2f} word longer-than-it".wrapped(columns: columns) {
        #expect(line.columns <= max(2, columns))
      }
    }
  }

  @Test("a table keeps its first columns, drops by rank, and gives away what is left")
  func table() {
    let table = Table([
      .init("name", least: 6, most: 10), .init("size", .right, least: 5, rank: 2), .init("from", least: 4, rank: 1),
    ])
    #expect(table.places(in: 40).map(\.width) == [10, 5, 4])
    #expect(table.places(in: 40).map(\.offset) == [0, 12, 19])
    #expect(table.places(in: 15).map(\.index) == [0, 1])
    #expect(table.places(in: 8).map(\.width) == [8])
    #expect(table.places(in: 3).map(\.width) == [3])
    #expect(table.places(in: 0).isEmpty)
  }

  @Test("a meter is full only at the end and takes any number")
  func meter() {
    let colours = Theme.standard.look(colours: .truecolour, graphics: .half)
    let plain = Theme.standard.look(colours: .none, graphics: .ascii)
    func filled(_ share: Double) -> Int {
      var canvas = self.canvas(10)
      canvas.drawMeter(share, in: row(10), colours)
      return canvas.cells.count { $0.style.background == colours[.meter].background }
    }
    #expect([0, 0.5, 0.99, 1].map(filled) == [0, 5, 9, 10])
    #expect([-1, .nan, .infinity, 7].map(filled) == [0, 0, 0, 10])
    var canvas = self.canvas(10)
    canvas.drawMeter(0.3, in: row(10), plain)
    #expect(canvas.lines == ["###-------"])
    canvas.drawMeter(0.3, "30 %", in: row(10), plain)
    #expect(canvas.lines == ["## 30 % --"])
  }
}
