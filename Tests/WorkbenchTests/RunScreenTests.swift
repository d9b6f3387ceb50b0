import Base
import EngineWire
import Testing
import Workbench

/// A queue as the engine would tell it: one job at work, one that waits, one that is done.
enum RunQueues {
  static let photos = "/home/ada/photos/"

  static func picture(
    _ name: String, _ state: PictureState, done: Int = 0, tiles: Int = 12, perRow: Int = 4
  ) -> PictureProgress {
    let places = (0..<tiles).map { place in
      Rectangle(x: place % perRow * 376, y: place / perRow * 333, width: 384, height: 384)
    }
    return PictureProgress(
      input: photos + name, output: photos + name.dropLast(4) + "_denoise.png", state: state,
      model: state == .waiting ? "" : "denoise-color-tiny", width: 1504, height: 1000,
      tiles: state == .waiting ? [] : places, tilesPerRow: perRow, tilesDone: state == .done ? tiles : done,
      overlap: 32,
      seconds: state == .done ? 98.4 : 58, seamScore: state == .done ? 1.004 : nil,
      notes: state == .done ? ["EXIF kept"] : [])
  }

  static func job(_ id: String, _ state: JobState, _ pictures: [PictureProgress]) -> JobInfo {
    JobInfo(
      id: id, created: 1_700_000_000, state: state,
      request: JobRequest(inputs: pictures.map(\.input), task: "denoise"), pictures: pictures)
  }

  static var jobs: [JobInfo] {
    [
      job("20260101-1", .done, [picture("logo.png", .done)]),
      job(
        "20260101-2", .running,
        [
          picture("harbour-01.png", .done), picture("harbour-02.png", .running, done: 7),
          picture("harbour-10.png", .waiting),
        ]),
      job("20260101-3", .waiting, [picture("letter.jpg", .waiting)]),
    ]
  }

  static let progress = Progress(
    job: "20260101-2", picture: 1, tilesDone: 7, tileCount: 12, tileFraction: 0.4, secondsElapsed: 58,
    secondsRemaining: 41.2, pixelsPerSecond: 210_000, residentBytes: 1_300_000_000, budgetBytes: 4 << 30,
    cpuPercent: 195, estimate: JobEstimate(settled: 1, count: 3, fraction: 0.53, secondsRemaining: 90.4),
    queue: JobEstimate(settled: 1, count: 4, fraction: 0.42, secondsRemaining: 185), time: 1_700_000_000)
}

@Suite struct RunScreenTests {
  @Test("a chain says which step it is at, and a step that begins has no tile of the one before")
  func steps() {
    var driver = Self.driver(columns: 120, rows: 40)
    var picture = RunQueues.picture("harbour-02.png", .running, done: 12)
    picture.step = JobStep(number: 1, count: 2, task: "denoise")
    driver.tell(.picture(job: "20260101-2", picture: 1, picture))
    for tile in 0..<12 { driver.tell(.tile(job: "20260101-2", picture: 1, tile: tile, .done)) }
    #expect(driver.row("step 1 of 2, denoise") != nil)
    picture = RunQueues.picture("harbour-02.png", .running, done: 0)
    (picture.step, picture.model) = (JobStep(number: 2, count: 2, task: "sr"), "sr-x2-tiny")
    driver.tell(.picture(job: "20260101-2", picture: 1, picture))
    driver.tell(.tile(job: "20260101-2", picture: 1, tile: 0, .done))
    #expect(driver.row("step 2 of 2, sr, sr-x2-tiny") != nil)
    var first = RunQueues.progress
    (first.tilesDone, first.tileFraction) = (1, 0)
    driver.tell(.progress(first))
    #expect(driver.row("1 of 12 tiles") != nil)
  }

  static func driver(
    _ jobs: [JobInfo] = RunQueues.jobs, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> WorkbenchDriver {
    var engine = FakeEngine.photographs
    engine.jobs = jobs
    var driver = WorkbenchDriver(engine, columns: columns, rows: rows, graphics: graphics, colours: colours)
    driver.press("3")
    driver.tell(.tile(job: "20260101-2", picture: 1, tile: 7, .running))
    driver.tell(.progress(RunQueues.progress))
    driver.tell(
      .log(LogLine(time: 1_700_000_000, level: .info, text: "20260101-2: harbour-02.png: tile 7 of 12 in 8.2 s")))
    driver.rest(0.5)
    return driver
  }

  static func asked(_ driver: WorkbenchDriver, _ isWanted: (Request) -> Bool) -> [Request] {
    driver.engine.asked.filter(isWanted)
  }

  static func controls(_ driver: WorkbenchDriver) -> [Request] {
    asked(driver) {
      switch $0 {
      case .pause, .resume, .cancel, .retry, .move, .moveJob, .remove: true
      default: false
      }
    }
  }

  @Test("shows the picture at work, its tiles and the queue", arguments: [(60, 15), (80, 24), (120, 40), (200, 60)])
  func looks(_ size: (Int, Int)) throws {
    try expectScreen(Self.driver(columns: size.0, rows: size.1), "run-\(size.0)x\(size.1)")
  }

  @Test("needs nothing but ASCII where nothing else is shown")
  func asciiLooks() throws {
    let driver = Self.driver(graphics: .ascii, colours: .none)
    #expect(driver.text.allSatisfy { $0.isASCII })
    try expectScreen(driver, "run-ascii-80x24")
  }

  @Test("on a small screen Tab goes from the queue to the picture and the log")
  func foldsIntoOnePane() throws {
    var driver = Self.driver(columns: 60, rows: 15)
    driver.press("Tab")
    driver.rest(0.5)
    try expectScreen(driver, "run-picture-60x15")
    driver.press("Tab")
    try expectScreen(driver, "run-log-60x15")
    driver.press("Tab")
    #expect(driver.row("harbour-10.png") != nil)
  }

  @Test("header, job and heading of the queue tell the whole, with the time when it is over; the picture tells its own")
  func wholeJob() throws {
    let wide = Self.driver(columns: 120, rows: 40)
    // 22:13:20 UTC and 3 min 5 s.
    #expect(wide.lines[0].contains("queue 2/4, 42 %, 3:05 left, done about 22:17"), "\(wide.lines[0])")
    #expect(wide.row("7 of 12 tiles, 00:58, 00:41 left") != nil)
    #expect(wide.row("job: 1 of 3 done, 53 %, 1:30 left, done about 22:15") != nil)
    #expect(wide.row("all jobs: 3:05 left, until 22:17") != nil)
    let narrow = Self.driver()
    #expect(narrow.lines[0].hasSuffix("3:05 left"), "\(narrow.lines[0])")
    #expect(narrow.row("job: 1 of 3 done, 53 %, 1:30 left, done about 22:15") != nil)
    // The last job alone: no queue, and the day where it is not today's.
    var alone = Self.driver([RunQueues.jobs[1]], columns: 120, rows: 40)
    var told = RunQueues.progress
    told.estimate?.secondsRemaining = 86_400
    told.queue = told.estimate
    alone.tell(.progress(told))
    #expect(alone.lines[0].contains(" 2/3, 53 %, 24:00:00 left, until 22:14 tomorrow"), "\(alone.lines[0])")
  }

  @Test("a picture of one tile shows how far the network is, in place of a grid that stands still")
  func oneTile() throws {
    let picture = RunQueues.picture("harbour-01.png", .running, tiles: 1, perRow: 1)
    var driver = Self.driver([RunQueues.job("20260101-2", .running, [picture])], columns: 120, rows: 40)
    var told = RunQueues.progress
    (told.picture, told.tilesDone, told.tileCount, told.tileFraction) = (0, 0, 1, 0.385)
    (told.estimate, told.queue) = (nil, nil)
    driver.tell(.progress(told))
    driver.rest(0.5)
    #expect(driver.row("38 % through the network; one tile, shown when it is done") != nil)
    #expect(driver.row("38 %, one tile") != nil)
  }

  @Test("nothing queued says what to do")
  func showsNothing() {
    let driver = Self.driver([])
    #expect(driver.row("nothing is queued: 1 marks pictures, 2 plans, r there runs") != nil)
  }

  @Test("a picture that failed between two engines is said when the next one tells the queue")
  func failedMeanwhile() {
    var driver = Self.driver()
    driver.loseEngine()
    driver.engine.jobs[1].pictures[1].state = .failed
    driver.engine.jobs[1].pictures[1].reason = "the engine died twice at tile 8 of 12"
    driver.findEngine()
    #expect(driver.footer.contains("harbour-02.png failed: the engine died twice"), "\(driver.footer)")
  }

  @Test("a progress message changes a few cells and nothing else")
  func changesLittle() {
    var driver = Self.driver()
    let before = driver.state.view()
    var progress = RunQueues.progress
    progress.tileFraction = 0.5
    progress.secondsElapsed = 60
    progress.secondsRemaining = 39
    progress.cpuPercent = 188
    progress.residentBytes += 4_000_000
    driver.tell(.progress(progress))
    let after = driver.state.view()
    let changed = before.cells.indices.count { before.cells[$0] != after.cells[$0] }
    // At 20 bytes a cell, the colours included, far below 2 KB.
    #expect(changed > 0 && changed < 60, "\(changed)")
    driver.tell(.progress(progress))
    #expect(driver.state.view() == after)
  }

  @Test("the picture is asked for when a tile is done, not more than three times a second, and only in front")
  func pacesPreviews() {
    var driver = Self.driver()
    func count() -> Int { Self.asked(driver) { if case .jobPreview = $0 { true } else { false } }.count }
    let before = count()
    for tile in 7..<11 {
      driver.tell(.tile(job: "20260101-2", picture: 1, tile: tile, .done))
      driver.tell(.tile(job: "20260101-2", picture: 1, tile: tile + 1, .running))
      driver.rest(0.1)
    }
    #expect((1...2).contains(count() - before))
    driver.rest(1)
    #expect((2...3).contains(count() - before))
    let settled = count()
    driver.tell(.progress(RunQueues.progress))
    driver.rest(2)
    #expect(count() == settled)
    #expect(!driver.state.wantsTicks)
    driver.press("1")
    driver.tell(.tile(job: "20260101-2", picture: 1, tile: 11, .done))
    driver.rest(2)
    #expect(count() == settled)
    driver.press("3")
    #expect(count() == settled + 1)
  }

  @Test("follows the work until the cursor is moved, and again when asked")
  func follows() {
    var driver = Self.driver()
    #expect(driver.body[0].contains("harbour-02.png"))
    var jobs = RunQueues.jobs
    jobs[1].pictures[1] = RunQueues.picture("harbour-02.png", .done)
    jobs[1].pictures[2] = RunQueues.picture("harbour-10.png", .running)
    driver.tell(.jobs(jobs))
    #expect(driver.body[0].contains("harbour-10.png"))
    driver.press("j")
    #expect(driver.body[0].contains("letter.jpg"))
    jobs[2].state = .running
    driver.tell(.jobs(jobs))
    #expect(driver.body[0].contains("letter.jpg"))
    driver.press("f")
    #expect(driver.body[0].contains("harbour-10.png"))
  }

  @Test("Space pauses and goes on")
  func pauses() {
    var driver = Self.driver()
    driver.press("Space")
    #expect(Self.controls(driver) == [.pause(job: "20260101-2")])
    driver.tell(.job(job: "20260101-2", state: .paused, reason: "the disk is full"))
    #expect(driver.body[0].contains("paused"))
    #expect(driver.body[1].contains("the disk is full"))
    driver.press("Space")
    #expect(Self.controls(driver).last == .resume(job: "20260101-2"))
  }

  @Test("cancelling asks where work would be lost, and only there")
  func cancels() {
    var driver = Self.driver()
    driver.press("c")
    #expect(driver.text.contains("7 finished tiles of it would be lost"))
    driver.press("Enter")
    #expect(Self.controls(driver).isEmpty)
    driver.press("c", "y")
    #expect(Self.controls(driver) == [.cancel(job: "20260101-2")])
    driver.press("End", "c")
    #expect(Self.controls(driver).last == .cancel(job: "20260101-3"))
    driver.press("g", "g", "c")
    #expect(Self.controls(driver).count == 2)
    #expect(driver.footer.contains("has ended"))
  }

  @Test("the question of one job is not the answer for another that came in its place")
  func cancelsTheRightJob() {
    var driver = Self.driver()
    driver.press("c")
    driver.tell(.jobs([RunQueues.jobs[2]]))
    driver.press("y")
    #expect(Self.controls(driver) == [.cancel(job: "20260101-2")])
  }

  @Test("K and J move pictures within their job and jobs within the queue, the cursor goes along")
  func reorders() {
    var driver = Self.driver()
    driver.press("j", "K")
    #expect(Self.controls(driver) == [.move(job: "20260101-2", picture: 2, by: -1)])
    var jobs = RunQueues.jobs
    jobs[1].pictures.swapAt(1, 2)
    driver.tell(.jobs(jobs))
    #expect(driver.body[0].contains("harbour-10.png"))
    driver.press("k", "K")
    #expect(driver.footer.contains("only pictures that wait"))
    driver.press("End", "K")
    #expect(Self.controls(driver).last == .moveJob(job: "20260101-3", by: -1))
    jobs.swapAt(1, 2)
    driver.tell(.jobs(jobs))
    #expect(driver.body[0].contains("letter.jpg"))
  }

  @Test("pictures of a paused job are moved too, wherever the job stands")
  func reordersPaused() {
    var jobs = RunQueues.jobs
    jobs[1].state = .paused
    jobs[1].pictures.append(RunQueues.picture("letter.jpg", .waiting))
    jobs.removeLast()
    var driver = Self.driver(jobs)
    driver.press("j", "j", "K")
    #expect(Self.controls(driver) == [.move(job: "20260101-2", picture: 3, by: -1)])
  }

  @Test("when nothing is left to do the cursor stays where it is")
  func staysAtTheEnd() {
    var driver = Self.driver()
    var jobs = RunQueues.jobs
    for job in jobs.indices {
      jobs[job].state = .cancelled
      for picture in jobs[job].pictures.indices { jobs[job].pictures[picture].state = .cancelled }
    }
    driver.tell(.jobs(jobs))
    #expect(driver.body[0].contains("harbour-02.png"))
  }

  @Test("the log has the focus only when asked, and shows it")
  func focusesTheLog() {
    var driver = Self.driver()
    let before = driver.state.view()
    driver.press("Tab")
    #expect(driver.state.view() != before)
    driver.press("j")
    #expect(driver.body[0].contains("harbour-02.png"))
    driver.press("Esc", "j")
    #expect(driver.body[0].contains("harbour-10.png"))
    // On a small screen the picture may have the focus; with room for all, movement is the queue's again.
    driver.send(.resize(columns: 60, rows: 15))
    driver.press("Tab")
    driver.send(.resize(columns: 80, rows: 24))
    driver.press("j")
    #expect(driver.body[0].contains("letter.jpg"))
  }

  @Test("ended jobs are forgotten on request, failed ones queued anew")
  func endsJobs() {
    var jobs = RunQueues.jobs
    jobs.append(RunQueues.job("20260101-4", .failed, [RunQueues.picture("notes.png", .failed)]))
    jobs[3].pictures[0].reason = "notes.png: not a picture"
    var driver = Self.driver(jobs)
    driver.press("x")
    #expect(driver.footer.contains("has not ended"))
    driver.press("End")
    #expect(driver.row("not a picture") != nil)
    driver.press("R")
    #expect(Self.controls(driver) == [.retry(job: "20260101-4")])
    driver.press("x")
    #expect(Self.controls(driver).last == .remove(job: "20260101-4"))
    driver.press("X")
    #expect(Self.controls(driver).suffix(2) == [.remove(job: "20260101-1"), .remove(job: "20260101-4")])
  }

  @Test("a job of another process can only be looked at")
  func leavesOthersAlone() {
    var jobs = RunQueues.jobs
    jobs[1].isElsewhere = true
    var driver = Self.driver(jobs)
    #expect(driver.text.contains("another process"))
    driver.press("Space", "c", "K", "x", "R")
    #expect(Self.controls(driver).isEmpty)
    #expect(driver.footer.contains("another process works on this job"))
  }

  @Test("o shows the picture as it was")
  func showsBefore() {
    var driver = Self.driver()
    driver.press("o")
    driver.rest(0.5)
    #expect(driver.row("before") != nil)
    #expect(
      Self.asked(driver) {
        if case .preview(let path, _, _, _) = $0 { path.hasSuffix("harbour-02.png") } else { false }
      }
      .count
        == 1)
    driver.press("o")
    #expect(driver.row("before") == nil)
  }

  @Test("i tells everything about a picture, y its command")
  func tellsDetails() {
    var driver = Self.driver()
    driver.press("g", "g", "i")
    #expect(driver.text.contains("seam score: 1.004"))
    #expect(driver.text.contains("EXIF kept"))
    driver.press("Esc", "y")
    #expect(driver.text.contains("grl restore --task denoise /home/ada/photos/logo.png"))
  }

  @Test("jobs of several pictures fold")
  func folds() {
    var driver = Self.driver()
    #expect(driver.row("harbour-10.png") != nil)
    driver.press("k", "k", "Enter")
    #expect(driver.row("harbour-10.png") == nil)
    driver.press("l")
    #expect(driver.row("harbour-10.png") != nil)
    driver.press("j", "h")
    #expect(driver.row("harbour-10.png") == nil)
  }

  @Test("a list that shrinks under the cursor keeps it on something that is there")
  func shrinks() {
    var driver = Self.driver()
    driver.press("End")
    driver.tell(.jobs([RunQueues.jobs[0]]))
    #expect(driver.body[0].contains("logo.png"))
    driver.press("Space", "J", "o", "Enter", "Esc")
    driver.tell(.jobs([]))
    #expect(driver.row("nothing is queued") != nil)
    driver.press("j", "k", "End", "Space", "c", "x", "R", "K", "Enter", "o", "h", "l", "y")
    driver.press("Esc")
    driver.tell(.jobs(RunQueues.jobs))
    #expect(driver.row("harbour-01.png") != nil)
  }

  @Test("news of jobs and pictures that are not there are nothing")
  func ignoresStrangers() {
    var driver = Self.driver()
    let before = driver.body
    driver.tell(.tile(job: "nobody", picture: 3, tile: 900, .done))
    driver.tell(.tile(job: "20260101-2", picture: 1, tile: 900, .failed))
    driver.tell(.tile(job: "20260101-2", picture: -1, tile: -4, .failed))
    driver.tell(.picture(job: "20260101-2", picture: 77, RunQueues.picture("x.png", .failed)))
    driver.tell(.job(job: "nobody", state: .failed, reason: nil))
    #expect(driver.body == before)
  }

  @Test("the engine goes and comes back in the middle of the work")
  func survivesLoss() {
    var driver = Self.driver()
    driver.holdsAnswers = true
    driver.press("Space", "o")
    driver.loseEngine()
    driver.press("j", "k", "Space", "c")
    _ = driver.state.view()
    driver.press("Esc")
    driver.holdsAnswers = false
    driver.findEngine()
    driver.rest(1)
    #expect(driver.row("harbour-02.png") != nil)
    driver.press("f", "o")
    driver.rest(1)
    #expect(driver.row("reading") == nil)
  }

  @Test("ten thousand pictures and twenty thousand tiles fit", arguments: [(60, 15), (80, 24), (200, 60)])
  func holdsMany(_ size: (Int, Int)) {
    var pictures = (0..<10_000).map { RunQueues.picture("p\($0).png", .waiting) }
    pictures[5000] = RunQueues.picture("p5000.png", .running, done: 9000, tiles: 20_000, perRow: 200)
    var driver = Self.driver([RunQueues.job("20260101-2", .running, pictures)], columns: size.0, rows: size.1)
    #expect(driver.row("p5000.png") != nil)
    if size.0 >= 80 { #expect(driver.text.contains("tiles")) }
    for _ in 0..<20 { driver.press("Ctrl-d") }
    driver.press("End")
    #expect(driver.row("p9999.png") != nil)
  }

  @Test("is drawn at every size", arguments: [Graphics.half, .ascii, .quarter])
  func drawsAtEverySize(_ graphics: Graphics) {
    var driver = Self.driver(graphics: graphics)
    for columns in 1...40 {
      for rows in 1...12 {
        driver.send(.resize(columns: columns, rows: rows))
        for _ in 0..<3 {
          _ = driver.state.view()
          driver.press("Tab", "j")
        }
      }
    }
    driver.send(.resize(columns: 80, rows: 24))
    #expect(driver.row("logo.png") != nil)
  }
}
