import TerminalDriver
import Testing
import Workbench

@Suite(.timeLimit(.minutes(10))) struct ColourTests {
  @Test("colours of the palette are themselves")
  func exact() {
    var indexed = Palette(.indexed)
    for (number, colour) in Palette.cubeAndGrays.enumerated() {
      let nearest = Int(indexed.nearest(colour.0, colour.1, colour.2))
      // Channels count in steps of four, and some colours stand in cube and grays.
      let found = Palette.cubeAndGrays[nearest - 16]
      let distance = [(found.0, colour.0), (found.1, colour.1), (found.2, colour.2)].map { abs(Int($0.0) - Int($0.1)) }
      #expect(distance.allSatisfy { $0 <= 3 }, "colour \(number + 16) became \(nearest)")
    }
    var sixteen = Palette(.sixteen)
    for (number, colour) in Palette.sixteen.enumerated() {
      #expect(Int(sixteen.nearest(colour.0, colour.1, colour.2)) == number)
    }
  }

  @Test("no colour of the palette is nearer than the one chosen")
  func nearest() {
    var palette = Palette(.indexed)
    for red in stride(from: UInt8(0), to: 250, by: 48) {
      for green in stride(from: UInt8(0), to: 250, by: 44) {
        for blue in stride(from: UInt8(0), to: 250, by: 40) {
          let wanted = Palette.okLab(red, green, blue)
          func distance(_ colour: (UInt8, UInt8, UInt8)) -> Float {
            let difference = Palette.okLab(colour.0, colour.1, colour.2) - wanted
            return (difference * difference).sum().squareRoot()
          }
          let chosen = distance(Palette.cubeAndGrays[Int(palette.nearest(red, green, blue)) - 16])
          let least = Palette.cubeAndGrays.map(distance).min() ?? 0
          // A step of four in a channel is at most about 0.02 here.
          #expect(chosen <= least + 0.02)
        }
      }
    }
  }

  @Test("gray stays gray")
  func grays() {
    var palette = Palette(.indexed)
    for value in stride(from: UInt8(0), to: 252, by: 4) {
      let colour = Palette.cubeAndGrays[Int(palette.nearest(value, value, value)) - 16]
      #expect(colour.0 == colour.1 && colour.1 == colour.2, "\(value) became \(colour)")
    }
  }

  @Test(
    "depth comes from NO_COLOR, COLORTERM and the description, in this order",
    arguments: [
      (["NO_COLOR": "1", "COLORTERM": "truecolor"], 256, true, .none),
      (["NO_COLOR": ""], 256, false, .indexed),
      (["COLORTERM": "truecolor"], 256, false, .truecolour),
      (["COLORTERM": "24bit"], 8, false, .truecolour),
      (["COLORTERM": "yes"], 256, false, .indexed),
      // GNU screen hands the variable on and does not understand the colours; tmux in the same words does.
      (["COLORTERM": "truecolor", "TERM": "screen-256color"], 256, false, .indexed),
      (["COLORTERM": "truecolor", "TERM": "screen-256color", "TMUX": "x"], 256, false, .truecolour),
      (["COLORTERM": "truecolor"], -1, false, .none),
      ([:], 16_777_216, true, .truecolour),
      ([:], 256, false, .indexed),
      ([:], 88, false, .sixteen),
      ([:], 8, false, .sixteen),
      ([:], -1, false, .none),
    ] as [([String: String], Int, Bool, ColourDepth)])
  func detection(
    environment: [String: String], count: Int, isDirect: Bool, expected: ColourDepth
  ) {
    #expect(
      ColourDepth.detect(environment, colourCount: count, hasDirectColour: isDirect) == expected)
  }
}

@Suite(.timeLimit(.minutes(10))) struct LocaleTests {
  @Test(
    "only a locale that names another character set means ASCII",
    arguments: [
      ([:], false), (["LANG": "C"], false), (["LANG": "POSIX"], false), (["LANG": "de_DE.UTF-8"], false),
      (["LANG": "de_DE.utf8"], false), (["LANG": "de_DE.ISO-8859-15@euro"], true),
      (["LC_ALL": "C.UTF-8", "LANG": "de_DE.ISO-8859-1"], false), (["LC_ALL": "", "LC_CTYPE": "ja_JP.eucJP"], true),
    ] as [([String: String], Bool)])
  func locale(environment: [String: String], isASCII: Bool) {
    #expect(Capabilities.isNotUTF8(environment) == isASCII)
  }
}
