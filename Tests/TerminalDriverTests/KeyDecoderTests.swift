import TerminalDriver
import Testing
import Workbench

@Suite(.timeLimit(.minutes(10))) struct KeyDecoderTests {
  /// What terminals send, and what it means.
  static let keys: [(String, [TerminalInput])] = [
    ("a", [.key(.character("a"))]), ("Z", [.key(.character("Z"))]), (" ", [.key(.character(" "))]),
    ("\u{e9}", [.key(.character("\u{e9}"))]), ("\u{20ac}", [.key(.character("\u{20ac}"))]),
    ("\u{1f600}", [.key(.character("\u{1f600}"))]), ("\u{3}", [.key(.control("c"))]), ("\u{1a}", [.key(.control("z"))]),
    ("\r", [.key(.enter)]), ("\n", [.key(.enter)]), ("\t", [.key(.tab)]), ("\u{7f}", [.key(.backspace)]),
    ("\u{8}", [.key(.backspace)]), ("\u{1b}[Z", [.key(.backTab)]),
    // xterm, cursor keys and application cursor keys, and with Shift, Ctrl, Alt.
    ("\u{1b}[A", [.key(.up)]), ("\u{1b}[B", [.key(.down)]), ("\u{1b}[C", [.key(.right)]), ("\u{1b}[D", [.key(.left)]),
    ("\u{1b}OA", [.key(.up)]), ("\u{1b}OB", [.key(.down)]), ("\u{1b}OC", [.key(.right)]), ("\u{1b}OD", [.key(.left)]),
    ("\u{1b}[1;2A", [.key(.up)]), ("\u{1b}[1;5D", [.key(.left)]), ("\u{1b}[1;3C", [.key(.right)]),
    ("\u{1b}[H", [.key(.home)]), ("\u{1b}[F", [.key(.end)]), ("\u{1b}OH", [.key(.home)]), ("\u{1b}OF", [.key(.end)]),
    ("\u{1b}[1~", [.key(.home)]), ("\u{1b}[4~", [.key(.end)]), ("\u{1b}[7~", [.key(.home)]),
    ("\u{1b}[8~", [.key(.end)]),
    ("\u{1b}[2~", [.key(.insert)]), ("\u{1b}[3~", [.key(.delete)]), ("\u{1b}[3;5~", [.key(.delete)]),
    ("\u{1b}[5~", [.key(.pageUp)]), ("\u{1b}[6~", [.key(.pageDown)]), ("\u{1b}[P", [.key(.delete)]),
    ("\u{1b}OP", [.key(.function(1))]), ("\u{1b}OS", [.key(.function(4))]), ("\u{1b}[11~", [.key(.function(1))]),
    ("\u{1b}[1;2P", [.key(.function(1))]), ("\u{1b}[15~", [.key(.function(5))]), ("\u{1b}[17~", [.key(.function(6))]),
    ("\u{1b}[21~", [.key(.function(10))]), ("\u{1b}[24~", [.key(.function(12))]), ("\u{1b}[[A", [.key(.function(1))]),
    ("\u{1b}[[E", [.key(.function(5))]), ("\u{1b}OM", [.key(.enter)]), ("\u{1b}Oq", [.key(.character("1"))]),
    // The mouse, in the form that is switched on and in the old one.
    ("\u{1b}[<0;8;4M", [.mouse(MouseEvent(.press, column: 7, row: 3))]),
    ("\u{1b}[<0;8;4m", [.mouse(MouseEvent(.release, column: 7, row: 3))]),
    ("\u{1b}[<32;300;4M", [.mouse(MouseEvent(.drag, column: 299, row: 3))]),
    ("\u{1b}[<64;1;1M", [.mouse(MouseEvent(.scrollUp, column: 0, row: 0))]),
    ("\u{1b}[<65;1;1M", [.mouse(MouseEvent(.scrollDown, column: 0, row: 0))]),
    ("\u{1b}[M (%", [.mouse(MouseEvent(.press, column: 7, row: 4))]),
    // Pasted text: controls are left out, a half mark is text.
    ("\u{1b}[200~a\u{1b}[20b\r\nc\u{7}\td\u{1b}[201~", [.paste("a[20b\nc\td")]),
    ("\u{1b}[6;18;9t", [.cellSize(width: 9, height: 18)]),
    // Answers to questions.
    ("\u{1b}[?64;1;4c", [.answer(.attributes([1, 4]))]),
    ("\u{1b}_Gi=1;OK\u{1b}\\", [.answer(.kitty(number: 1, isGood: true))]),
    ("\u{1b}]11;rgb:0000/0000/0000\u{7}", [.answer(.background(isLight: false))]),
    ("\u{1b}P>|foot(1.16)\u{1b}\\", [.answer(.program("foot(1.16)"))]),
    ("\u{1b}[?2026;2$y", [.answer(.mode(2026, isKnown: true))]),
  ]

  /// What means nothing here and must not become keys.
  static let nothing = [
    "\u{1b}[>64;1;4c", "\u{1b}[I", "\u{1b}[O", "\u{1b}_Xi=1;OK\u{1b}\\", "\u{1b}]10;rgb:0000/0000/0000\u{7}",
    "\u{1b}P1$r0m\u{1b}\\", "\u{1b}[99~", "\u{1b}[<0;0;0M", "\u{1b}[<2;3;3M", "\u{1b}[<66;3;3M", "\u{1b}[<1;2M",
    "\u{1b}[57399u", "\u{1b}[<99999999999999999999;1;1M", "\u{1c}", "\u{1b}[12;12R".replacing("R", with: "y"),
  ]

  @Test("every key, cut anywhere, is the same key", arguments: keys.indices)
  func everySplit(index: Int) {
    let (text, expected) = Self.keys[index]
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      var decoder = KeyDecoder()
      let inputs = decoder.feed(bytes[..<cut]) + decoder.feed(bytes[cut...])
      #expect(inputs == expected, "cut at \(cut)")
      #expect(decoder.patience == nil, "cut at \(cut)")
    }
    var decoder = KeyDecoder()
    #expect(bytes.flatMap { decoder.feed([$0]) } == expected)
  }

  @Test("what means nothing is swallowed whole, cut anywhere", arguments: nothing)
  func swallowed(text: String) {
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      var decoder = KeyDecoder()
      #expect(decoder.feed(bytes[..<cut]) + decoder.feed(bytes[cut...]) == [])
      #expect(decoder.feed([0x71]) == [.key(.character("q"))])
    }
  }

  @Test("keys in a row come out in order, whatever surrounds them")
  func row() {
    var decoder = KeyDecoder()
    let inputs = decoder.feed(Array("j\u{1b}[Ak\u{1b}[>64;4c\u{1b}[200~x\u{1b}[201~\u{1b}\u{1b}[B".utf8))
    #expect(
      inputs == [
        .key(.character("j")), .key(.up), .key(.character("k")), .paste("x"), .key(.escape), .key(.down),
      ])
  }

  @Test("Esc alone is the Esc key after its delay, and not before")
  func escape() {
    var decoder = KeyDecoder(escapeDelay: 0.025)
    #expect(decoder.feed([0x1b]) == [])
    #expect(decoder.patience == 0.025)
    #expect(decoder.expire() == [.key(.escape)])
    #expect(decoder.patience == nil)
    // Alt and a key, or Esc and a key soon after it.
    #expect(decoder.feed(Array("\u{1b}x".utf8)) == [.key(.escape), .key(.character("x"))])
  }

  @Test(
    "ESCDELAY names the delay of Esc in milliseconds",
    arguments: [
      (nil, 0.025), ("400", 0.4), ("0", 0.001), ("1e9", 1), ("-inf", 0.001), ("nan", 0.025), ("", 0.025), ("x", 0.025),
    ] as [(String?, Double)])
  func escapeDelay(text: String?, seconds: Double) {
    let delay = KeyDecoder.escapeDelay(text.map { ["ESCDELAY": $0] } ?? [:])
    #expect(delay == seconds)
    var decoder = KeyDecoder(escapeDelay: delay)
    #expect(decoder.feed([0x1b]) == [] && decoder.patience == seconds)
  }

  @Test("half a sequence that stays half is dropped", arguments: ["\u{1b}[", "\u{1b}[1;", "\u{1b}O", "\u{1b}_G"])
  func halfSequence(text: String) {
    var decoder = KeyDecoder()
    #expect(decoder.feed(Array(text.utf8)) == [])
    #expect(decoder.patience ?? 0 > 0.1)
    #expect(decoder.expire() == [])
    #expect(decoder.feed([0x71]) == [.key(.character("q"))])
  }

  @Test("pasted text without an end mark is given out all the same, and is cut at a megabyte")
  func endlessPaste() {
    var decoder = KeyDecoder()
    _ = decoder.feed(Array("\u{1b}[200~".utf8))
    for _ in 0..<300 { #expect(decoder.feed([UInt8](repeating: 0x61, count: 4096)) == []) }
    guard case .paste(let text) = decoder.expire().first else {
      Issue.record("no text")
      return
    }
    #expect(text.utf8.count == 1 << 20)
  }

  @Test("bytes that are no UTF-8 are dropped, what follows is not")
  func invalid() {
    var decoder = KeyDecoder()
    #expect(decoder.feed([0xff, 0x61, 0xc3, 0x28, 0xe2, 0x82, 0x62]) == [0x61, 0x28, 0x62].map { key($0) })
    #expect(decoder.feed([0xed, 0xa0, 0x80, 0x63]) == [key(0x63)])
  }

  @Test("any bytes end in a decoder that takes the next key")
  func noise() {
    var seed = UInt64(7)
    func next() -> UInt8 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(seed >> 56)
    }
    for _ in 0..<3000 {
      var decoder = KeyDecoder()
      // What begins and ends sequences more often than chance would.
      let special = Array("\u{1b}[<;0M~OP_\u{7}".utf8)
      let bytes = (0..<40).map { _ in next() < 60 ? special[Int(next()) % special.count] : next() }
      _ = decoder.feed(bytes)
      var rounds = 0
      while decoder.patience != nil {
        _ = decoder.expire()
        rounds += 1
        #expect(rounds < 3)
        if rounds >= 3 { return }
      }
      #expect(decoder.feed([0x71]) == [.key(.character("q"))])
    }
  }

  @Test("strings of the terminal's description win")
  func described() {
    var decoder = KeyDecoder(described: [Array("\u{1b}[99~".utf8): .home])
    #expect(decoder.feed(Array("\u{1b}[99~".utf8)) == [.key(.home)])
  }

  private func key(_ byte: UInt8) -> TerminalInput { .key(.character(Character(Unicode.Scalar(byte)))) }
}
