import Base
import EngineWire
import Testing
import Workbench

@Suite struct FilesPreviewTests {
  private static func previews(_ desk: Desk) -> [(path: String, width: Int, height: Int)] {
    desk.asked { if case .preview(let path, _, let width, let height) = $0 { (path, width, height) } else { nil } }
  }

  @Test("asks for exactly the pixels that its cells show, again when the size changes")
  func asksForItsSize() {
    var desk = FilesScreenTests.desk()
    let first = Self.previews(desk).last
    #expect(first?.path == "/home/ada/photos/harbour-02.png")
    // 80 x 24: header and footer, a line for the name, five for facts; the list takes 43 columns, the border one at each side.
    #expect(first?.width == 35)
    #expect(first?.height == 32)
    desk.send(.resize(columns: 120, rows: 40))
    desk.rest(0.5)
    #expect(Self.previews(desk).last?.width == 62)
    let count = Self.previews(desk).count
    desk.press("?", "Esc")
    desk.rest(1)
    #expect(Self.previews(desk).count == count)
  }

  @Test("a cursor that runs asks only for where it rests")
  func waitsForRest() {
    var desk = FilesScreenTests.desk(on: "harbour-01.png")
    let before = Self.previews(desk).count
    for key in ["j", "j", "j", "k"] {
      desk.time += 0.03
      desk.press(key)
    }
    desk.rest(0.5)
    let asked = Self.previews(desk).dropFirst(before).map(\.path)
    // The first movement is answered at once, the run only at its end.
    #expect(asked == ["/home/ada/photos/harbour-02.png", "/home/ada/photos/harbour-10.png"])
    #expect(!desk.state.wantsTicks)
  }

  @Test("an answer that comes late is not shown for another picture")
  func ignoresOldAnswers() {
    var desk = FilesScreenTests.desk(on: "harbour-01.png")
    desk.holdsAnswers = true
    desk.rest(1)
    desk.press("j")
    desk.rest(1)
    desk.press("j")
    desk.rest(1)
    #expect(desk.row("reading") != nil)
    desk.deliver { if case .preview(let path, _, _, _) = $0 { path.hasSuffix("harbour-02.png") } else { false } }
    #expect(desk.row("reading") != nil)
    desk.deliver { if case .preview(let path, _, _, _) = $0 { path.hasSuffix("harbour-10.png") } else { false } }
    #expect(desk.row("reading") == nil)
  }

  @Test("the way back needs no new question")
  func keepsLastPictures() {
    var desk = FilesScreenTests.desk(on: "harbour-01.png")
    desk.rest(1)
    desk.press("j")
    desk.rest(1)
    let count = Self.previews(desk).count
    desk.press("k")
    desk.rest(1)
    #expect(Self.previews(desk).count == count)
    #expect(desk.row("reading") == nil)
  }

  @Test("an engine that is lost and found is asked again")
  func asksAgainAfterLoss() {
    var desk = Desk(isConnected: false)
    #expect(desk.row("waiting for the engine") != nil)
    desk.holdsAnswers = true
    desk.findEngine()
    desk.loseEngine()
    desk.press("j", "Enter", "Space", "v", "p", "R")
    desk.holdsAnswers = false
    desk.findEngine()
    #expect(desk.row("photos") != nil)
    desk.press("Enter", "j")
    desk.holdsAnswers = true
    desk.press("j")
    desk.rest(1)
    desk.loseEngine()
    #expect(desk.row("no engine") != nil)
    desk.holdsAnswers = false
    desk.findEngine()
    desk.rest(1)
    #expect(desk.row("no engine") == nil)
    #expect(desk.row("noise sigma 21") != nil)
  }

  @Test("pixels that are not as many as told are a failure, not a picture")
  func refusesWrongPixels() {
    var desk = FilesScreenTests.desk(on: "harbour-01.png")
    desk.holdsAnswers = true
    desk.rest(1)
    desk.press("j")
    desk.rest(1)
    let question = desk.waiting.last { if case .preview = $0.request { true } else { false } }
    let info = PixelsInfo(
      width: 30, height: 20, pictureWidth: 30, pictureHeight: 20, region: Rectangle(x: 0, y: 0, width: 30, height: 20))
    desk.send(.answer(Answer(id: question!.id, .pixels(info)), body: [1, 2, 3]))
    #expect(desk.text.contains("of pixels, not 1800"))
  }

  @Test("suggests a task only where something stands out, and takes it on request")
  func suggests() {
    var desk = FilesScreenTests.desk()
    #expect(desk.row("looks noisy: t takes task denoise") != nil)
    desk.engine.noise = 6.1
    desk.engine.blockiness = 0.02
    desk.press("j")
    desk.rest(1)
    #expect(desk.row("noise sigma 6.1, no JPEG grid") != nil)
    #expect(desk.row("stands out") != nil)
    desk.engine.blockiness = 0.6
    desk.press("j")
    desk.rest(1)
    #expect(desk.row("looks like JPEG damage") != nil)
    desk.press("t", "2")
    #expect(desk.row("task")?.contains("jpeg") == true)
    desk.press("u")
    #expect(desk.row("task")?.contains("denoise") == true)
  }

  @Test("a frame moves, grows and stays within the picture")
  func frames() throws {
    var desk = FilesScreenTests.desk()
    desk.press("Tab", "l")
    let step = 1504 / 35
    #expect(desk.state.session.framed == Rectangle(x: 752 - 48 + step, y: 452, width: 96, height: 96))
    try expectScreen(desk, "files-frame-80x24")
    desk.press("g", "g")
    #expect(desk.state.session.framed == Rectangle(x: 0, y: 0, width: 96, height: 96))
    desk.press("+")
    #expect(desk.state.session.framed == Rectangle(x: 0, y: 0, width: 128, height: 128))
    desk.press("G", "-", "-")
    #expect(desk.state.session.framed?.width == 64)
    for _ in 0..<40 { desk.press("+") }
    #expect(desk.state.session.framed == Rectangle(x: 480, y: 0, width: 1024, height: 1000))
    desk.press("Tab", "j")
    #expect(desk.state.session.framed == nil)
  }

  @Test("the mouse chooses, opens, scrolls and frames")
  func takesTheMouse() {
    var settings = Settings()
    settings.usesMouse = true
    var desk = Desk(settings: settings)
    // Rows begin below header, path and titles; the first is the way up.
    desk.send(.mouse(MouseEvent(.press, column: 5, row: 5)))
    #expect(desk.state.session.current == nil)
    desk.send(.mouse(MouseEvent(.press, column: 5, row: 4)))
    desk.send(.mouse(MouseEvent(.press, column: 5, row: 4)))
    #expect(desk.body[0].contains("~/photos"))
    desk.send(.mouse(MouseEvent(.press, column: 5, row: 6)))
    desk.rest(1)
    #expect(desk.state.session.current == "/home/ada/photos/harbour-02.png")
    desk.send(.mouse(MouseEvent(.press, column: 55, row: 9)))
    desk.send(.mouse(MouseEvent(.drag, column: 60, row: 11)))
    desk.send(.mouse(MouseEvent(.release, column: 60, row: 11)))
    #expect(desk.state.session.framed.map { $0.width > 150 && $0.height > 100 } == true)
    desk.send(.mouse(MouseEvent(.scrollDown, column: 5, row: 6)))
    #expect(desk.state.session.current == "/home/ada/photos/harbour-02.png")
  }
}
