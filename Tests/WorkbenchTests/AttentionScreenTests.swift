import EngineWire
import Testing
import Workbench

@Suite("Attention screen") struct AttentionScreenTests {
  /// A picture under the cursor of the files screen, then screen 4.
  private static func desk(columns: Int = 80, rows: Int = 24, graphics: Graphics = .half) -> Desk {
    var desk = Desk(columns: columns, rows: rows, graphics: graphics, files: ["/home/ada/photos/harbour-01.png"])
    desk.rest(0.5)
    desk.press("4")
    return desk
  }

  private static func orders(_ desk: Desk) -> [AttentionOrder] {
    desk.asked { if case .attention(_, _, let order) = $0 { order } else { nil } }
  }

  @Test("nothing is computed before it is asked for, then every movement asks") func asks() throws {
    var desk = Self.desk()
    #expect(Self.orders(desk).isEmpty)
    #expect(desk.text.contains("Enter"))
    desk.press("Enter")
    #expect(Self.orders(desk).count == 1)
    let first = try #require(Self.orders(desk).last)
    #expect(first.x == 752 && first.y == 500 && first.kind == "stripe" && first.head == nil)
    desk.press("l")
    let second = try #require(Self.orders(desk).last)
    #expect(second.x > first.x && second.y == first.y)
  }

  @Test("of queries that wait for an answer only the newest is asked") func asksOnce() {
    var desk = Self.desk()
    desk.press("Enter")
    desk.holdsAnswers = true
    desk.press("l", "l", "l", "l")
    let waiting = desk.waiting.filter { if case .attention = $0.request { true } else { false } }
    #expect(waiting.count == 1)
    desk.holdsAnswers = false
    desk.deliver()
    #expect(Self.orders(desk).last!.x > 752 + 3)
  }

  @Test("keys choose kind, stage, block and head, and stay within the network") func chooses() throws {
    var desk = Self.desk()
    desk.press("Enter", "w")
    #expect(Self.orders(desk).last?.kind == "window")
    desk.press("a")
    #expect(Self.orders(desk).last?.kind == "anchors")
    desk.press("a")
    #expect(Self.orders(desk).last?.kind == "gather")
    desk.press("s", "}", "]")
    var last = try #require(Self.orders(desk).last)
    #expect((last.kind, last.stage, last.block) == ("stripe", 1, 1))
    desk.press("]", "]", "]", "]", "}", ".", ".")
    last = try #require(Self.orders(desk).last)
    #expect(last.stage == 1 && last.block == 3 && last.head == 1)
    desk.press(".")
    #expect(try #require(Self.orders(desk).last).head == nil)
    desk.press("[", "[", "[", "[")
    last = try #require(Self.orders(desk).last)
    #expect((last.stage, last.block) == (0, 3))
    desk.press("t")
    #expect(Self.orders(desk).last?.hasBias == false)
  }

  @Test("a place is typed; one outside the picture is refused") func goesTo() {
    var desk = Self.desk()
    desk.press("Enter", "p")
    desk.type("212,148")
    desk.press("Enter")
    #expect(Self.orders(desk).last?.x == 212 && Self.orders(desk).last?.y == 148)
    desk.press("p")
    desk.type("9999,1")
    desk.press("Enter")
    #expect(desk.footer.contains("outside the picture"))
  }

  @Test("a map is written by a command line, which is shown where the picture is on another machine") func exports() {
    var desk = Self.desk()
    desk.press("Enter", "w", ".", "e")
    let file = "harbour-01_window_752-500_s0b0h0.png"
    let words =
      ["attention", "/home/ada/photos/harbour-01.png", "--task", "denoise", "--at", "752,500", "--kind", "window"]
      + ["--stage", "0", "--block", "0", "--head", "0", "-o", file]
    #expect(desk.effects.last == .export(arguments: words, file: file))
    #expect(desk.footer.contains("writing " + file))
    desk.send(.exported(file: file, problem: nil))
    #expect(desk.footer.contains("wrote " + file))
    desk.send(.exported(file: file, problem: "grl: \(file): exists already"))
    #expect(desk.footer.contains("exists already"))
    desk.press("y")
    #expect(desk.text.contains("grl attention") && desk.text.contains("--kind window"))
  }

  @Test("an engine that refuses says why, and Enter asks again") func refusal() {
    var desk = Self.desk()
    desk.engine.pictures["/home/ada/photos/harbour-01.png"] = nil
    desk.press("Enter")
    #expect(desk.text.contains("harbour-01.png: not"))
  }

  @Test("the screen looks calm", arguments: [(120, 40), (80, 24), (60, 15)])
  func looks(size: (columns: Int, rows: Int)) throws {
    var desk = Self.desk(columns: size.columns, rows: size.rows, graphics: .ascii)
    try expectScreen(desk, "attention-\(size.columns)x\(size.rows)")
    desk.press("Enter")
    try expectScreen(desk, "attention-map-\(size.columns)x\(size.rows)")
    desk.press("o")
    try expectScreen(desk, "attention-over-\(size.columns)x\(size.rows)")
    desk.press("o", "o", "v")
    try expectScreen(desk, "attention-overview-\(size.columns)x\(size.rows)")
    desk.press("v", "b", "l", "l")
    try expectScreen(desk, "attention-pinned-\(size.columns)x\(size.rows)")
    desk.press("b", "x")
    try expectScreen(desk, "attention-scales-\(size.columns)x\(size.rows)")
  }
}
