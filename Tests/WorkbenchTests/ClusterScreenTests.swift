import Base
import EngineWire
import Testing
import Workbench

/// Where a job runs, on screen 2, and a job in shards on screen 3.
@Suite struct ClusterScreenTests {
  /// Three pictures marked, the plan in front, on a machine of a cluster.
  private static func plan(hasSlurm: Bool = true, columns: Int = 80, rows: Int = 24) -> WorkbenchDriver {
    var driver = PlanScreenTests.driver(columns: columns, rows: rows)
    var info = FakeEngine.info
    info.hasSlurm = hasSlurm
    driver.send(.engine(.connected(info)))
    driver.rest(0.5)
    PlanScreenTests.go(&driver, to: "where")
    return driver
  }

  private static func orders(_ driver: WorkbenchDriver) -> [ClusterOrder] {
    driver.asked { if case .submitToCluster(_, let order) = $0 { order } else { nil } }
  }

  @Test("without a cluster the row says so, and nothing changes it")
  func none() {
    var driver = Self.plan(hasSlurm: false, columns: 120, rows: 40)
    #expect(driver.row("where")?.contains("this machine") == true)
    #expect(driver.row("where")?.contains("no Slurm there: sbatch is not found") == true)
    driver.press("l")
    #expect(driver.footer.contains("no Slurm there") && driver.row("partition") == nil)
    driver.press("r")
    #expect(Self.orders(driver).isEmpty)
    #expect(driver.asked { if case .submit(let job) = $0 { job } else { nil } }.count == 1)
  }

  @Test("with one the job goes there, with what was typed; u takes back", arguments: [(80, 24), (120, 40)])
  func submits(_ size: (Int, Int)) throws {
    var driver = Self.plan(columns: size.0, rows: size.1)
    #expect(driver.row("where")?.contains("or Slurm") == true)
    driver.press("l")
    #expect(driver.row("where")?.contains("Slurm") == true)
    for (title, text) in [("partition", "night"), ("account", "lab"), ("time limit", "2:00:00"), ("shards", "6")] {
      PlanScreenTests.go(&driver, to: title)
      driver.press("Enter")
      driver.type(text)
      driver.press("Enter")
    }
    PlanScreenTests.go(&driver, to: "cores")
    driver.press("l")
    PlanScreenTests.go(&driver, to: "where")
    try expectScreen(driver, "plan-slurm-\(size.0)x\(size.1)")
    driver.press("y")
    #expect(
      driver.text.replacing("\n", with: "").contains(
        "grl submit --slurm --job-dir JOB --shards=6 --cpus=1 --time=2:00:00"))
    driver.press("Esc", "r")
    #expect(
      Self.orders(driver)
        == [ClusterOrder(partition: "night", account: "lab", time: "2:00:00", shards: 6, cpus: 1)])
    driver.press("2")
    for _ in 0..<6 { driver.press("u") }
    #expect(driver.row("where")?.contains("this machine") == true)
  }

  @Test("what would end the script's line is refused, and a number that is none")
  func refuses() {
    var driver = Self.plan()
    driver.press("l")
    for (title, text) in [("partition", "a b"), ("shards", "many"), ("cores", "0")] {
      PlanScreenTests.go(&driver, to: title)
      driver.press("Enter")
      driver.type(text)
      driver.press("Enter")
      // The reason stands above the prompt, which stays.
      #expect(driver.footer.contains(text) && driver.text.contains("give"), "\(title): \(driver.text)")
      driver.press("Esc")
    }
    driver.press("r")
    #expect(Self.orders(driver) == [ClusterOrder()])
  }

  @Test("another machine behind the engine, without a cluster, is said before anything is sent")
  func lost() {
    var driver = Self.plan()
    driver.press("l")
    driver.send(.engine(.connected(FakeEngine.info)))
    driver.rest(0.5)
    driver.press("r")
    #expect(Self.orders(driver).isEmpty && driver.footer.contains("there is no Slurm on the engine's machine"))
  }

  // MARK: Screen 3

  private static let states: [(ShardInfo.State, String?)] = [
    (.done, "n1"), (.failed, "n1"), (.done, "n2"), (.running, "n1"), (.running, "n2"), (.queued, nil), (.queued, nil),
    (.lost, "n3"),
  ]

  static func job(_ state: JobState = .running, reason: String? = nil) -> JobInfo {
    let shards = states.enumerated().map { place, shard in
      ShardInfo(
        shard: place + 1, state: shard.0, share: shard.0 == .done || shard.0 == .failed ? 1 : shard.1 == nil ? 0 : 0.4,
        done: shard.0 == .done ? 1 : 0, failed: shard.0 == .failed ? 1 : 0, skipped: 0, pieces: 1, host: shard.1,
        silentSeconds: nil)
    }
    var failed = RunQueues.picture("letter.jpg", .failed)
    (failed.reason, failed.tiles) = ("letter.jpg: is cut off", [])
    var pictures = ["harbour-01.png", "harbour-02.png", "harbour-10.png"].map { RunQueues.picture($0, .waiting) }
    pictures[0] = RunQueues.picture("harbour-01.png", .done)
    pictures[0].tiles = []
    pictures[1].state = .running
    var job = RunQueues.job("20260101-9", state, pictures + [failed])
    job.reason = reason
    job.cluster = ClusterProgress(
      folder: "/home/ada/photos/grl-20260101-9", scheduler: ["41", "42"], shards: shards, pixelsPerSecond: 1_230_000)
    job.estimate = JobEstimate(settled: 3, count: 8, fraction: 0.47, secondsRemaining: 754)
    return job
  }

  private static func driver(
    _ job: JobInfo, columns: Int = 80, rows: Int = 24, colours: ColourDepth = .indexed
  ) -> WorkbenchDriver {
    var engine = FakeEngine.photographs
    engine.jobs = [job]
    var driver = WorkbenchDriver(engine, columns: columns, rows: rows, colours: colours)
    driver.press("3")
    driver.rest(0.5)
    return driver
  }

  @Test(
    "a cell for each shard, who works on which, the speed of all, and a finished picture",
    arguments: [(80, 24), (120, 40)])
  func looks(_ size: (Int, Int)) throws {
    let driver = Self.driver(Self.job(), columns: size.0, rows: size.1)
    #expect(driver.row("3 of 8 shards done") != nil && driver.row("job: 3 of 8 done, 47 %, 12:34 left") != nil)
    #expect(driver.row("speed 1.23 Mpx/s of 2 shards") != nil)
    #expect(driver.row("running: 4 on n1, 40 %") != nil && driver.row("lost: 8 on n3") != nil)
    try expectScreen(driver, "run-slurm-\(size.0)x\(size.1)")
    let previews = driver.asked { if case .jobPreview(_, let place, _, _) = $0 { place } else { nil } }
    #expect(previews == [0])
  }

  @Test("every state has a sign of its own without colours")
  func withoutColours() throws {
    try expectScreen(Self.driver(Self.job(), colours: .none), "run-slurm-no-color-80x24")
  }

  @Test("what the engine tells of the shards is shown, whatever it tells")
  func events() {
    var driver = Self.driver(Self.job(), columns: 120, rows: 40)
    var progress = Self.job().cluster!
    for place in progress.shards.indices { (progress.shards[place].state, progress.shards[place].share) = (.done, 1) }
    driver.tell(
      .cluster(
        job: "20260101-9", progress, JobEstimate(settled: 8, count: 8, fraction: 1, secondsRemaining: 0)))
    #expect(driver.row("8 of 8 shards done") != nil && driver.row("100 %") != nil && driver.row("8 done") != nil)
    progress.shards = []
    progress.pixelsPerSecond = .nan
    driver.tell(.cluster(job: "20260101-9", progress, nil))
    #expect(driver.row("0 of 0 shards done") != nil)
    driver.tell(.cluster(job: "nobody", progress, nil))
  }

  @Test("a picture that is looked at is shown anew when its shard has made it")
  func finished() {
    var driver = Self.driver(Self.job(), columns: 120, rows: 40)
    driver.press("j")
    driver.rest(0.5)
    func previews() -> Int {
      driver.asked { if case .jobPreview(_, 1, _, _) = $0 { true } else { nil } }.count
    }
    #expect(previews() == 1)
    var picture = Self.job().pictures[1]
    (picture.state, picture.seconds) = (.done, 12)
    driver.tell(.picture(job: "20260101-9", picture: 1, picture))
    driver.rest(0.5)
    #expect(previews() == 2 && driver.row("harbour-02.png") != nil)
  }

  @Test("c cancels after a question, R and Space go on, and pausing says why not")
  func controls() {
    var driver = Self.driver(Self.job())
    driver.press("Space")
    #expect(driver.footer.contains("does not pause") && RunScreenTests.controls(driver).isEmpty)
    driver.press("c", "y")
    #expect(RunScreenTests.controls(driver) == [.cancel(job: "20260101-9")])
    driver.tell(.job(job: "20260101-9", state: .cancelled, reason: nil))
    driver.press("R")
    #expect(RunScreenTests.controls(driver).last == .retry(job: "20260101-9"))
    driver.tell(.job(job: "20260101-9", state: .paused, reason: "2 of 8 shards are neither done nor in a queue"))
    #expect(driver.row("2 of 8 shards are neither done nor in a queue") != nil)
    driver.press("Space")
    #expect(RunScreenTests.controls(driver).last == .resume(job: "20260101-9"))
  }

  @Test("plain mode tells the shards in words")
  func plain() {
    var room = PlainTests.Room()
    room.send(.answer(Answer(id: 0, .event(.jobs([Self.job()]))), body: []))
    let said = room.enter("3").joined(separator: "\n")
    #expect(said.contains("3 of 8 shards done, 47 %, 12:34 left; 2 queued, 2 running, 1 lost, 2 done, 1 failed"))
    #expect(said.contains("running: 4 on n1, 40 %; 5 on n2, 40 %") && said.contains("lost: 8 on n3, 40 %"))
  }
}
