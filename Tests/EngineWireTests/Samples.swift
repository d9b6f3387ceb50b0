import Base
import EngineWire

/// One message of every kind, each field filled in.
enum Samples {
  static let rectangle = Rectangle(x: 16, y: 0, width: 320, height: 240)

  static let job: JobRequest = {
    var job = JobRequest(
      inputs: ["/photos/harbour 1.png", "/photos/\u{FC}ber/\"quoted\"\n\u{1B}[31m.png"], task: "denoise")
    job.isRecursive = true
    job.right = "/photos/right.png"
    job.sigma = 25.5
    job.quality = 40
    job.scale = 4
    job.model = "denoise-color-tiny"
    job.variant = "tiny"
    job.tile = .side(256)
    job.overlap = 32
    job.memoryBytes = 4 << 30
    job.threadCount = 2
    job.region = rectangle
    job.precision = "bf16"
    job.usesSelfEnsemble = true
    job.transfer = "linear"
    job.exposure = "-0.5"
    job.damaged = "keep"
    (job.strength, job.texture, job.chromaOnly, job.grain, job.grainSeed) = (0.75, 0.25, "on", 3, 7)
    (job.width, job.height, job.maxMegapixels) = (1920, 1080, 24.5)
    job.fit = .init(width: 3840, height: 2160)
    job.output = "/photos/out.png"
    job.outputFolder = "/photos/out"
    job.existing = .rename
    return job
  }()

  static let training: TrainingRequest = {
    var training = TrainingRequest(
      task: "denoise", data: ["/photos/harbour 1.png", "/scans"], output: "/models/own.safetensors")
    (training.arePairs, training.bursts, training.model, training.variant) = (false, "/bursts", "own-1", "tiny")
    (training.noise, training.scale, training.isGray, training.isDualPixel) = ("photo", 2, true, true)
    (training.minutes, training.steps, training.sizes, training.patch, training.batch) = (10.5, 200, "short", 32, 8)
    (training.window, training.stripeRows, training.stripeColumns, training.rate) = (8, 16, 32, 0.0005)
    (training.optimiser, training.seed, training.threadCount, training.memoryBytes) = ("muon", 2, 2, 4 << 30)
    (training.maxPixels, training.replaces) = (1 << 28, true)
    return training
  }()

  static let trainingPlan: TrainingPlan = {
    var plan = TrainingPlan(training)
    plan.problem = .init(kind: .usage, option: "output", message: "own.safetensors: exists")
    (plan.training, plan.heldOut, plan.refused, plan.refusedCount) = (18, 2, ["/scans/a.png: not a picture"], 1)
    (plan.estimateBytes, plan.budgetBytes, plan.title) = (1 << 30, 4 << 30, "denoising, blind sigma 0-55")
    return plan
  }()

  static let trained: PictureProgress = {
    var curve = TrainingCurve()
    curve.add(step: 0, heldOut: 30.25, input: 20.125)
    curve.add(step: 20, loss: 0.03125)
    curve.add(step: 40, heldOut: 30.5, input: 20.125)
    curve.saved(40)
    return PictureProgress(input: "/scans", output: "/models/own.safetensors", state: .running, curve: curve)
  }()

  static let requests: [Request] = [
    .hello(version: WireProtocol.version, client: "workbench 0.2.0"), .ping, .listFolder(path: "~/photos"),
    .inspect(path: "/photos/harbour 1.png"),
    .preview(path: "/photos/harbour 1.png", region: rectangle, width: 80, height: 44),
    .preview(path: "/photos/harbour 1.png", region: nil, width: 80, height: 44), .listModels,
    .plan(JobRequest(inputs: ["/photos"], task: "sr")),
    .plan(JobRequest(inputs: ["/photos"], task: "sr"), tellsProgress: true), .submit(job), .submitToCluster(job, order),
    .watch, .pause(job: "j1"),
    .resume(job: "j1"),
    .cancel(job: "j1"), .retry(job: "j1"), .move(job: "j1", picture: 2, by: -1), .moveJob(job: "j1", by: 1),
    .remove(job: "j1"), .jobPreview(job: "j1", picture: 0, width: 80, height: 44),
    .tryRegion(job, path: "/photos/harbour 1.png", region: rectangle, width: 80, height: 44),
    .compare(ComparisonRequest(paths: ["/photos/a.png", "/photos/b.png"], reference: 1, .open)),
    .compare(
      ComparisonRequest(paths: ["/photos/a.png", "/photos/b.png"], reference: 0, .changes(region: rectangle))),
    .compare(
      ComparisonRequest(
        paths: ["/photos/a.png", "/photos/b.png"], reference: 0,
        .view(region: rectangle, width: 80, height: 44, x: 20, y: 10))),
    .compare(
      ComparisonRequest(
        paths: ["/photos/a.png", "/photos/b.png"], reference: 0,
        .measure(region: rectangle, convention: "matlab", shave: 4))),
    .compare(ComparisonRequest(paths: ["/photos/a.png", "/photos/b.png"], reference: 0, .crops(side: 64, count: 12))),
    .compare(
      ComparisonRequest(
        paths: ["/photos/a_whole.png", "/photos/a.png"], reference: 0,
        .tiling(picture: 1, columns: [376, 384], rows: [333]))),
    .attention(job, path: "/photos/harbour 1.png", attention),
    .attentionOverview(job, path: "/photos/harbour 1.png", attention),
    .analysis(job, path: "/photos/harbour 1.png", analysis), .stopTrying, .shutDown, .planTraining(training),
    .train(training),
    .keep(job: "t1"),
  ]

  static let analysis: AnalysisOrder = {
    var order = AnalysisOrder(.heads, x: 212, y: 148, stage: 2, block: 3)
    (order.head, order.isOfWindow, order.hasBias, order.region) = (1, true, false, rectangle)
    (order.reference, order.channel) = ("/photos/clean.png", 5)
    return order
  }()

  /// Its maps' numbers are in the body, so they are all 0 in the message.
  static let report: AnalysisReport = {
    var report = AnalysisReport(title: "harbour 1.png: maps", explanation: "by stripes", region: rectangle)
    report.tables = [[["", "mean"], ["entropy, bit", "5.25"]]]
    report.charts = [
      Chart("worth", axis: "heads", [Chart.Series("", [0.5, 0.25])], isLogarithmic: true, labels: ["a", "b"])
    ]
    report.marks = [rectangle]
    let nothing = [Float](repeating: 0, count: 6)
    let looks: [PlaneMap.Look] = [
      .magnitude(fromZero: true), .magnitude(fromZero: false), .signed, .axis(strength: nothing),
      .categories(["window 0", "stripe 0"]), .colours([UInt32](repeating: 0, count: 6)),
    ]
    report.maps = looks.map { PlaneMap("map", unit: "bit", width: 3, height: 2, values: nothing, look: $0) }
    return report
  }()

  static let attention = AttentionOrder(
    x: 212, y: 148, stage: 2, block: 3, kind: "anchors", head: 1, hasBias: false, hasTemperature: false,
    isHalfScale: true)
  static let figures = AttentionFigures(
    entropyBits: 5.25, entropyLimitBits: 13, meanDistance: 38.5, radius90: 60, massInWindow: 0.25, massOnPadding: 0.125,
    anisotropy: 0.5, anisotropyOfCell: -0.25, topKeys: [.init(x: 212, y: 84, share: 0.0625)])
  static let network = AttentionNetwork(
    model: "denoise-color-tiny", depths: [4, 4, 4, 4], windowHeads: 2, stripeHeads: 2)

  static let engine = EngineInfo(
    version: WireProtocol.version, program: "0.2.0", host: "tower", processID: 4711, threadCount: 2,
    budgetBytes: 4 << 30, home: "/home/ada", hasSlurm: true)
  static let order = ClusterOrder(partition: "gpu", account: "lab", time: "2:00:00", shards: 8, cpus: 16)
  static let cluster = ClusterProgress(
    folder: "/photos/grl-j2", scheduler: ["41", "42"],
    shards: [
      ShardInfo(
        shard: 1, state: .running, share: 0.375, done: 2, failed: 1, skipped: 1, pieces: 9, host: "n1",
        silentSeconds: 12)
    ], pixelsPerSecond: 210_000)
  static let picture = PictureProgress(
    input: "/photos/harbour 1.png", output: "/photos/harbour 1_denoise.png", state: .running, reason: nil,
    model: "denoise-color-tiny", width: 640, height: 480,
    tiles: [rectangle, Rectangle(x: 336, y: 0, width: 304, height: 240)], tilesPerRow: 2, tilesDone: 1, overlap: 32,
    seconds: 1.5, seamScore: 1.004, notes: ["16 bit stays 16 bit"])
  static let stepped: PictureProgress = {
    var picture = Samples.picture
    picture.step = JobStep(number: 2, count: 3, task: "sr")
    return picture
  }()
  static let jobInfo = JobInfo(
    id: "j1", created: 1_763_800_000.25, state: .running, reason: "the disk was full", request: job,
    pictures: [picture],
    isElsewhere: true, estimate: estimate, cluster: cluster)
  static let estimate = JobEstimate(settled: 2, count: 5, fraction: 0.4375, secondsRemaining: 65.5)
  static let pixels = PixelsInfo(
    width: 2, height: 1, pictureWidth: 640, pictureHeight: 480, region: rectangle, noiseSigma: 21.5, blockiness: 0.25)
  static let log = LogLine(time: 1_763_800_000.5, level: .warning, text: "harbour 1.png: alpha kept")

  static let events: [EngineEvent] = [
    .jobs([jobInfo]), .picture(job: "j1", picture: 0, picture),
    .picture(job: "j1", picture: 0, stepped),
    .job(job: "j1", state: .failed, reason: "1 of 2 failed"), .cluster(job: "j2", cluster, estimate),
    .progress(
      Progress(
        job: "j1", picture: 0, tilesDone: 1, tileCount: 2, tileFraction: 0.5, secondsElapsed: 1.5,
        secondsRemaining: 0.5,
        pixelsPerSecond: 210_000, residentBytes: 900 << 20, budgetBytes: 4 << 30, cpuPercent: 195.5,
        estimate: estimate, queue: estimate, time: 1_763_800_012.5)),
    .tile(job: "j1", picture: 0, tile: 1, .running),
    .planning(files: 0, pictures: 120, count: 4000), .analysing(share: 0.25, detail: "block 6 of 24"), .log(log),
    .jobs([
      JobInfo(
        id: "t1", created: 1_763_800_000.25, state: .running, request: JobRequest(inputs: ["/scans"], task: "denoise"),
        training: training, pictures: [trained])
    ]),
    .progress(
      Progress(
        job: "t1", picture: 0, tilesDone: 0, tileCount: 1, tileFraction: 0.25, secondsElapsed: 12.5,
        secondsRemaining: 37.5, pixelsPerSecond: 0, residentBytes: 900 << 20, budgetBytes: 4 << 30, cpuPercent: 195.5,
        training: TrainingFigures(
          step: 50, share: 0.25, loss: 0.03125, psnr: 29.5, rate: 0.0005, stepsPerSecond: 4.25, patch: 32, batch: 8,
          window: 8, stripeRows: 16, stripeColumns: 16))),
  ]

  static let replies: [Reply] =
    [
      .hello(engine), .done, .failure(.init(.badInput, "/photos/notes.txt: not a picture")),
      .folder(
        FolderListing(
          path: "/photos",
          entries: [
            .init(name: "scans", kind: .folder, bytes: 4096, modified: 1_763_700_000),
            .init(name: "harbour 1.png", kind: .picture, bytes: 1 << 20, modified: 1_763_700_000.75),
            .init(name: "notes.txt", kind: .other, bytes: 12, modified: 0),
            .init(name: "\u{FFFD}.png", kind: .unreadable, bytes: 12, modified: 0),
          ], isCut: false)),
      .picture(
        PictureInfo(
          path: "/photos/harbour 1.png", bytes: 1 << 20, format: "png", width: 640, height: 480, bitDepth: 16,
          layout: "rgbAlpha", hasICC: true, hasEXIF: true, turnedDegrees: 90, isMirrored: true)),
      .pixels(pixels),
      .models([
        ModelInfo(
          name: "denoise-color-tiny", path: "/usr/share/grl/models/denoise-color-tiny.safetensors", origin: "bundled",
          fileBytes: 4_000_000, sha256: String(repeating: "0f", count: 32), task: "denoise", scale: 1, variant: "tiny",
          colours: "colour", summary: "denoise, colour, sigma 0 to 55, tiny", parameterCount: 880_000,
          settings: [.init(name: "window", value: "8", source: "file")],
          facts: [.init(name: "licence", text: "CC0")], pixelsPerSecond: 210_000.5)
      ]),
      .plan(
        JobPlan(
          pictures: [
            .init(
              input: "/photos/harbour 1.png", output: "/photos/harbour 1_denoise.png", outputExists: true,
              isSkipped: true,
              problem: "too large", model: "denoise-color-tiny", width: 640, height: 480, outputWidth: 640,
              outputHeight: 480, tileCount: 4, tileWidth: 384, tileHeight: 384, overlap: 32, reason: "fits 4 GiB",
              estimateBytes: 1 << 30, budgetBytes: 4 << 30, seconds: 3.5, notes: ["alpha by bicubic"],
              ignored: ["sigma": "the model is blind"],
              steps: [
                .init(
                  task: "denoise", model: "denoise-color-tiny", outputWidth: 640, outputHeight: 480, tileCount: 4,
                  tileWidth: 384, tileHeight: 384, overlap: 32, reason: "fits 4 GiB", estimateBytes: 1 << 30,
                  seconds: 3.5)
              ])
          ],
          passedOver: .init(
            count: 1, summary: "1 passed over: a GIF picture (1)",
            first: [.init(path: "/photos/a.gif", reason: "a GIF picture")]), problem: "a result exists",
          command: "grl restore --task denoise '/photos/harbour 1.png'")),
      .trainingPlan(trainingPlan), .submitted(job: "j1"), .jobs([jobInfo]),
      .trial(TrialInfo(before: pixels, after: pixels, model: "denoise-color-tiny", seconds: 0.75)),
      .comparison(
        .opened(
          ComparisonInfo(
            width: 640, height: 480,
            pictures: [
              .init(
                path: "/photos/a.png", width: 320, height: 240, bitDepth: 8, layout: "gray", note: "enlarged 2 times"),
              .init(path: "/photos/b.png", width: 640, height: 480, bitDepth: 16, layout: "rgb", note: nil),
            ]))),
      .comparison(
        .view(ComparisonView(region: rectangle, width: 2, height: 1, x: 20, y: 10, samples: [[7], [1, 2, 65535]]))),
      .comparison(.measures([ComparisonMeasure(name: "PSNR (matlab)", values: ["", "30.87"])])),
      .comparison(.crops([rectangle])),
      .comparison(.tiling(TilingInfo(maximum: 6, x: 277, y: 193, mean: 0.162, seamScore: 0.999))),
      .comparison(.tiling(TilingInfo(maximum: 0, x: 0, y: 0, mean: 0, seamScore: nil))),
      .attention(
        AttentionInfo(
          network: network, order: attention, pictureWidth: 640, pictureHeight: 480, tile: rectangle, rows: 16,
          columns: 32, left: 8, top: 4, mapColumns: 80, mapRows: 60, pixelsPerKey: 4, parts: [rectangle],
          window: [rectangle], isShifted: true, anchor: rectangle, largest: 0.0625, correlation: 0.75, figures: figures,
          seconds: 0.0125, isNewPass: true)),
      .attentionOverview(
        AttentionOverview(
          network: network, x: 212, y: 148,
          entries: [.init(stage: 2, block: 3, kind: "stripe", head: 1, figures: figures)], seconds: 0.5)),
      .analysis(report),
    ] + events.map(Reply.event)

  /// Fails to compile when a kind of message is added: put one into the lists above then, and into the recorded conversation.
  static func name(_ request: Request) -> String {
    switch request {
    case .hello: "hello"
    case .ping: "ping"
    case .listFolder: "listFolder"
    case .inspect: "inspect"
    case .preview: "preview"
    case .listModels: "listModels"
    case .plan: "plan"
    case .submit: "submit"
    case .submitToCluster: "submitToCluster"
    case .planTraining: "planTraining"
    case .train: "train"
    case .keep: "keep"
    case .watch: "watch"
    case .pause: "pause"
    case .resume: "resume"
    case .cancel: "cancel"
    case .retry: "retry"
    case .move: "move"
    case .moveJob: "moveJob"
    case .remove: "remove"
    case .jobPreview: "jobPreview"
    case .tryRegion: "tryRegion"
    case .attention: "attention"
    case .attentionOverview: "attentionOverview"
    case .analysis: "analysis"
    case .stopTrying: "stopTrying"
    case .compare: "compare"
    case .shutDown: "shutDown"
    }
  }

  static func name(_ reply: Reply) -> String {
    switch reply {
    case .hello: "hello"
    case .done: "done"
    case .failure: "failure"
    case .folder: "folder"
    case .picture: "picture"
    case .pixels: "pixels"
    case .models: "models"
    case .plan: "plan"
    case .trainingPlan: "trainingPlan"
    case .submitted: "submitted"
    case .jobs: "jobs"
    case .trial: "trial"
    case .comparison: "comparison"
    case .attention: "attention"
    case .attentionOverview: "attentionOverview"
    case .analysis: "analysis"
    case .event(let event):
      switch event {
      case .jobs: "event jobs"
      case .picture: "event picture"
      case .job: "event job"
      case .cluster: "event cluster"
      case .progress: "event progress"
      case .tile: "event tile"
      case .planning: "event planning"
      case .analysing: "event analysing"
      case .log: "event log"
      }
    }
  }
}
