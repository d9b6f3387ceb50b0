import Base
import EngineWire
import Testing
import Workbench

@Suite struct FilesPreviewTests {
  private static func previews(_ driver: WorkbenchDriver) -> [(path: String, width: Int, height: Int)] {
    driver.asked { if case .preview(let path, _, let width, let height) = $0 { (path, width, height) } else { nil } }
  }

  @Test("asks for exactly the pixels that its cells show, again when the size changes")
  func asksForItsSize() {
    var driver = FilesScreenTests.driver()
    let first = Self.previews(driver).last
    #expect(first?.path == "/home/ada/photos/harbour-02.png")
    // 80 x 24: header and footer, a line for the name, five for facts; the list takes 43 columns, the border one at each side.
    #expect(first?.width == 35)
    #expect(first?.height == 32)
    driver.send(.resize(columns: 120, rows: 40))
    driver.rest(0.5)
    #expect(Self.previews(driver).last?.width == 62)
    let count = Self.previews(driver).count
    driver.press("?", "Esc")
    driver.rest(1)
    #expect(Self.previews(driver).count == count)
  }

  @Test("a cursor that runs asks only for where it rests")
  func waitsForRest() {
    var driver = FilesScreenTests.driver(on: "harbour-01.png")
    let before = Self.previews(driver).count
    for key in ["j", "j", "j", "k"] {
      driver.time += 0.03
      driver.press(key)
    }
    driver.rest(0.5)
    let asked = Self.previews(driver).dropFirst(before).map(\.path)
    // The first movement is answered at once, the run only at its end.
    #expect(asked == ["/home/ada/photos/harbour-02.png", "/home/ada/photos/harbour-10.png"])
    #expect(!driver.state.wantsTicks)
  }

  @Test("an answer that comes late is not shown for another picture")
  func ignoresOldAnswers() {
    var driver = FilesScreenTests.driver(on: "harbour-01.png")
    driver.holdsAnswers = true
    driver.rest(1)
    driver.press("j")
    driver.rest(1)
    driver.press("j")
    driver.rest(1)
    #expect(driver.row("reading") != nil)
    driver.deliver { if case .preview(let path, _, _, _) = $0 { path.hasSuffix("harbour-02.png") } else { false } }
    #expect(driver.row("reading") != nil)
    driver.deliver { if case .preview(let path, _, _, _) = $0 { path.hasSuffix("harbour-10.png") } else { false } }
    #expect(driver.row("reading") == nil)
  }

  @Test("the way back needs no new question")
  func keepsLastPictures() {
    var driver = FilesScreenTests.driver(on: "harbour-01.png")
    driver.rest(1)
    driver.press("j")
    driver.rest(1)
    let count = Self.previews(driver).count
    driver.press("k")
    driver.rest(1)
    #expect(Self.previews(driver).count == count)
    #expect(driver.row("reading") == nil)
  }

  @Test("an engine that is lost and found is asked again")
  func asksAgainAfterLoss() {
    var driver = WorkbenchDriver(isConnected: false)
    #expect(driver.row("waiting for the engine") != nil)
    driver.holdsAnswers = true
    driver.findEngine()
    driver.loseEngine()
    driver.press("j", "Enter", "Space", "v", "p", "R")
    driver.holdsAnswers = false
    driver.findEngine()
    #expect(driver.row("photos") != nil)
    driver.press("Enter", "j")
    driver.holdsAnswers = true
    driver.press("j")
    driver.rest(1)
    driver.loseEngine()
    #expect(driver.row("no engine") != nil)
    driver.holdsAnswers = false
    driver.findEngine()
    driver.rest(1)
    #expect(driver.row("no engine") == nil)
    #expect(driver.row("noise sigma 21") != nil)
  }

  @Test("pixels that are not as many as told are a failure, not a picture")
  func refusesWrongPixels() {
    var driver = FilesScreenTests.driver(on: "harbour-01.png")
    driver.holdsAnswers = true
    driver.rest(1)
    driver.press("j")
    driver.rest(1)
    let question = driver.waiting.last { if case .preview = $0.request { true } else { false } }
    let info = PixelsInfo(
      width: 30, height: 20, pictureWidth: 30, pictureHeight: 20, region: Rectangle(x: 0, y: 0, width: 30, height: 20))
    driver.send(.answer(Answer(id: question!.id, .pixels(info)), body: [1, 2, 3]))
    #expect(driver.text.contains("of pixels, not 1800"))
  }

  @Test("suggests a task only where something stands out, and takes it on request")
  func suggests() {
    var driver = FilesScreenTests.driver()
    #expect(driver.row("noisy: t takes task denoise") != nil)
    driver.engine.noise = 6.1
    driver.engine.blockiness = 0.02
    driver.press("j")
    driver.rest(1)
    #expect(driver.row("noise sigma 6.1, no JPEG grid") != nil)
    #expect(driver.row("stands out") != nil)
    driver.engine.blockiness = 0.6
    driver.press("j")
    driver.rest(1)
    #expect(driver.row("JPEG damage: t takes task jpeg") != nil)
    driver.press("t", "2")
    #expect(driver.row("task")?.contains("jpeg") == true)
    driver.press("u")
    #expect(driver.row("task")?.contains("denoise") == true)
  }

  @Test("a frame moves, grows and stays within the picture")
  func frames() throws {
    var driver = FilesScreenTests.driver()
    driver.press("Tab", "l")
    let step = 1504 / 35
    #expect(driver.state.session.framed == Rectangle(x: 752 - 48 + step, y: 452, width: 96, height: 96))
    try expectScreen(driver, "files-frame-80x24")
    driver.press("g", "g")
    #expect(driver.state.session.framed == Rectangle(x: 0, y: 0, width: 96, height: 96))
    driver.press("+")
    #expect(driver.state.session.framed == Rectangle(x: 0, y: 0, width: 128, height: 128))
    driver.press("End", "-", "-")
    #expect(driver.state.session.framed?.width == 64)
    for _ in 0..<40 { driver.press("+") }
    #expect(driver.state.session.framed == Rectangle(x: 480, y: 0, width: 1024, height: 1000))
    driver.press("Tab", "j")
    #expect(driver.state.session.framed == nil)
  }

  @Test("the mouse chooses, opens, scrolls and frames")
  func takesTheMouse() {
    var settings = Settings()
    settings.usesMouse = true
    var driver = WorkbenchDriver(settings: settings)
    // Rows begin below header, path and titles; the first is the way up.
    driver.send(.mouse(MouseEvent(.press, column: 5, row: 5)))
    #expect(driver.state.session.current == nil)
    driver.send(.mouse(MouseEvent(.press, column: 5, row: 4)))
    driver.send(.mouse(MouseEvent(.press, column: 5, row: 4)))
    #expect(driver.body[0].contains("~/photos"))
    driver.send(.mouse(MouseEvent(.press, column: 5, row: 6)))
    driver.rest(1)
    #expect(driver.state.session.current == "/home/ada/photos/harbour-02.png")
    driver.send(.mouse(MouseEvent(.press, column: 55, row: 9)))
    driver.send(.mouse(MouseEvent(.drag, column: 60, row: 11)))
    driver.send(.mouse(MouseEvent(.release, column: 60, row: 11)))
    #expect(driver.state.session.framed.map { $0.width > 150 && $0.height > 100 } == true)
    driver.send(.mouse(MouseEvent(.scrollDown, column: 5, row: 6)))
    #expect(driver.state.session.current == "/home/ada/photos/harbour-02.png")
  }
}
