import Base
import EngineWire
import Testing
import Workbench

@Suite struct PlanScreenTests {
  /// Three pictures marked, the plan in front.
  static func desk(
    _ engine: FakeEngine = .photographs, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> Desk {
    var desk = Desk(engine, columns: columns, rows: rows, graphics: graphics, colours: colours)
    desk.press("Enter", "/")
    desk.type("harbour-01")
    desk.press("Enter", "Space", "Space", "Space", "2")
    desk.rest(0.5)
    return desk
  }

  static func plans(_ desk: Desk) -> [JobRequest] {
    desk.asked { if case .plan(let request, _) = $0 { request } else { nil } }
  }

  /// With the cursor on the row `title`.
  static func go(_ desk: inout Desk, to title: String) {
    desk.press("g", "g")
    for _ in 0..<20 where !(desk.body.contains { $0.contains("  \(title) ") && $0.contains("< ") }) { desk.press("j") }
  }

  @Test("shows every choice and what the engine says to it", arguments: [(60, 15), (80, 24), (120, 40), (200, 60)])
  func looks(_ size: (Int, Int)) throws {
    var engine = FakeEngine.photographs
    engine.existing = ["/home/ada/photos/harbour-02_denoise.png"]
    var desk = Self.desk(engine, columns: size.0, rows: size.1)
    Self.go(&desk, to: "if it exists")
    desk.press("l")
    desk.rest(0.5)
    desk.press("g", "g")
    try expectScreen(desk, "plan-\(size.0)x\(size.1)")
  }

  @Test("needs nothing but ASCII where nothing else is shown")
  func asciiLooks() throws {
    let desk = Self.desk(graphics: .ascii, colours: .none)
    #expect(desk.text.allSatisfy { $0.isASCII })
    try expectScreen(desk, "plan-ascii-80x24")
  }

  @Test("on a small screen Tab shows what the engine says")
  func foldsIntoOnePane() throws {
    var desk = Self.desk(columns: 60, rows: 15)
    desk.press("Tab")
    try expectScreen(desk, "plan-engine-60x15")
    desk.press("Enter")
    #expect(desk.text.contains("harbour-01_denoise.png"))
    desk.press("Esc", "Esc")
    #expect(desk.row("task") != nil)
  }

  @Test("every row goes through its values and back; u takes back one by one")
  func edits() {
    var desk = Self.desk()
    let start = desk.body
    var steps = 0
    for _ in 0..<14 {
      let before = Self.plans(desk).last
      desk.press("l")
      desk.rest(0.5)
      if Self.plans(desk).last != before { steps += 1 }
      desk.press("j")
    }
    #expect(steps >= 10)
    #expect(desk.body != start)
    for _ in 0..<steps { desk.press("u") }
    desk.rest(0.5)
    desk.press("g", "g")
    #expect(desk.body == start)
    for _ in 0..<5 { desk.press("u") }
    #expect(desk.footer.contains("nothing to undo"))
  }

  @Test("values are typed too, and what means nothing is refused with a reason")
  func types() {
    var desk = Self.desk()
    Self.go(&desk, to: "sigma")
    desk.press("Enter")
    desk.type("25")
    desk.press("Enter")
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.sigma == 25)
    desk.press("Enter", "Ctrl-u")
    desk.type("999")
    desk.press("Enter")
    #expect(desk.footer.contains("sigma is 0 to 255"))
    Self.go(&desk, to: "memory")
    desk.press("Enter", "Ctrl-u")
    desk.type("1.5G")
    desk.press("Enter")
    Self.go(&desk, to: "tile")
    desk.press("Enter", "Ctrl-u")
    desk.type("384")
    desk.press("Enter")
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.memoryBytes == 3 << 29)
    #expect(Self.plans(desk).last?.tile == .side(384))
    #expect(Self.plans(desk).last?.sigma == 25)
  }

  @Test("only the last plan is asked for and only its answer counts")
  func onlyTheLatestCounts() {
    var desk = Self.desk()
    let before = Self.plans(desk).count
    Self.go(&desk, to: "sigma")
    desk.holdsAnswers = true
    for _ in 0..<5 {
      desk.time += 0.03
      desk.press("l")
    }
    desk.rest(0.5)
    let waiting = desk.waiting.compactMap { if case .plan(let request, _) = $0.request { request.sigma } else { nil } }
    #expect(waiting.count <= 2 && waiting.last == 25)
    desk.engine.secondsPerPicture = 1
    desk.deliver { if case .plan(let request, _) = $0 { request.sigma != 25 } else { false } }
    #expect(desk.row("working it out") != nil)
    desk.tell(.planning(files: 3200, pictures: 0, count: 0))
    #expect(desk.row("working it out: 3200 files looked at") != nil)
    desk.tell(.planning(files: 0, pictures: 1, count: 3))
    #expect(desk.row("working it out: 1 of 3 pictures") != nil)
    #expect(desk.state.session.plan == nil)
    desk.deliver { if case .plan = $0 { true } else { false } }
    #expect(desk.row("about 3.0 s") != nil)
    #expect(Self.plans(desk).count <= before + 2)
  }

  @Test("another task leaves nothing behind that only the last one knew")
  func changesTask() {
    var desk = Self.desk()
    Self.go(&desk, to: "sigma")
    desk.press("l", "g", "g", "l")
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.task == "sr")
    #expect(Self.plans(desk).last?.sigma == nil)
    #expect(Self.plans(desk).last?.scale == 2)
    #expect(desk.row("no model for sr is installed: grl models import FILE") != nil)
    desk.press("r")
    #expect(desk.footer.contains("no model for sr"))
    #expect(desk.asked { if case .submit = $0 { true } else { nil } }.isEmpty)
  }

  @Test("what folders hold besides is one line")
  func tellsPassedOver() {
    var engine = FakeEngine.photographs
    engine.passedOver = JobPlan.PassedOver(count: 3, summary: "3 passed over: a GIF picture (2), text (1)", first: [])
    let desk = Self.desk(engine)
    #expect(desk.row("3 passed over: a GIF picture (2), text (1)") != nil)
    #expect(Self.desk().row("passed over") == nil)
  }

  @Test("collisions, problems and skipped pictures are told before anything runs")
  func tellsProblems() {
    var engine = FakeEngine.photographs
    engine.existing = ["/home/ada/photos/harbour-02_denoise.png"]
    var desk = Self.desk(engine)
    #expect(desk.row("a result exists already") != nil)
    #expect(desk.body.contains { $0.contains("harbour-02_denoise.png") && $0.hasSuffix("exists") })
    desk.press("r")
    #expect(desk.footer.contains("a result exists already"))
    // The cursor stands where it can be settled.
    desk.press("l")
    desk.rest(0.5)
    #expect(desk.row("2 pictures, 3.01 Mpx, 1 skipped") != nil)
    #expect(desk.body.contains { $0.contains("harbour-02_denoise.png") && $0.hasSuffix("skipped") })
  }

  @Test("a long problem is told to its end")
  func wrapsProblems() {
    var engine = FakeEngine.photographs
    engine.planProblem =
      String(repeating: "a very long name of a folder ", count: 6) + "is one of the pictures; choose another"
    let desk = Self.desk(engine)
    #expect(desk.row("choose another") != nil)
    #expect(desk.row("harbour-01_denoise.png") != nil)
  }

  @Test("time is told only where it was measured")
  func tellsTime() {
    #expect(Self.desk().row("about 3 min 08 s, from this machine's speed") != nil)
    var engine = FakeEngine.photographs
    engine.secondsPerPicture = nil
    #expect(Self.desk(engine).row("time not measured yet on this machine") != nil)
  }

  @Test("r queues the job, unmarks its pictures and shows it at work")
  func runs() {
    var desk = Self.desk()
    desk.press("r")
    let submitted = desk.asked { if case .submit(let request) = $0 { request } else { nil } }
    #expect(submitted.map(\.inputs.count) == [3])
    #expect(desk.state.session.screen == .run)
    #expect(desk.state.session.marked.isEmpty)
    #expect(desk.state.session.settings.task == "denoise")
  }

  @Test("pressed twice it queues once")
  func runsOnce() {
    var desk = Self.desk()
    desk.holdsAnswers = true
    desk.press("r", "r", "r")
    desk.deliver()
    #expect(desk.asked { if case .submit = $0 { true } else { nil } }.count == 1)
  }

  @Test("without a picture it says where to find one, without an engine that there is none")
  func needsPictures() {
    var desk = Desk()
    desk.press("2")
    #expect(desk.row("no picture is marked: 1 shows the files, Space marks") != nil)
    desk.press("r")
    #expect(desk.footer.contains("no picture is marked"))
    desk.loseEngine()
    desk.press("l", "j", "r")
    #expect(desk.row("there is no engine to run it") != nil)
    desk.findEngine()
    #expect(desk.row("no picture is marked") != nil)
  }

  @Test("the plan is asked for again after the engine was lost")
  func asksAgainAfterLoss() {
    var desk = Self.desk()
    desk.holdsAnswers = true
    desk.press("l")
    desk.rest(0.5)
    desk.loseEngine()
    desk.holdsAnswers = false
    desk.findEngine()
    desk.rest(0.5)
    #expect(desk.row("working it out") == nil)
    #expect(desk.state.session.plan != nil)
  }

  @Test("is edited as text, and the text says the same")
  func editsAsText() {
    var desk = Self.desk()
    desk.press("e", "Ctrl-u")
    desk.type(
      "--task denoise --sigma 12.5 --tile none --name '{stem} clean.{ext}' --overwrite --depth 16 --region 1,2,30,40")
    desk.press("Enter")
    desk.rest(0.5)
    let request = Self.plans(desk).last
    #expect(request?.sigma == 12.5)
    #expect(request?.tile == .whole)
    #expect(request?.name == "{stem} clean.{ext}")
    #expect(request?.existing == .replace)
    #expect(request?.region == Rectangle(x: 1, y: 2, width: 30, height: 40))
    #expect(desk.row("30 x 40 at 1,2") != nil)
    desk.press("e")
    #expect(desk.footer.contains("--name '{stem} clean.{ext}'") || desk.text.contains("--overwrite"))
    desk.press("Enter")
    desk.rest(0.5)
    #expect(Self.plans(desk).last == request)
    for (text, problem) in [
      ("--task paint", "the tasks are"), ("--sigma", "needs a value"), ("--what 1", "not known here"),
      ("--name 'open", "a quote is not closed"), ("--tile 3", "at least 16"), ("--region 1,2", "X,Y,WIDTH,HEIGHT"),
      ("--damaged mend", "--damaged is refuse or keep"),
    ] {
      desk.press("e", "Ctrl-u")
      desk.type(text)
      desk.press("Enter")
      #expect(desk.footer.contains(problem), "\(text)")
    }
    desk.rest(0.5)
    #expect(Self.plans(desk).last == request)
  }

  @Test("every option that a job can have survives being edited as text, hostile names too")
  func editsEverything() throws {
    var job = JobRequest(inputs: [], task: "denoise")
    (job.isRecursive, job.sigma, job.model, job.variant) = (true, 12.345678901234567, " mine's ", "small")
    job.network = .init(window: 8, stripeRows: 4, stripeColumns: 16, anchorFactor: 2)
    (job.tile, job.overlap, job.memoryBytes, job.threadCount) = (.side(128), 24, 1_234_567_891, 7)
    (job.region, job.maxPixels) = (Rectangle(x: 1, y: 2, width: 30, height: 40), 123_456_789)
    (job.depth, job.metadata, job.precision, job.usesSelfEnsemble) = ("16", "strip", "bf16", true)
    (job.noise, job.damaged) = ("photo", "keep")
    (job.outputFolder, job.name, job.existing) = ("-out\u{1B}\u{202E}\ndir'", "{stem}  it's.{ext}", .rename)
    var mosaic = JobRequest(inputs: [], task: "demosaic")
    (mosaic.filters, mosaic.transfer, mosaic.output, mosaic.existing) = ("gbrg", "linear", "-o.png", .replace)
    var defocus = JobRequest(inputs: [], task: "defocus-deblur")
    (defocus.right, defocus.existing, defocus.tile) = ("/r v.png", .skip, .whole)
    var compressed = JobRequest(inputs: [], task: "jpeg")
    compressed.quality = 40
    var enlarge = JobRequest(inputs: [], task: "sr")
    enlarge.scale = 3
    for wanted in [job, mosaic, defocus, compressed, enlarge] {
      var desk = Self.desk()
      desk.press("e", "Ctrl-u")
      desk.type(ShellLine.text(wanted.optionWords))
      desk.press("Enter")
      desk.rest(0.5)
      var request = try #require(Self.plans(desk).last)
      request.inputs = []
      #expect(request == wanted)
      // And written by the screen itself, without a change.
      desk.press("e", "Enter")
      desk.rest(0.5)
      #expect(Self.plans(desk).last.map { $0.optionWords } == wanted.optionWords)
    }
  }

  @Test("linear light is chosen by text and by key, and goes with the task")
  func choosesLight() {
    var desk = Self.desk()
    desk.press("e", "Ctrl-u")
    desk.type("--linear --task demosaic --cfa grbg")
    desk.press("Enter")
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.transfer == "linear" && Self.plans(desk).last?.filters == "grbg")
    #expect(desk.row("transfer")?.contains("linear") == true)
    Self.go(&desk, to: "transfer")
    desk.press("Left")
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.transfer == nil)
    desk.press("Right")
    Self.go(&desk, to: "task")
    desk.press("Right")
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.task == "real-sr" && Self.plans(desk).last?.transfer == nil)
  }

  @Test("what is damaged is refused or kept: row, text, request and command agree")
  func keepsDamaged() {
    var desk = Self.desk()
    Self.go(&desk, to: "if damaged")
    #expect(desk.row("if damaged")?.contains("refuse") == true)
    desk.press("l")
    desk.rest(0.5)
    #expect(desk.row("if damaged")?.contains("keep what is there") == true)
    #expect(Self.plans(desk).last?.damaged == "keep")
    desk.press("e")
    #expect(desk.text.contains("--damaged keep"))
    desk.press("Enter", "y")
    #expect(desk.effects.contains { if case .copy(let text) = $0 { text.contains("--damaged keep") } else { false } })
    desk.press("Esc", "l")
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.damaged == nil)
  }

  @Test("that a model is experimental is told beside it, at every width", arguments: [(60, 15), (80, 24), (200, 60)])
  func tellsExperimental(size: (columns: Int, rows: Int)) {
    var engine = FakeEngine.photographs
    engine.models[0].facts.append(.init(name: "experimental", text: "0.1 dB on real pictures"))
    var desk = Self.desk(engine, columns: size.columns, rows: size.rows)
    #expect(desk.row("model")?.contains("experimental") == true, "\(desk.text)")
    Self.go(&desk, to: "model")
    desk.press("l")
    #expect(desk.row("model")?.contains("experimental") == true, "\(desk.text)")
    #expect(Self.desk(columns: size.columns, rows: size.rows).row("experimental") == nil)
  }

  @Test("y shows and copies the command line of the plan")
  func showsCommand() {
    var desk = Self.desk()
    desk.press("y")
    #expect(desk.text.contains("grl restore --task denoise"))
    #expect(desk.effects.contains { if case .copy(let text) = $0 { text.hasPrefix("grl restore") } else { false } })
  }

  @Test("p tries the framed part as the plan says")
  func tries() {
    var desk = Self.desk()
    Self.go(&desk, to: "sigma")
    desk.press("l")
    desk.rest(0.5)
    desk.press("1")
    desk.press("k", "Tab", "+", "2", "p")
    let trials = desk.asked {
      if case .tryRegion(let request, _, let region, _, _) = $0 { (request, region) } else { nil }
    }
    #expect(trials.count == 1)
    #expect(trials.first?.0.sigma == 5)
    #expect(trials.first?.1.width == 128)
    #expect(desk.row("before") != nil)
    desk.press("q")
    #expect(desk.row("sigma") != nil)
    #expect(desk.state.session.screen == .plan)
  }

  @Test("the mouse chooses rows and pictures, and changes the chosen row")
  func takesTheMouse() {
    var settings = Settings()
    settings.usesMouse = true
    var desk = Desk(settings: settings)
    desk.press("Enter", "/")
    desk.type("harbour-01")
    desk.press("Enter", "Space", "Space", "2")
    desk.rest(0.5)
    let depth = desk.lines.firstIndex { $0.contains("depth") }!
    desk.send(.mouse(MouseEvent(.press, column: 4, row: depth)))
    #expect(desk.row("depth")?.contains("<") == true)
    desk.send(.mouse(MouseEvent(.press, column: 4, row: depth)))
    desk.rest(0.5)
    #expect(Self.plans(desk).last?.depth == "8")
    let second = desk.lines.firstIndex { $0.contains("harbour-02_denoise") }!
    desk.send(.mouse(MouseEvent(.press, column: 4, row: second)))
    desk.press("Enter")
    #expect(desk.text.contains("to: /home/ada/photos/harbour-02_denoise.png"))
  }

  @Test("holds ten thousand pictures")
  func holdsManyPictures() {
    var engine = FakeEngine()
    engine.add("/home/ada", (0..<10_000).map { "p\($0).png" })
    var desk = Desk(engine)
    desk.press("g", "g", "v", "G", "v", "2")
    desk.rest(0.5)
    #expect(desk.row("10000 pictures") != nil)
    desk.press("Tab", "G", "k", "Ctrl-u")
    #expect(desk.row("p99") != nil)
  }

  @Test("is drawn at every size", arguments: [Graphics.half, .ascii])
  func drawsAtEverySize(_ graphics: Graphics) {
    var desk = Self.desk(graphics: graphics)
    for columns in 1...40 {
      for rows in 1...12 {
        desk.send(.resize(columns: columns, rows: rows))
        _ = desk.state.view()
        desk.press("Tab", "j")
        _ = desk.state.view()
        desk.press("Tab")
      }
    }
    desk.send(.resize(columns: 80, rows: 24))
    #expect(desk.row("denoise") != nil)
  }
}
