import EngineWire
import Testing
import Workbench

@Suite("Keys, overlays, header and footer")
struct FrameTests {
  @Test("number keys go to the screens and the header says where one is")
  func screens() {
    var driver = WorkbenchDriver()
    for screen in ScreenID.allCases {
      driver.press("\(screen.rawValue)")
      #expect(driver.state.session.screen == screen)
      #expect(driver.lines[0].contains("\(screen.rawValue) \(screen.title)"))
    }
  }

  @Test("the header keeps its parts in place at any width and what the engine does at the right")
  func header() {
    #expect(
      WorkbenchDriver(columns: 120).lines[0].hasPrefix(
        " GRL  1 Files  2 Plan  3 Run  4 Attention  5 Compare  6 Models  7 Log"))
    #expect(WorkbenchDriver(columns: 120).lines[0].hasSuffix("engine idle, 2 cores"))
    #expect(
      WorkbenchDriver(columns: 80).lines[0]
        == " 1 Files  2 Plan  3 Run  4 Attention  5 Compare  6 Models  7 Log  idle, 2 cores")
    #expect(WorkbenchDriver(columns: 60).lines[0].hasPrefix(" 1 Files  2  3  4  5  6  7 "))
    #expect(WorkbenchDriver(columns: 30).lines[0].hasPrefix(" 1 Files "))
  }

  @Test("below 60x15 a line says so and everything goes on")
  func small() {
    var driver = WorkbenchDriver(columns: 59, rows: 15)
    #expect(driver.footer.contains("59x15 is small; made for 60x15 and up"))
    driver.press("6")
    #expect(driver.state.session.screen == .models && driver.effects.contains(.quit) == false)
    driver.send(.resize(columns: 60, rows: 15))
    #expect(!driver.footer.contains("small"))
  }

  @Test("keys of a sequence wait for the next one; Esc and another key end it")
  func sequences() {
    var driver = WorkbenchDriver()
    driver.press("6", "g")
    #expect(driver.footer.hasSuffix("g .."))
    driver.press("Esc")
    #expect(!driver.footer.hasSuffix("g .."))
    driver.press("g", "7")
    #expect(driver.state.session.screen == .log)
  }

  @Test("a key without a meaning says where to look")
  func meaningless() {
    var driver = WorkbenchDriver()
    driver.press("6", "F9")
    #expect(driver.footer.contains("F9 does nothing here; ? shows what does"))
  }

  @Test("Esc never leaves, whatever is open")
  func escape() {
    var driver = WorkbenchDriver()
    for keys in [
      ["Esc"], ["?", "Esc"], [":", "Esc"], ["T", "Esc"], ["Ctrl-c", "Esc"], ["g", "Esc"], ["7", "Enter", "Esc"],
    ] {
      for key in keys { driver.press(key) }
      for _ in 0..<3 { driver.press("Esc") }
      #expect(!driver.state.hasOverlay)
    }
    #expect(!driver.effects.contains(.quit))
  }

  @Test("q goes back to the files, and leaves from there")
  func back() {
    var driver = WorkbenchDriver()
    driver.press("6", "q")
    #expect(driver.state.session.screen == .files && !driver.effects.contains(.quit))
    driver.press("q")
    #expect(driver.effects.last == .quit)
  }

  private func working(_ state: JobState = .running) -> WorkbenchDriver {
    var driver = WorkbenchDriver(columns: 120)
    let pictures = [
      PictureProgress(input: "/p/harbour.png", output: "/p/o.png", state: .done, seconds: 65),
      PictureProgress(input: "/p/letter.jpg", output: "/p/l.png", state: .running),
    ]
    let job = JobInfo(
      id: "j1", created: 0, state: state, request: JobRequest(inputs: ["/p/harbour.png"], task: "denoise"),
      pictures: pictures)
    driver.tell(.jobs([job]))
    return driver
  }

  @Test("q asks while a job runs; leaving leaves the job alone")
  func askBeforeLeaving() {
    var driver = working()
    driver.press("q")
    #expect(driver.text.contains("A job is running. It goes on in the engine"))
    #expect(!driver.effects.contains(.quit))
    driver.press("s")
    #expect(!driver.state.hasOverlay && !driver.effects.contains(.quit))
    driver.press("q", "Enter")
    #expect(driver.effects.last == .quit)
    #expect(!driver.engine.asked.contains(.cancel(job: "j1")))
    var other = working()
    other.press("q", "c")
    #expect(other.engine.asked.contains(.cancel(job: "j1")) && other.effects.last == .quit)
  }

  @Test("Ctrl-C stops the job first, and asks before it leaves when nothing runs")
  func stop() {
    var driver = working()
    driver.press("Ctrl-c")
    #expect(driver.engine.asked.contains(.pause(job: "j1")))
    #expect(!driver.effects.contains(.quit) && !driver.state.hasOverlay)
    driver.tell(.job(job: "j1", state: .paused, reason: nil))
    driver.send(.interrupt)
    #expect(driver.text.contains("Leave the workbench?") && !driver.effects.contains(.quit))
    driver.press("Ctrl-c")
    #expect(driver.effects.last == .quit)
  }

  @Test("the header follows the job, and its end is told")
  func jobs() {
    var driver = working()
    #expect(driver.lines[0].hasSuffix("restoring 2/2"))
    driver.tell(
      .progress(
        Progress(
          job: "j1", picture: 1, tilesDone: 6, tileCount: 12, tileFraction: 0.5, secondsElapsed: 58,
          secondsRemaining: 41, pixelsPerSecond: 1e5, residentBytes: 1, budgetBytes: 2, cpuPercent: 195)))
    // An engine that tells of the picture alone: of the job by its pictures, and no time.
    #expect(driver.lines[0].hasSuffix(" job 2/2, 77 %"), "\(driver.lines[0])")
    var done = PictureProgress(input: "/p/letter.jpg", output: "/p/l.png", state: .done, seconds: 5)
    driver.tell(.picture(job: "j1", picture: 1, done))
    driver.tell(.job(job: "j1", state: .done, reason: nil))
    #expect(driver.footer.contains("denoise done: 2 of 2 pictures in 1:10"))
    #expect(driver.lines[0].hasSuffix("engine idle, 2 cores"))

    var failing = working()
    done.state = .failed
    done.reason = "letter.jpg: truncated\u{1b}[2J"
    failing.tell(.picture(job: "j1", picture: 1, done))
    #expect(failing.footer.contains("letter.jpg failed: truncated^[[2J"))
    failing.tell(.job(job: "j1", state: .failed, reason: nil))
    #expect(failing.footer.contains("denoise failed for 1 of 2 pictures: letter.jpg: truncated"))
  }

  @Test("news of jobs, pictures and tiles that nobody knows are left alone")
  func strayNews() {
    var driver = working()
    let progress = PictureProgress(input: "x", output: "y", state: .done)
    for event: EngineEvent in [
      .picture(job: "j9", picture: 0, progress), .picture(job: "j1", picture: 9, progress),
      .picture(job: "j1", picture: -1, progress), .job(job: "j9", state: .done, reason: nil),
      .tile(job: "j1", picture: 7, tile: 0, .done), .tile(job: "j1", picture: 0, tile: -4, .done),
      .tile(job: "j9", picture: 0, tile: 0, .done),
    ] { driver.tell(event) }
    #expect(driver.state.session.tiles.isEmpty && driver.state.session.jobs.count == 1)
    driver.tell(.tile(job: "j1", picture: 1, tile: 3, .running))
    #expect(driver.state.session.tiles[PictureKey(job: "j1", picture: 1)] == [3: .running])
    driver.send(.answer(Answer(id: 987, .done), body: []))
    driver.tell(.jobs([]))
    #expect(driver.state.session.tiles.isEmpty && driver.state.session.progress.isEmpty)
  }

  @Test("a lost engine is told calmly, with the time to the next try, and asked anew when it is back")
  func engineLost() {
    var driver = working()
    driver.loseEngine()
    #expect(driver.lines[0].hasSuffix("engine lost, again in 1 s"))
    #expect(driver.footer.contains("the engine ended"))
    #expect(driver.state.wantsTicks)
    for screen in 1...7 { driver.press("\(screen)") }
    driver.press("1")
    driver.send(.engine(.connecting(what: "starting the engine")))
    #expect(driver.lines[0].hasSuffix("starting the engine") && !driver.state.wantsTicks)
    driver.engine.asked = []
    driver.findEngine()
    #expect(driver.engine.asked.contains(.watch) && driver.engine.asked.contains(.listModels))
    driver.send(.engine(.lost(reason: "no ssh", retrySeconds: nil)))
    #expect(driver.lines[0].hasSuffix("no engine") && !driver.state.wantsTicks)
    #expect(driver.footer.contains(":reconnect tries again"))
    driver.press(":")
    driver.type("reconnect")
    driver.press("Enter")
    #expect(driver.effects.last == .connect(host: nil))
  }

  @Test("Ctrl-Z and Ctrl-L go to the main loop; m turns the mouse on and is remembered")
  func effects() {
    var driver = WorkbenchDriver()
    driver.press("Ctrl-z", "Ctrl-l")
    #expect(driver.effects.suffix(2) == [.suspend, .redraw])
    driver.press("m")
    #expect(driver.effects.contains(.setMouse(true)))
    #expect(driver.effects.contains { if case .save(let settings) = $0 { settings.usesMouse } else { false } })
    driver.send(.mouse(MouseEvent(.press, column: 22, row: 0)))
    #expect(driver.state.session.screen != .files)
    driver.press("m")
    let screen = driver.state.session.screen
    driver.send(.mouse(MouseEvent(.press, column: 3, row: 0)))
    #expect(driver.state.session.screen == screen)
  }

  @Test("y shows and copies the command of the plan, and says so where there is none")
  func command() {
    var driver = WorkbenchDriver()
    driver.press("6", "y")
    #expect(driver.footer.contains("nothing is planned yet"))
    driver.press("1", "/")
    driver.type("map")
    driver.press("Enter")
  }
}
