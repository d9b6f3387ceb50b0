import TerminalDriver
import Testing
import Workbench

@Suite(.timeLimit(.minutes(10))) struct PainterTests {
  private struct Random: RandomNumberGenerator {
    var seed: UInt64
    mutating func next() -> UInt64 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return seed ^ (seed >> 29)
    }
  }

  private static let indexed = Palette(.indexed)
  private static let sixteen = Palette(.sixteen)
  static let wide: Character = "\u{65e5}"

  private func randomStyle(_ random: inout Random) -> Style {
    func colour() -> Colour {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: .standard
      case 1: .terminal(UInt8.random(in: 0..<16, using: &random))
      default: .rgb(UInt8.random(in: 0...3, using: &random) * 85, 40, UInt8.random(in: 0...1, using: &random) * 255)
      }
    }
    let attributes = Style.Attributes(
      rawValue: Bool.random(using: &random) ? 0 : UInt8.random(in: 0..<16, using: &random))
    return Style(colour(), on: colour(), attributes)
  }

  /// Changes a canvas as screens do: a few cells, a run of text, a blank row, wide characters.
  private func scribble(on canvas: inout Canvas, _ random: inout Random) {
    for _ in 0..<Int.random(in: 0..<6, using: &random) {
      let row = Int.random(in: 0..<canvas.rows, using: &random)
      var column = Int.random(in: 0..<canvas.columns, using: &random)
      let style = randomStyle(&random)
      let glyphs: [Character] =
        Bool.random(using: &random) ? [" "] : ["a", "\u{2580}", "\u{e9}", Self.wide, "e\u{301}", " "]
      for _ in 0..<Int.random(in: 1..<canvas.columns + 1, using: &random) where column < canvas.columns {
        let glyph = glyphs.randomElement(using: &random) ?? "x"
        // Never half of a wide character: that is the canvas's own rule.
        if canvas[column, row].glyph == nil { canvas[column - 1, row].glyph = "?" }
        if column + 1 < canvas.columns, canvas[column + 1, row].glyph == nil { canvas[column + 1, row].glyph = "?" }
        if glyph == Self.wide && column + 2 < canvas.columns {
          if canvas[column + 2, row].glyph == nil { canvas[column + 2, row].glyph = "?" }
          canvas[column, row] = Cell(glyph, style)
          canvas[column + 1, row] = Cell(nil, style)
          column += 2
        } else {
          canvas[column, row] = Cell(glyph == Self.wide ? "w" : glyph, style)
          column += 1
        }
      }
    }
    canvas.cursor =
      Bool.random(using: &random)
      ? nil
      : CanvasPoint(
        column: Int.random(in: 0..<canvas.columns, using: &random), row: Int.random(in: 0..<canvas.rows, using: &random)
      )
  }

  @Test("whatever changes, the terminal shows the canvas", arguments: ColourDepth.allCases, [true, false])
  func showsCanvas(depth: ColourDepth, erasesInColour: Bool) {
    var random = Random(seed: 11)
    var features = Painter.Features()
    features.depth = depth
    features.erasesInColour = erasesInColour
    for (columns, rows) in [(1, 1), (2, 3), (20, 5), (61, 16)] {
      var painter = Painter(features)
      var screen = TestScreen(columns: columns, rows: rows) { $0 == Self.wide }
      var canvas = Canvas(columns: columns, rows: rows)
      for round in 0..<120 {
        scribble(on: &canvas, &random)
        if round == 60 { painter.forget() }
        screen.feed(painter.paint(canvas))
        #expect(screen.strange.isEmpty)
        for row in 0..<rows {
          for column in 0..<columns where !isShown(canvas[column, row], screen[column, row], depth) {
            Issue.record("\(columns)x\(rows) round \(round): \(canvas[column, row]) shown as \(screen[column, row])")
            return
          }
        }
        #expect(screen.isCursorShown == (canvas.cursor != nil))
        if let cursor = canvas.cursor { #expect(screen.column == cursor.column && screen.row == cursor.row) }
        #expect(painter.paint(canvas).isEmpty, "nothing has changed")
      }
    }
  }

  /// Whether a cell of the terminal looks as the canvas wants it: what cannot be seen (colour of a blank) may differ.
  private func isShown(_ wanted: Cell, _ shown: TestScreen.Cell, _ depth: ColourDepth) -> Bool {
    guard shown.text == wanted.glyph.map(String.init) ?? "" || shown.text == " " && wanted.glyph == "\u{2580}" else {
      return false
    }
    let attributes = wanted.style.attributes
    let isPlainBlank = shown.text == " " && attributes.isDisjoint(with: [.underline, .reverse])
    let expected = attributes.rawValue
    let found =
      (shown.attributes.contains(1) ? 1 : 0) | (shown.attributes.contains(2) ? 2 : 0)
      | (shown.attributes.contains(4) ? 4 : 0) | (shown.attributes.contains(7) ? 8 : 0)
    let mask: UInt8 = isPlainBlank ? 12 : 15
    guard shown.text.isEmpty || expected & mask == UInt8(found) & mask else { return false }
    if shown.text == " " && wanted.glyph == "\u{2580}" {
      return sgr(wanted.style.foreground, depth, false) == sgr(wanted.style.background, depth, false)
    }
    return (isPlainBlank || sgr(wanted.style.foreground, depth, false) == shown.foreground)
      && sgr(wanted.style.background, depth, true) == shown.background
  }

  private func sgr(_ colour: Colour, _ depth: ColourDepth, _ isBackground: Bool) -> String {
    let base = isBackground ? 40 : 30
    switch (colour, depth) {
    case (.standard, _), (_, .none): return ""
    case (.terminal(let number), _): return "\(number < 8 ? base + Int(number) : base + 52 + Int(number))"
    case (.rgb(let red, let green, let blue), .truecolour): return "2;\(red);\(green);\(blue)"
    case (.rgb(let red, let green, let blue), _):
      var palette = depth == .indexed ? Self.indexed : Self.sixteen
      let number = palette.nearest(red, green, blue)
      return depth == .indexed ? "5;\(number)" : sgr(.terminal(number), depth, isBackground)
    }
  }

  @Test("control characters, bidi controls and broken glyphs never go out")
  func hostileGlyphs() {
    let hostile: [Character] = [
      "\u{1b}", "\u{7}", "\u{0}", "\u{9b}", "\u{202e}", "\u{2066}", "\u{200b}", "\r\n", "\u{ad}", "\u{feff}",
      "\u{e0041}",
      "\u{7f}", "\n", "\u{2028}",
    ]
    var canvas = Canvas(columns: hostile.count, rows: 1)
    for (column, glyph) in hostile.enumerated() { canvas[column, 0] = Cell(glyph, .plain) }
    var painter = Painter(Painter.Features())
    var screen = TestScreen(columns: hostile.count, rows: 1)
    let bytes = painter.paint(canvas)
    screen.feed(bytes)
    #expect(screen.strange.isEmpty)
    #expect(screen.text == String(repeating: "?", count: hostile.count))
  }

  @Test("where the terminal's character set is not UTF-8 only ASCII goes out")
  func ascii() {
    var features = Painter.Features()
    features.isASCII = true
    var painter = Painter(features)
    var canvas = Canvas(columns: 4, rows: 1)
    for (column, glyph) in ["\u{e9}", "\u{2580}", "a", "\u{65e5}"].enumerated() {
      canvas[column, 0] = Cell(Character(glyph), .plain)
    }
    #expect(painter.paint(canvas).allSatisfy { $0 < 0x80 })
  }

  @Test("bright colours are bold on terminals of eight")
  func eightColours() {
    var features = Painter.Features()
    features.depth = .sixteen
    features.isBrightBold = true
    var painter = Painter(features)
    var screen = TestScreen(columns: 1, rows: 1)
    var canvas = Canvas(columns: 1, rows: 1)
    canvas[0, 0] = Cell("x", Style(.terminal(9), on: .terminal(12)))
    screen.feed(painter.paint(canvas))
    #expect(screen[0, 0] == TestScreen.Cell(text: "x", foreground: "31", background: "44", attributes: [1]))
  }

  @Test("a number that changes costs few bytes, a picture less than 60 KB")
  func byteCounts() {
    var painter = Painter(Painter.Features())
    var canvas = Canvas(columns: 80, rows: 24, style: Style(.rgb(200, 200, 200), on: .rgb(18, 22, 28)))
    _ = painter.paint(canvas)
    canvas[40, 10].glyph = "7"
    #expect(painter.paint(canvas).count < 40)
    var random = Random(seed: 3)
    for row in 0..<24 {
      for column in 0..<80 {
        func colour() -> Colour {
          .rgb(
            UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random),
            UInt8.random(in: 0...255, using: &random))
        }
        canvas[column, row] = Cell("\u{2580}", Style(colour(), on: colour()))
      }
    }
    // The worst picture there is: every pixel another colour.
    #expect(painter.paint(canvas).count < 60_000)
  }
}
