import Base
import Checkpoints
import EngineWire
import GRLModel
import GRLTraining
import Glibc
import Imaging
import JobStore
import Restoration
import Tensors
import Trainer

/// What the engine says of a training before it is queued: all that `grl train` refuses before the first step, as far as headers tell.
struct TrainingPlanner: Sendable {
  let library: ModelLibrary
  /// Of the engine; a request may name others.
  let budgetBytes: Int
  let threadCount: Int

  /// - Throws: `cancelled` only; what speaks against the training is in the plan.
  func plan(_ request: TrainingRequest, _ flag: CancelFlag) throws(JobError) -> TrainingPlan {
    do throws(JobError) {
      return try checked(request, flag)
    } catch {
      if case .cancelled = error.kind { throw .cancelled }
      var plan = TrainingPlan(settled(request))
      let option = if case .training(_, let option) = error { option } else { "data" }
      plan.problem = TrainingPlan.Problem(kind: error.kind, option: option, message: error.description)
      return plan
    }
  }

  /// - Throws: what speaks against the training.
  func checked(_ request: TrainingRequest, _ flag: CancelFlag) throws(JobError) -> TrainingPlan {
    let request = settled(request)
    let order = try TrainingOrder(request)
    try checkPlace(request)
    var plan = TrainingPlan(request)
    plan.budgetBytes = request.memoryBytes ?? budgetBytes
    let outlook = try JobError.training { () throws -> DataOutlook in
      let prepared = try order.prepared(in: library)
      plan.title = prepared.settings.preset.title
      let training = try prepared.memoryBytes(threadCount: request.threadCount ?? threadCount)
      let limits = dataLimits(request, budgetBytes: plan.budgetBytes, flag)
      let outlook = try prepared.outlook(limits: limits)
      let estimate = MemoryEstimate(pictures: training + outlook.bytes)
      plan.estimateBytes = estimate.totalBytes
      try MemoryBudget.check(estimate, within: plan.budgetBytes, advice: Self.advice)
      return outlook
    }
    if flag.isSet { throw .cancelled }
    (plan.training, plan.heldOut) = (outlook.training, outlook.heldOut)
    plan.refused = outlook.refused.prefix(5).map(\.printable)
    plan.refusedCount = outlook.refused.count
    return plan
  }

  static let advice = "raise --memory, or train with a smaller --patch, --batch or --threads"

  func dataLimits(_ request: TrainingRequest, budgetBytes: Int, _ flag: CancelFlag) -> DataLimits {
    var image = ImageLimits.standard.heeding(flag)
    if let pixels = request.maxPixels { image.pixels = pixels }
    return DataLimits(memoryBytes: budgetBytes / 2, threadCount: request.threadCount ?? threadCount, image: image)
  }

  /// The request with what was left open: a name becomes a file among the user's models, and one folder of pairs is seen to be that.
  private func settled(_ request: TrainingRequest) -> TrainingRequest {
    var request = request
    if !request.output.isEmpty && !request.output.contains("/") {
      let name = request.output.hasSuffix(".safetensors") ? request.output : request.output + ".safetensors"
      request.output = joined(library.userFolder, name)
    }
    if request.arePairs == nil && request.data.count == 1 {
      let isDualPixel = request.isDualPixel ?? false
      if PairLibrary.areIn(request.data[0], isDualPixel: isDualPixel) { request.arePairs = true }
    }
    return request
  }

  private func checkPlace(_ request: TrainingRequest) throws(JobError) {
    let output = request.output
    func refused(_ text: String, _ kind: FailureKind = .usage) -> JobError {
      .training(TrainingRefusal(kind: kind, description: text), option: "output")
    }
    guard output.hasSuffix(".safetensors") else {
      throw refused("-o \(output): a model's name ends in .safetensors")
    }
    if fileExists(output) && request.replaces != true {
      throw refused("\(output): exists; give --overwrite to replace it, or another -o")
    }
    let folder = parentFolder(output)
    if folder == library.userFolder {
      let name = fileStem(output)
      guard ModelLibrary.isModelName(name) else {
        throw .training(RestorationError.modelNameInvalid(name: name), option: "output")
      }
      // One of the user's would hide a bundled one.
      if request.replaces != true, let taken = library.list().cards.first(where: { $0.name == name }) {
        throw .training(RestorationError.modelNameTaken(name: name, path: taken.path), option: "output")
      }
      return
    }
    guard isFolder(folder) else { throw refused("\(folder): no such folder; make it, or give another -o", .badInput) }
    guard access(folder, W_OK) == 0 else {
      throw refused("\(folder): cannot be written to: \(systemReason()); give another -o", .system)
    }
  }
}

/// A training that is refused before anything is looked at.
struct TrainingRefusal: KnownFailure {
  let kind: FailureKind
  let description: String
}

extension TrainingOrder {
  /// Every word and number is checked, as the command line does.
  init(_ request: TrainingRequest) throws(JobError) {
    func refused(_ option: String, _ text: String) -> JobError {
      .training(TrainingRefusal(kind: .usage, description: text), option: option)
    }
    func word<Value: RawRepresentable<String>>(_ text: String, _ option: String) throws(JobError) -> Value {
      guard let value = Value(rawValue: text) else { throw refused(option, "--\(option) '\(text)' is not known here") }
      return value
    }
    func check<Number: Comparable>(
      _ value: Number?, _ option: String, _ range: ClosedRange<Number>
    ) throws(JobError) {
      guard let value, !range.contains(value) else { return }
      throw refused(option, "--\(option) \(value): give \(range.lowerBound) to \(range.upperBound)")
    }
    let task: RestorationTask = try word(request.task, "task")
    guard !request.data.isEmpty else { throw refused("data", "no pictures: give --data FOLDER") }
    guard (request.minutes == nil) != (request.steps == nil) else {
      throw refused("minutes", "give --minutes N or --steps N")
    }
    try check(request.minutes, "minutes", 0.1...100_000)
    try check(request.steps, "steps", 1...100_000_000)
    try check(request.scale, "scale", 2...4)
    try check(request.patch, "patch", 8...1024)
    try check(request.batch, "batch", 1...4096)
    try check(request.window, "window", 4...128)
    try check(request.stripeRows, "stripe", 4...512)
    try check(request.stripeColumns, "stripe", 4...512)
    try check(request.rate, "rate", 1e-7...0.1)
    try check(request.seed, "seed", 0...4_294_967_295)
    try check(request.threadCount, "threads", 1...MachineLimits.mostThreads)
    try check(request.memoryBytes, "memory", 1...Int.max)
    try check(request.maxPixels, "max-pixels", 1...4_294_836_225)
    guard (request.stripeRows == nil) == (request.stripeColumns == nil) else {
      throw refused("stripe", "both sides of the stripe have to be given")
    }
    let (isGray, isDualPixel) = (request.isGray == true, request.isDualPixel == true)
    let misplaced: [(option: String, isGiven: Bool, tasks: [RestorationTask])] = [
      ("noise", request.noise != nil, [.denoise]), ("scale", request.scale != nil, [.superResolution]),
      ("gray", isGray, [.denoise, .jpeg]), ("dual-pixel", isDualPixel, [.defocusDeblur]),
      ("bursts", request.bursts != nil, [.motionDeblur]),
    ]
    for (option, isGiven, tasks) in misplaced where isGiven && !tasks.contains(task) {
      throw refused(option, "--\(option) does not apply to --task \(task)")
    }
    if request.model != nil && request.initial != nil {
      throw refused(
        "init", "--from goes on with a model, --init begins another network with its weights: give one of them")
    }
    if request.arePairs == true && request.data.count > 1 {
      throw refused("data", "--pairs takes one --data FOLDER")
    }
    self.init(
      task, data: request.data, limit: request.minutes.map { .seconds($0 * 60) } ?? .steps(request.steps ?? 1))
    (arePairs, bursts, model, initial) = (request.arePairs == true, request.bursts, request.model, request.initial)
    variant = try request.variant.map { (text) throws(JobError) in try word(text, "variant") }
    noise = try request.noise.map { (text) throws(JobError) in try word(text, "noise") }
    (scale, self.isGray, self.isDualPixel) = (request.scale, isGray, isDualPixel)
    sizes = try word(request.sizes ?? "short", "sizes")
    (patch, batch, windowSize) = (request.patch, request.batch, request.window)
    if let rows = request.stripeRows, let columns = request.stripeColumns {
      stripe = Stripe(rows: rows, columns: columns)
    }
    rate = request.rate
    optimiser = try request.optimiser.map { (text) throws(JobError) in try word(text, "optimiser") }
    seed = UInt64(request.seed ?? 1)
  }
}

extension JobError {
  /// What `body` returns; what it throws, as an error of the job.
  static func training<Value>(_ body: () throws -> Value) throws(JobError) -> Value {
    do { return try body() } catch { throw JobError(training: error) }
  }

  private init(training error: any Error) {
    self =
      switch error {
      case let error as JobError: error
      case is CancellationError: .cancelled
      case let error as TrainingOrderError: .training(error, option: error.option)
      case let error as TrainingDataError:
        switch error {
        case .cancelled: .cancelled
        case .overBudget: .training(error, option: "memory")
        default: .training(error, option: "data")
        }
      case let error as RestorationError: .training(error, option: error.kind == .memory ? "memory" : "from")
      case let error as CheckpointError: .training(RestorationError.checkpoint(error), option: "from")
      case let error as OutOfMemory: .training(RestorationError.outOfMemory(error), option: "memory")
      case let error as any KnownFailure: .training(error, option: "data")
      default: .badRequest("\(error)")
      }
  }
}
