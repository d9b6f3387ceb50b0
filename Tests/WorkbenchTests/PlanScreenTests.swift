import Base
import EngineWire
import Testing
import Workbench

@Suite struct PlanScreenTests {
  /// Three pictures marked, the plan in front.
  static func driver(
    _ engine: FakeEngine = .photographs, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> WorkbenchDriver {
    var driver = WorkbenchDriver(engine, columns: columns, rows: rows, graphics: graphics, colours: colours)
    driver.press("Enter", "/")
    driver.type("harbour-01")
    driver.press("Enter", "Space", "Space", "Space", "2")
    driver.rest(0.5)
    return driver
  }

  static func plans(_ driver: WorkbenchDriver) -> [JobRequest] {
    driver.asked { if case .plan(let request, _) = $0 { request } else { nil } }
  }

  /// With the cursor on the row `title`.
  static func go(_ driver: inout WorkbenchDriver, to title: String) {
    driver.press("g", "g")
    for _ in 0..<40 where !(driver.body.contains { $0.contains("  \(title) ") && $0.contains("< ") }) {
      driver.press("j")
    }
  }

  @Test("shows every choice and what the engine says to it", arguments: [(60, 15), (80, 24), (120, 40), (200, 60)])
  func looks(_ size: (Int, Int)) throws {
    var engine = FakeEngine.photographs
    engine.existing = ["/home/ada/photos/harbour-02_denoise.png"]
    var driver = Self.driver(engine, columns: size.0, rows: size.1)
    Self.go(&driver, to: "if it exists")
    driver.press("l")
    driver.rest(0.5)
    driver.press("g", "g")
    try expectScreen(driver, "plan-\(size.0)x\(size.1)")
  }

  @Test("needs nothing but ASCII where nothing else is shown")
  func asciiLooks() throws {
    let driver = Self.driver(graphics: .ascii, colours: .none)
    #expect(driver.text.allSatisfy { $0.isASCII })
    try expectScreen(driver, "plan-ascii-80x24")
  }

  @Test("on a small screen Tab shows what the engine says")
  func foldsIntoOnePane() throws {
    var driver = Self.driver(columns: 60, rows: 15)
    driver.press("Tab")
    try expectScreen(driver, "plan-engine-60x15")
    driver.press("Enter")
    #expect(driver.text.contains("harbour-01_denoise.png"))
    driver.press("Esc", "Esc")
    #expect(driver.row("task") != nil)
  }

  @Test("every row goes through its values and back; u takes back one by one")
  func edits() {
    var driver = Self.driver()
    let start = driver.body
    var steps = 0
    for _ in 0..<14 {
      let before = Self.plans(driver).last
      driver.press("l")
      driver.rest(0.5)
      if Self.plans(driver).last != before { steps += 1 }
      driver.press("j")
    }
    #expect(steps >= 10)
    #expect(driver.body != start)
    for _ in 0..<steps { driver.press("u") }
    driver.rest(0.5)
    driver.press("g", "g")
    #expect(driver.body == start)
    for _ in 0..<5 { driver.press("u") }
    #expect(driver.footer.contains("nothing to undo"))
  }

  @Test("values are typed too, and what means nothing is refused with a reason")
  func types() {
    var driver = Self.driver()
    Self.go(&driver, to: "sigma")
    driver.press("Enter")
    driver.type("25")
    driver.press("Enter")
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.sigma == 25)
    driver.press("Enter", "Ctrl-u")
    driver.type("999")
    driver.press("Enter")
    #expect(driver.row("sigma is 0 to 255") != nil && driver.footer.contains("999"))
    driver.press("Esc")
    Self.go(&driver, to: "memory")
    driver.press("Enter", "Ctrl-u")
    driver.type("1.5G")
    driver.press("Enter")
    Self.go(&driver, to: "tile")
    driver.press("Enter", "Ctrl-u")
    driver.type("384")
    driver.press("Enter")
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.memoryBytes == 3 << 29)
    #expect(Self.plans(driver).last?.tile == .side(384))
    #expect(Self.plans(driver).last?.sigma == 25)
  }

  @Test("only the last plan is asked for and only its answer counts")
  func onlyTheLatestCounts() {
    var driver = Self.driver()
    let before = Self.plans(driver).count
    Self.go(&driver, to: "sigma")
    driver.holdsAnswers = true
    for _ in 0..<5 {
      driver.time += 0.03
      driver.press("l")
    }
    driver.rest(0.5)
    let waiting = driver.waiting.compactMap {
      if case .plan(let request, _) = $0.request { request.sigma } else { nil }
    }
    #expect(waiting.count <= 2 && waiting.last == 25)
    driver.engine.secondsPerPicture = 1
    driver.deliver { if case .plan(let request, _) = $0 { request.sigma != 25 } else { false } }
    #expect(driver.row("working it out") != nil)
    driver.tell(.planning(files: 3200, pictures: 0, count: 0))
    #expect(driver.row("working it out: 3200 files looked at") != nil)
    driver.tell(.planning(files: 0, pictures: 1, count: 3))
    #expect(driver.row("working it out: 1 of 3 pictures") != nil)
    #expect(driver.state.session.plan == nil)
    driver.deliver { if case .plan = $0 { true } else { false } }
    #expect(driver.row("about 3.0 s") != nil)
    #expect(Self.plans(driver).count <= before + 2)
  }

  @Test("another task leaves nothing behind that only the last one knew")
  func changesTask() {
    var driver = Self.driver()
    Self.go(&driver, to: "sigma")
    driver.press("l", "g", "g", "l")
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.task == "sr")
    #expect(Self.plans(driver).last?.sigma == nil)
    #expect(Self.plans(driver).last?.scale == 2)
    #expect(driver.row("no model for sr is installed: grl models import FILE") != nil)
    driver.press("r")
    #expect(driver.footer.contains("no model for sr"))
    #expect(driver.asked { if case .submit = $0 { true } else { nil } }.isEmpty)
  }

  @Test("what folders hold besides is one line")
  func tellsPassedOver() {
    var engine = FakeEngine.photographs
    engine.passedOver = JobPlan.PassedOver(count: 3, summary: "3 passed over: a GIF picture (2), text (1)", first: [])
    let driver = Self.driver(engine)
    #expect(driver.row("3 passed over: a GIF picture (2), text (1)") != nil)
    #expect(Self.driver().row("passed over") == nil)
  }

  @Test("collisions, problems and skipped pictures are told before anything runs")
  func tellsProblems() {
    var engine = FakeEngine.photographs
    engine.existing = ["/home/ada/photos/harbour-02_denoise.png"]
    var driver = Self.driver(engine)
    #expect(driver.row("a result exists already") != nil)
    #expect(driver.body.contains { $0.contains("harbour-02_denoise.png") && $0.hasSuffix("exists") })
    driver.press("r")
    #expect(driver.footer.contains("a result exists already"))
    // The cursor stands where it can be settled.
    driver.press("l")
    driver.rest(0.5)
    #expect(driver.row("2 pictures, 3.01 Mpx, 1 skipped") != nil)
    #expect(driver.body.contains { $0.contains("harbour-02_denoise.png") && $0.hasSuffix("skipped") })
  }

  @Test("a long problem is told to its end")
  func wrapsProblems() {
    var engine = FakeEngine.photographs
    engine.planProblem =
      String(repeating: "a very long name of a folder ", count: 6) + "is one of the pictures; choose another"
    let driver = Self.driver(engine)
    #expect(driver.row("choose another") != nil)
    #expect(driver.row("harbour-01_denoise.png") != nil)
  }

  @Test("what was chosen last is remembered together, but never what replaces files, and the plan says so once")
  func remembered() {
    var settings = Settings()
    settings.task = "sr"
    settings.plan = [
      "task": "sr", "scale": "4", "folder": "/out", "model": "sr-x4-small", "existing": "replace", "gone": "1",
      "depth": "7",
    ]
    var driver = WorkbenchDriver(settings: settings)
    driver.press("2")
    #expect(
      driver.lines.joined().contains("as last time: task sr, model sr-x4-small, scale x4, output /out"),
      "\(driver.lines.suffix(4))")
    let request = driver.state.session.draft.request
    #expect((request.task, request.scale, request.outputFolder, request.model) == ("sr", 4, "/out", "sr-x4-small"))
    #expect(request.existing == .refuse && request.depth == "keep")
    driver.press("0")
    #expect(driver.state.session.draft.request.outputFolder == nil)
    driver.press("1", "2")
    #expect(!driver.lines.joined().contains("as last time"))
    // Nothing but the standard: nothing to say.
    var plain = WorkbenchDriver(settings: Settings())
    plain.press("2")
    #expect(!plain.lines.joined().contains("as last time"))
  }

  @Test("time is told only where it was measured")
  func tellsTime() {
    #expect(Self.driver().row("about 3 min 08 s, from this machine's speed") != nil)
    var engine = FakeEngine.photographs
    engine.secondsPerPicture = nil
    #expect(Self.driver(engine).row("time not known: its model is timed when nothing else is computed") != nil)
  }

  @Test("what another size of the model would take and bring stands beside the time, for the whole and for a picture")
  func tellsAlternatives() {
    var engine = FakeEngine.photographs
    engine.alternatives = [
      JobPlan.Alternative(model: "denoise-color-small", variant: "small", seconds: 782, gain: 0.19),
      JobPlan.Alternative(model: "denoise-color-base", variant: "base", seconds: nil, gain: -0.04),
    ]
    var driver = Self.driver(engine)
    let line = "about 3 min 08 s, from this machine's speed; small: 39 min 06 s, +0.2 dB"
    #expect(driver.row(line) != nil, "\(driver.lines)")
    driver.press("Tab", "Enter")
    #expect(driver.row("or: small: 13 min 02 s, +0.2 dB; base: -0.0 dB") != nil, "\(driver.lines)")
  }

  @Test("r queues the job and shows it at work; marks stay")
  func runs() {
    var driver = Self.driver()
    driver.press("r")
    let submitted = driver.asked { if case .submit(let request) = $0 { request } else { nil } }
    #expect(submitted.map(\.inputs.count) == [3])
    #expect(driver.state.session.screen == .run)
    #expect(driver.state.session.marked.count == 3)
    #expect(driver.state.session.settings.task == "denoise")
    #expect(driver.state.session.settings.plan?["task"] == "denoise")
  }

  @Test("pressed twice it queues once")
  func runsOnce() {
    var driver = Self.driver()
    driver.holdsAnswers = true
    driver.press("r", "r", "r")
    driver.deliver()
    #expect(driver.asked { if case .submit = $0 { true } else { nil } }.count == 1)
  }

  @Test("without a picture it says where to find one, without an engine that there is none")
  func needsPictures() {
    var driver = WorkbenchDriver()
    driver.press("2")
    #expect(driver.row("no picture is marked: 1 shows the files, Space marks") != nil)
    driver.press("r")
    #expect(driver.footer.contains("no picture is marked"))
    driver.loseEngine()
    driver.press("l", "j", "r")
    #expect(driver.row("there is no engine to run it") != nil)
    driver.findEngine()
    #expect(driver.row("no picture is marked") != nil)
  }

  @Test("the plan is asked for again after the engine was lost")
  func asksAgainAfterLoss() {
    var driver = Self.driver()
    driver.holdsAnswers = true
    driver.press("l")
    driver.rest(0.5)
    driver.loseEngine()
    driver.holdsAnswers = false
    driver.findEngine()
    driver.rest(0.5)
    #expect(driver.row("working it out") == nil)
    #expect(driver.state.session.plan != nil)
  }

  @Test("is edited as text, and the text says the same")
  func editsAsText() {
    var driver = Self.driver()
    driver.press("e", "Ctrl-u")
    driver.type(
      "--task denoise --sigma 12.5 --tile none --name '{stem} clean.{ext}' --overwrite --depth 16 --region 1,2,30,40")
    driver.press("Enter")
    driver.rest(0.5)
    let request = Self.plans(driver).last
    #expect(request?.sigma == 12.5)
    #expect(request?.tile == .whole)
    #expect(request?.name == "{stem} clean.{ext}")
    #expect(request?.existing == .replace)
    #expect(request?.region == Rectangle(x: 1, y: 2, width: 30, height: 40))
    #expect(driver.row("30 x 40 at 1,2") != nil)
    driver.press("e")
    #expect(driver.footer.contains("--name '{stem} clean.{ext}'") || driver.text.contains("--overwrite"))
    driver.press("Enter")
    driver.rest(0.5)
    #expect(Self.plans(driver).last == request)
    for (text, problem) in [
      ("--task paint", "the tasks are"), ("--sigma", "needs a value"), ("--what 1", "not known here"),
      ("--name 'open", "a quote is not closed"), ("--tile 3", "at least 16"), ("--region 1,2", "X,Y,WIDTH,HEIGHT"),
      ("--damaged mend", "--damaged is refuse or keep"),
    ] {
      driver.press("e", "Ctrl-u")
      driver.type(text)
      driver.press("Enter")
      #expect(driver.text.contains(problem), "\(text)")
    }
    driver.rest(0.5)
    #expect(Self.plans(driver).last == request)
  }

  @Test("every option that a job can have survives being edited as text, hostile names too")
  func editsEverything() throws {
    var job = JobRequest(inputs: [], task: "denoise")
    (job.isRecursive, job.sigma, job.model, job.variant) = (true, 12.345678901234567, " mine's ", "small")
    job.network = .init(window: 8, stripeRows: 4, stripeColumns: 16, anchorFactor: 2)
    (job.tile, job.overlap, job.memoryBytes, job.threadCount) = (.side(128), 24, 1_234_567_891, 7)
    (job.region, job.maxPixels) = (Rectangle(x: 1, y: 2, width: 30, height: 40), 123_456_789)
    (job.depth, job.metadata, job.precision, job.usesSelfEnsemble) = ("16", "strip", "bf16", true)
    (job.noise, job.damaged, job.kernels, job.device) = ("photo", "keep", "blas", "vulkan")
    (job.outputFolder, job.name, job.existing) = ("-out\u{1B}\u{202E}\ndir'", "{stem}  it's.{ext}", .rename)
    var mosaic = JobRequest(inputs: [], task: "demosaic")
    (mosaic.filters, mosaic.transfer, mosaic.output, mosaic.existing) = ("gbrg", "linear", "-o.png", .replace)
    (mosaic.format, mosaic.compression, mosaic.outputQuality, mosaic.chroma) = ("tiff", "lzw", 70, "half")
    var defocus = JobRequest(inputs: [], task: "defocus-deblur")
    (defocus.right, defocus.existing, defocus.tile) = ("/r v.png", .skip, .whole)
    var compressed = JobRequest(inputs: [], task: "jpeg")
    compressed.quality = 40
    (compressed.strength, compressed.texture, compressed.chromaOnly) = (0.7, 0.25, "on")
    (compressed.grain, compressed.grainSeed, compressed.width, compressed.height) = (3.5, 11, 1920, 1080)
    var enlarge = JobRequest(inputs: [], task: "sr")
    (enlarge.scale, enlarge.fit, enlarge.maxMegapixels) = (3, .init(width: 800, height: 600), 0.5)
    var chain = JobRequest(inputs: [], task: "demosaic,denoise,sr")
    (chain.scale, chain.exposure, chain.model) = (4, "-0.5", ",,sr-x4-small")
    for wanted in [job, mosaic, defocus, compressed, enlarge, chain] {
      var driver = Self.driver()
      driver.press("e", "Ctrl-u")
      driver.type(ShellLine.text(wanted.optionWords))
      driver.press("Enter")
      driver.rest(0.5)
      var request = try #require(Self.plans(driver).last)
      request.inputs = []
      #expect(request == wanted)
      // And written by the screen itself, without a change.
      driver.press("e", "Enter")
      driver.rest(0.5)
      #expect(Self.plans(driver).last.map { $0.optionWords } == wanted.optionWords)
    }
  }

  @Test("linear light is chosen by text and by key, and goes with the task")
  func choosesLight() {
    var driver = Self.driver()
    driver.press("e", "Ctrl-u")
    driver.type("--linear --task demosaic --cfa grbg")
    driver.press("Enter")
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.transfer == "linear" && Self.plans(driver).last?.filters == "grbg")
    #expect(driver.row("transfer")?.contains("linear") == true)
    Self.go(&driver, to: "transfer")
    driver.press("Left")
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.transfer == nil)
    driver.press("Right")
    Self.go(&driver, to: "task")
    driver.press("Right")
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.task == "real-sr" && Self.plans(driver).last?.transfer == nil)
  }

  @Test("what is damaged is refused or kept: row, text, request and command agree")
  func keepsDamaged() {
    var driver = Self.driver()
    Self.go(&driver, to: "if damaged")
    #expect(driver.row("if damaged")?.contains("refuse") == true)
    driver.press("l")
    driver.rest(0.5)
    #expect(driver.row("if damaged")?.contains("keep what is there") == true)
    #expect(Self.plans(driver).last?.damaged == "keep")
    driver.press("e")
    #expect(driver.text.contains("--damaged keep"))
    driver.press("Enter", "y")
    #expect(driver.effects.contains { if case .copy(let text) = $0 { text.contains("--damaged keep") } else { false } })
    driver.press("Esc", "l")
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.damaged == nil)
  }

  @Test("that a model is experimental is told beside it, at every width", arguments: [(60, 15), (80, 24), (200, 60)])
  func tellsExperimental(size: (columns: Int, rows: Int)) {
    var engine = FakeEngine.photographs
    engine.models[0].facts.append(.init(name: "experimental", text: "0.1 dB on real pictures"))
    var driver = Self.driver(engine, columns: size.columns, rows: size.rows)
    #expect(driver.row("model")?.contains("experimental") == true, "\(driver.text)")
    Self.go(&driver, to: "model")
    driver.press("l")
    #expect(driver.row("model")?.contains("experimental") == true, "\(driver.text)")
    #expect(Self.driver(columns: size.columns, rows: size.rows).row("experimental") == nil)
  }

  @Test("y shows and copies the command line of the plan")
  func showsCommand() {
    var driver = Self.driver()
    driver.press("y")
    #expect(driver.text.contains("grl restore --task denoise"))
    #expect(driver.effects.contains { if case .copy(let text) = $0 { text.hasPrefix("grl restore") } else { false } })
  }

  @Test("an option that is typed twice is told, and nothing is changed")
  func typedTwice() {
    var driver = Self.driver()
    let before = driver.state.session.draft.request
    for (text, problem) in [
      ("--task sr --task jpeg", "task is given twice, as sr and as jpeg"),
      ("--overwrite --sigma 5 --skip-existing", "if it exists is given twice, as replace and as skip"),
    ] {
      driver.press("e", "Ctrl-u")
      driver.type(text)
      driver.press("Enter")
      #expect(driver.row(problem) != nil, "\(driver.text)")
      #expect(driver.state.session.draft.request == before)
      driver.press("Esc")
    }
  }

  @Test("a preset is chosen by name, undone, kept under a name, and replaced only when asked")
  func presets() throws {
    let scan = try JobPreset(Array("about = gentle\ntask = jpeg\nstrength = 0.8\n".utf8), file: "scan.preset")
    var driver = WorkbenchDriver(presets: [scan])
    driver.press("2", "P")
    driver.type("scan")
    driver.press("Enter")
    let request = driver.state.session.draft.request
    #expect(request.task == "jpeg" && request.strength == 0.8 && driver.footer.contains("gentle"))
    driver.press("u")
    #expect(driver.state.session.draft.request.task == "denoise")
    driver.press("P")
    driver.type("no such")
    driver.press("Enter")
    #expect(driver.row("the presets are scan") != nil)
    driver.press("Esc")
    func saved(_ driver: WorkbenchDriver) -> [JobPreset] {
      driver.effects.compactMap { if case .savePreset(let preset) = $0 { preset } else { nil } }
    }
    driver.press("S")
    driver.type("no name")
    driver.press("Enter")
    #expect(saved(driver).isEmpty && driver.text.contains("a preset's name has letters"))
    driver.press("Esc")
    driver.press("S")
    driver.type("mine")
    driver.press("Enter")
    #expect(saved(driver).map(\.name) == ["mine"] && driver.state.session.presets.map(\.name) == ["mine", "scan"])
    driver.press("S")
    driver.type("scan")
    driver.press("Enter", "k")
    #expect(saved(driver).count == 1)
    driver.press("S")
    driver.type("scan")
    driver.press("Enter", "r")
    #expect(saved(driver).last?.job(task: "sr") == JobRequest(inputs: [], task: "denoise"))
  }

  @Test("a level that the model does not heed says so, where it is not heeded")
  func tellsWhatIsIgnored() {
    var driver = Self.driver()
    #expect(driver.row("sigma")?.contains("ignored") == false)
    Self.go(&driver, to: "sigma")
    driver.press("l")
    driver.rest(0.5)
    #expect(driver.row("sigma")?.contains("ignored: it is blind") == true)
  }

  @Test("p tries the framed part as the plan says")
  func tries() {
    var driver = Self.driver()
    Self.go(&driver, to: "sigma")
    driver.press("l")
    driver.rest(0.5)
    driver.press("1")
    driver.press("k", "Tab", "+", "2", "p")
    let trials = driver.asked {
      if case .tryRegion(let request, _, let region, _, _) = $0 { (request, region) } else { nil }
    }
    #expect(trials.count == 1)
    #expect(trials.first?.0.sigma == 5)
    #expect(trials.first?.1.width == 128)
    #expect(driver.row("before") != nil)
    driver.press("q")
    #expect(driver.row("sigma") != nil)
    #expect(driver.state.session.screen == .plan)
  }

  @Test("the mouse chooses rows and pictures, and changes the chosen row")
  func takesTheMouse() {
    var settings = Settings()
    settings.usesMouse = true
    var driver = WorkbenchDriver(settings: settings)
    driver.press("Enter", "/")
    driver.type("harbour-01")
    driver.press("Enter", "Space", "Space", "2")
    driver.rest(0.5)
    let depth = driver.lines.firstIndex { $0.contains("depth") }!
    driver.send(.mouse(MouseEvent(.press, column: 4, row: depth)))
    #expect(driver.row("depth")?.contains("<") == true)
    driver.send(.mouse(MouseEvent(.press, column: 4, row: depth)))
    driver.rest(0.5)
    #expect(Self.plans(driver).last?.depth == "8")
    let second = driver.lines.firstIndex { $0.contains("harbour-02_denoise") }!
    driver.send(.mouse(MouseEvent(.press, column: 4, row: second)))
    driver.press("Enter")
    #expect(driver.text.contains("to: /home/ada/photos/harbour-02_denoise.png"))
  }

  @Test("holds ten thousand pictures")
  func holdsManyPictures() {
    var engine = FakeEngine()
    engine.add("/home/ada", (0..<10_000).map { "p\($0).png" })
    var driver = WorkbenchDriver(engine)
    driver.press("g", "g", "v", "End", "v", "2")
    driver.rest(0.5)
    #expect(driver.row("10000 pictures") != nil)
    driver.press("Tab", "End", "k", "Ctrl-u")
    #expect(driver.row("p99") != nil)
  }

  @Test("is drawn at every size", arguments: [Graphics.half, .ascii])
  func drawsAtEverySize(_ graphics: Graphics) {
    var driver = Self.driver(graphics: graphics)
    for columns in 1...40 {
      for rows in 1...12 {
        driver.send(.resize(columns: columns, rows: rows))
        _ = driver.state.view()
        driver.press("Tab", "j")
        _ = driver.state.view()
        driver.press("Tab")
      }
    }
    driver.send(.resize(columns: 80, rows: 24))
    #expect(driver.row("denoise") != nil)
  }
}
