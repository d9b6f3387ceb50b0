import EngineWire
import Testing
import Workbench

@Suite("Keys, overlays, header and footer")
struct FrameTests {
  @Test("number keys go to the screens and the header says where one is")
  func screens() {
    var desk = Desk()
    for screen in ScreenID.allCases {
      desk.press("\(screen.rawValue)")
      #expect(desk.state.session.screen == screen)
      #expect(desk.lines[0].contains("\(screen.rawValue) \(screen.title)"))
    }
  }

  @Test("the header keeps its parts in place at any width and what the engine does at the right")
  func header() {
    #expect(
      Desk(columns: 120).lines[0].hasPrefix(" GRL  1 Files  2 Plan  3 Run  4 Attention  5 Compare  6 Models  7 Log"))
    #expect(Desk(columns: 120).lines[0].hasSuffix("engine idle, 2 cores"))
    #expect(
      Desk(columns: 80).lines[0] == " 1 Files  2 Plan  3 Run  4 Attention  5 Compare  6 Models  7 Log  idle, 2 cores")
    #expect(Desk(columns: 60).lines[0].hasPrefix(" 1 Files  2  3  4  5  6  7 "))
    #expect(Desk(columns: 30).lines[0].hasPrefix(" 1 Files "))
  }

  @Test("below 60x15 a line says so and everything goes on")
  func small() {
    var desk = Desk(columns: 59, rows: 15)
    #expect(desk.footer.contains("59x15 is small; made for 60x15 and up"))
    desk.press("6")
    #expect(desk.state.session.screen == .models && desk.effects.contains(.quit) == false)
    desk.send(.resize(columns: 60, rows: 15))
    #expect(!desk.footer.contains("small"))
  }

  @Test("keys of a sequence wait for the next one; Esc and another key end it")
  func sequences() {
    var desk = Desk()
    desk.press("6", "g")
    #expect(desk.footer.hasSuffix("g .."))
    desk.press("Esc")
    #expect(!desk.footer.hasSuffix("g .."))
    desk.press("g", "7")
    #expect(desk.state.session.screen == .log)
  }

  @Test("a key without a meaning says where to look")
  func meaningless() {
    var desk = Desk()
    desk.press("6", "F9")
    #expect(desk.footer.contains("F9 does nothing here; ? shows what does"))
  }

  @Test("Esc never leaves, whatever is open")
  func escape() {
    var desk = Desk()
    for keys in [
      ["Esc"], ["?", "Esc"], [":", "Esc"], ["T", "Esc"], ["Ctrl-c", "Esc"], ["g", "Esc"], ["7", "Enter", "Esc"],
    ] {
      for key in keys { desk.press(key) }
      for _ in 0..<3 { desk.press("Esc") }
      #expect(!desk.state.hasOverlay)
    }
    #expect(!desk.effects.contains(.quit))
  }

  @Test("q goes back to the files, and leaves from there")
  func back() {
    var desk = Desk()
    desk.press("6", "q")
    #expect(desk.state.session.screen == .files && !desk.effects.contains(.quit))
    desk.press("q")
    #expect(desk.effects.last == .quit)
  }

  private func working(_ state: JobState = .running) -> Desk {
    var desk = Desk(columns: 120)
    let pictures = [
      PictureProgress(input: "/p/harbour.png", output: "/p/o.png", state: .done, seconds: 65),
      PictureProgress(input: "/p/letter.jpg", output: "/p/l.png", state: .running),
    ]
    let job = JobInfo(
      id: "j1", created: 0, state: state, request: JobRequest(inputs: ["/p/harbour.png"], task: "denoise"),
      pictures: pictures)
    desk.tell(.jobs([job]))
    return desk
  }

  @Test("q asks while a job runs; leaving leaves the job alone")
  func askBeforeLeaving() {
    var desk = working()
    desk.press("q")
    #expect(desk.text.contains("A job is running. It goes on in the engine"))
    #expect(!desk.effects.contains(.quit))
    desk.press("s")
    #expect(!desk.state.hasOverlay && !desk.effects.contains(.quit))
    desk.press("q", "Enter")
    #expect(desk.effects.last == .quit)
    #expect(!desk.engine.asked.contains(.cancel(job: "j1")))
    var other = working()
    other.press("q", "c")
    #expect(other.engine.asked.contains(.cancel(job: "j1")) && other.effects.last == .quit)
  }

  @Test("Ctrl-C stops the job first, and asks before it leaves when nothing runs")
  func stop() {
    var desk = working()
    desk.press("Ctrl-c")
    #expect(desk.engine.asked.contains(.pause(job: "j1")))
    #expect(!desk.effects.contains(.quit) && !desk.state.hasOverlay)
    desk.tell(.job(job: "j1", state: .paused, reason: nil))
    desk.send(.interrupt)
    #expect(desk.text.contains("Leave the workbench?") && !desk.effects.contains(.quit))
    desk.press("Ctrl-c")
    #expect(desk.effects.last == .quit)
  }

  @Test("the header follows the job, and its end is told")
  func jobs() {
    var desk = working()
    #expect(desk.lines[0].hasSuffix("restoring 2/2"))
    desk.tell(
      .progress(
        Progress(
          job: "j1", picture: 1, tilesDone: 6, tileCount: 12, tileFraction: 0.5, secondsElapsed: 58,
          secondsRemaining: 41, pixelsPerSecond: 1e5, residentBytes: 1, budgetBytes: 2, cpuPercent: 195)))
    #expect(desk.lines[0].hasSuffix("restoring 2/2 54 %  0:41 left"))
    var done = PictureProgress(input: "/p/letter.jpg", output: "/p/l.png", state: .done, seconds: 5)
    desk.tell(.picture(job: "j1", picture: 1, done))
    desk.tell(.job(job: "j1", state: .done, reason: nil))
    #expect(desk.footer.contains("denoise done: 2 of 2 pictures in 1:10"))
    #expect(desk.lines[0].hasSuffix("engine idle, 2 cores"))

    var failing = working()
    done.state = .failed
    done.reason = "letter.jpg: truncated\u{1b}[2J"
    failing.tell(.picture(job: "j1", picture: 1, done))
    #expect(failing.footer.contains("letter.jpg failed: letter.jpg: truncated^[[2J"))
    failing.tell(.job(job: "j1", state: .failed, reason: nil))
    #expect(failing.footer.contains("denoise failed for 1 of 2"))
  }

  @Test("news of jobs, pictures and tiles that nobody knows are left alone")
  func strayNews() {
    var desk = working()
    let progress = PictureProgress(input: "x", output: "y", state: .done)
    for event: EngineEvent in [
      .picture(job: "j9", picture: 0, progress), .picture(job: "j1", picture: 9, progress),
      .picture(job: "j1", picture: -1, progress), .job(job: "j9", state: .done, reason: nil),
      .tile(job: "j1", picture: 7, tile: 0, .done), .tile(job: "j1", picture: 0, tile: -4, .done),
      .tile(job: "j9", picture: 0, tile: 0, .done),
    ] { desk.tell(event) }
    #expect(desk.state.session.tiles.isEmpty && desk.state.session.jobs.count == 1)
    desk.tell(.tile(job: "j1", picture: 1, tile: 3, .running))
    #expect(desk.state.session.tiles[PictureKey(job: "j1", picture: 1)] == [3: .running])
    desk.send(.answer(Answer(id: 987, .done), body: []))
    desk.tell(.jobs([]))
    #expect(desk.state.session.tiles.isEmpty && desk.state.session.progress.isEmpty)
  }

  @Test("a lost engine is told calmly, with the time to the next try, and asked anew when it is back")
  func engineLost() {
    var desk = working()
    desk.loseEngine()
    #expect(desk.lines[0].hasSuffix("engine lost, again in 1 s"))
    #expect(desk.footer.contains("the engine ended"))
    #expect(desk.state.wantsTicks)
    for screen in 1...7 { desk.press("\(screen)") }
    desk.press("1")
    desk.send(.engine(.connecting(what: "starting the engine")))
    #expect(desk.lines[0].hasSuffix("starting the engine") && !desk.state.wantsTicks)
    desk.engine.asked = []
    desk.findEngine()
    #expect(desk.engine.asked.contains(.watch) && desk.engine.asked.contains(.listModels))
    desk.send(.engine(.lost(reason: "no ssh", retrySeconds: nil)))
    #expect(desk.lines[0].hasSuffix("no engine") && !desk.state.wantsTicks)
    #expect(desk.footer.contains(":reconnect tries again"))
    desk.press(":")
    desk.type("reconnect")
    desk.press("Enter")
    #expect(desk.effects.last == .connect(host: nil))
  }

  @Test("Ctrl-Z and Ctrl-L go to the main loop; m turns the mouse on and is remembered")
  func effects() {
    var desk = Desk()
    desk.press("Ctrl-z", "Ctrl-l")
    #expect(desk.effects.suffix(2) == [.suspend, .redraw])
    desk.press("m")
    #expect(desk.effects.contains(.setMouse(true)))
    #expect(desk.effects.contains { if case .save(let settings) = $0 { settings.usesMouse } else { false } })
    desk.send(.mouse(MouseEvent(.press, column: 22, row: 0)))
    #expect(desk.state.session.screen != .files)
    desk.press("m")
    let screen = desk.state.session.screen
    desk.send(.mouse(MouseEvent(.press, column: 3, row: 0)))
    #expect(desk.state.session.screen == screen)
  }

  @Test("y shows and copies the command of the plan, and says so where there is none")
  func command() {
    var desk = Desk()
    desk.press("6", "y")
    #expect(desk.footer.contains("nothing is planned yet"))
    desk.press("1", "/")
    desk.type("map")
    desk.press("Enter")
  }
}
