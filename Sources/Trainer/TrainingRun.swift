import Base
import CPUDevice
import Checkpoints
import Foundation
import GRLModel
import GRLTraining
import Imaging
import Restoration
import Tensors

/// What a training tells while it runs.
public struct TrainingProgress: Sendable {
  /// Steps done, over all sessions.
  public var step: Int
  /// Share of the training that is over, 0...1.
  public var share: Double
  /// Of computing, over all sessions.
  public var seconds: Double
  /// Means since the last report.
  public var loss: Double
  public var psnr: Double
  public var rate: Double
  public var stepsPerSecond: Double
  /// Seconds to the end, at this pace.
  public var secondsLeft: Double
}

/// What a network makes of held-out patches of one kind.
public struct HeldOutResult: Codable, Sendable, Hashable {
  /// `pictures`, `frames` or `clean`.
  public var name: String
  /// Means over the patches, in dB: of the input, or the mean of its views. A `clean` input and one that is enlarged have none.
  public var inputPSNR: Double?
  public var psnr: Double
}

/// A held-out patch, as the network gets it, as the average of the weights makes it, and as it should be; values in 0...1.
public struct HeldOutSample: Sendable {
  /// `[h, w, input channels]`
  public var input: Tensor
  /// `[h * scale, w * scale, output channels]`, not cut to 0...1.
  public var restored: Tensor
  public var target: Tensor
}

public enum TrainingEvent: Sendable {
  case phase(TrainingPreset.Phase)
  case progress(TrainingProgress)
  case measured(step: Int, [HeldOutResult])
  /// Another model's weights made held-out pictures worse than they come in: the last layer begins at this factor of what it was.
  case lowered(factor: Double)
  /// Told before `measured`: what the network makes of the held-out patch with the most detail.
  case sample(HeldOutSample)
  /// The loss was no number, or jumped: weights are those of an earlier step again, and the rate is halved.
  case steppedBack(to: Int, reason: String)
  /// The state was written, or why not; a training goes on without.
  case saved(step: Int, failure: String?)
}

/// One training of one network.
///
/// The loop of the recipe: batches are prepared ahead; gradients and steps are `GRLTraining`'s; an average of the weights is what is measured
/// and exported. The state is written every minute and at the end, whole or not at all.
///
/// Not thread-safe.
public final class TrainingRun {
  public let settings: TrainingSettings
  public private(set) var record: TrainingRecord
  /// Means over the patches of each kind, of the average of the weights, when they were last measured.
  public private(set) var results: [HeldOutResult] = []

  private let data: TrainingData
  private let base: GRLConfiguration?
  private let heldOut: [TrainingData.HeldOutPatches]
  private let threads: ThreadLease
  private let loaderThreads: Int
  private let device: CPUDevice
  private let statePath: String?
  private let pace: Pace
  private let tell: (TrainingEvent) -> Void

  private let weights: TrainingWeights
  private let average: ParameterBuffer
  private let optimiser: Optimiser
  private var snapshot: Snapshot?

  /// Weights, average and moments of a step that was sound.
  private struct Snapshot {
    let record: TrainingRecord
    let buffers: [ParameterBuffer]
  }

  /// How often a run tells how it goes.
  public struct Pace: Sendable {
    /// Seconds between two measurements on held-out patches.
    public var measuring = 300.0
    /// Seconds after which progress is told although the twenty steps are not over that are looked at together; nil: it is not.
    public var telling: Double?

    public init() {}
  }

  /// Seconds between two states.
  public static let secondsBetweenSaves = 60.0
  /// Steps between two looks at the loss.
  private static let stepsBetweenLooks = 20

  /// - Parameters:
  ///   - start: what to begin with: its tensors are the network's.
  ///   - base: the network to keep to in everything but windows and stripes; nil takes the published one of the variant.
  ///   - state: goes on from there; it was written by a training of the same settings.
  ///   - statePath: where the state is written; nil keeps none.
  ///   - threads: whoever pauses the gate holds a run in the middle of a step, and the time does not count; a gate that is cancelled ends it
  ///     without a state.
  ///   - loaderThreads: that prepare patches besides.
  /// - Throws: `CheckpointError`, `TrainingDataError`, `OutOfMemory`, `TrainingStateError`.
  public init(
    _ settings: TrainingSettings, data: TrainingData, from start: Checkpoint, base: GRLConfiguration? = nil,
    state: TrainingState? = nil, statePath: String?, threads: ThreadLease, loaderThreads: Int = 1,
    device: CPUDevice = CPUDevice(), pace: Pace = Pace(), tell: @escaping (TrainingEvent) -> Void
  ) throws {
    (self.settings, self.data, self.base, self.statePath) = (settings, data, base, statePath)
    (self.pace, self.tell) = (pace, tell)
    (self.threads, self.loaderThreads, self.device) = (threads, loaderThreads, device)
    let configuration = settings.preset.configuration(settings.preset.phases[0], base: base)
    weights = try TrainingWeights(start, configuration: configuration)
    average = try weights.buffer()
    average.copy(from: weights.values)
    optimiser = try Optimiser(settings.optimiser, of: weights, threads: threads, device: device)
    record = TrainingRecord(settings, data: data)
    // What the data are too small for is said before anything is computed.
    for phase in settings.preset.phases {
      _ = try data.source(settings.preset, patch: phase.patch, seed: settings.seed)
    }
    let largest = settings.preset.phases.map(\.patch).max()!
    heldOut = try data.heldOut(settings.preset, count: 48, patch: min(max(64, largest), 96))
    if let state {
      try state.write(to: buffers, of: weights, settings, data: record.data)
      record = state.record
      optimiser.resume(after: record.step)
    }
  }

  private var buffers: [ParameterBuffer] { [weights.values, average, optimiser.first, optimiser.second] }

  /// The share of the training that is over.
  public var share: Double {
    switch settings.limit {
    case .seconds(let seconds): min(1, record.seconds / max(seconds, 1e-9))
    case .steps(let steps): min(1, Double(record.step) / Double(max(steps, 1)))
    }
  }

  public var isOver: Bool { share >= 1 }

  /// Bytes that the busiest phase takes for gradients, on top of weights, averages and moments.
  public func memoryBytes() throws -> Int { try Self.memoryBytes(settings, weights, base, threads, device) }

  /// The same before there is a run; the data are not counted.
  public static func memoryBytes(
    _ settings: TrainingSettings, from start: Checkpoint, base: GRLConfiguration?, threads: ThreadLease,
    device: CPUDevice = CPUDevice()
  ) throws -> Int {
    let configuration = settings.preset.configuration(settings.preset.phases[0], base: base)
    return try memoryBytes(
      settings, TrainingWeights(start, configuration: configuration), base, threads, device)
  }

  private static func memoryBytes(
    _ settings: TrainingSettings, _ weights: TrainingWeights, _ base: GRLConfiguration?, _ threads: ThreadLease,
    _ device: CPUDevice
  ) throws -> Int {
    let most = try settings.preset.phases.map { phase in
      try gradient(phase, settings, weights, base, threads, device).bytes
    }.max()!
    // Weights, average and two moments, and a copy of them.
    return most + 8 * weights.bytes
  }

  private static func gradient(
    _ phase: TrainingPreset.Phase, _ settings: TrainingSettings, _ weights: TrainingWeights, _ base: GRLConfiguration?,
    _ threads: ThreadLease, _ device: CPUDevice
  ) throws -> BatchGradient {
    try BatchGradient(
      settings.preset.configuration(phase, base: base), height: phase.patch, width: phase.patch, count: phase.batch,
      loss: settings.loss, weights: weights, threads: threads, device: device)
  }

  /// Of computing: the time that the gate is paused does not count.
  private func now() -> Double { clockSeconds() - threads.gate.pausedTime / .seconds(1) }

  /// Trains to the end, until asked to stop, or to step `last`; then the state is as of the last whole step, and is written. A gate that is
  /// cancelled ends it at once, and the state stays as it was written last.
  ///
  /// - Parameter isCancelled: asked after each step.
  /// - Throws: `CancellationError` where the gate was cancelled; `OutOfMemory`, `TrainingDataError`.
  public func run(last: Int = .max, isCancelled: () -> Bool = { false }) throws {
    let gate = threads.gate
    try measure()
    if record.step == 0 && settings.isFromModel { try lowerStart() }
    try keepSnapshot()
    var (lastSave, lastMeasure) = (now(), now())
    var mayGoOn: Bool { !gate.isCancelled && !isOver && !isCancelled() && record.step < last }
    while mayGoOn {
      let phase = settings.phase(at: share)
      tell(.phase(phase))
      let gradient = try Self.gradient(phase, settings, weights, base, threads, device)
      let loader = PatchLoader(
        try data.source(settings.preset, patch: phase.patch, seed: settings.seed), batch: phase.batch,
        firstStep: record.step, threads: loaderThreads)
      defer { loader.stop() }
      var window = Window(start: now())
      var lastTold = now()
      while mayGoOn && settings.phase(at: share) == phase {
        let start = now()
        guard let batch = try loader.next() else { return }
        let result = gradient.compute(Batch(inputs: batch.inputs, targets: batch.targets))
        let rate = settings.rate(at: share, after: record.step) * record.rateScale
        let norm = result.loss.isFinite ? optimiser.apply(gradient.gradient, rate: Float(rate)) : .nan
        record.step += 1
        record.patches += phase.batch
        record.pixels += phase.batch * phase.patch * phase.patch
        average.follow(weights.values, keeping: settings.averageKeeps(after: record.step))
        // What was computed since the gate was cancelled is none.
        if gate.isCancelled { throw CancellationError() }
        record.seconds += now() - start
        window.add(result)
        // A step along a gradient that is no number spoils the weights at once.
        let isBroken = !norm.isFinite
        let isLook = isBroken || record.step % TrainingRun.stepsBetweenLooks == 0
        let isSound = try !isLook || look(window, isBroken: isBroken)
        if isSound, isLook || pace.telling.map({ now() - lastTold > $0 }) ?? false {
          tell(.progress(window.progress(record.step, share: share, rate: rate, seconds: record.seconds, now: now())))
          lastTold = now()
        }
        if isLook { window = Window(start: now()) }
        if now() - lastSave > TrainingRun.secondsBetweenSaves {
          save()
          lastSave = now()
        }
        if now() - lastMeasure > pace.measuring {
          try measure()
          lastMeasure = now()
        }
      }
    }
    if gate.isCancelled { throw CancellationError() }
    save()
    if isOver { try measure() }
  }

  /// Sums since the last report.
  private struct Window {
    private var (loss, square, count) = (0.0, 0.0, 0)
    private let start: Double

    init(start: Double) { self.start = start }

    var mean: Double { loss / Double(max(count, 1)) }

    mutating func add(_ result: BatchResult) {
      loss += result.loss
      square += result.meanSquare
      count += 1
    }

    /// - Precondition: something was added.
    func progress(_ step: Int, share: Double, rate: Double, seconds: Double, now: Double) -> TrainingProgress {
      TrainingProgress(
        step: step, share: share, seconds: seconds, loss: mean, psnr: -10 * log10(max(square / Double(count), 1e-12)),
        rate: rate, stepsPerSecond: Double(count) / max(now - start, 1e-9),
        secondsLeft: share > 0 ? seconds / share * (1 - share) : .infinity)
    }
  }

  // MARK: Soundness

  /// Whether the loss is sound; where not, everything is put back to the last snapshot and rates are halved.
  private func look(_ window: Window, isBroken: Bool) throws -> Bool {
    let loss = window.mean
    let usual = record.usualLoss
    if isBroken || !loss.isFinite || usual.map({ loss > 4 * $0 + 0.05 }) ?? false {
      let reason = isBroken || !loss.isFinite ? "the loss is not a number" : "the loss jumped to \(loss)"
      putBack()
      tell(.steppedBack(to: snapshot?.record.step ?? 0, reason: reason))
      return false
    }
    record.usualLoss = usual.map { 0.8 * $0 + 0.2 * loss } ?? loss
    try keepSnapshot()
    return true
  }

  private func keepSnapshot() throws {
    if snapshot == nil {
      snapshot = Snapshot(record: record, buffers: try buffers.map { _ in try weights.buffer() })
    }
    guard let kept = snapshot?.buffers else { return }
    for (own, copy) in zip(buffers, kept) { copy.copy(from: own) }
    snapshot = Snapshot(record: record, buffers: kept)
  }

  private func putBack() {
    guard let snapshot else { return }
    for (own, copy) in zip(buffers, snapshot.buffers) { own.copy(from: copy) }
    record.rateScale *= 0.5
    record.stepsBack += 1
  }

  // MARK: Measuring and keeping

  /// The average of the weights, as a checkpoint.
  public var averaged: Checkpoint {
    Checkpoint(
      path: "a training's average",
      tensors: Dictionary(
        uniqueKeysWithValues: weights.tensors(of: average).map {
          ($0.name, StoredTensor(shape: $0.shape, values: $0.values))
        }))
  }

  /// The network that the average of the weights makes, with the windows and stripes of the last phase.
  public var configuration: GRLConfiguration {
    settings.preset.configuration(settings.preset.phases.last!, base: base)
  }

  /// Measures the average of the weights on the held-out patches, and tells what came of it. ``run(last:isCancelled:)`` does so now and
  /// then, when it begins, and at the end of the training.
  ///
  /// - Throws: `CancellationError` where the gate was cancelled; `OutOfMemory`.
  public func measure() throws {
    let network = try GRL(averaged, configuration: configuration, on: device)
    results = try heldOut.filter { !$0.pairs.isEmpty }.map { kind in
      let shape = kind.pairs[0].input.shape
      let session = try GRLSession(network: network, height: shape.height, width: shape.width, threads: threads)
      var (own, input) = (0.0, 0.0)
      let hasInput = !kind.isClean && shape.pixels == kind.pairs[0].target.shape.pixels
      let details = kind.pairs.map(\.target.detail)
      let shown = kind.name == heldOut[0].name ? details.indices.max { details[$0] < details[$1] } : nil
      for (place, pair) in kind.pairs.enumerated() {
        let restored = try session.restore(pair.input)
        if place == shown { tell(.sample(HeldOutSample(input: pair.input, restored: restored, target: pair.target))) }
        own += TrainingRun.psnr(restored, pair.target)
        if hasInput { input += TrainingRun.psnr(pair.meanOfViews, pair.target) }
      }
      let count = Double(kind.pairs.count)
      return HeldOutResult(name: kind.name, inputPSNR: hasInput ? input / count : nil, psnr: own / count)
    }
    record.results.append(TrainingRecord.Measured(step: record.step, results: results))
    tell(.measured(step: record.step, results))
  }

  /// Where another model's weights make held-out pictures worse than they come in, its last layer begins at a half, a quarter or nothing of
  /// what it was: at nothing, a network that adds its input begins with that.
  ///
  /// - Throws: `TrainingDataError.unfit` where the start is worse all the same.
  private func lowerStart() throws {
    func loss() -> (input: Double, own: Double)? {
      results.compactMap { kind in kind.inputPSNR.map { ($0, kind.psnr) } }.first { $0.1 < $0.0 - 0.05 }
    }
    let configuration = configuration
    let addsItsInput = configuration.upsampler == .none && configuration.inputChannels == configuration.outputChannels
    for factor in [0.5, 0.25, 0] where addsItsInput && loss() != nil {
      for (name, _, values) in weights.tensors(of: weights.values) where name.hasPrefix("conv_last.") {
        weights.write(values.map { $0 * (factor == 0 ? 0 : 0.5) }, of: name, to: weights.values)
      }
      average.copy(from: weights.values)
      tell(.lowered(factor: factor))
      try measure()
    }
    if let loss = loss() {
      throw TrainingDataError.unfit(
        reason: String(
          format:
            "the model to begin with makes held-out pictures worse (%.2f dB) than they come in (%.2f dB); begin with another, or with none",
          loss.own, loss.input))
    }
  }

  /// PSNR of values cut to 0...1, in dB; 100 where they are equal.
  private static func psnr(_ own: Tensor, _ target: Tensor) -> Double {
    let sum = zip(own.values, target.values).reduce(0.0) { sum, pair in
      let difference = Double(min(max(pair.0, 0), 1)) - Double(pair.1)
      return sum + difference * difference
    }
    return min(100, -10 * log10(max(sum / Double(target.values.count), 1e-10)))
  }

  /// Writes the state, whole or not at all.
  private func save() {
    guard let statePath else { return }
    do throws(ImageError) {
      try TrainingState(record, buffers, of: weights).write(to: statePath)
      tell(.saved(step: record.step, failure: nil))
    } catch {
      tell(.saved(step: record.step, failure: "\(error)"))
    }
  }
}
