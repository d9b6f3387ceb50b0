import Base
import EngineWire
import Testing
import Workbench

@Suite struct CompareScreenTests {
  static let sizes = [(60, 15), (80, 24), (120, 40), (200, 60)]
  static let folder = "/home/ada/photos/"

  /// Screen 5 with the first `count` harbours.
  static func desk(
    _ count: Int = 2, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half, colours: ColourDepth = .indexed,
    usesMouse: Bool = false
  ) -> Desk {
    var settings = Settings()
    settings.usesMouse = usesMouse
    var desk = Desk(columns: columns, rows: rows, graphics: graphics, colours: colours, settings: settings)
    desk.press("1", "g", "p")
    desk.press("Ctrl-u")
    desk.type(folder)
    desk.press("Enter", "/")
    desk.type("harbour")
    desk.press("Enter")
    for _ in 0..<count { desk.press("Space") }
    desk.press("B")
    desk.rest(0.5)
    return desk
  }

  static func views(_ desk: Desk) -> [(region: Rectangle, width: Int, height: Int)] {
    desk.asked {
      guard case .compare(let request) = $0, case .view(let region, let width, let height, _, _) = request.question
      else { return nil }
      return (region, width, height)
    }
  }

  static func measures(_ desk: Desk) -> [ComparisonRequest] {
    desk.asked {
      guard case .compare(let request) = $0, case .measure = request.question else { return nil }
      return request
    }
  }

  static let modes: [(name: String, keys: [String])] = [
    ("side", []), ("flip", ["b"]), ("wipe", ["x", ">"]), ("difference", ["d"]), ("crop", ["n"]),
  ]

  @Test("every mode in colour", arguments: modes, sizes)
  func looks(_ mode: (name: String, keys: [String]), _ size: (Int, Int)) throws {
    var desk = Self.desk(columns: size.0, rows: size.1)
    for key in mode.keys { desk.press(key) }
    desk.rest(0.5)
    try expectScreen(desk, "compare-\(mode.name)-\(size.0)x\(size.1)")
  }

  @Test("every mode in ASCII without colours", arguments: modes, sizes)
  func looksInASCII(_ mode: (name: String, keys: [String]), _ size: (Int, Int)) throws {
    var desk = Self.desk(columns: size.0, rows: size.1, graphics: .ascii, colours: .none)
    for key in mode.keys { desk.press(key) }
    desk.rest(0.5)
    #expect(desk.text.allSatisfy { $0.isASCII })
    try expectScreen(desk, "compare-\(mode.name)-ascii-\(size.0)x\(size.1)")
  }

  @Test("three and four pictures, and nothing to compare")
  func others() throws {
    try expectScreen(Self.desk(3), "compare-three-80x24")
    var desk = Desk()
    desk.press("5")
    try expectScreen(desk, "compare-nothing-80x24")
  }

  @Test("flip shows one picture after the other and asks the engine nothing")
  func flip() {
    var desk = Self.desk()
    desk.press("b")
    let first = desk.state.view()
    let asked = desk.engine.asked.count
    desk.press("b")
    let second = desk.state.view()
    #expect(first != second)
    desk.press("b")
    #expect(desk.state.view() == first)
    #expect(desk.engine.asked.count == asked)
    desk.press("Esc")
    #expect(desk.row("side by side") != nil)
  }

  @Test("the edge of a wipe and the gain of a difference go with < and >, without the engine")
  func adjusting() {
    var desk = Self.desk()
    desk.press("x")
    let before = desk.state.view()
    let asked = desk.engine.asked.count
    desk.press(">")
    #expect(desk.state.view() != before)
    for _ in 0..<40 { desk.press("<") }
    desk.press("d")
    #expect(desk.row("times 4") != nil)
    desk.press(">")
    #expect(desk.row("times 8") != nil)
    for _ in 0..<9 { desk.press(">") }
    #expect(desk.row("times 64") != nil)
    for _ in 0..<9 { desk.press("<") }
    #expect(desk.row("times 1") != nil)
    #expect(desk.engine.asked.count == asked)
  }

  @Test("zoom goes from all of it to 16:1 with whole pixels, and back")
  func zoom() {
    var desk = Self.desk()
    desk.press("=")
    #expect(desk.row("zoom 1:1") != nil)
    for _ in 0..<9 { desk.press("+") }
    #expect(desk.row("zoom 16:1") != nil)
    let last = Self.views(desk).last { $0.width > 0 }!
    #expect(last.region.width == last.width && last.region.height == last.height && last.width <= 5)
    for _ in 0..<20 { desk.press("-") }
    let all = Self.views(desk).last { $0.width > 0 }!
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
    var desk = Desk(engine)
    for name in ["harbour-01.png", "harbour-02.png"] {
      desk.press("5", "a")
      desk.press("Ctrl-u")
      desk.type(Self.folder + name)
      desk.press("Enter")
    }
    let all = desk.body
    for _ in 0..<30 { desk.press("+") }
    #expect(desk.row("zoom 16:1") != nil)
    for _ in 0..<30 { desk.press("-") }
    #expect(desk.row("zoom 1:769.2") == all.first { $0.contains("zoom 1:769.2") } && desk.row("zoom 1:769.2") != nil)
  }

  @Test("panning stays within the picture and reads its corner pixels")
  func pan() {
    var desk = Self.desk()
    desk.press("=")
    for _ in 0..<500 { desk.press("h") }
    for _ in 0..<500 { desk.press("k") }
    #expect(desk.row("at 0,0") != nil)
    #expect(Self.views(desk).allSatisfy { $0.region.x >= 0 && $0.region.y >= 0 })
    desk.press("G")
    #expect(desk.row("at 1503,999") != nil)
    let last = Self.views(desk).last { $0.width > 0 }!.region
    #expect(last.x + last.width == 1504 && last.y + last.height == 1000)
    desk.press("H", "K")
    #expect(desk.row("at 1502,998") != nil)
  }

  @Test("one question for a view is on its way at a time, and the newest is asked next")
  func paces() {
    var desk = Self.desk()
    desk.press("=")
    desk.holdsAnswers = true
    for _ in 0..<10 { desk.press("l") }
    func waiting() -> [Question] {
      desk.waiting.filter {
        if case .compare(let request) = $0.request, case .view = request.question { true } else { false }
      }
    }
    #expect(waiting().count == 1)
    desk.deliver()
    #expect(waiting().count == 1)
    desk.deliver()
    #expect(waiting().isEmpty)
  }

  @Test("what is in sight is measured when it rests, all of it once; a convention measures anew")
  func measuring() {
    var desk = Self.desk()
    #expect(Self.measures(desk).count == 1)
    desk.press("=")
    for _ in 0..<5 { desk.press("l") }
    #expect(Self.measures(desk).count == 1)
    desk.rest(0.5)
    #expect(Self.measures(desk).count == 2)
    #expect(desk.row("31.40") != nil)
    desk.press("C")
    desk.rest(0.5)
    #expect(desk.row("PSNR (basicsr)") != nil)
    desk.press("S")
    desk.press("Backspace")
    desk.type("4")
    desk.press("Enter")
    #expect(desk.row("PSNR (basicsr, shave 4)") != nil)
  }

  @Test("the pixel under the cursor is read in every picture, with its difference")
  func readout() {
    let desk = Self.desk()
    let line = desk.row("pixel  A")
    #expect(line?.contains("B-A") == true)
  }

  @Test("crops are gone through, the largest difference first")
  func crops() {
    var desk = Self.desk()
    desk.press("n")
    #expect(desk.footer.contains("crop 1 of 3: 64 x 64 at 640,320"))
    #expect(desk.row("at 672,352") != nil)
    desk.press("N")
    #expect(desk.footer.contains("crop 3 of 3"))
    desk.press("c")
    #expect(desk.text.contains("64 x 64 at 440,320"))
  }

  @Test("another reference swaps what is measured; the command line says the same")
  func reference() {
    var desk = Self.desk()
    desk.press("*")
    #expect(desk.row("B harbour-02.png (reference)") != nil)
    #expect(Self.measures(desk).last?.reference == 1)
    desk.press("e")
    guard case .export(let arguments, let file) = desk.effects.last else {
      Issue.record("nothing is written")
      return
    }
    #expect(arguments.starts(with: ["compare", "/home/ada/photos/harbour-01.png", "--reference"]))
    #expect(arguments.suffix(4) == ["--sheet", "harbour-02_compare.png", "--diff", "harbour-02_difference.png"])
    #expect(file == "harbour-02_compare.png and harbour-02_difference.png")
    desk.press("y")
    #expect(desk.text.contains("grl compare"))
    #expect(
      desk.effects.contains {
        if case .copy(let text) = $0 { text.contains("--reference /home/ada/photos/harbour-02.png") } else { false }
      })
  }

  @Test("pictures of another size or depth are told in words")
  func otherSizes() {
    var engine = FakeEngine.photographs
    engine.pictures[Self.folder + "harbour-02.png"]?.width = 376
    engine.pictures[Self.folder + "harbour-02.png"]?.height = 250
    var desk = Desk(engine)
    for name in ["harbour-01.png", "harbour-02.png"] {
      desk.press("5", "a")
      desk.press("Ctrl-u")
      desk.type(Self.folder + name)
      desk.press("Enter")
    }
    #expect(desk.row("B: 376 x 250 shown at 1504 x 1000") != nil)
    desk.press("X")
    #expect(desk.row("Compare two to four pictures") != nil)
  }

  @Test("what cannot be read is said, and R tries again")
  func failing() {
    var desk = Self.desk()
    desk.engine.pictures[Self.folder + "harbour-02.png"] = nil
    desk.press("R")
    #expect(desk.row("harbour-02.png: not a picture") != nil)
    desk.engine.add(String(Self.folder.dropLast()), ["harbour-01.png", "harbour-02.png"])
    desk.press("R")
    #expect(desk.row("side by side") != nil)
  }

  @Test("a finished picture of screen 3 comes with what it was")
  func fromRun() {
    var engine = FakeEngine.photographs
    engine.jobs = RunQueues.jobs
    engine.add(String(Self.folder.dropLast()), ["logo.png", "logo_denoise.png"])
    var desk = Desk(engine)
    desk.press("3", "g", "g", "B")
    #expect(desk.row("A logo.png") != nil && desk.row("B logo_denoise.png") != nil)
  }

  @Test("an engine that is lost and found goes on with the same pictures")
  func losing() {
    var desk = Self.desk()
    desk.press("=")
    desk.holdsAnswers = true
    desk.press("l")
    desk.loseEngine()
    desk.holdsAnswers = false
    desk.findEngine()
    desk.press("l")
    #expect(desk.row("zoom 1:1") != nil)
    let last = Self.views(desk).last
    #expect(last != nil)
  }

  @Test("the wheel zooms, a click reads a pixel, dragging moves the pictures and the edge")
  func mouse() {
    var desk = Self.desk(usesMouse: true)
    desk.send(.mouse(MouseEvent(.scrollUp, column: 20, row: 8)))
    let zoomed = desk.row("zoom 1:")
    desk.send(.mouse(MouseEvent(.scrollDown, column: 20, row: 8)))
    #expect(desk.row("zoom 1:") != zoomed)
    desk.press("=")
    let before = desk.row("at ")
    desk.send(.mouse(MouseEvent(.press, column: 10, row: 6)))
    #expect(desk.row("at ") != before)
    let count = Self.views(desk).count
    desk.send(.mouse(MouseEvent(.drag, column: 14, row: 6)))
    desk.send(.mouse(MouseEvent(.release, column: 14, row: 6)))
    #expect(Self.views(desk).count > count)
    desk.press("x")
    let wiped = desk.state.view()
    desk.send(.mouse(MouseEvent(.press, column: 60, row: 6)))
    #expect(desk.state.view() != wiped)
  }

  @Test("told in lines for those who hear it")
  func plain() {
    var room = PlainTests.Room()
    room.enter("5")
    for name in ["harbour-01.png", "harbour-02.png"] { room.enter("add " + Self.folder + name) }
    let lines = room.enter("show").joined(separator: "\n")
    #expect(lines.contains("A harbour-01.png (reference), 1504 by 1000, 8 bit"), "\(lines)")
    #expect(lines.contains("B PSNR (matlab): 30.87"), "\(lines)")
  }
}
