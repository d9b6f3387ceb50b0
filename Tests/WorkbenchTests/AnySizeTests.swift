import Base
import EngineWire
import Testing
import Workbench

/// Whatever happens at whatever size: nothing traps, every view is whole and safe to print.
@Suite("Any event at any size")
struct AnySizeTests {
  /// Names and texts as hostile as a file system and an engine can make them.
  static let hostile = [
    "\u{1b}[2J\u{1b}]0;x\u{7}.png", "a\nb\r\tc.png", "\u{202e}gnp.exe", "\u{2066}\u{200b}\u{feff}.png",
    String(repeating: "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}", count: 200), "\u{9b}31m\u{90}q\u{9c}",
    "\u{0}\u{7f}.png",
    String(repeating: "\u{6e2f}", count: 300), "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}.jpg", "-rf *",
    "\u{e0041}\u{e000}.png",
    "", " ", "\u{5d0}\u{5d1}\u{5d2}.png", "a/../../b.png",
  ]

  static func hostileEngine(_ random: inout Seeded) -> FakeEngine {
    var engine = FakeEngine.photographs
    engine.add("/home/ada", hostile.filter { !$0.isEmpty && !$0.contains("/") } + ["photos/", "\u{1b}[31mred/"])
    for path in engine.pictures.keys.sorted() {
      engine.pictures[path]?.format = random.pick(hostile)
      engine.pictures[path]?.layout = random.pick(hostile)
      engine.pictures[path]?.width = random.pick([0, 1, 7, 1504, .max, -3])
      engine.pictures[path]?.height = random.pick([0, 1, 9, 1000, .max, -3])
    }
    var model = FakeEngine.denoiser
    model.name = random.pick(hostile)
    model.summary = random.pick(hostile)
    model.facts = hostile.map { ModelInfo.Fact(name: $0, text: $0) }
    model.settings = hostile.map { ModelInfo.Setting(name: $0, value: $0, source: $0) }
    model.pixelsPerSecond = random.pick([nil, 0, -1, .infinity, .nan, 1e-300, 1e300])
    model.parameterCount = random.pick([0, .max, .min])
    model.fileBytes = random.pick([0, .max, .min])
    engine.models.append(model)
    engine.planProblem = random.pick([nil] + hostile.map { Optional($0) })
    return engine
  }

  static func randomJob(_ random: inout Seeded) -> JobInfo {
    let pictures = (0..<random.below(4)).map { _ in
      PictureProgress(
        input: random.pick(hostile), output: random.pick(hostile), state: random.pick(PictureState.allCases),
        reason: random.pick([nil] + hostile.map { Optional($0) }), model: random.pick(hostile),
        width: random.pick([0, 100, .max]), height: random.pick([0, 100, .max]),
        tiles: (0..<random.below(5)).map { Rectangle(x: 10 * $0, y: random.below(50), width: 10, height: 10) },
        tilesPerRow: random.pick([0, 1, 3, -1, .max]), tilesDone: random.pick([0, 1, 2, 99, -1]),
        overlap: random.pick([0, 32]), seconds: random.pick([0, 61.5, .nan, .infinity, -1]),
        seamScore: random.pick([nil, 1.01, .nan]), notes: [random.pick(hostile)])
    }
    return JobInfo(
      id: "j\(random.below(3))", created: random.pick([0, 1e9, .nan]), state: random.pick(JobState.allCases),
      reason: random.pick([nil] + hostile.map { Optional($0) }),
      request: JobRequest(inputs: [random.pick(hostile)], task: random.pick(["denoise", "sr", random.pick(hostile)])),
      pictures: pictures, isElsewhere: random.below(4) == 0)
  }

  static func randomEngineEvent(_ random: inout Seeded) -> EngineEvent {
    let job = "j\(random.below(3))"
    let picture = random.below(5) - 1
    switch random.below(6) {
    case 0: return .jobs((0..<random.below(4)).map { _ in randomJob(&random) })
    case 1: return .job(job: job, state: random.pick(JobState.allCases), reason: random.pick(hostile))
    case 2: return .tile(job: job, picture: picture, tile: random.below(8) - 1, random.pick(TileState.allCases))
    case 3:
      return .log(
        LogLine(
          time: random.pick([0, 1.7e9, .nan, -5, 1e300]), level: random.pick([.debug, .info, .warning, .error]),
          text: random.pick(hostile)))
    case 4:
      return .progress(
        Progress(
          job: job, picture: picture, tilesDone: random.below(9) - 1, tileCount: random.below(6),
          tileFraction: random.pick([0, 0.5, 2, -1, .nan]), secondsElapsed: random.pick([0, 9.5, .infinity]),
          secondsRemaining: random.pick([nil, 3, .nan, 1e12, -1]), pixelsPerSecond: random.pick([0, 1e5, .nan]),
          residentBytes: random.pick([0, 1 << 30, .max]), budgetBytes: random.pick([0, 4 << 30, -1]),
          cpuPercent: random.pick([0, 195, .nan])))
    default:
      let jobs = randomJob(&random)
      return .picture(
        job: job, picture: picture, jobs.pictures.first ?? PictureProgress(input: "", output: "", state: .waiting))
    }
  }

  static let keys: [Key] =
    (0x20...0x7e).map { .character(Character(Unicode.Scalar($0))) }
    + "abcdefhklnpuwz".map { .control($0) } + [
      .enter, .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end,
      .pageUp, .pageDown, .function(1), .function(12), .character("\u{6e2f}"), .character("\u{202e}"),
      .character("\u{1b}"),
    ]

  static func randomEvent(_ random: inout Seeded, _ driver: WorkbenchDriver) -> Event {
    switch random.below(40) {
    case 0...22: return .key(random.pick(keys))
    case 23...26:
      return .resize(
        columns: random.pick([1, 2, 5, 19, 40, 60, 80, 200]), rows: random.pick([1, 2, 3, 5, 15, 24, 60]))
    case 27...31: return .answer(Answer(id: 0, .event(randomEngineEvent(&random))), body: [])
    case 32:
      return .mouse(
        MouseEvent(
          random.pick([.press, .release, .drag, .scrollUp, .scrollDown]), column: random.below(220) - 5,
          row: random.below(70) - 5))
    case 33: return .paste(random.pick(hostile))
    case 34:
      return .engine(.lost(reason: random.pick(hostile), retrySeconds: random.pick([nil, 1, .nan, -2, .infinity])))
    case 35: return .engine(.connected(FakeEngine.info))
    case 36: return .time(random.pick([driver.time, .nan, -1, 1e300]))
    case 37: return .answer(Answer(id: random.below(60), .failure(.init(.system, random.pick(hostile)))), body: [1, 2])
    case 38:
      return .answer(
        Answer(
          id: random.below(60),
          .pixels(
            PixelsInfo(
              width: 3, height: .max, pictureWidth: 0, pictureHeight: -1,
              region: Rectangle(x: 0, y: 0, width: 0, height: .max)))), body: [1, 2, 3])
    default: return .interrupt
    }
  }

  /// East Asian Ambiguous signs that one is tempted to draw with; names from outside in these tests hold none of them.
  static let ambiguous = Set("·•×…—–±→←↑↓■□▲△▼▽◆◇○◎●★☆═║│─┌┐└┘├┤┬┴┼█░▒▓▁▂▃▅▆▇“”‘’°÷§¶".unicodeScalars)

  static func check(_ canvas: Canvas, _ driver: WorkbenchDriver, _ what: String) {
    #expect(canvas.cells.count == canvas.columns * canvas.rows)
    #expect(canvas.columns == driver.state.session.columns && canvas.rows == driver.state.session.rows)
    if let cursor = canvas.cursor {
      #expect((0..<canvas.columns).contains(cursor.column) && (0..<canvas.rows).contains(cursor.row), "\(what)")
    }
    let quarters: ClosedRange<UInt32> = 0x2580...0x259f
    for (place, cell) in canvas.cells.enumerated() {
      guard let glyph = cell.glyph else {
        #expect(place % canvas.columns > 0, "half a wide glyph at the left border, \(what)")
        continue
      }
      for scalar in glyph.unicodeScalars {
        let value = scalar.value
        let isPicture = quarters.contains(value) && driver.state.graphics != .ascii
        let isControl = value < 0x20 || (0x7f...0x9f).contains(value)
        let isHidden = scalar.properties.generalCategory == .format || scalar.properties.generalCategory == .privateUse
        if isControl || isHidden || (ambiguous.contains(scalar) && !isPicture) {
          Issue.record("U+\(String(value, radix: 16)) at \(place % canvas.columns), \(place / canvas.columns); \(what)")
        }
      }
      if driver.state.graphics == .ascii, !glyph.isASCII { Issue.record("\(glyph) in ASCII; \(what)") }
      if driver.state.colours == .none, cell.style.foreground != .standard || cell.style.background != .standard {
        Issue.record("colours without colours; \(what)")
      }
    }
  }

  @Test("every screen and overlay at every size from 1x1 to 30x10")
  func everySize() {
    var random = Seeded(5)
    var driver = WorkbenchDriver(Self.hostileEngine(&random))
    driver.tell(.jobs((0..<3).map { _ in Self.randomJob(&random) }))
    for columns in 1...30 {
      for rows in 1...10 {
        driver.send(.resize(columns: columns, rows: rows))
        let openers = ["", "?", ":", "T", "Ctrl-c"]
        for screen in 1...7 {
          driver.press("\(screen)")
          let opener = openers[(columns + rows + screen) % openers.count]
          if !opener.isEmpty { driver.press(opener) }
          Self.check(driver.state.view(), driver, "screen \(screen), \(columns)x\(rows), \(opener)")
          driver.press("Esc")
        }
      }
    }
  }

  @Test(
    "random events at random sizes", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func randomEvents(seed: UInt64) {
    var random = Seeded(seed)
    let colours = ColourDepth.allCases[Int(seed) % 4]
    let graphics = Graphics.allCases[Int(seed) % 5]
    var settings = Settings()
    settings.usesMouse = seed % 2 == 0
    settings.theme = random.pick(["dark", "light", "\u{1b}none"])
    var driver = WorkbenchDriver(
      Self.hostileEngine(&random), columns: 80, rows: 24, graphics: graphics, colours: colours, settings: settings,
      files: seed % 3 == 0 ? ["/home/ada/photos", "/home/ada/scans/map.png"] : [])
    for step in 0..<600 {
      let event = Self.randomEvent(&random, driver)
      driver.send(event)
      if step % 3 == 0 {
        Self.check(driver.state.view(), driver, "seed \(seed), step \(step), \(event)".prefix(120) + "")
      }
      if step % 50 == 0 { driver.rest(0.3) }
    }
  }

  @Test(
    "all screens are ASCII alone in ASCII mode and without colour under NO_COLOR", arguments: [(80, 24), (200, 60)])
  func modes(size: (columns: Int, rows: Int)) {
    var random = Seeded(9)
    for (graphics, colours) in [
      (Graphics.ascii, ColourDepth.none), (.ascii, .truecolour), (.half, .none), (.quarter, .sixteen),
    ] {
      var driver = WorkbenchDriver(
        Self.hostileEngine(&random), columns: size.columns, rows: size.rows, graphics: graphics, colours: colours)
      driver.tell(.jobs([Self.randomJob(&random)]))
      for screen in 1...7 {
        driver.press("\(screen)")
        Self.check(driver.state.view(), driver, "screen \(screen), \(graphics), \(colours)")
      }
    }
  }
}
