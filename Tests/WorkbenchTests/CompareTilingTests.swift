import Base
import EngineWire
import Testing
import Workbench

@Suite("Compare: whole against tiled") struct CompareTilingTests {
  static let tiled = RunQueues.photos + "harbour-01_denoise.png"
  static let whole = RunQueues.photos + "harbour-01_denoise_whole.png"

  static var job: JobInfo {
    RunQueues.job(
      "20260101-1", .done, [RunQueues.picture("logo.png", .done), RunQueues.picture("harbour-01.png", .done)])
  }

  /// Screen 5 with a restored picture beside what it was.
  static func driver(
    _ jobs: [JobInfo] = [job], columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> WorkbenchDriver {
    var engine = FakeEngine.photographs
    for path in [tiled, whole] { engine.pictures[path] = engine.pictures[RunQueues.photos + "harbour-02.png"] }
    engine.jobs = jobs
    var driver = WorkbenchDriver(engine, columns: columns, rows: rows, graphics: graphics, colours: colours)
    driver.press("5")
    driver.rest(0.5)
    return driver
  }

  static func ended(_ driver: WorkbenchDriver, _ state: JobState, reason: String? = nil) -> JobInfo {
    var job = driver.engine.jobs.last!
    job.state = state
    var picture = job.pictures[0]
    (picture.output, picture.state, picture.reason) = (job.request.output!, state == .done ? .done : .failed, reason)
    picture.tiles = [Rectangle(x: 0, y: 0, width: 1504, height: 1000)]
    job.pictures = [picture]
    return job
  }

  static func questions(_ driver: WorkbenchDriver) -> [(paths: [String], columns: [Int], rows: [Int])] {
    driver.asked {
      guard case .compare(let request) = $0, case .tiling(1, let columns, let rows) = request.question else {
        return nil
      }
      #expect(request.reference == 0)
      return (request.paths, columns, rows)
    }
  }

  static func submitted(_ driver: WorkbenchDriver) -> [JobRequest] {
    driver.asked { if case .submit(let job) = $0 { job } else { nil } }
  }

  @Test("t has the picture restored whole, with the same settings, and compares the two when it is done")
  func flow() throws {
    var driver = Self.driver()
    driver.press("t")
    let request = try #require(Self.submitted(driver).first)
    #expect(request.inputs == [RunQueues.photos + "harbour-01.png"] && request.task == "denoise")
    #expect(request.tile == .whole && request.output == Self.whole && request.existing == .rename)
    #expect(driver.row("whole, to see what tiling changed: waiting") != nil)
    var running = driver.engine.jobs.last!
    running.state = .running
    driver.tell(.jobs([Self.job, running]))
    driver.tell(
      .progress(
        Progress(
          job: running.id, picture: 0, tilesDone: 0, tileCount: 1, tileFraction: 0.34, secondsElapsed: 1,
          secondsRemaining: 2, pixelsPerSecond: 1, residentBytes: 1, budgetBytes: 1, cpuPercent: 1)))
    #expect(driver.row("tiling changed: 34 %") != nil)
    driver.press("t")
    #expect(Self.submitted(driver).count == 1)
    driver.tell(.jobs([Self.job, Self.ended(driver, .done)]))
    driver.rest(0.5)
    #expect(driver.row("difference  B - A") != nil)
    let question = try #require(Self.questions(driver).first)
    #expect(question.paths == [Self.whole, Self.tiled])
    // Tiles of 384 at steps of 376 and 333.
    #expect(question.columns == [0, 376, 384, 752, 760, 1128, 1136, 1512])
    #expect(question.rows == [0, 333, 384, 666, 717, 1050])
    #expect(driver.row("12 tiles: seam score 1.003, at most 3.0 levels of 255 at 640,320, mean 0.012") != nil)
    #expect(Self.questions(driver).count == 1)
  }

  @Test("lines of a part that was restored larger are those of the result")
  func lines() throws {
    var job = Self.job
    job.request.region = Rectangle(x: 300, y: 100, width: 752, height: 500)
    var driver = Self.driver([job])
    driver.press("t")
    driver.tell(.jobs([job, Self.ended(driver, .done)]))
    driver.rest(0.5)
    // The pictures are 1504 wide, twice the part.
    #expect(Self.questions(driver).first?.columns == [-600, 152, 168, 904, 920, 1656, 1672, 2424])
  }

  @Test("a whole picture that was made before is taken at once")
  func again() {
    var driver = Self.driver()
    driver.press("t")
    let jobs = [Self.job, Self.ended(driver, .done)]
    driver.tell(.jobs(jobs))
    driver.rest(0.5)
    driver.press("3", "5", "X", "X", "3")
    driver.engine.jobs = jobs
    driver.press("5", "a")
    driver.press("Ctrl-u")
    driver.type(RunQueues.photos + "harbour-01.png")
    driver.press("Enter", "a")
    driver.press("Ctrl-u")
    driver.type(Self.tiled)
    driver.press("Enter")
    driver.rest(0.5)
    driver.press("t")
    driver.rest(0.5)
    #expect(Self.submitted(driver).count == 1)
    #expect(driver.row("12 tiles: seam score 1.003") != nil)
    // The cursor stands on the largest change, and 3 levels times 64 are seen.
    #expect(driver.row("at 640,320") != nil && driver.row("times 64") != nil)

    // Somebody took it away: it is made again.
    driver.engine.pictures[Self.whole] = nil
    driver.press("R")
    driver.rest(0.5)
    #expect(Self.submitted(driver).count == 2)
    #expect(driver.row("tiling changed: waiting") != nil)
    #expect(driver.row("B harbour-01_denoise.png") != nil)
  }

  @Test("what cannot be done is said")
  func refusals() {
    var one = Self.job
    for place in one.pictures.indices { one.pictures[place].tiles = [Rectangle(x: 0, y: 0, width: 9, height: 9)] }
    var driver = Self.driver([one])
    driver.press("t")
    #expect(driver.text.contains("none of these is a result of screen 3 in several tiles"))
    #expect(Self.submitted(driver).isEmpty)

    driver = Self.driver()
    driver.engine.planProblem = "the picture whole needs 9.1 GB and the budget is 4.0 GB"
    driver.press("t")
    #expect(driver.text.contains("needs 9.1 GB"))
    #expect(driver.row("tiling changed") == nil)

    driver = Self.driver()
    driver.press("t")
    driver.tell(.jobs([Self.job, Self.ended(driver, .failed, reason: "no space is left")]))
    #expect(driver.text.contains("no space is left"))
    #expect(driver.row("tiling changed") == nil)
  }

  @Test(arguments: CompareScreenTests.sizes, [false, true])
  func looks(_ size: (Int, Int), isASCII: Bool) throws {
    var driver = Self.driver(
      columns: size.0, rows: size.1, graphics: isASCII ? .ascii : .half, colours: isASCII ? .none : .indexed)
    driver.press("t")
    driver.tell(.jobs([Self.job, Self.ended(driver, .done)]))
    driver.rest(0.5)
    try expectScreen(driver, "compare-tiling\(isASCII ? "-ascii" : "")-\(size.0)x\(size.1)")
  }
}
