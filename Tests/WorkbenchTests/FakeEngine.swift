import Base
import EngineWire

/// An engine of a few folders and rules, for tests of the workbench: answers at once, computes nothing.
struct FakeEngine {
  var home = "/home/ada"
  var folders: [String: FolderListing] = [:]
  var pictures: [String: PictureInfo] = [:]
  var models = [FakeEngine.denoiser]
  var jobs: [JobInfo] = []
  /// Standard deviation and blockiness of every preview.
  var noise: Double? = 21.3
  var blockiness: Double? = 0
  /// Of a cell of anchored stripe attention, in pixels.
  var stripeSides = (width: 512, height: 128)
  /// Every request, in the order in which they came.
  var asked: [Request] = []
  /// What a plan says for the job as a whole.
  var planProblem: String?
  var passedOver: JobPlan.PassedOver?
  /// Seconds for a picture; nil is not measured.
  var secondsPerPicture: Double? = 62.5
  var alternatives: [JobPlan.Alternative]?
  var existing: Set<String> = []
  /// Pictures whose result would replace one to read.
  var collisions: Set<String> = []
  /// What a training's plan says against it.
  var trainingProblem: TrainingPlan.Problem?

  static let denoiser = ModelInfo(
    name: "denoise-color-tiny", path: "/usr/share/grl/denoise-color-tiny.safetensors", origin: "bundled",
    fileBytes: 1_810_000,
    sha256: String(repeating: "8", count: 64), task: "denoise", scale: 1, variant: "tiny", colours: "colour",
    summary: "denoise, colour, sigma 0 to 55, tiny", parameterCount: 880_227, settings: [],
    facts: [ModelInfo.Fact(name: "quality", text: "PSNR CBSD68/25 30.10 dB")], pixelsPerSecond: 40_000)

  static let info = EngineInfo(
    version: 1, program: "0.2.0", host: "atelier", processID: 42, threadCount: 2, budgetBytes: 4 << 30,
    home: "/home/ada")

  /// A folder of these names; `name/` is a folder, `.png` and `.jpg` are pictures.
  mutating func add(_ path: String, _ names: [String]) {
    let entries = names.enumerated().map { place, name in
      let isFolder = name.hasSuffix("/")
      let bare = isFolder ? String(name.dropLast()) : name
      let isPicture = bare.hasSuffix(".png") || bare.hasSuffix(".jpg")
      return FolderListing.Entry(
        name: bare, kind: isFolder ? .folder : isPicture ? .picture : .other, bytes: 1000 * (place + 1),
        modified: 1_700_000_000 + Double(place))
    }
    folders[path] = FolderListing(path: path, entries: entries, isCut: false)
    for entry in entries where entry.kind == .picture {
      let full = path + "/" + entry.name
      pictures[full] = PictureInfo(
        path: full, bytes: entry.bytes, format: entry.name.hasSuffix(".jpg") ? "jpeg" : "png", width: 1504,
        height: 1000,
        bitDepth: 8, layout: "rgb", hasICC: false, hasEXIF: entry.name.hasSuffix(".jpg"), turnedDegrees: 0,
        isMirrored: false)
    }
  }

  /// The photographs of most tests.
  static var photographs: FakeEngine {
    var engine = FakeEngine()
    engine.add("/home/ada", ["photos/", "scans/", ".config/", "notes.txt"])
    engine.add("/home/ada/scans", ["old/", "map.png"])
    engine.add(
      "/home/ada/photos",
      [
        "album/", "harbour-01.png", "harbour-02.png", "harbour-10.png", "letter.jpg", "logo.png", "notes.txt",
        ".hidden.png",
      ])
    engine.add("/home/ada/photos/album", ["cat.png", "dog.png"])
    engine.pictures["/home/ada/photos/letter.jpg"]?.turnedDegrees = 90
    engine.pictures["/home/ada/photos/logo.png"]?.layout = "rgbAlpha"
    engine.pictures["/home/ada/photos/logo.png"]?.bitDepth = 16
    engine.pictures["/home/ada/photos/harbour-01.png"]?.hasICC = true
    return engine
  }

  mutating func answer(_ request: Request) -> (Reply, [UInt8]) {
    asked.append(request)
    switch request {
    case .listFolder(let path):
      let full = path.isEmpty || path == "~" ? home : path
      guard let folder = folders[full] else { return (failure("\(full): no such folder"), []) }
      return (.folder(folder), [])
    case .inspect(let path):
      guard let picture = pictures[path] else { return (failure("\(path): not a picture"), []) }
      return (.picture(picture), [])
    case .preview(let path, let region, let width, let height):
      guard let picture = pictures[path] else { return (failure("\(path): not a picture"), []) }
      return pixels(picture, region, width, height)
    case .listModels: return (.models(models), [])
    case .plan(let job, _): return (.plan(plan(job)), [])
    case .submit(let job):
      guard planProblem == nil else { return (failure(planProblem!), []) }
      let plan = plan(job)
      let id = "job-\(jobs.count + 1)"
      jobs.append(
        JobInfo(
          id: id, created: 1_700_000_000, state: .waiting, request: job,
          pictures: plan.pictures.map { PictureProgress(input: $0.input, output: $0.output, state: .waiting) }))
      return (.submitted(job: id), [])
    case .watch: return (.jobs(jobs), [])
    case .planTraining(let training): return (.trainingPlan(plan(training)), [])
    case .train(let training):
      let id = "job-\(jobs.count + 1)"
      let output = plan(training).request.output
      jobs.append(
        JobInfo(
          id: id, created: 1_700_000_000, state: .waiting, request: JobRequest(inputs: training.data, task: "denoise"),
          training: plan(training).request,
          pictures: [
            PictureProgress(input: training.data[0], output: output, state: .waiting, curve: TrainingCurve())
          ]))
      return (.submitted(job: id), [])
    case .jobPreview(let id, _, let width, let height) where jobs.contains { $0.id == id && $0.training != nil }:
      return pixels(FakeEngine.crop, nil, width, height)
    case .jobPreview(let id, let place, let width, let height):
      guard let job = jobs.first(where: { $0.id == id }), let picture = pictures[job.pictures[place].input] else {
        return (failure("no such picture"), [])
      }
      return pixels(picture, nil, width, height)
    case .tryRegion(_, let path, let region, let width, let height):
      guard let picture = pictures[path] else { return (failure("\(path): not a picture"), []) }
      let (before, bytes) = scaled(picture, region, width, height)
      let darker = bytes.map { $0 / 2 }
      return (
        .trial(TrialInfo(before: before, after: before, model: "denoise-color-tiny", seconds: 0.42)), bytes + darker
      )
    case .compare(let request): return compare(request)
    case .attention(_, let path, let order):
      guard let picture = pictures[path] else { return (failure("\(path): not a picture"), []) }
      return attention(picture, order)
    case .analysis(_, let path, let order):
      guard let picture = pictures[path] else { return (failure("\(path): not a picture"), []) }
      return analysis(picture, order)
    case .attentionOverview(_, _, let order): return (.attentionOverview(overview(order)), [])
    default: return (.done, [])
    }
  }

  private static let crop = PictureInfo(
    path: "now.png", bytes: 1000, format: "png", width: 64, height: 64, bitDepth: 8, layout: "rgb", hasICC: false,
    hasEXIF: false, turnedDegrees: 0, isMirrored: false)

  func plan(_ training: TrainingRequest) -> TrainingPlan {
    var settled = training
    settled.output = "/home/ada/.local/share/grl/models/\(training.output).safetensors"
    var plan = TrainingPlan(settled)
    plan.problem = trainingProblem
    (plan.training, plan.heldOut) = (max(1, training.data.count - 1), 1)
    (plan.estimateBytes, plan.budgetBytes) = (620 << 20, 4 << 30)
    plan.title = "denoising, blind sigma 0-55"
    return plan
  }

  func failure(_ text: String) -> Reply { .failure(Reply.Failure(.badInput, text)) }

  private func pixels(_ picture: PictureInfo, _ region: Rectangle?, _ width: Int, _ height: Int) -> (Reply, [UInt8]) {
    let (info, bytes) = scaled(picture, region, width, height)
    return (.pixels(info), bytes)
  }

  /// A ramp to the right and downwards, as large as fits, never enlarged.
  private func scaled(
    _ picture: PictureInfo, _ region: Rectangle?, _ width: Int, _ height: Int
  ) -> (PixelsInfo, [UInt8]) {
    let whole = Rectangle(x: 0, y: 0, width: picture.width, height: picture.height)
    let region = region ?? whole
    guard region.width > 0, region.height > 0, width > 0, height > 0 else {
      return (
        PixelsInfo(width: 0, height: 0, pictureWidth: whole.width, pictureHeight: whole.height, region: region), []
      )
    }
    let scale = min(1, min(Double(width) / Double(region.width), Double(height) / Double(region.height)))
    let (columns, rows) = (
      max(1, Int(Double(region.width) * scale)), max(1, Int(Double(region.height) * scale))
    )
    var bytes: [UInt8] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let value = UInt8(column * 255 / max(1, columns - 1))
        bytes += [value, UInt8(row * 255 / max(1, rows - 1)), 255 - value]
      }
    }
    return (
      PixelsInfo(
        width: columns, height: rows, pictureWidth: picture.width, pictureHeight: picture.height, region: region,
        noiseSigma: noise, blockiness: blockiness), bytes
    )
  }

  func plan(_ job: JobRequest) -> JobPlan {
    let plans = job.inputs.map { input -> JobPlan.Picture in
      let stem = input.split(separator: "/").last.map { $0.split(separator: ".").first.map(String.init) ?? "" } ?? ""
      let folder = job.outputFolder ?? input.split(separator: "/").dropLast().map { "/" + $0 }.joined()
      let output = "\(folder)/\(stem)_\(job.task).png"
      guard let picture = pictures[input] else {
        return JobPlan.Picture(input: input, output: output, problem: "not a picture")
      }
      if collisions.contains(input), job.existing != .rename {
        return JobPlan.Picture(
          input: input, output: output,
          problem: "\(output): is one of the pictures to read; choose another name with -o or --name")
      }
      let exists = existing.contains(output)
      return JobPlan.Picture(
        input: input, output: output, outputExists: exists, isSkipped: exists && job.existing == .skip,
        model: "denoise-color-tiny", width: picture.width, height: picture.height, outputWidth: picture.width,
        outputHeight: picture.height, tileCount: 12, tileWidth: 384, tileHeight: 384, overlap: job.overlap ?? 32,
        reason: "the published tile, fits the memory", estimateBytes: 1_400_000_000,
        budgetBytes: job.memoryBytes ?? 4 << 30, seconds: secondsPerPicture,
        notes: picture.layout == "rgbAlpha" ? ["alpha is kept as it is"] : [],
        ignored: job.sigma.map { ["sigma": "--sigma \(Int($0)) is ignored: it is blind"] },
        alternatives: alternatives)
    }
    let clash = job.existing == .refuse ? plans.first { $0.outputExists } : nil
    return JobPlan(
      pictures: plans, passedOver: passedOver,
      problem: planProblem ?? plans.first { $0.problem?.contains("is one of the pictures") == true }?.problem
        ?? clash.map { "\($0.output): exists already; add --overwrite" },
      command: job.commandLine)
  }
}
