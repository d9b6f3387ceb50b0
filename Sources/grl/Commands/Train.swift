import ArgumentParser
import Base
import CPUDevice
import EngineWire
import Foundation
import GRLModel
import GRLTraining
import Imaging
import Restoration
import Tensors
import Trainer

extension OptimiserSettings.Kind: ExpressibleByArgument {}
extension TrainingPreset.Extent: ExpressibleByArgument {}

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network on your own pictures.",
    discussion: """
      Good pictures are damaged as the task wants it, or pairs are taken as they are (--pairs: folders input and target, or NAME_blur \
      and NAME_sharp). One in ten is held out, or what lies in a folder val, and is what progress is measured on. With --from, a model \
      goes on to learn; with --init, a new network takes over what another task's model or a narrower one has learned; without either it begins \
      from nothing, which takes hours. The state is kept beside the model every minute: --resume \
      goes on after Ctrl-C, kill or a power failure. The model is one like those that are bundled, for --model.

      EXAMPLES
        grl train --task denoise --noise photo --from denoise-photo-tiny \\
          --data my-photos --minutes 10 -o my-camera.safetensors
        grl train --task motion-deblur --pairs --data pairs \\
          --from motion-deblur-tiny --minutes 60 -o shaken.safetensors
        grl train --task denoise --variant small --init denoise-color-tiny \\
          --data photographs --minutes 600 -o wide.safetensors
        grl train --task sr --scale 2 --data photographs --steps 20000 \\
          -o sr-own.safetensors
        grl train --task denoise --noise photo --from denoise-photo-tiny \\
          --data my-photos --minutes 10 -o my-camera.safetensors --resume
        grl train --task denoise --noise photo --from denoise-photo-tiny \\
          --data my-photos --minutes 10 -o my-camera.safetensors --queue
        grl train --check
      """)

  @Option(help: "The task.") var task: RestorationTask?
  @Option(
    help: ArgumentHelp("Folder or tar archive of pictures; may be repeated.", valueName: "path"), completion: .file())
  var data: [String] = []
  @Flag(help: "The data are pairs of damaged and good pictures.") var pairs = false
  @Option(
    help: ArgumentHelp(
      "motion-deblur: folder with frames/ of a fast camera, and pairs/ where there are.", valueName: "folder"),
    completion: .directory)
  var bursts: String?
  @Option(help: "Model to begin with: the name of an installed one, or a weight file.", completion: .models)
  var from: String?
  @Option(
    name: .customLong("init"),
    help: "Model of any task, as wide or half as wide: begin with those of its weights that fit.", completion: .models)
  var initial: String?
  @Option(
    name: [.customShort("o"), .long], help: "The trained model, a .safetensors file.", completion: .file())
  var output: String?

  @Option(help: "Size of the network (default: that of --from, or tiny).") var variant: PublishedSettings.Variant?
  @Option(help: "denoise: white noise, or that of photographs (default: that of --from, or gaussian).")
  var noise: NoiseKind?
  @Option(help: "sr: enlargement, 2 to 4 (default: that of --from, or 4).", transform: number(in: 2...4)) var scale:
    Int?
  @Flag(help: "denoise, jpeg: a network for gray pictures.") var gray = false
  @Flag(help: "defocus-deblur: both views of a dual-pixel sensor.") var dualPixel = false

  @Option(help: "How long, in minutes of training.", transform: reading("minutes, 0.1 to 100000", Self.minutes))
  var minutes: Double?
  @Option(
    help: "How long, in steps: as many come to the same weights on every run.", transform: number(in: 1...100_000_000))
  var steps: Int?
  @Option(help: "Sizes of patches, windows and stripes: short for hours, published for days.")
  var sizes: TrainingPreset.Extent = .short
  @Option(help: "Side of the patches that go in, in pixels; replaces the phases.", transform: number(in: 8...1024))
  var patch: Int?
  @Option(help: "Patches of a step; replaces the phases.", transform: number(in: 1...4096)) var batch: Int?
  @Option(help: "Side of the attention windows; replaces the phases.", transform: number(in: 4...128)) var window: Int?
  @Option(
    help: "Rows and columns of the stripes, R,C; replaces the phases.",
    transform: reading("two sizes with a comma between, 4 to 512") { Self.stripe($0) })
  var stripe: Stripe?
  @Option(
    help: "Highest learning rate (default: the preset's).",
    transform: reading("a number, 1e-7 to 0.1") { Double($0).flatMap { (1e-7...0.1).contains($0) ? $0 : nil } })
  var rate: Double?
  @Option(help: "Optimiser (default: muon from nothing, adamw with --from).") var optimiser: OptimiserSettings.Kind?
  @Option(help: "Where the random numbers start (default: 1).", transform: number(in: 0...4_294_967_295)) var seed = 1

  @Flag(help: "Hand the training to the engine: a job that screen 3 and grl jobs show.") var queue = false
  @Flag(help: "Go on from the state beside the output.") var resume = false
  @Flag(help: "Replace an output that exists, and forget the state beside it.") var overwrite = false
  @Flag(help: "Check gradients on this machine by finite differences, and train nothing.") var check = false
  @Option(help: "Events on standard output, one JSON object a line.") var events: EventFormat?
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var budget: MemoryOptions
  @OptionGroup var limits: LimitOptions
  @OptionGroup var common: CommonOptions

  enum EventFormat: String, ExpressibleByArgument, CaseIterable { case ndjson }

  private static func minutes(_ text: String) -> Double? {
    Double(text).flatMap { (0.1...100_000).contains($0) ? $0 : nil }
  }

  static func stripe(_ text: String) -> Stripe? {
    let sides = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let rows = sides[0], let columns = sides[1], (4...512).contains(rows),
      (4...512).contains(columns)
    else { return nil }
    return Stripe(rows: rows, columns: columns)
  }

  func validate() throws {
    if check { return }
    guard let task else { throw ValidationError("no task: give --task TASK") }
    guard !data.isEmpty else { throw ValidationError("no pictures: give --data FOLDER") }
    guard let output else { throw ValidationError("no output: give -o MODEL.safetensors") }
    guard output.hasSuffix(".safetensors") else {
      throw ValidationError("-o \(output.printable): a model's name ends in .safetensors")
    }
    guard (minutes == nil) != (steps == nil) else { throw ValidationError("give --minutes N or --steps N") }
    try task.refuse("--noise", noise != nil, unless: .denoise)
    try task.refuse("--scale", scale != nil, unless: .superResolution)
    try task.refuse("--gray", gray, unless: .denoise, .jpeg)
    try task.refuse("--dual-pixel", dualPixel, unless: .defocusDeblur)
    try task.refuse("--bursts", bursts != nil, unless: .motionDeblur)
    if pairs && data.count > 1 { throw ValidationError("--pairs takes one --data FOLDER") }
    if from != nil && initial != nil {
      throw ValidationError(
        "--from goes on with a model, --init begins another network with its weights: give one of them")
    }
    if queue && (resume || events != nil) {
      throw ValidationError(
        "--queue: the engine goes on by itself and grl jobs tells how it goes; leave --resume and --events out")
    }
    if resume && overwrite { throw ValidationError("--resume goes on, --overwrite begins anew: give one of them") }
  }

  func run() throws {
    if check { return try checkGradients() }
    guard let task, let output else { return }
    if queue { return try handOver(task, output) }
    let console = common.console(showsProgress: true)
    let statePath = output + ".training"
    try checkPlaces(output, statePath)
    let training = try order(task).prepared(in: .standard())
    let state = resume ? try TrainingState(contentsOf: statePath) : nil
    var dataLimits = DataLimits(memoryBytes: budget.budgetBytes / 2, threadCount: threads.count, image: limits.image)
    dataLimits.pixelsPerPicture = state?.record.pixelsPerPicture
    let (trainingData, pictures) = try training.data(limits: dataLimits)
    for line in trainingData.refused.prefix(5) { console.note("passed over: \(line)") }
    if trainingData.refused.count > 5 { console.note("passed over: \(trainingData.refused.count - 5) more") }

    let report = TrainingReport(console, isNDJSON: events != nil, task: task, title: lastComponent(output))
    let run = try training.run(
      on: trainingData, state: state, statePath: statePath, threads: ThreadLease(threadCount: threads.count),
      tell: { report.tell($0) })
    try MemoryBudget.check(
      MemoryEstimate(pictures: try run.memoryBytes() + trainingData.bytes), within: budget.budgetBytes,
      advice: "raise --memory, or train with a smaller --patch, --batch or --threads")
    Interruption.watch()
    report.start(run, pictures: pictures, from: training.startedFrom)
    if let transfer = training.transfer {
      console.note(
        "\(transfer.taken) of \(transfer.tensors) tensors taken over, \(transfer.widened) of them widened")
    }
    try run.run(isCancelled: { Interruption.isRequested })
    console.endProgress()
    guard run.isOver else {
      report.stop(run)
      console.note(
        "stopped after \(run.record.step) steps; the state is in \(statePath): give the same options and --resume to go on"
      )
      throw ExitCode(Interruption.exitCode)
    }
    try training.model(run, pictures: pictures).write(to: output)
    unlink(statePath)
    report.finish(run, output: output)
  }

  /// Queues the training in the engine of this user, which is started if need be; prints the job's name.
  private func handOver(_ task: RestorationTask, _ output: String) throws {
    func absolute(_ path: String) -> String {
      path.hasPrefix("/") ? path : joined(FileManager.default.currentDirectoryPath, path)
    }
    var request = TrainingRequest(task: task.rawValue, data: data.map(absolute), output: absolute(output))
    request.arePairs = pairs
    request.bursts = bursts.map(absolute)
    // The library's names stay names; what is a file here is one over there.
    func model(_ name: String?) -> String? { name.map { $0.contains("/") || fileExists($0) ? absolute($0) : $0 } }
    (request.model, request.initial) = (model(from), model(initial))
    (request.variant, request.noise, request.scale) = (variant?.rawValue, noise?.rawValue, scale)
    (request.isGray, request.isDualPixel) = (gray ? true : nil, dualPixel ? true : nil)
    (request.minutes, request.steps, request.sizes) = (minutes, steps, sizes == .short ? nil : sizes.rawValue)
    (request.patch, request.batch, request.window) = (patch, batch, window)
    (request.stripeRows, request.stripeColumns) = (stripe?.rows, stripe?.columns)
    (request.rate, request.optimiser, request.seed) = (rate, optimiser?.rawValue, seed == 1 ? nil : seed)
    (request.threadCount, request.memoryBytes) = (threads.threads, budget.memory)
    (request.maxPixels, request.replaces) = (limits.maxPixels, overwrite ? true : nil)
    guard case .submitted(let job) = try RunningEngine.ask(.train(request)) else {
      throw Failure(.engineLost, "the engine did not say whether it took the training; see grl jobs")
    }
    let console = common.console()
    console.result(job)
    console.note("queued; grl jobs show \(job) tells how it goes, and screen 3 of the workbench")
  }

  private func checkPlaces(_ output: String, _ statePath: String) throws(Failure) {
    if fileExists(output) && !overwrite {
      throw Failure(.usage, "\(output): exists; give --overwrite to replace it, or another -o")
    }
    let hasState = fileExists(statePath)
    if resume && !hasState {
      throw Failure(.badInput, "\(statePath): no state to go on from; leave --resume out to begin")
    }
    if hasState && !resume && !overwrite {
      throw Failure(
        .usage,
        "\(statePath): a training that did not end; give --resume to go on with it, or --overwrite to begin anew")
    }
    // Hours later would be late.
    let folder = parentFolder(output)
    guard isFolder(folder) else {
      throw Failure(.badInput, "\(folder): no such folder; make it, or give another -o")
    }
    guard access(folder, W_OK) == 0 else {
      throw Failure(.someFailed, "\(folder): cannot be written to: \(systemReason()); give another -o")
    }
  }

  private func order(_ task: RestorationTask) -> TrainingOrder {
    let limit = minutes.map { TrainingSettings.Limit.seconds($0 * 60) } ?? .steps(steps ?? 1)
    var order = TrainingOrder(task, data: data, limit: limit)
    (order.arePairs, order.bursts, order.model, order.initial) = (pairs, bursts, from, initial)
    (order.variant, order.noise, order.scale, order.isGray, order.isDualPixel) = (
      variant, noise, scale, gray, dualPixel
    )
    (order.sizes, order.patch, order.batch, order.windowSize, order.stripe) = (sizes, patch, batch, window, stripe)
    (order.rate, order.optimiser, order.seed) = (rate, optimiser, UInt64(seed))
    return order
  }

  private func checkGradients() throws {
    let console = common.console()
    var isRight = true
    var rows = [["instructions", "network", "gradient", "differences", "verdict"]]
    for set in InstructionSet.available {
      for check in try GradientCheck.all(on: CPUDevice(set), threads: ThreadLease(threadCount: threads.count)) {
        isRight = isRight && check.isRight
        rows.append([
          set.rawValue, check.name, String(format: "%.6f", check.gradient), String(format: "%.6f", check.difference),
          check.isRight ? "right" : "wrong",
        ])
      }
    }
    for line in table(rows, leftAligned: [0, 1, 4]) { console.result(line) }
    if !isRight {
      throw Failure(
        .verificationFailed, "gradients are wrong on this machine: do not train on it, and report its processor")
    }
  }
}

/// What `grl train` says: lines and a bar for a person, or events.
final class TrainingReport {
  private let console: Console
  private let isNDJSON: Bool
  private let task: RestorationTask
  private let title: String

  private struct Event: Encodable {
    var event: String
    var task: String?
    var step: Int?
    var share: Double?
    var loss: Double?
    var psnr: Double?
    var rate: Double?
    var stepsPerSecond: Double?
    var secondsLeft: Double?
    var jobFraction: Double?
    var jobSecondsRemaining: Double?
    var patch: Int?
    var batch: Int?
    var window: Int?
    var stripe: [Int]?
    var factor: Double?
    var heldOut: [HeldOutResult]?
    var message: String?
    var output: String?
  }

  init(_ console: Console, isNDJSON: Bool, task: RestorationTask, title: String) {
    (self.console, self.isNDJSON, self.task, self.title) = (console, isNDJSON, task, title)
  }

  private func emit(_ event: Event) { if isNDJSON { EventStream(console: console, job: nil).send(event) } }

  func start(_ run: TrainingRun, pictures: Int, from model: String?) {
    let preset = run.settings.preset
    let begun =
      run.record.step > 0 ? "goes on after \(run.record.step) steps" : model.map { "from \($0)" } ?? "from nothing"
    console.note("\(preset.title): GRL-\(preset.variant.rawValue), \(begun), \(pictures) pictures")
    emit(Event(event: "start", task: task.rawValue, step: run.record.step, message: preset.title))
  }

  func tell(_ event: TrainingEvent) {
    switch event {
    case .phase(let phase):
      console.note(
        "patches of \(phase.patch), \(phase.batch) a step, windows of \(phase.windowSize), stripes \(phase.stripe.rows) x \(phase.stripe.columns)"
      )
      emit(
        Event(
          event: "phase", patch: phase.patch, batch: phase.batch, window: phase.windowSize,
          stripe: [phase.stripe.rows, phase.stripe.columns]))
    case .progress(let progress):
      console.progress(
        title, done: progress.share,
        detail:
          "step \(progress.step), loss \(progress.loss.fixed(5)), \(progress.psnr.fixed(2)) dB, \(progress.stepsPerSecond.fixed(2)) steps/s, \(clockTime(progress.secondsLeft)) left"
      )
      emit(
        Event(
          event: "progress", step: progress.step, share: progress.share, loss: progress.loss, psnr: progress.psnr,
          rate: progress.rate, stepsPerSecond: progress.stepsPerSecond,
          secondsLeft: progress.secondsLeft.isFinite ? progress.secondsLeft : nil, jobFraction: progress.share,
          jobSecondsRemaining: progress.secondsLeft.isFinite ? progress.secondsLeft : nil))
    case .measured(let step, let results):
      let texts = results.map { result in
        let input = result.inputPSNR.map { ", input \($0.fixed(2))" } ?? ""
        return "\(result.name) \(result.psnr.fixed(2)) dB\(input)"
      }
      console.note("after \(step) steps, held out: \(texts.joined(separator: "; "))")
      emit(Event(event: "measured", step: step, heldOut: results))
    case .lowered(let factor):
      console.note("its last layer begins at \(factor.fixed(2)) of what it was")
      emit(Event(event: "lowered", factor: factor))
    case .sample: break
    case .steppedBack(let step, let reason):
      console.note("\(reason): back to step \(step), at half the rate")
      emit(Event(event: "stepped-back", step: step, message: reason))
    case .saved(let step, let failure):
      if let failure { console.error("\(failure); the training goes on, but cannot be resumed from here") }
      emit(Event(event: "saved", step: step, message: failure))
    }
  }

  func stop(_ run: TrainingRun) { emit(Event(event: "stopped", step: run.record.step)) }

  func finish(_ run: TrainingRun, output: String) {
    console.note("\(output): written; use it with --model \(output)")
    emit(
      Event(event: "done", step: run.record.step, heldOut: run.results, output: EventStream.absolute(output)))
  }
}
