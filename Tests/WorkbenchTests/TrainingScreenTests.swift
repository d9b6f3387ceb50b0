import Base
import EngineWire
import Testing
import Workbench

/// A training in the queue, as the engine would tell it.
enum Trainings {
  static let id = "20260101-9"
  static let output = "/home/ada/.local/share/grl/models/denoise-color-tiny-own.safetensors"

  static var request: TrainingRequest {
    var request = TrainingRequest(task: "denoise", data: ["/home/ada/photos"], output: output)
    (request.model, request.minutes) = ("denoise-color-tiny", 10)
    return request
  }

  /// A loss that falls and a PSNR that dips before it rises.
  static var curve: TrainingCurve {
    var curve = TrainingCurve()
    curve.add(step: 0, heldOut: 30.12, input: 20.17)
    for place in 1...60 {
      let step = place * 20
      curve.add(step: step, loss: 0.031 - 0.012 * Double(place) / 60 + (place % 7 == 0 ? 0.003 : 0))
      if place % 10 == 0 {
        let share = Double(place) / 60
        curve.add(step: step, heldOut: 30.12 + 0.6 * share * share - 0.25 * (1 - share), input: 20.17)
      }
    }
    curve.saved(1180)
    return curve
  }

  static func job(_ state: JobState, _ picture: PictureState, curve: TrainingCurve = curve) -> JobInfo {
    JobInfo(
      id: id, created: 1_700_000_000, state: state, request: JobRequest(inputs: request.data, task: "denoise"),
      training: request,
      pictures: [PictureProgress(input: request.data[0], output: output, state: picture, curve: curve)])
  }

  static let progress = Progress(
    job: id, picture: 0, tilesDone: 0, tileCount: 1, tileFraction: 0.52, secondsElapsed: 312, secondsRemaining: 288,
    pixelsPerSecond: 0, residentBytes: 640 << 20, budgetBytes: 4 << 30, cpuPercent: 198,
    training: TrainingFigures(
      step: 1216, share: 0.52, loss: 0.01987, psnr: 31.4, rate: 0.0003, stepsPerSecond: 3.9, patch: 32, batch: 8,
      window: 8, stripeRows: 16, stripeColumns: 16))
}

@Suite struct TrainingScreenTests {
  private static func driver(
    columns: Int = 80, rows: Int = 24, graphics: Graphics = .half, colours: ColourDepth = .indexed,
    _ jobs: [JobInfo] = [Trainings.job(.running, .running)]
  ) -> WorkbenchDriver {
    var engine = FakeEngine.photographs
    engine.jobs = [RunQueues.jobs[0]] + jobs
    var driver = WorkbenchDriver(engine, columns: columns, rows: rows, graphics: graphics, colours: colours)
    driver.press("3")
    driver.tell(.progress(Trainings.progress))
    driver.rest(0.5)
    return driver
  }

  private static func controls(_ driver: WorkbenchDriver) -> [Request] {
    driver.engine.asked.filter {
      switch $0 {
      case .pause, .resume, .cancel, .keep: true
      default: false
      }
    }
  }

  // MARK: Screen 3

  @Test("shows curves, crops, speed, time left and phase", arguments: [(60, 15), (80, 24), (100, 30), (160, 48)])
  func looks(_ size: (Int, Int)) throws {
    var driver = Self.driver(columns: size.0, rows: size.1)
    if size.0 == 60 {
      driver.press("Tab")
      driver.rest(0.5)
    }
    for text in size.0 == 60 ? ["3.90 steps/s"] : ["3.90 steps/s", "32 x 32", "+0.60", "before", "clean"] {
      #expect(driver.row(text) != nil, "\(text)")
    }
    #expect(driver.row("step 1216, 05:12, 04:48 left") != nil)
    try expectScreen(driver, "training-\(size.0)x\(size.1)")
  }

  @Test("needs nothing but ASCII where nothing else is shown")
  func asciiLooks() throws {
    let driver = Self.driver(graphics: .ascii, colours: .none)
    #expect(driver.text.allSatisfy { $0.isASCII })
    try expectScreen(driver, "training-ascii-80x24")
  }

  @Test("the crops are asked for when they can have changed, and never before there is one")
  func asksForCrops() {
    func asked(_ driver: WorkbenchDriver) -> [Int] {
      driver.asked { request -> Int? in
        if case .jobPreview(Trainings.id, let place, _, _) = request { place } else { nil }
      }
    }
    #expect(asked(Self.driver([Trainings.job(.running, .running, curve: TrainingCurve())])).isEmpty)
    var driver = Self.driver()
    #expect(asked(driver).sorted() == [0, 1, 2])
    driver.tell(.progress(Trainings.progress))
    driver.rest(1)
    #expect(asked(driver).count == 3)
    var curve = Trainings.curve
    curve.add(step: 1300, heldOut: 31, input: 20.17)
    driver.tell(
      .picture(job: Trainings.id, picture: 0, Trainings.job(.running, .running, curve: curve).pictures[0]))
    driver.rest(1)
    #expect(asked(driver).dropFirst(3) == [0])
    #expect(driver.row("held out 31.00 dB, +0.88") != nil)
  }

  @Test("pause, go on, stop and keep, and cancel, which asks first and offers to keep")
  func controls() {
    var driver = Self.driver()
    driver.press("Space")
    #expect(driver.footer.contains("what was learned is kept"))
    driver.tell(.job(job: Trainings.id, state: .paused, reason: nil))
    #expect(driver.row("step 1216, 05:12") != nil)
    driver.press("Space", "s")
    #expect(driver.footer.contains("the model so far is written"))
    driver.press("c")
    #expect(driver.text.contains("What was learned would be lost"))
    driver.press("s")
    driver.press("c", "y")
    #expect(
      Self.controls(driver) == [
        .pause(job: Trainings.id), .resume(job: Trainings.id), .keep(job: Trainings.id), .keep(job: Trainings.id),
        .cancel(job: Trainings.id),
      ])
  }

  @Test("Enter tells all about it, y its command line, and a restoration cannot be kept")
  func report() {
    var driver = Self.driver()
    driver.press("Enter")
    for text in ["learns from: /home/ada/photos", "30.12 dB after step 0", "kept: step 1180", "begins with:"] {
      #expect(driver.text.contains(text), "\(text)")
    }
    driver.press("Esc", "y")
    #expect(driver.text.contains("grl train --task denoise --from denoise-color-tiny --data"))
    driver.press("Esc", "k", "s")
    #expect(driver.footer.contains("is no training"))
  }

  @Test("a training in plain mode, from the marked pictures to its model: what goes in and what comes out")
  func transcript() throws {
    var room = PlainTests.Room()
    room.enter("go-to /home/ada/photos")
    for row in ["3", "4", "5"] { room.enter("mark \(row)") }
    room.enter("2")
    let form = room.enter("train")
    #expect(form.contains("2 minutes: 10, of learning; reading and measuring take some more"), "\(form)")
    #expect(form.contains { $0.hasPrefix("denoise-color-tiny learns 10 min from 2 pictures") }, "\(form)")
    #expect(room.enter("right").contains { $0.hasPrefix("2 minutes: 20") }, "\(room.said)")
    #expect(room.enter("run").contains("screen 3: Run"), "\(room.said)")
    var job = try #require(room.engine.jobs.first)
    (job.state, job.pictures[0].state, job.pictures[0].curve) = (.running, .running, Trainings.curve)
    let running = room.tell(.jobs([job]))
    #expect(
      running.contains { $0.hasSuffix("denoise-color-tiny-own.safetensors: running, held out 30.72 dB") }, "\(running)")
    var progress = Trainings.progress
    progress.job = job.id
    #expect(room.tell(.progress(progress)).first?.hasPrefix("denoise-color-tiny-own.safetensors: ") == true)
    #expect(room.enter("keep").contains { $0.contains("the model so far is written") }, "\(room.said)")
    let done = room.tell(.job(job: job.id, state: .done, reason: nil))
    #expect(done.contains { $0.contains("the plan uses it now") }, "\(done)")
  }

  // MARK: Screen 2

  private static func form(
    columns: Int = 80, rows: Int = 24, marks: Int = 3, problem: TrainingPlan.Problem? = nil
  ) -> WorkbenchDriver {
    var engine = FakeEngine.photographs
    engine.trainingProblem = problem
    var driver = WorkbenchDriver(engine, columns: columns, rows: rows, files: ["/home/ada/photos"])
    driver.press("j")
    for _ in 0..<marks { driver.press("Space") }
    driver.press("2")
    driver.rest(0.5)
    driver.press("t")
    driver.rest(0.5)
    return driver
  }

  @Test("the form says what a fine-tuning will do and how long", arguments: [(80, 24), (100, 30), (160, 48)])
  func form(_ size: (Int, Int)) throws {
    let driver = Self.form(columns: size.0, rows: size.1)
    #expect(driver.row("denoise-color-tiny learns 10 min from 2 pictures; 1 held out to measure") != nil)
    try expectScreen(driver, "train-\(size.0)x\(size.1)")
  }

  @Test("minutes, rate, model and name can be changed; r queues it, and screen 3 shows it")
  func start() throws {
    var driver = Self.form()
    driver.press("l", "j", "l", "j", "Enter")
    driver.press("Ctrl-u")
    driver.type("harbour")
    driver.press("Enter", "r")
    let asked = driver.asked { request -> TrainingRequest? in
      if case .train(let training) = request { training } else { nil }
    }
    let request = try #require(asked.first)
    #expect(request.minutes == 20 && request.rate == 2e-5 && request.output == "harbour" && request.data.count == 3)
    #expect(request.model == "denoise-color-tiny" && request.steps == nil && request.arePairs == nil)
    driver.tell(.jobs(driver.engine.jobs))
    #expect(driver.row("harbour.safetensors") != nil)

    // When it is there it is used, and can be taken back.
    let id = driver.engine.jobs[0].id
    driver.engine.jobs[0].pictures[0].state = .done
    driver.tell(.job(job: id, state: .done, reason: nil))
    #expect(driver.footer.contains("the plan uses it now"))
    driver.press("2")
    #expect(driver.row("harbour.safetensors") != nil)
    driver.press("u")
    #expect(driver.row("harbour.safetensors") == nil)
  }

  @Test("what is refused is said with the row and the key that settle it, and the cursor goes there")
  func refused() {
    var driver = Self.form(problem: .init(kind: .usage, option: "output", message: "own.safetensors: exists"))
    #expect(driver.row("own.safetensors: exists (row name, Enter: give another)") != nil)
    driver.press("r")
    #expect(driver.footer.contains("row name, Enter: give another"))
    #expect(!driver.engine.asked.contains { if case .train = $0 { true } else { false } })
    driver.press("Enter")
    #expect(driver.text.contains("name of the model that comes of it"))
    driver.press("Esc", "Esc")
    #expect(driver.row("own.safetensors: exists") == nil)
  }

  @Test("without a picture it says what to do")
  func nothingMarked() {
    var driver = WorkbenchDriver(files: ["/home/ada"])
    driver.press("2", "t")
    #expect(driver.footer.contains("no picture is marked to learn from"))
  }
}
