import Base
import EngineWire
import Testing
import Workbench

@Suite struct CompareScreenTests {
  static let sizes = [(60, 15), (80, 24), (120, 40), (200, 60)]
  static let folder = "/home/ada/photos/"

  /// Screen 5 with the first `count` harbours.
  static func driver(
    _ count: Int = 2, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half, colours: ColourDepth = .indexed,
    usesMouse: Bool = false
  ) -> WorkbenchDriver {
    var settings = Settings()
    settings.usesMouse = usesMouse
    var driver = WorkbenchDriver(columns: columns, rows: rows, graphics: graphics, colours: colours, settings: settings)
    driver.press("1", "g", "p")
    driver.press("Ctrl-u")
    driver.type(folder)
    driver.press("Enter", "/")
    driver.type("harbour")
    driver.press("Enter")
    for _ in 0..<count { driver.press("Space") }
    driver.press("B")
    driver.rest(0.5)
    return driver
  }

  static func views(_ driver: WorkbenchDriver) -> [(region: Rectangle, width: Int, height: Int)] {
    driver.asked {
      guard case .compare(let request) = $0, case .view(let region, let width, let height, _, _) = request.question
      else { return nil }
      return (region, width, height)
    }
  }

  static func measures(_ driver: WorkbenchDriver) -> [ComparisonRequest] {
    driver.asked {
      guard case .compare(let request) = $0 else { return nil }
      switch request.question {
      case .measure, .changes: return request
      default: return nil
      }
    }
  }

  static let modes: [(name: String, keys: [String])] = [
    ("side", []), ("flip", ["b"]), ("wipe", ["x", ">"]), ("difference", ["d"]), ("crop", ["n"]),
  ]

  @Test("every mode in colour", arguments: modes, sizes)
  func looks(_ mode: (name: String, keys: [String]), _ size: (Int, Int)) throws {
    var driver = Self.driver(columns: size.0, rows: size.1)
    for key in mode.keys { driver.press(key) }
    driver.rest(0.5)
    try expectScreen(driver, "compare-\(mode.name)-\(size.0)x\(size.1)")
  }

  @Test("every mode in ASCII without colours", arguments: modes, sizes)
  func looksInASCII(_ mode: (name: String, keys: [String]), _ size: (Int, Int)) throws {
    var driver = Self.driver(columns: size.0, rows: size.1, graphics: .ascii, colours: .none)
    for key in mode.keys { driver.press(key) }
    driver.rest(0.5)
    #expect(driver.text.allSatisfy { $0.isASCII })
    try expectScreen(driver, "compare-\(mode.name)-ascii-\(size.0)x\(size.1)")
  }

  @Test("three and four pictures, and nothing to compare")
  func others() throws {
    try expectScreen(Self.driver(3), "compare-three-80x24")
    var driver = WorkbenchDriver()
    driver.press("5")
    try expectScreen(driver, "compare-nothing-80x24")
  }

  @Test("flip shows one picture after the other and asks the engine nothing")
  func flip() {
    var driver = Self.driver()
    driver.press("b")
    let first = driver.state.view()
    let asked = driver.engine.asked.count
    driver.press("b")
    let second = driver.state.view()
    #expect(first != second)
    driver.press("b")
    #expect(driver.state.view() == first)
    #expect(driver.engine.asked.count == asked)
    driver.press("Esc")
    #expect(driver.row("side by side") != nil)
  }

  @Test("the edge of a wipe and the gain of a difference go with < and >, without the engine")
  func adjusting() {
    var driver = Self.driver()
    driver.press("x")
    let before = driver.state.view()
    let asked = driver.engine.asked.count
    driver.press(">")
    #expect(driver.state.view() != before)
    for _ in 0..<40 { driver.press("<") }
    driver.press("d")
    #expect(driver.row("times 4") != nil)
    driver.press(">")
    #expect(driver.row("times 8") != nil)
    for _ in 0..<9 { driver.press(">") }
    #expect(driver.row("times 64") != nil)
    for _ in 0..<9 { driver.press("<") }
    #expect(driver.row("times 1") != nil)
    #expect(driver.engine.asked.count == asked)
  }

  @Test("zoom goes from all of it to 16:1 with whole pixels, and back")
  func zoom() {
    var driver = Self.driver()
    driver.press("=")
    #expect(driver.row("zoom 1:1") != nil)
    for _ in 0..<9 { driver.press("+") }
    #expect(driver.row("zoom 16:1") != nil)
    let last = Self.views(driver).last { $0.width > 0 }!
    #expect(last.region.width == last.width && last.region.height == last.height && last.width <= 5)
    for _ in 0..<20 { driver.press("-") }
    let all = Self.views(driver).last { $0.width > 0 }!
    #expect(all.region == Rectangle(x: 0, y: 0, width: 1504, height: 1000))
    #expect(all.width <= 80 && all.height <= 48)
  }

  @Test("a frame far larger than the screen is zoomed out of as far as it was zoomed into")
  func zoomOfLargeFrame() {
    var engine = FakeEngine.photographs
    for name in ["harbour-01.png", "harbour-02.png"] {
      engine.pictures[Self.folder + name]?.width = 30_000
      engine.pictures[Self.folder + name]?.height = 20_000
    }
    var driver = WorkbenchDriver(engine)
    for name in ["harbour-01.png", "harbour-02.png"] {
      driver.press("5", "a")
      driver.press("Ctrl-u")
      driver.type(Self.folder + name)
      driver.press("Enter")
    }
    let all = driver.body
    for _ in 0..<30 { driver.press("+") }
    #expect(driver.row("zoom 16:1") != nil)
    for _ in 0..<30 { driver.press("-") }
    #expect(
      driver.row("zoom 1:769.2") == all.first { $0.contains("zoom 1:769.2") } && driver.row("zoom 1:769.2") != nil)
  }

  @Test("panning stays within the picture and reads its corner pixels")
  func pan() {
    var driver = Self.driver()
    driver.press("=")
    for _ in 0..<500 { driver.press("h") }
    for _ in 0..<500 { driver.press("k") }
    #expect(driver.row("at 0,0") != nil)
    #expect(Self.views(driver).allSatisfy { $0.region.x >= 0 && $0.region.y >= 0 })
    driver.press("End")
    #expect(driver.row("at 1503,999") != nil)
    let last = Self.views(driver).last { $0.width > 0 }!.region
    #expect(last.x + last.width == 1504 && last.y + last.height == 1000)
    driver.press("H", "K")
    #expect(driver.row("at 1502,998") != nil)
  }

  @Test("one question for a view is on its way at a time, and the newest is asked next")
  func paces() {
    var driver = Self.driver()
    driver.press("=")
    driver.holdsAnswers = true
    for _ in 0..<10 { driver.press("l") }
    func waiting() -> [Question] {
      driver.waiting.filter {
        if case .compare(let request) = $0.request, case .view = request.question { true } else { false }
      }
    }
    #expect(waiting().count == 1)
    driver.deliver()
    #expect(waiting().count == 1)
    driver.deliver()
    #expect(waiting().isEmpty)
  }

  @Test("what is in sight is measured when it rests, all of it once; a convention measures anew")
  func measuring() {
    var driver = Self.driver()
    #expect(Self.measures(driver).count == 1)
    driver.press("=")
    for _ in 0..<5 { driver.press("l") }
    #expect(Self.measures(driver).count == 1)
    driver.rest(0.5)
    #expect(Self.measures(driver).count == 2)
    #expect(driver.row("largest change")?.contains("63.0") == true)
    driver.press("C")
    #expect(driver.footer.contains("* says which it is"))
    driver.press("*")
    driver.rest(0.5)
    #expect(driver.row("PSNR (matlab)")?.contains("31.40") == true)
    driver.press("C")
    driver.rest(0.5)
    #expect(driver.row("PSNR (basicsr)") != nil)
    driver.press("S")
    driver.press("Backspace")
    driver.type("4")
    driver.press("Enter")
    #expect(driver.row("PSNR (basicsr, shave 4)") != nil)
  }

  @Test("the pixel under the cursor is read in every picture, with its difference")
  func readout() {
    let driver = Self.driver()
    let line = driver.row("pixel  A")
    #expect(line?.contains("B-A") == true)
  }

  @Test("crops are gone through, the largest difference first")
  func crops() {
    var driver = Self.driver()
    driver.press("n")
    #expect(driver.footer.contains("crop 1 of 3: 64 x 64 at 640,320"))
    #expect(driver.row("at 672,352") != nil)
    driver.press("N")
    #expect(driver.footer.contains("crop 3 of 3"))
    driver.press("c")
    #expect(driver.text.contains("64 x 64 at 440,320"))
  }

  @Test("nothing is measured against a picture that may be damaged: it is told what changed, and no PSNR is shown")
  func changes() {
    var driver = Self.driver()
    #expect(driver.row("A harbour-01.png (before)") != nil)
    #expect(driver.row("noise")?.contains("21.30 > 2.10") == true && driver.row("mean change") != nil)
    #expect(!driver.text.contains("PSNR") && !driver.text.contains("SSIM"))
    driver.press("y")
    #expect(driver.text.contains("grl compare") && !driver.text.contains("--reference"))
    driver.press("Esc")
    // The person knows better: this one is undamaged.
    driver.press("Tab", "*")
    driver.rest(0.5)
    #expect(driver.row("A harbour-01.png (undamaged)") != nil && driver.text.contains("PSNR"))
    driver.press("*")
    driver.rest(0.5)
    #expect(!driver.text.contains("PSNR") && driver.row("A harbour-01.png (before)") != nil)
  }

  @Test("another reference swaps what is measured; the command line says the same")
  func reference() {
    var driver = Self.driver()
    driver.press("*")
    #expect(driver.row("B harbour-02.png (undamaged)") != nil)
    #expect(Self.measures(driver).last?.reference == 1)
    driver.press("e")
    guard case .export(let arguments, let file) = driver.effects.last else {
      Issue.record("nothing is written")
      return
    }
    #expect(arguments.starts(with: ["compare", "/home/ada/photos/harbour-01.png", "--reference"]))
    #expect(arguments.suffix(4) == ["--sheet", "harbour-02_compare.png", "--diff", "harbour-02_difference.png"])
    #expect(file == "harbour-02_compare.png and harbour-02_difference.png")
    driver.press("y")
    #expect(driver.text.contains("grl compare"))
    #expect(
      driver.effects.contains {
        if case .copy(let text) = $0 { text.contains("--reference /home/ada/photos/harbour-02.png") } else { false }
      })
  }

  @Test("pictures of another size or depth are told in words")
  func otherSizes() {
    var engine = FakeEngine.photographs
    engine.pictures[Self.folder + "harbour-02.png"]?.width = 376
    engine.pictures[Self.folder + "harbour-02.png"]?.height = 250
    var driver = WorkbenchDriver(engine)
    for name in ["harbour-01.png", "harbour-02.png"] {
      driver.press("5", "a")
      driver.press("Ctrl-u")
      driver.type(Self.folder + name)
      driver.press("Enter")
    }
    #expect(driver.row("B: 376 x 250 shown at 1504 x 1000") != nil)
    driver.press("X")
    #expect(driver.row("Compare two to four pictures") != nil)
  }

  @Test("what cannot be read is said, and R tries again")
  func failing() {
    var driver = Self.driver()
    driver.engine.pictures[Self.folder + "harbour-02.png"] = nil
    driver.press("R")
    #expect(driver.row("harbour-02.png: not a picture") != nil)
    driver.engine.add(String(Self.folder.dropLast()), ["harbour-01.png", "harbour-02.png"])
    driver.press("R")
    #expect(driver.row("side by side") != nil)
  }

  @Test("a finished picture of screen 3 comes with what it was")
  func fromRun() {
    var engine = FakeEngine.photographs
    engine.jobs = RunQueues.jobs
    engine.add(String(Self.folder.dropLast()), ["logo.png", "logo_denoise.png"])
    var driver = WorkbenchDriver(engine)
    driver.press("3", "g", "g", "B")
    #expect(driver.row("A logo.png") != nil && driver.row("B logo_denoise.png") != nil)
  }

  @Test("an engine that is lost and found goes on with the same pictures")
  func losing() {
    var driver = Self.driver()
    driver.press("=")
    driver.holdsAnswers = true
    driver.press("l")
    driver.loseEngine()
    driver.holdsAnswers = false
    driver.findEngine()
    driver.press("l")
    #expect(driver.row("zoom 1:1") != nil)
    let last = Self.views(driver).last
    #expect(last != nil)
  }

  @Test("the wheel zooms, a click reads a pixel, dragging moves the pictures and the edge")
  func mouse() {
    var driver = Self.driver(usesMouse: true)
    driver.send(.mouse(MouseEvent(.scrollUp, column: 20, row: 8)))
    let zoomed = driver.row("zoom 1:")
    driver.send(.mouse(MouseEvent(.scrollDown, column: 20, row: 8)))
    #expect(driver.row("zoom 1:") != zoomed)
    driver.press("=")
    let before = driver.row("at ")
    driver.send(.mouse(MouseEvent(.press, column: 10, row: 6)))
    #expect(driver.row("at ") != before)
    let count = Self.views(driver).count
    driver.send(.mouse(MouseEvent(.drag, column: 14, row: 6)))
    driver.send(.mouse(MouseEvent(.release, column: 14, row: 6)))
    #expect(Self.views(driver).count > count)
    driver.press("x")
    let wiped = driver.state.view()
    driver.send(.mouse(MouseEvent(.press, column: 60, row: 6)))
    #expect(driver.state.view() != wiped)
  }

  @Test("told in lines for those who hear it")
  func plain() {
    var room = PlainTests.Room()
    room.enter("5")
    for name in ["harbour-01.png", "harbour-02.png"] { room.enter("add " + Self.folder + name) }
    let lines = room.enter("show").joined(separator: "\n")
    #expect(lines.contains("A harbour-01.png (before), 1504 by 1000, 8 bit"), "\(lines)")
    #expect(lines.contains("B noise: 21.30 > 2.10"), "\(lines)")
  }
}
