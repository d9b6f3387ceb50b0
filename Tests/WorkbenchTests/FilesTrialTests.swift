import Base
import EngineWire
import Testing
import Workbench

@Suite struct FilesTrialTests {
  private static func trials(_ desk: Desk) -> [Rectangle] {
    desk.asked { if case .tryRegion(_, _, let region, _, _) = $0 { region } else { nil } }
  }

  @Test("restores the frame and shows it beside what it was", arguments: [(60, 15), (80, 24), (120, 40)])
  func shows(_ size: (Int, Int)) throws {
    var desk = FilesScreenTests.desk(columns: size.0, rows: size.1)
    desk.press("p")
    #expect(Self.trials(desk) == [Rectangle(x: 704, y: 452, width: 96, height: 96)])
    #expect(desk.row("before")?.contains("after: denoise-color-t") == true)
    #expect(desk.footer.contains("Esc back"))
    try expectScreen(desk, "files-trial-\(size.0)x\(size.1)")
    desk.press("Esc")
    #expect(desk.row("harbour-01.png") != nil)
  }

  @Test("tells that it works, and stops on Esc")
  func stops() {
    var desk = FilesScreenTests.desk()
    desk.holdsAnswers = true
    desk.press("p")
    #expect(desk.row("restoring 96 x 96 for 0 s") != nil)
    desk.rest(2)
    #expect(desk.row("restoring 96 x 96 for 2 s") != nil)
    desk.press("Esc")
    #expect(desk.row("harbour-01.png") != nil)
    #expect(desk.waiting.contains { $0.request == .stopTrying })
    desk.holdsAnswers = false
    desk.deliver()
    #expect(desk.row("harbour-01.png") != nil)
  }

  @Test("zooms, moves and flips both pictures together")
  func looksAround() {
    var desk = FilesScreenTests.desk()
    desk.press("p")
    #expect(desk.body[0].hasSuffix("1:1") == true)
    desk.press("0")
    #expect(desk.body[0].hasSuffix("all, 1:2.5") == true)
    desk.press("+", "+")
    #expect(desk.body[0].hasSuffix("1:1") == true)
    let middle = desk.state.view()
    desk.press("l", "l", "l")
    #expect(desk.state.view() != middle)
    for _ in 0..<30 { desk.press("h", "k") }
    let corner = desk.state.view()
    desk.press("h", "k")
    #expect(desk.state.view() == corner)
    desk.press("b")
    #expect(desk.row("after") == nil)
    desk.press("b")
    #expect(desk.row("before") == nil)
    desk.press("Tab")
    #expect(desk.row("before")?.contains("after") == true)
  }

  @Test("a failure is told, and so is the loss of the engine")
  func fails() {
    var desk = FilesScreenTests.desk()
    desk.engine.pictures["/home/ada/photos/harbour-02.png"] = nil
    desk.press("p")
    #expect(desk.row("not a picture") != nil)
    desk.press("Esc")
    desk.holdsAnswers = true
    desk.press("p")
    desk.loseEngine()
    desk.findEngine()
    #expect(desk.row("the engine was lost while it restored this") != nil)
  }

  @Test("is drawn at every size")
  func drawsAtEverySize() {
    var desk = FilesScreenTests.desk()
    desk.press("p")
    for columns in 1...40 {
      for rows in 1...12 {
        desk.send(.resize(columns: columns, rows: rows))
        _ = desk.state.view()
        desk.press("+", "l", "b", "-", "0", "Tab")
        _ = desk.state.view()
      }
    }
  }
}
