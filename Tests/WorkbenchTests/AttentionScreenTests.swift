import Base
import EngineWire
import Testing
import Workbench

@Suite("Attention screen") struct AttentionScreenTests {
  /// A picture under the cursor of the files screen, then screen 4.
  private static func driver(columns: Int = 80, rows: Int = 24, graphics: Graphics = .half) -> WorkbenchDriver {
    var driver = WorkbenchDriver(
      columns: columns, rows: rows, graphics: graphics, files: ["/home/ada/photos/harbour-01.png"])
    driver.rest(0.5)
    driver.press("4")
    return driver
  }

  private static func orders(_ driver: WorkbenchDriver) -> [AttentionOrder] {
    driver.asked { if case .attention(_, _, let order) = $0 { order } else { nil } }
  }

  @Test("nothing is computed before it is asked for, then every movement asks") func asks() throws {
    var driver = Self.driver()
    #expect(Self.orders(driver).isEmpty)
    #expect(driver.text.contains("Enter"))
    driver.press("Enter")
    #expect(Self.orders(driver).count == 1)
    let first = try #require(Self.orders(driver).last)
    #expect(first.x == 752 && first.y == 500 && first.kind == "stripe" && first.head == nil)
    driver.press("l")
    let second = try #require(Self.orders(driver).last)
    #expect(second.x > first.x && second.y == first.y)
  }

  @Test("of queries that wait for an answer only the newest is asked") func asksOnce() {
    var driver = Self.driver()
    driver.press("Enter")
    driver.holdsAnswers = true
    driver.press("l", "l", "l", "l")
    let waiting = driver.waiting.filter { if case .attention = $0.request { true } else { false } }
    #expect(waiting.count == 1)
    driver.holdsAnswers = false
    driver.deliver()
    #expect(Self.orders(driver).last!.x > 752 + 3)
  }

  @Test("keys choose kind, stage, block and head, and stay within the network") func chooses() throws {
    var driver = Self.driver()
    driver.press("Enter", "w")
    #expect(Self.orders(driver).last?.kind == "window")
    driver.press("a")
    #expect(Self.orders(driver).last?.kind == "anchors")
    driver.press("a")
    #expect(Self.orders(driver).last?.kind == "gather")
    driver.press("s", "}", "]")
    var last = try #require(Self.orders(driver).last)
    #expect((last.kind, last.stage, last.block) == ("stripe", 1, 1))
    driver.press("]", "]", "]", "]", "}", ".", ".")
    last = try #require(Self.orders(driver).last)
    #expect(last.stage == 1 && last.block == 3 && last.head == 1)
    driver.press(".")
    #expect(try #require(Self.orders(driver).last).head == nil)
    driver.press("[", "[", "[", "[")
    last = try #require(Self.orders(driver).last)
    #expect((last.stage, last.block) == (0, 3))
    driver.press("t")
    #expect(Self.orders(driver).last?.hasBias == false)
  }

  @Test("a place is typed; one outside the picture is refused") func goesTo() {
    var driver = Self.driver()
    driver.press("Enter", "p")
    driver.type("212,148")
    driver.press("Enter")
    #expect(Self.orders(driver).last?.x == 212 && Self.orders(driver).last?.y == 148)
    driver.press("p")
    driver.type("9999,1")
    driver.press("Enter")
    #expect(driver.footer.contains("outside the picture"))
  }

  @Test("a map is written by a command line, which is shown where the picture is on another machine") func exports() {
    var driver = Self.driver()
    driver.press("Enter", "w", ".", "e")
    let file = "harbour-01_denoise-color-tiny_window_752-500_s0b0h0.png"
    #expect(driver.footer.contains("file (png svg") && driver.footer.contains("752-500_s0b0h0.png"))
    driver.press("Enter")
    #expect(driver.text.contains("light, for paper"))
    driver.press("Enter")
    let words =
      ["attention", "/home/ada/photos/harbour-01.png", "--task", "denoise", "--at", "752,500", "--kind", "window"]
      + ["--stage", "0", "--block", "0", "--head", "0"]
    #expect(driver.effects.last == .export(arguments: words + ["-o", "/home/ada/photos/" + file], file: file))
    driver.press("e", "Ctrl-u")
    driver.type("maps/a.svg")
    driver.press("Enter", "l")
    #expect(
      driver.effects.last
        == .export(arguments: words + ["--background", "light", "-o", "/home/ada/photos/maps/a.svg"], file: "a.svg"))
    driver.press("e", "Ctrl-u")
    driver.type("/tmp/row.npy")
    driver.press("Enter")
    #expect(driver.effects.last == .export(arguments: words + ["-o", "/tmp/row.npy"], file: "row.npy"))
    driver.press("e", "Esc", "e", "Enter", "Enter")
    #expect(driver.footer.contains("writing " + file))
    driver.send(.exported(file: file, problem: nil))
    #expect(driver.footer.contains("wrote " + file))
    driver.send(.exported(file: file, problem: "grl: \(file): exists already"))
    #expect(driver.footer.contains("exists already"))
    driver.press("y")
    #expect(driver.text.contains("grl attention") && driver.text.contains("--kind window"))
  }

  @Test("an engine that refuses says why, and Enter asks again") func refusal() {
    var driver = Self.driver()
    driver.engine.pictures["/home/ada/photos/harbour-01.png"] = nil
    driver.press("Enter")
    #expect(driver.text.contains("not a picture"))
  }

  @Test("the screen looks calm", arguments: [(120, 40), (80, 24), (60, 15)])
  func looks(size: (columns: Int, rows: Int)) throws {
    var driver = Self.driver(columns: size.columns, rows: size.rows, graphics: .ascii)
    try expectScreen(driver, "attention-\(size.columns)x\(size.rows)")
    driver.press("Enter")
    try expectScreen(driver, "attention-map-\(size.columns)x\(size.rows)")
    driver.press("o")
    try expectScreen(driver, "attention-over-\(size.columns)x\(size.rows)")
    driver.press("o", "o", "v")
    try expectScreen(driver, "attention-overview-\(size.columns)x\(size.rows)")
    driver.press("v", "b", "l", "l")
    try expectScreen(driver, "attention-pinned-\(size.columns)x\(size.rows)")
    driver.press("b", "x")
    try expectScreen(driver, "attention-scales-\(size.columns)x\(size.rows)")
  }

  private static func analyses(_ driver: WorkbenchDriver) -> [AnalysisOrder] {
    driver.asked { if case .analysis(_, _, let order) = $0 { order } else { nil } }
  }

  @Test("what a list of analyses offers is asked about the query, and maps turn with f") func finds() throws {
    var driver = Self.driver(columns: 120, rows: 40)
    driver.press("i")
    #expect(driver.text.contains("What shall be found out?") && Self.analyses(driver).isEmpty)
    driver.press("Enter")
    let order = try #require(Self.analyses(driver).last)
    #expect((order.kind, order.x, order.y, order.stage, order.block) == (.maps, 752, 500, 0, 0))
    #expect(driver.text.contains("1/3 entropy, bit  f next") && driver.text.contains("17.5"))
    driver.press("f")
    #expect(driver.text.contains("2/3 direction, degrees") && driver.text.contains("90 degrees"))
    driver.press("f")
    #expect(driver.text.contains("stripe 1"))
    driver.press("Esc", "Esc")
    #expect(!driver.text.contains("What shall be found out?"))
  }

  @Test(
    "five questions of a researcher, each in at most six keys from the open picture", arguments: [(80, 24), (120, 40)])
  func questions(columns: Int, rows: Int) {
    func screen(_ keys: String...) -> String {
      precondition(keys.count <= 6)
      var driver = WorkbenchDriver(columns: columns, rows: rows, files: ["/home/ada/photos/harbour-01.png"])
      driver.rest(0.5)
      for key in keys { driver.press(key) }
      return driver.text
    }
    #expect(screen("4", "Enter").contains("top keys"))
    #expect(screen("4", "Enter", "v", "f").contains("mean distance; f next"))
    #expect(screen("4", "i", "Enter", "f").contains("direction, degrees"))
    #expect(screen("4", "i", "Down", "Enter").contains("singular values"))
    let heads = screen("4", "i", "Down", "Down", "Enter")
    #expect(heads.contains("change without the head") && heads.contains("stage 0 block 0 window head 1"))
  }

  @Test("where a model's stripes are squares the screen says so", arguments: [(120, 40), (80, 24)])
  func squares(columns: Int, rows: Int) {
    var driver = Self.driver(columns: columns, rows: rows)
    driver.press("Enter")
    #expect(!driver.text.contains("square"))
    driver = Self.driver(columns: columns, rows: rows)
    driver.engine.stripeSides = (128, 128)
    driver.press("Enter")
    #expect(driver.text.contains(columns < 100 ? "square strip" : "square stripe, 128 x 128"))
    #expect(columns < 100 || driver.text.contains("this model's stripes are squares"))
    driver.press("w")
    #expect(!driver.text.contains("square"))
  }

  @Test("a region is what is shown, or a square around the query") func region() throws {
    var driver = Self.driver(columns: 120, rows: 40)
    driver.press("i", "Down", "Down", "Down", "Down", "Down", "Enter")
    let around = try #require(Self.analyses(driver).last)
    #expect(around.kind == .region && around.region == Rectangle(x: 736, y: 484, width: 32, height: 32))
    driver.press("Esc", "+", "+", "Enter")
    let shown = try #require(Self.analyses(driver).last?.region)
    #expect(shown.width < 500 && shown.x < 752 && shown.x + shown.width > 752)
    driver.press("y")
    #expect(driver.text.contains("--region \(shown.x),\(shown.y)"))
  }

  @Test("two models, or two tiles: another installed model is proposed, Tab offers the others") func second() throws {
    var driver = Self.driver(columns: 120, rows: 40)
    driver.press("6", "4", "Enter", "i", "Down", "Down", "Down", "Down", "Down", "Down", "Enter")
    #expect(driver.footer.contains("compare with") && Self.analyses(driver).isEmpty)
    driver.press("Ctrl-u")
    driver.type("512")
    driver.press("Enter")
    let tiles = try #require(Self.analyses(driver).last)
    #expect((tiles.kind, tiles.other, tiles.otherTile) == (.models, nil, "512"))
    driver.press("Esc", "Enter", "Ctrl-u")
    driver.type("own.safetensors")
    driver.press("Enter")
    let models = try #require(Self.analyses(driver).last)
    #expect((models.other, models.otherTile) == ("own.safetensors", nil))
    driver.press("y")
    #expect(driver.text.contains("--against own.safetensors"))
  }

  @Test("while it works an analysis tells how far it is, and what is left", arguments: [(120, 40), (80, 24), (60, 15)])
  func progress(columns: Int, rows: Int) throws {
    var driver = Self.driver(columns: columns, rows: rows, graphics: .ascii)
    driver.press("Enter", "i")
    driver.holdsAnswers = true
    driver.press("Enter")
    driver.rest(3)
    driver.tell(.analysing(share: 0.25, detail: "block 6 of 24"))
    #expect(
      driver.text.contains("block 6 of 24") && driver.text.contains("about 9.0 s left"))
    #expect(driver.text.contains("Esc stops it"))
    driver.holdsAnswers = false
    driver.deliver()
    #expect(Self.analyses(driver).last?.tellsProgress == true && !driver.text.contains("block 6 of 24"))
  }

  @Test("the list of analyses scrolls where it does not fit, and says what the chosen one does") func lists() {
    let kinds: [AnalysisKind] = [
      .maps, .spectrum, .heads, .crossScale, .features, .region, .models, .attribution, .field, .rollout, .effect,
    ]
    var driver = Self.driver(columns: 60, rows: 15)
    driver.press("i")
    for _ in kinds { driver.press("Down") }
    #expect(driver.text.contains("> which squares restore"))
    driver = Self.driver(columns: 80, rows: 24)
    driver.press("i")
    for kind in kinds {
      #expect(driver.text.contains("> " + kind.title.prefix(24)), "\(driver.text)")
      #expect(driver.text.contains(kind.explanation.split(separator: " ").prefix(3).joined(separator: " ")))
      driver.press("Down")
    }
  }

  @Test("while something is found out no row is asked for, since that would end it; Esc stops it") func waits() {
    var driver = Self.driver()
    driver.press("Enter", "i")
    let rows = Self.orders(driver).count
    driver.holdsAnswers = true
    driver.press("Enter", "l", "l")
    #expect(driver.text.contains("the network is at work") && Self.orders(driver).count == rows)
    driver.press("Esc")
    #expect(driver.text.contains("What shall be found out?"))
    driver.holdsAnswers = false
    driver.deliver()
    #expect(driver.asked { if case .stopTrying = $0 { true } else { nil } }.count == 1)
    #expect(driver.text.contains("What shall be found out?"), "an answer that nobody waits for was shown")
  }
}
