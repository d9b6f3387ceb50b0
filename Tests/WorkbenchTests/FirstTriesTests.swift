import EngineWire
import Testing
import Workbench

/// What somebody who has not read the documentation was stuck on at 80x24, each as it shall be; the tries are listed in Docs/Workbench.md.
@Suite("First tries at 80x24")
struct FirstTriesTests {
  private static let photos = "/home/ada/photos/"

  private func driver(_ engine: FakeEngine = .photographs, settings: Settings = Settings()) -> WorkbenchDriver {
    var driver = WorkbenchDriver(engine, settings: settings)
    driver.press("Enter")
    driver.rest(1)
    return driver
  }

  /// A job of the photographs, one of which failed for a reason that a row of the plan settles.
  private func failed(_ state: JobState = .failed) -> FakeEngine {
    var engine = FakeEngine.photographs
    let reason =
      "\(Self.photos)letter.jpg: ends at row 30 of 200, the rest is missing; get the whole file, or restore what is there with --damaged keep"
    var pictures = ["harbour-01.png", "harbour-02.png"].map {
      PictureProgress(input: Self.photos + $0, output: Self.photos + "out/" + $0, state: .done, seconds: 2)
    }
    pictures.append(
      PictureProgress(
        input: Self.photos + "letter.jpg", output: Self.photos + "out/letter.png", state: .failed, reason: reason))
    var request = JobRequest(inputs: pictures.map(\.input), task: "denoise")
    (request.strength, request.outputFolder) = (0.6, Self.photos + "out")
    var job = JobInfo(
      id: "a", created: 0, state: state, reason: "1 of 3 pictures failed", request: request, pictures: pictures)
    // As the engine told it before the last picture failed.
    job.estimate = JobEstimate(settled: 0, count: 3, fraction: 0, secondsRemaining: 2)
    engine.jobs = [job]
    return engine
  }

  @Test("1: strength, output and size are in sight with all tasks; rows of the machine come last")
  func rows() throws {
    var driver = driver()
    driver.press("j", "2")
    driver.rest(1)
    for title in ["strength", "output", "if it exists", "format", "width", "fit"] {
      #expect(driver.row("  \(title) ") != nil, "\(title)\n\(driver.text)")
    }
    #expect(driver.row("  kernels ") == nil && driver.row("▾") != nil)
    driver.press("End")
    #expect(driver.row("  device ") != nil && driver.row("  threads ") != nil)
  }

  @Test("1: a picture that cannot be restored is told with its reason where it is out of sight in the list")
  func firstFailure() {
    var driver = driver()
    driver.press("*", "2")
    driver.rest(1)
    driver.engine.pictures[Self.photos + "logo.png"] = nil
    driver.press("l", "h")
    driver.rest(1)
    #expect(driver.row("logo.png: not a picture") != nil, "\(driver.text)")
  }

  @Test("1: a job that has ended says what became of its pictures, whatever share was told last")
  func ended() {
    var driver = driver(failed())
    driver.press("3")
    #expect(driver.row("job: 2 of 3 done, 1 failed") != nil, "\(driver.text)")
    #expect(!driver.text.contains(" left"))
  }

  @Test("2: a prompt of few words shows them, arrows and Tab choose, a comma goes on")
  func words() {
    var driver = driver()
    driver.press("j", "2", "Enter")
    #expect(driver.row("motion-deblur") != nil && driver.row("real-sr") != nil, "\(driver.text)")
    driver.press("Down", "Enter")
    #expect(driver.state.session.draft.request.task == "sr")
    driver.press("Enter")
    driver.type("mo")
    #expect(driver.row("motion-deblur") != nil && driver.row("real-sr") == nil, "\(driver.text)")
    driver.press("Tab", "Enter")
    #expect(driver.state.session.draft.request.task == "motion-deblur")
    driver.press("Enter")
    driver.type("denoise,s")
    driver.press("Tab")
    #expect(driver.footer.contains("denoise,sr"), "\(driver.footer)")
    driver.press("Enter")
    #expect(driver.state.session.draft.request.task == "denoise,sr")
    driver.press("Enter")
    driver.type(",jpeg")
    #expect(driver.footer.contains("denoise,sr,jpeg"), "\(driver.footer)")
  }

  @Test("3: what was refused stays in its prompt with the reason, and one number is a box")
  func refused() {
    var driver = driver()
    driver.press("j", "2")
    PlanScreenTests.go(&driver, to: "fit")
    driver.press("Enter")
    driver.type("1600x")
    driver.press("Enter")
    #expect(driver.row("fit is WIDTHxHEIGHT in pixels") != nil, "\(driver.text)")
    #expect(driver.footer.contains("fit: 1600x"))
    driver.press("Backspace")
    #expect(driver.row("fit is WIDTHxHEIGHT") == nil)
    driver.press("Enter")
    #expect(driver.state.session.draft.request.fit == JobRequest.Sides(width: 1600, height: 1600))
    #expect(!driver.state.hasOverlay)
    driver.press("Enter")
    driver.type("wide")
    driver.press("Enter", "Esc")
    #expect(!driver.state.hasOverlay && driver.state.session.draft.request.fit?.width == 1600)
  }

  @Test("4: why a picture failed is told once, in words of the plan, with what can be done")
  func failure() {
    var driver = driver(failed())
    driver.press("3", "g", "e")
    let told = driver.text.replacing("\n", with: " ")
    #expect(!told.contains("--damaged"), "\(driver.text)")
    #expect(driver.body.count { $0.contains("ends at row 30") } == 1, "\(driver.text)")
    #expect(driver.row("R tries again; e changes the settings") != nil, "\(driver.text)")
    #expect(driver.footer.contains("R retry  e change") && !driver.footer.contains("compare"), "\(driver.footer)")
    driver.press("k")
    #expect(driver.footer.contains("B compare"), "\(driver.footer)")
  }

  @Test("4: e takes what failed back to the plan, with the settings it had, on the row that the reason names")
  func change() {
    var driver = driver(failed())
    driver.press("3", "e")
    driver.rest(1)
    let session = driver.state.session
    #expect(session.screen == .plan && session.marked == [Self.photos + "letter.jpg"])
    #expect(session.draft.request.strength == 0.6 && session.draft.request.outputFolder == Self.photos + "out")
    #expect(driver.body.contains { $0.contains("  if damaged ") && $0.contains("< refuse >") }, "\(driver.text)")
    driver.press("l", "r")
    let sent = driver.asked { if case .submit(let request) = $0 { request } else { nil } }
    #expect(sent.last?.inputs == [Self.photos + "letter.jpg"] && sent.last?.damaged == "keep")
    driver.press("2", "u", "u")
    #expect(driver.state.session.draft.request.strength == nil)
  }

  @Test("4: e on a job where all went well takes all of it")
  func again() {
    var engine = failed(.done)
    engine.jobs[0].pictures[2].state = .done
    var driver = driver(engine)
    driver.press("3", "e")
    #expect(driver.state.session.marked.count == 3 && driver.state.session.screen == .plan)
  }

  @Test("5: a preview's footer leads to what it is for: strength, another model")
  func preview() {
    var driver = driver()
    driver.press("j", "p")
    #expect(driver.footer.contains("< less  > more  b flip  M model  V strengths"), "\(driver.footer)")
  }

  @Test("6: who comes back to a paused job sees it, and how it goes on")
  func paused() {
    var engine = failed(.paused)
    engine.jobs[0].pictures[2] = PictureProgress(
      input: Self.photos + "letter.jpg", output: Self.photos + "out/letter.png", state: .waiting)
    var flags = State.Flags()
    flags.followsJobs = true
    var state = State(flags: flags)
    _ = state.update(.resize(columns: 80, rows: 24))
    _ = state.update(.engine(.connected(FakeEngine.info)))
    _ = state.update(.answer(Answer(id: 0, .event(.jobs(engine.jobs))), body: []))
    #expect(state.session.screen == .run)
    #expect(state.view().lines.last?.contains("Space goes on") == true, "\(state.view().lines)")
  }

  @Test("6: screen 3 does not tell of other pictures' failures below one that is well")
  func otherFailures() {
    var engine = failed()
    engine.jobs.append(
      JobInfo(
        id: "b", created: 0, state: .done, request: JobRequest(inputs: [], task: "jpeg"),
        pictures: [PictureProgress(input: Self.photos + "logo.png", output: Self.photos + "x.png", state: .done)]))
    var driver = driver(engine)
    driver.press("3")
    driver.tell(.log(LogLine(time: 0, level: .error, text: "\(Self.photos)letter.jpg: ends at row 30")))
    driver.press("g", "e")
    #expect(driver.row("logo.png") != nil && driver.row("letter.jpg: ends at") == nil, "\(driver.text)")
  }

  @Test(
    "7: presets are listed where one is asked for, in the footer, and what is remembered is told in words of the rows")
  func presets() {
    var settings = Settings()
    (settings.task, settings.plan) = ("jpeg", ["task": "jpeg", "strength": "0.6"])
    let presets = [JobPreset(name: "archive", ["depth": "16"]), JobPreset(name: "web", ["strength": "0.5"])]
    var driver = WorkbenchDriver(settings: settings, presets: presets)
    driver.press("Enter", "j")
    driver.rest(1)
    driver.press("2")
    #expect(driver.footer.contains("as last time: task jpeg, strength 0.6"), "\(driver.footer)")
    driver.press("j")
    #expect(driver.footer.contains("P preset"), "\(driver.footer)")
    driver.press("P")
    #expect(driver.row("archive") != nil && driver.row("web") != nil, "\(driver.text)")
    driver.press("Up", "Enter")
    #expect(driver.state.session.draft.request.strength == 0.5)
  }

  @Test("8: several files go to the trash by name, Enter keeps them, and what lies in a folder goes with it")
  func trash() {
    var driver = driver()
    driver.press("j", "Space", "Space", "D")
    #expect(driver.row("harbour-01.png") != nil && driver.row("n  keep (Enter)") != nil, "\(driver.text)")
    driver.press("Enter")
    #expect(!driver.effects.contains { if case .change = $0 { true } else { false } })
    var settings = Settings()
    settings.marked = [Self.photos + "album/", Self.photos + "album/cat.png", "/home/ada/scans/map.png"]
    driver = self.driver(settings: settings)
    driver.press("j", "Space", "k", "Space", "D")
    #expect(driver.row("album/ and all that is in it") != nil && driver.row("~/scans/map.png") != nil, "\(driver.text)")
    #expect(driver.row("cat.png") == nil)
    driver.press("y")
    let paths = [Self.photos + "album", "/home/ada/scans/map.png"]
    #expect(driver.effects.contains(.change(.trash(paths))))
    driver.send(.changed(.trash(paths), problem: nil))
    #expect(driver.state.session.marked == [])
    driver.press("u")
    #expect(!driver.state.session.marked.contains { $0.contains("album") || $0.contains("map.png") })
  }

  @Test("8: a result goes to the trash from screen 3, and only a result")
  func trashResult() {
    var driver = driver(failed())
    driver.press("3", "g", "e", "D")
    #expect(driver.footer.contains("no result under the cursor"), "\(driver.footer)")
    driver.press("k", "D", "y")
    #expect(driver.effects.contains(.change(.trash([Self.photos + "out/harbour-02.png"]))))
    driver.press(":")
    driver.type("delete")
    #expect(driver.body.first { $0.contains("delete") && !$0.contains("Command") }?.contains("trash") == true)
  }

  @Test("10: every key that a help lists has words")
  func helps() {
    var driver = driver()
    driver.press("j", "Space", "2", "t", "?")
    #expect(driver.row("start the training") != nil && driver.row("change the row under the cursor") != nil)
    driver.press("Esc", "Esc", "1", "p", "?")
    #expect(driver.row("several strengths side by side") != nil)
    let silent = driver.state.commandsByScreen.values.joined().filter { $0.title.isEmpty }
    #expect(silent.isEmpty, "\(silent)")
  }
}
