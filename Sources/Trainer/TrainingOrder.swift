import Base
import Checkpoints
import GRLModel
import GRLTraining
import Imaging
import Restoration
import Tensors

/// A training as a person asks for it: what `grl train` and an engine's job have in common. What is nil is left to the model that the
/// training begins with, or to the preset.
public struct TrainingOrder: Sendable {
  public var task: RestorationTask
  /// Folders, tar archives and pictures.
  public var data: [String]
  /// The only folder of `data` holds pairs.
  public var arePairs = false
  /// Folder with frames of a fast camera.
  public var bursts: String?
  /// Name or file of the model that goes on to learn; nil begins from nothing.
  public var model: String?
  /// Name or file of a model, of any task, whose weights a new network takes over where they fit; nil where there is `model`.
  public var initial: String?
  public var variant: PublishedSettings.Variant?
  public var noise: NoiseKind?
  public var scale: Int?
  public var isGray = false
  public var isDualPixel = false
  public var limit: TrainingSettings.Limit
  public var sizes = TrainingPreset.Extent.short
  public var patch: Int?
  public var batch: Int?
  public var windowSize: Int?
  public var stripe: Stripe?
  public var rate: Double?
  public var optimiser: OptimiserSettings.Kind?
  public var seed: UInt64 = 1

  public init(_ task: RestorationTask, data: [String], limit: TrainingSettings.Limit) {
    (self.task, self.data, self.limit) = (task, data, limit)
  }

  /// Finds the model to begin with and settles sizes and rates; no picture is looked at.
  ///
  /// - Throws: `TrainingOrderError`; `RestorationError` where the model cannot be read.
  public func prepared(in library: ModelLibrary) throws -> PreparedTraining {
    var card: ModelCard?
    var checkpoint: Checkpoint?
    if let model {
      let found = try library.card(model)
      guard found.task == task else {
        throw TrainingOrderError.otherTask(model: model, found: found.task, wanted: task)
      }
      do { checkpoint = try Checkpoint(contentsOf: found.path) } catch { throw RestorationError.checkpoint(error) }
      card = found
    }
    let settings = try settings(card)
    let first = settings.preset.configuration(settings.preset.phases[0])
    guard let initial else {
      return PreparedTraining(
        order: self, settings: settings, card: card,
        start: checkpoint ?? InitialWeights.checkpoint(first, seed: settings.seed))
    }
    let weights: TransferredWeights
    do {
      weights = TransferredWeights(
        first, from: try Checkpoint(contentsOf: try library.card(initial).path), seed: settings.seed)
    } catch let error as CheckpointError { throw RestorationError.checkpoint(error) }
    guard weights.taken > 0 else {
      throw TrainingOrderError.nothingFits(model: initial, variant: settings.preset.variant)
    }
    return PreparedTraining(
      order: self, settings: settings, card: nil, start: weights.checkpoint,
      transfer: PreparedTraining.Transfer(
        taken: weights.taken, widened: weights.widened, tensors: weights.checkpoint.tensors.count))
  }

  private func settings(_ card: ModelCard?) throws(TrainingOrderError) -> TrainingSettings {
    let shown = card.flatMap { card in PublishedSettings.Variant.allCases.first { $0.fits(card.configuration) } }
    if let variant, let shown, variant != shown { throw .otherVariant(wanted: variant, found: shown) }
    let isGray = isGray || card?.configuration.outputChannels == 1
    let isDual = isDualPixel || card?.configuration.inputChannels == 6
    let isPhotograph = noise.map { $0 == .photo } ?? (card?.noise == .photo)
    guard
      var preset = TrainingPreset.named(
        task, variant ?? shown ?? .tiny, isColour: !isGray, isPhotograph: isPhotograph, isDualPixel: isDual,
        scale: scale ?? (task.enlarges ? card?.configuration.upscale : nil), extent: sizes)
    else { throw .noNetwork(task, isGray: isGray) }
    if patch != nil || batch != nil || windowSize != nil || stripe != nil {
      var phase = preset.phases[0]
      phase.until = 1
      if let patch { phase.patch = patch }
      if let batch { phase.batch = batch }
      if let windowSize { phase.windowSize = windowSize }
      if let stripe { phase.stripe = stripe }
      preset.phases = [phase]
    }
    if let rate { preset.rate = rate }
    for phase in preset.phases {
      do { _ = try preset.configuration(phase, base: card?.configuration).validated() } catch {
        throw .sizes(window: phase.windowSize, stripe: phase.stripe, reason: "\(error)")
      }
    }
    if let own = card?.configuration {
      // What a model of the table would have; the one to begin with may be another.
      let wanted = preset.configuration(preset.phases[0])
      let differences = [
        own.inputChannels == wanted.inputChannels
          ? nil : "takes \(own.inputChannels) channels, not \(wanted.inputChannels)",
        own.outputChannels == wanted.outputChannels
          ? nil : "gives \(own.outputChannels) channels, not \(wanted.outputChannels)",
        own.upscale == wanted.upscale ? nil : "enlarges x\(own.upscale), not x\(wanted.upscale)",
      ].compactMap(\.self)
      guard differences.isEmpty else { throw .otherNetwork(differences: differences) }
    }
    var settings = TrainingSettings(preset, limit: limit, seed: seed, isFromModel: card != nil || initial != nil)
    if let optimiser { settings.optimiser.kind = optimiser }
    return settings
  }
}

/// Why no training can be made of an order.
public enum TrainingOrderError: KnownFailure {
  case otherTask(model: String, found: RestorationTask, wanted: RestorationTask)
  case otherVariant(wanted: PublishedSettings.Variant, found: PublishedSettings.Variant)
  case noNetwork(RestorationTask, isGray: Bool)
  case sizes(window: Int, stripe: Stripe, reason: String)
  /// The model to begin with takes, gives or enlarges otherwise than what was said.
  case otherNetwork(differences: [String])
  /// None of the weights that a new network should take over is as wide as its own or half as wide.
  case nothingFits(model: String, variant: PublishedSettings.Variant)

  /// The option of `grl train` that is to be changed.
  public var option: String {
    switch self {
    case .otherTask, .otherNetwork: "from"
    case .otherVariant: "variant"
    case .noNetwork: "task"
    case .sizes: "window"
    case .nothingFits: "init"
    }
  }

  public var kind: FailureKind {
    switch self {
    case .otherTask, .nothingFits: .model
    default: .usage
    }
  }

  public var description: String {
    switch self {
    case .otherTask(let model, let found, let wanted):
      "\(model.printable): a model for \(found), not for \(wanted); give another --from or --task"
    case .otherVariant(let wanted, let found):
      "--variant \(wanted.rawValue): the model of --from is \(found.rawValue); leave --variant out"
    case .noNetwork(let task, let isGray):
      "no network is made for \(isGray ? "gray pictures " : "")of task \(task) at that scale"
    case .sizes(let window, let stripe, let reason): "window \(window), stripes \(stripe): \(reason)"
    case .otherNetwork(let differences):
      "the model of --from \(differences.joined(separator: ", ")): leave --gray, --dual-pixel and --scale out, or give another --from"
    case .nothingFits(let model, let variant):
      "\(model.printable): none of its layers is as wide as those of GRL-\(variant.rawValue) or half as wide; give another --init, or none"
    }
  }
}

/// A training whose model and sizes are settled.
public struct PreparedTraining: Sendable {
  public let order: TrainingOrder
  public let settings: TrainingSettings
  /// Of the model that it begins with.
  public let card: ModelCard?
  private let start: Checkpoint
  /// What was taken over of another model.
  public let transfer: Transfer?

  /// Tensors that a new network takes over, how many of them are widened, and how many it has.
  public struct Transfer: Sendable {
    public let taken: Int
    public let widened: Int
    public let tensors: Int
  }

  init(
    order: TrainingOrder, settings: TrainingSettings, card: ModelCard?, start: Checkpoint, transfer: Transfer? = nil
  ) {
    (self.order, self.settings, self.card, self.start, self.transfer) = (order, settings, card, start, transfer)
  }

  /// The model that it begins with, by the name that is told; nil begins from nothing.
  public var startedFrom: String? { card?.name ?? order.initial.map(lastComponent) }

  /// Bytes that gradients, weights and moments take at most, the pictures not counted.
  public func memoryBytes(threadCount: Int) throws -> Int {
    try TrainingRun.memoryBytes(
      settings, from: start, base: card?.configuration, threads: ThreadLease(threadCount: threadCount))
  }

  /// What headers tell of the data; nothing is decoded.
  ///
  /// - Throws: `TrainingDataError` where the headers tell already that nothing can be learned.
  public func outlook(limits: DataLimits) throws(TrainingDataError) -> DataOutlook {
    let preset = settings.preset
    let sides = preset.phases.map { phase in
      (side: order.arePairs ? phase.patch : preset.damage.cropSide(patch: phase.patch), patch: phase.patch)
    }
    let largest = sides.max { $0.side < $1.side }!
    return order.arePairs
      ? try PairLibrary.outlook(
        order.data[0], isColour: preset.isColour, isDualPixel: preset.isDualPixel, side: largest, limits: limits)
      : try PhotoLibrary.outlook(order.data, isColour: preset.isColour, side: largest, limits: limits)
  }

  /// Reads the data.
  ///
  /// - Parameter limits: `pixelsPerPicture` is that of the state where a training goes on.
  /// - Returns: the data, and the pictures or pairs that are trained on.
  public func data(limits: DataLimits) throws(TrainingDataError) -> (data: TrainingData, pictures: Int) {
    let preset = settings.preset
    let frames = try order.bursts.map { (folder) throws(TrainingDataError) in try BurstLibrary(folder, limits: limits) }
    if order.arePairs {
      let library = try PairLibrary(
        order.data[0], isColour: preset.isColour, scale: preset.scale, isDualPixel: preset.isDualPixel, limits: limits)
      return (try TrainingData(.pairs(library), bursts: frames, for: preset), library.training.count)
    }
    let library = try PhotoLibrary(order.data, isColour: preset.isColour, limits: limits)
    return (try TrainingData(.photographs(library), bursts: frames, for: preset), library.training.count)
  }

  /// A run from the beginning or from a state. Patches are made by the thread that waits for them, and by one more.
  ///
  /// - Throws: what ``TrainingRun`` throws.
  public func run(
    on data: TrainingData, state: TrainingState?, statePath: String, threads: ThreadLease,
    pace: TrainingRun.Pace = TrainingRun.Pace(), tell: @escaping (TrainingEvent) -> Void
  ) throws -> TrainingRun {
    try TrainingRun(
      settings, data: data, from: start, base: card?.configuration, state: state, statePath: statePath,
      threads: threads, loaderThreads: 1, pace: pace, tell: tell)
  }

  /// The model file of a run.
  public func model(_ run: TrainingRun, pictures: Int) -> TrainedModel {
    TrainedModel(
      run, startedFrom: startedFrom, style: card?.style, dataNote: "pictures of the user's own", pictures: pictures)
  }
}
