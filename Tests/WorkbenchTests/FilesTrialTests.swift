import Base
import EngineWire
import Testing
import Workbench

@Suite struct FilesTrialTests {
  private static func trials(_ driver: WorkbenchDriver) -> [Rectangle] {
    driver.asked { if case .tryRegion(_, _, let region, _, _) = $0 { region } else { nil } }
  }

  @Test("restores the frame and shows it beside what it was", arguments: [(60, 15), (80, 24), (120, 40)])
  func shows(_ size: (Int, Int)) throws {
    var driver = FilesScreenTests.driver(columns: size.0, rows: size.1)
    driver.press("p")
    #expect(Self.trials(driver) == [Rectangle(x: 704, y: 452, width: 96, height: 96)])
    #expect(driver.row("before")?.contains("after: denoise-color-t") == true)
    #expect(driver.footer.contains("Esc back"))
    try expectScreen(driver, "files-trial-\(size.0)x\(size.1)")
    driver.press("Esc")
    #expect(driver.row("harbour-01.png") != nil)
  }

  @Test("tells that it works, and stops on Esc")
  func stops() {
    var driver = FilesScreenTests.driver()
    driver.holdsAnswers = true
    driver.press("p")
    #expect(driver.row("restoring 96 x 96 for 0 s") != nil)
    driver.rest(2)
    #expect(driver.row("restoring 96 x 96 for 2 s") != nil)
    driver.press("Esc")
    #expect(driver.row("harbour-01.png") != nil)
    #expect(driver.waiting.contains { $0.request == .stopTrying })
    driver.holdsAnswers = false
    driver.deliver()
    #expect(driver.row("harbour-01.png") != nil)
  }

  @Test("zooms, moves and flips both pictures together")
  func looksAround() {
    var driver = FilesScreenTests.driver()
    driver.press("p")
    #expect(driver.body[0].hasSuffix("1:1") == true)
    driver.press("0")
    #expect(driver.body[0].hasSuffix("all, 1:2.5") == true)
    driver.press("+", "+")
    #expect(driver.body[0].hasSuffix("1:1") == true)
    let middle = driver.state.view()
    driver.press("l", "l", "l")
    #expect(driver.state.view() != middle)
    for _ in 0..<30 { driver.press("h", "k") }
    let corner = driver.state.view()
    driver.press("h", "k")
    #expect(driver.state.view() == corner)
    driver.press("b")
    #expect(driver.row("after") == nil)
    driver.press("b")
    #expect(driver.row("before") == nil)
    driver.press("Tab")
    #expect(driver.row("before")?.contains("after") == true)
  }

  @Test("V shows several strengths side by side, asked for one after the other, and goes back; the plan stays as it is")
  func several() {
    func wanted(_ driver: WorkbenchDriver) -> [JobRequest] {
      driver.asked { if case .tryRegion(let job, _, _, _, _) = $0 { job } else { nil } }
    }
    var driver = FilesScreenTests.driver()
    driver.press("p")
    driver.holdsAnswers = true
    driver.press("V")
    #expect(driver.waiting.count == 1 && driver.row("strength 0.25") != nil && driver.row("...") != nil)
    driver.holdsAnswers = false
    driver.deliver()
    #expect(wanted(driver).map(\.strength) == [nil, 0.25, 0.5, 0.75, nil])
    let row = driver.row("strength 0.25")
    #expect(["0.5", "0.75", "1"].allSatisfy { row?.contains("strength \($0)") == true })
    #expect(driver.row("...") == nil && driver.row("before") == nil)
    driver.press("+", "0", "V")
    #expect(driver.row("before")?.contains("after") == true && wanted(driver).count == 5)
    driver.press("V", "<")
    #expect(driver.row("<strength 0.9>") != nil && driver.row("before") != nil)
    #expect(wanted(driver).last?.strength == 0.9)
  }

  @Test("strength and its like change while it is shown, one question at a time, and stay in the plan")
  func changesWhileShown() {
    func wanted(_ driver: WorkbenchDriver) -> [JobRequest] {
      driver.asked { if case .tryRegion(let job, _, _, _, _) = $0 { job } else { nil } }
    }
    var driver = FilesScreenTests.driver()
    driver.press("p")
    #expect(driver.row("<strength 1>  texture 0  grain 0  chroma only off") != nil)
    driver.press("+", "<")
    #expect(wanted(driver).map(\.strength) == [nil, 0.9])
    #expect(driver.row("<strength 0.9>") != nil && driver.row("before") != nil)
    driver.holdsAnswers = true
    driver.press("<", "<", "<")
    #expect(driver.waiting.count == 1 && driver.row("<strength 0.6>") != nil && driver.row("before") != nil)
    driver.holdsAnswers = false
    driver.deliver()
    #expect(wanted(driver).map(\.strength).suffix(2) == [0.8, 0.6])
    driver.press("o", ">")
    #expect(wanted(driver).last?.texture == 0.1)
    driver.press("<", "<")
    #expect(wanted(driver).last?.texture == nil)
    let count = wanted(driver).count
    driver.press("<", "o", "o", "<")
    #expect(wanted(driver).count == count)
    driver.press(">")
    #expect(wanted(driver).last?.chromaOnly == "on" && driver.row("<chroma only on>") != nil)
    driver.press("Esc", "2")
    #expect(driver.state.session.draft.request.strength == 0.6)
  }

  @Test("a failure is told, and so is the loss of the engine")
  func fails() {
    var driver = FilesScreenTests.driver()
    driver.engine.pictures["/home/ada/photos/harbour-02.png"] = nil
    driver.press("p")
    #expect(driver.row("not a picture") != nil)
    driver.press("Esc")
    driver.holdsAnswers = true
    driver.press("p")
    driver.loseEngine()
    driver.findEngine()
    #expect(driver.row("the engine was lost while it restored this") != nil)
  }

  @Test("is drawn at every size")
  func drawsAtEverySize() {
    var driver = FilesScreenTests.driver()
    driver.press("p")
    for columns in 1...40 {
      for rows in 1...12 {
        driver.send(.resize(columns: columns, rows: rows))
        _ = driver.state.view()
        driver.press("+", "l", "b", "-", "0", "Tab")
        _ = driver.state.view()
      }
    }
  }
}
