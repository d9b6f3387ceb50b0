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
    cpuPercent: 195)
}

@Suite struct RunScreenTests {
  static func desk(
    _ jobs: [JobInfo] = RunQueues.jobs, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed
  ) -> Desk {
    var engine = FakeEngine.photographs
    engine.jobs = jobs
    var desk = Desk(engine, columns: columns, rows: rows, graphics: graphics, colours: colours)
    desk.press("3")
    desk.tell(.tile(job: "20260101-2", picture: 1, tile: 7, .running))
    desk.tell(.progress(RunQueues.progress))
    desk.tell(
      .log(LogLine(time: 1_700_000_000, level: .info, text: "20260101-2: harbour-02.png: tile 7 of 12 in 8.2 s")))
    desk.rest(0.5)
    return desk
  }

  static func asked(_ desk: Desk, _ isWanted: (Request) -> Bool) -> [Request] {
    desk.engine.asked.filter(isWanted)
  }

  static func controls(_ desk: Desk) -> [Request] {
    asked(desk) {
      switch $0 {
      case .pause, .resume, .cancel, .retry, .move, .moveJob, .remove: true
      default: false
      }
    }
  }

  @Test("shows the picture at work, its tiles and the queue", arguments: [(60, 15), (80, 24), (120, 40), (200, 60)])
  func looks(_ size: (Int, Int)) throws {
    try expectScreen(Self.desk(columns: size.0, rows: size.1), "run-\(size.0)x\(size.1)")
  }

  @Test("needs nothing but ASCII where nothing else is shown")
  func asciiLooks() throws {
    let desk = Self.desk(graphics: .ascii, colours: .none)
    #expect(desk.text.allSatisfy { $0.isASCII })
    try expectScreen(desk, "run-ascii-80x24")
  }

  @Test("on a small screen Tab goes from the queue to the picture and the log")
  func foldsIntoOnePane() throws {
    var desk = Self.desk(columns: 60, rows: 15)
    desk.press("Tab")
    desk.rest(0.5)
    try expectScreen(desk, "run-picture-60x15")
    desk.press("Tab")
    try expectScreen(desk, "run-log-60x15")
    desk.press("Tab")
    #expect(desk.row("harbour-10.png") != nil)
  }

  @Test("nothing queued says what to do")
  func showsNothing() {
    let desk = Self.desk([])
    #expect(desk.row("nothing is queued: 1 marks pictures, 2 plans, r runs") != nil)
  }

  @Test("a picture that failed between two engines is said when the next one tells the queue")
  func failedMeanwhile() {
    var desk = Self.desk()
    desk.loseEngine()
    desk.engine.jobs[1].pictures[1].state = .failed
    desk.engine.jobs[1].pictures[1].reason = "the engine died twice at tile 8 of 12"
    desk.findEngine()
    #expect(desk.footer.contains("harbour-02.png failed: the engine died twice"), "\(desk.footer)")
  }

  @Test("a progress message changes a few cells and nothing else")
  func changesLittle() {
    var desk = Self.desk()
    let before = desk.state.view()
    var progress = RunQueues.progress
    progress.tileFraction = 0.5
    progress.secondsElapsed = 60
    progress.secondsRemaining = 39
    progress.cpuPercent = 188
    progress.residentBytes += 4_000_000
    desk.tell(.progress(progress))
    let after = desk.state.view()
    let changed = before.cells.indices.count { before.cells[$0] != after.cells[$0] }
    // At 20 bytes a cell, the colours included, far below 2 KB.
    #expect(changed > 0 && changed < 60, "\(changed)")
    desk.tell(.progress(progress))
    #expect(desk.state.view() == after)
  }

  @Test("the picture is asked for when a tile is done, not more than three times a second, and only in front")
  func pacesPreviews() {
    var desk = Self.desk()
    func count() -> Int { Self.asked(desk) { if case .jobPreview = $0 { true } else { false } }.count }
    let before = count()
    for tile in 7..<11 {
      desk.tell(.tile(job: "20260101-2", picture: 1, tile: tile, .done))
      desk.tell(.tile(job: "20260101-2", picture: 1, tile: tile + 1, .running))
      desk.rest(0.1)
    }
    #expect((1...2).contains(count() - before))
    desk.rest(1)
    #expect((2...3).contains(count() - before))
    let settled = count()
    desk.tell(.progress(RunQueues.progress))
    desk.rest(2)
    #expect(count() == settled)
    #expect(!desk.state.wantsTicks)
    desk.press("1")
    desk.tell(.tile(job: "20260101-2", picture: 1, tile: 11, .done))
    desk.rest(2)
    #expect(count() == settled)
    desk.press("3")
    #expect(count() == settled + 1)
  }

  @Test("follows the work until the cursor is moved, and again when asked")
  func follows() {
    var desk = Self.desk()
    #expect(desk.body[0].contains("harbour-02.png"))
    var jobs = RunQueues.jobs
    jobs[1].pictures[1] = RunQueues.picture("harbour-02.png", .done)
    jobs[1].pictures[2] = RunQueues.picture("harbour-10.png", .running)
    desk.tell(.jobs(jobs))
    #expect(desk.body[0].contains("harbour-10.png"))
    desk.press("j")
    #expect(desk.body[0].contains("letter.jpg"))
    jobs[2].state = .running
    desk.tell(.jobs(jobs))
    #expect(desk.body[0].contains("letter.jpg"))
    desk.press("f")
    #expect(desk.body[0].contains("harbour-10.png"))
  }

  @Test("Space pauses and goes on")
  func pauses() {
    var desk = Self.desk()
    desk.press("Space")
    #expect(Self.controls(desk) == [.pause(job: "20260101-2")])
    desk.tell(.job(job: "20260101-2", state: .paused, reason: "the disk is full"))
    #expect(desk.body[0].contains("paused"))
    #expect(desk.body[1].contains("the disk is full"))
    desk.press("Space")
    #expect(Self.controls(desk).last == .resume(job: "20260101-2"))
  }

  @Test("cancelling asks where work would be lost, and only there")
  func cancels() {
    var desk = Self.desk()
    desk.press("c")
    #expect(desk.text.contains("7 finished tiles of it would be lost"))
    desk.press("Enter")
    #expect(Self.controls(desk).isEmpty)
    desk.press("c", "y")
    #expect(Self.controls(desk) == [.cancel(job: "20260101-2")])
    desk.press("G", "c")
    #expect(Self.controls(desk).last == .cancel(job: "20260101-3"))
    desk.press("g", "g", "c")
    #expect(Self.controls(desk).count == 2)
    #expect(desk.footer.contains("has ended"))
  }

  @Test("the question of one job is not the answer for another that came in its place")
  func cancelsTheRightJob() {
    var desk = Self.desk()
    desk.press("c")
    desk.tell(.jobs([RunQueues.jobs[2]]))
    desk.press("y")
    #expect(Self.controls(desk) == [.cancel(job: "20260101-2")])
  }

  @Test("K and J move pictures within their job and jobs within the queue, the cursor goes along")
  func reorders() {
    var desk = Self.desk()
    desk.press("j", "K")
    #expect(Self.controls(desk) == [.move(job: "20260101-2", picture: 2, by: -1)])
    var jobs = RunQueues.jobs
    jobs[1].pictures.swapAt(1, 2)
    desk.tell(.jobs(jobs))
    #expect(desk.body[0].contains("harbour-10.png"))
    desk.press("k", "K")
    #expect(desk.footer.contains("only pictures that wait"))
    desk.press("G", "K")
    #expect(Self.controls(desk).last == .moveJob(job: "20260101-3", by: -1))
    jobs.swapAt(1, 2)
    desk.tell(.jobs(jobs))
    #expect(desk.body[0].contains("letter.jpg"))
  }

  @Test("pictures of a paused job are moved too, wherever the job stands")
  func reordersPaused() {
    var jobs = RunQueues.jobs
    jobs[1].state = .paused
    jobs[1].pictures.append(RunQueues.picture("letter.jpg", .waiting))
    jobs.removeLast()
    var desk = Self.desk(jobs)
    desk.press("j", "j", "K")
    #expect(Self.controls(desk) == [.move(job: "20260101-2", picture: 3, by: -1)])
  }

  @Test("when nothing is left to do the cursor stays where it is")
  func staysAtTheEnd() {
    var desk = Self.desk()
    var jobs = RunQueues.jobs
    for job in jobs.indices {
      jobs[job].state = .cancelled
      for picture in jobs[job].pictures.indices { jobs[job].pictures[picture].state = .cancelled }
    }
    desk.tell(.jobs(jobs))
    #expect(desk.body[0].contains("harbour-02.png"))
  }

  @Test("the log has the focus only when asked, and shows it")
  func focusesTheLog() {
    var desk = Self.desk()
    let before = desk.state.view()
    desk.press("Tab")
    #expect(desk.state.view() != before)
    desk.press("j")
    #expect(desk.body[0].contains("harbour-02.png"))
    desk.press("Esc", "j")
    #expect(desk.body[0].contains("harbour-10.png"))
    // On a small screen the picture may have the focus; with room for all, movement is the queue's again.
    desk.send(.resize(columns: 60, rows: 15))
    desk.press("Tab")
    desk.send(.resize(columns: 80, rows: 24))
    desk.press("j")
    #expect(desk.body[0].contains("letter.jpg"))
  }

  @Test("ended jobs are forgotten on request, failed ones queued anew")
  func endsJobs() {
    var jobs = RunQueues.jobs
    jobs.append(RunQueues.job("20260101-4", .failed, [RunQueues.picture("notes.png", .failed)]))
    jobs[3].pictures[0].reason = "notes.png: not a picture"
    var desk = Self.desk(jobs)
    desk.press("x")
    #expect(desk.footer.contains("has not ended"))
    desk.press("G")
    #expect(desk.body[1].contains("not a picture"))
    desk.press("R")
    #expect(Self.controls(desk) == [.retry(job: "20260101-4")])
    desk.press("x")
    #expect(Self.controls(desk).last == .remove(job: "20260101-4"))
    desk.press("X")
    #expect(Self.controls(desk).suffix(2) == [.remove(job: "20260101-1"), .remove(job: "20260101-4")])
  }

  @Test("a job of another process can only be looked at")
  func leavesOthersAlone() {
    var jobs = RunQueues.jobs
    jobs[1].isElsewhere = true
    var desk = Self.desk(jobs)
    #expect(desk.text.contains("another process"))
    desk.press("Space", "c", "K", "x", "R")
    #expect(Self.controls(desk).isEmpty)
    #expect(desk.footer.contains("another process works on this job"))
  }

  @Test("o shows the picture as it was")
  func showsBefore() {
    var desk = Self.desk()
    desk.press("o")
    desk.rest(0.5)
    #expect(desk.row("before") != nil)
    #expect(
      Self.asked(desk) { if case .preview(let path, _, _, _) = $0 { path.hasSuffix("harbour-02.png") } else { false } }
        .count
        == 1)
    desk.press("o")
    #expect(desk.row("before") == nil)
  }

  @Test("Enter tells everything about a picture, y its command")
  func tellsDetails() {
    var desk = Self.desk()
    desk.press("g", "g", "Enter")
    #expect(desk.text.contains("seam score: 1.004"))
    #expect(desk.text.contains("EXIF kept"))
    desk.press("Esc", "y")
    #expect(desk.text.contains("grl restore --task denoise /home/ada/photos/logo.png"))
  }

  @Test("jobs of several pictures fold")
  func folds() {
    var desk = Self.desk()
    #expect(desk.row("harbour-10.png") != nil)
    desk.press("k", "k", "Enter")
    #expect(desk.row("harbour-10.png") == nil)
    desk.press("l")
    #expect(desk.row("harbour-10.png") != nil)
    desk.press("j", "h")
    #expect(desk.row("harbour-10.png") == nil)
  }

  @Test("a list that shrinks under the cursor keeps it on something that is there")
  func shrinks() {
    var desk = Self.desk()
    desk.press("G")
    desk.tell(.jobs([RunQueues.jobs[0]]))
    #expect(desk.body[0].contains("logo.png"))
    desk.press("Space", "J", "o", "Enter", "Esc")
    desk.tell(.jobs([]))
    #expect(desk.row("nothing is queued") != nil)
    desk.press("j", "k", "G", "Space", "c", "x", "R", "K", "Enter", "o", "h", "l", "y")
    desk.press("Esc")
    desk.tell(.jobs(RunQueues.jobs))
    #expect(desk.row("harbour-01.png") != nil)
  }

  @Test("news of jobs and pictures that are not there are nothing")
  func ignoresStrangers() {
    var desk = Self.desk()
    let before = desk.body
    desk.tell(.tile(job: "nobody", picture: 3, tile: 900, .done))
    desk.tell(.tile(job: "20260101-2", picture: 1, tile: 900, .failed))
    desk.tell(.tile(job: "20260101-2", picture: -1, tile: -4, .failed))
    desk.tell(.picture(job: "20260101-2", picture: 77, RunQueues.picture("x.png", .failed)))
    desk.tell(.job(job: "nobody", state: .failed, reason: nil))
    #expect(desk.body == before)
  }

  @Test("the engine goes and comes back in the middle of the work")
  func survivesLoss() {
    var desk = Self.desk()
    desk.holdsAnswers = true
    desk.press("Space", "o")
    desk.loseEngine()
    desk.press("j", "k", "Space", "c")
    _ = desk.state.view()
    desk.press("Esc")
    desk.holdsAnswers = false
    desk.findEngine()
    desk.rest(1)
    #expect(desk.row("harbour-02.png") != nil)
    desk.press("f", "o")
    desk.rest(1)
    #expect(desk.row("reading") == nil)
  }

  @Test("ten thousand pictures and twenty thousand tiles fit", arguments: [(60, 15), (80, 24), (200, 60)])
  func holdsMany(_ size: (Int, Int)) {
    var pictures = (0..<10_000).map { RunQueues.picture("p\($0).png", .waiting) }
    pictures[5000] = RunQueues.picture("p5000.png", .running, done: 9000, tiles: 20_000, perRow: 200)
    var desk = Self.desk([RunQueues.job("20260101-2", .running, pictures)], columns: size.0, rows: size.1)
    #expect(desk.row("p5000.png") != nil)
    if size.0 >= 80 { #expect(desk.text.contains("tiles")) }
    for _ in 0..<20 { desk.press("Ctrl-d") }
    desk.press("G")
    #expect(desk.row("p9999.png") != nil)
  }

  @Test("is drawn at every size", arguments: [Graphics.half, .ascii, .quarter])
  func drawsAtEverySize(_ graphics: Graphics) {
    var desk = Self.desk(graphics: graphics)
    for columns in 1...40 {
      for rows in 1...12 {
        desk.send(.resize(columns: columns, rows: rows))
        for _ in 0..<3 {
          _ = desk.state.view()
          desk.press("Tab", "j")
        }
      }
    }
    desk.send(.resize(columns: 80, rows: 24))
    #expect(desk.row("logo.png") != nil)
  }
}
