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
  static func desk(
    _ jobs: [JobInfo] = [job], columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> Desk {
    var engine = FakeEngine.photographs
    for path in [tiled, whole] { engine.pictures[path] = engine.pictures[RunQueues.photos + "harbour-02.png"] }
    engine.jobs = jobs
    var desk = Desk(engine, columns: columns, rows: rows, graphics: graphics, colours: colours)
    desk.press("5")
    desk.rest(0.5)
    return desk
  }

  static func ended(_ desk: Desk, _ state: JobState, reason: String? = nil) -> JobInfo {
    var job = desk.engine.jobs.last!
    job.state = state
    var picture = job.pictures[0]
    (picture.output, picture.state, picture.reason) = (job.request.output!, state == .done ? .done : .failed, reason)
    picture.tiles = [Rectangle(x: 0, y: 0, width: 1504, height: 1000)]
    job.pictures = [picture]
    return job
  }

  static func questions(_ desk: Desk) -> [(paths: [String], columns: [Int], rows: [Int])] {
    desk.asked {
      guard case .compare(let request) = $0, case .tiling(1, let columns, let rows) = request.question else {
        return nil
      }
      #expect(request.reference == 0)
      return (request.paths, columns, rows)
    }
  }

  static func submitted(_ desk: Desk) -> [JobRequest] {
    desk.asked { if case .submit(let job) = $0 { job } else { nil } }
  }

  @Test("t has the picture restored whole, with the same settings, and compares the two when it is done")
  func flow() throws {
    var desk = Self.desk()
    desk.press("t")
    let request = try #require(Self.submitted(desk).first)
    #expect(request.inputs == [RunQueues.photos + "harbour-01.png"] && request.task == "denoise")
    #expect(request.tile == .whole && request.output == Self.whole && request.existing == .rename)
    #expect(desk.row("whole, to see what tiling changed: waiting") != nil)
    var running = desk.engine.jobs.last!
    running.state = .running
    desk.tell(.jobs([Self.job, running]))
    desk.tell(
      .progress(
        Progress(
          job: running.id, picture: 0, tilesDone: 0, tileCount: 1, tileFraction: 0.34, secondsElapsed: 1,
          secondsRemaining: 2, pixelsPerSecond: 1, residentBytes: 1, budgetBytes: 1, cpuPercent: 1)))
    #expect(desk.row("tiling changed: 34 %") != nil)
    desk.press("t")
    #expect(Self.submitted(desk).count == 1)
    desk.tell(.jobs([Self.job, Self.ended(desk, .done)]))
    desk.rest(0.5)
    #expect(desk.row("difference  B - A") != nil)
    let question = try #require(Self.questions(desk).first)
    #expect(question.paths == [Self.whole, Self.tiled])
    // Tiles of 384 at steps of 376 and 333.
    #expect(question.columns == [0, 376, 384, 752, 760, 1128, 1136, 1512])
    #expect(question.rows == [0, 333, 384, 666, 717, 1050])
    #expect(desk.row("12 tiles: seam score 1.003, at most 3.0 levels of 255 at 640,320, mean 0.012") != nil)
    #expect(Self.questions(desk).count == 1)
  }

  @Test("lines of a part that was restored larger are those of the result")
  func lines() throws {
    var job = Self.job
    job.request.region = Rectangle(x: 300, y: 100, width: 752, height: 500)
    var desk = Self.desk([job])
    desk.press("t")
    desk.tell(.jobs([job, Self.ended(desk, .done)]))
    desk.rest(0.5)
    // The pictures are 1504 wide, twice the part.
    #expect(Self.questions(desk).first?.columns == [-600, 152, 168, 904, 920, 1656, 1672, 2424])
  }

  @Test("a whole picture that was made before is taken at once")
  func again() {
    var desk = Self.desk()
    desk.press("t")
    let jobs = [Self.job, Self.ended(desk, .done)]
    desk.tell(.jobs(jobs))
    desk.rest(0.5)
    desk.press("3", "5", "X", "X", "3")
    desk.engine.jobs = jobs
    desk.press("5", "a")
    desk.press("Ctrl-u")
    desk.type(RunQueues.photos + "harbour-01.png")
    desk.press("Enter", "a")
    desk.press("Ctrl-u")
    desk.type(Self.tiled)
    desk.press("Enter")
    desk.rest(0.5)
    desk.press("t")
    desk.rest(0.5)
    #expect(Self.submitted(desk).count == 1)
    #expect(desk.row("12 tiles: seam score 1.003") != nil)
    // The cursor stands on the largest change, and 3 levels times 64 are seen.
    #expect(desk.row("at 640,320") != nil && desk.row("times 64") != nil)

    // Somebody took it away: it is made again.
    desk.engine.pictures[Self.whole] = nil
    desk.press("R")
    desk.rest(0.5)
    #expect(Self.submitted(desk).count == 2)
    #expect(desk.row("tiling changed: waiting") != nil)
    #expect(desk.row("B harbour-01_denoise.png") != nil)
  }

  @Test("what cannot be done is said")
  func refusals() {
    var one = Self.job
    for place in one.pictures.indices { one.pictures[place].tiles = [Rectangle(x: 0, y: 0, width: 9, height: 9)] }
    var desk = Self.desk([one])
    desk.press("t")
    #expect(desk.text.contains("none of these is a result of screen 3 in several tiles"))
    #expect(Self.submitted(desk).isEmpty)

    desk = Self.desk()
    desk.engine.planProblem = "the picture whole needs 9.1 GB and the budget is 4.0 GB"
    desk.press("t")
    #expect(desk.text.contains("needs 9.1 GB"))
    #expect(desk.row("tiling changed") == nil)

    desk = Self.desk()
    desk.press("t")
    desk.tell(.jobs([Self.job, Self.ended(desk, .failed, reason: "no space is left")]))
    #expect(desk.text.contains("no space is left"))
    #expect(desk.row("tiling changed") == nil)
  }

  @Test(arguments: CompareScreenTests.sizes, [false, true])
  func looks(_ size: (Int, Int), isASCII: Bool) throws {
    var desk = Self.desk(
      columns: size.0, rows: size.1, graphics: isASCII ? .ascii : .half, colours: isASCII ? .none : .indexed)
    desk.press("t")
    desk.tell(.jobs([Self.job, Self.ended(desk, .done)]))
    desk.rest(0.5)
    try expectScreen(desk, "compare-tiling\(isASCII ? "-ascii" : "")-\(size.0)x\(size.1)")
  }
}
