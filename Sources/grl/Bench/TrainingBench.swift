import Base
import CPUDevice
import Checkpoints
import Foundation
import GRLModel
import GRLTraining
import Restoration
import Tensors
import Trainer

/// What `grl bench --training` measured: whole steps of a training, gradients and AdamW.
struct TrainingBenchReport: Encodable {
  /// A training of the same network by another engine: the same first weights and batches, its steps between ours.
  struct Peer: Encodable {
    let name: String
    let seconds: [Double]
    let medianSeconds: Double
    /// Its median over ours: how many times as fast ours is.
    let ratio: Double
    let peakBytes: Int
    /// Loss of each step.
    let losses: [Double]
    /// Of any step's loss from ours, as a share of ours.
    let largestDifference: Double
    /// Of the mean over the last tenth of the steps.
    let lastDifference: Double
  }

  let network: String
  let patch: Int
  let batch: Int
  let windowSize: Int
  let stripe: [Int]
  let threads: Int
  let instructionSet: String
  /// Each timed step, in the order they ran.
  let seconds: [Double]
  let medianSeconds: Double
  /// Of a step's median: what AdamW took.
  let optimiserSeconds: Double
  let stepsPerSecond: Double
  let patchesPerSecond: Double
  /// Loss of each step.
  let losses: [Double]
  /// Billions of multiplications and additions of a step, counted as three forward passes: what is computed again on the way back is not.
  let gigaflop: Double
  let peakGigaflops: Double
  let shareOfPeak: Double
  var peers: [Peer] = []
  /// The most memory that this process ever held resident.
  let peakBytes: Int
  let machine: String

  var lines: [String] {
    let (fastest, slowest) = (seconds.min() ?? 0, seconds.max() ?? 0)
    return [
      "training \(network), \(batch) patches of \(patch) x \(patch), windows of \(windowSize), stripes \(stripe[0]) x \(stripe[1]), "
        + "\(threads) threads, \(instructionSet) float32",
      "median \((medianSeconds * 1000).fixed(1)) ms a step of \(seconds.count), \((fastest * 1000).fixed(1)) to "
        + "\((slowest * 1000).fixed(1)) ms; AdamW \((optimiserSeconds * 1000).fixed(1)) ms of it",
      "\(stepsPerSecond.fixed(3)) steps, \(patchesPerSecond.fixed(1)) patches a second, peak memory \(MemoryBudget.text(peakBytes))",
      "\(gigaflop.fixed(1)) GFLOP a step (three forward passes), \((gigaflop / medianSeconds).fixed(0)) GFLOP/s: "
        + "\((shareOfPeak * 100).fixed(0)) % of the float32 multiply-add peak of \(peakGigaflops.fixed(0)) GFLOP/s",
      "loss \(losses.first?.fixed(5) ?? "") to \(losses.last?.fixed(5) ?? "")",
    ]
      + peers.map { peer in
        "\(peer.name): median \((peer.medianSeconds * 1000).fixed(1)) ms, \((peer.seconds.min()! * 1000).fixed(1)) to "
          + "\((peer.seconds.max()! * 1000).fixed(1)) ms, ratio \(peer.ratio.fixed(2)), peak memory \(MemoryBudget.text(peer.peakBytes)), "
          + "losses differ by \((peer.largestDifference * 100).fixed(3)) % at most, by \((peer.lastDifference * 100).fixed(3)) % in the last tenth"
      } + ["", machine]
  }
}

/// Steps of a training on generated patches: waves of random direction with white noise of sigma 25, other ones in each step.
struct TrainingBench {
  let name: String
  let configuration: GRLConfiguration
  let checkpoint: Checkpoint
  /// Sizes of patches, windows and stripes; `configuration` has them too.
  let phase: TrainingPreset.Phase
  let device: CPUDevice
  let instructionSet: InstructionSet
  let threads: ThreadLease

  private var patch: Int { phase.patch }
  private var batch: Int { phase.batch }

  /// AdamW's at a step, and that of the other engines: it rises over the first twenty, as `grl train`'s.
  private static func rate(_ step: Int) -> Float { 5e-4 * min(1, Float(step + 1) / 20) }

  /// - Parameters:
  ///   - steps: that are timed, after one that is not.
  ///   - tell: how many are done.
  func run(steps: Int, peers: BenchComparison?, tell: (Int) -> Void) throws -> TrainingBenchReport {
    let weights = try TrainingWeights(checkpoint, configuration: configuration)
    let gradient = try BatchGradient(
      configuration, height: patch, width: patch, count: batch, loss: Loss(), weights: weights, threads: threads,
      device: device)
    let optimiser = try Optimiser(OptimiserSettings(.adamw), of: weights, threads: threads, device: device)
    try peers?.start(checkpoint, configuration, phase, threads: threads.threadCount)
    var (seconds, ofOptimiser, losses): ([Double], [Double], [Double]) = ([], [], [])
    var peak = instructionSet.peakRate(on: threads)
    for step in 0...steps {
      tell(max(0, step - 1))
      let patches = Self.batch(configuration, patch: patch, count: batch, step: step)
      let start = clockSeconds()
      let result = gradient.compute(patches)
      let middle = clockSeconds()
      optimiser.apply(gradient.gradient, rate: Self.rate(step))
      let end = clockSeconds()
      losses.append(result.loss)
      if step > 0 {
        seconds.append(end - start)
        ofOptimiser.append(end - middle)
      }
      try peers?.runAll(patches, rate: Self.rate(step))
    }
    peak = max(peak, instructionSet.peakRate(on: threads))
    let median = BenchReport.median(seconds)
    let gigaflop = try 3 * Double(batch) * forwardGigaflop()
    var report = TrainingBenchReport(
      network: name, patch: patch, batch: batch, windowSize: phase.windowSize,
      stripe: [phase.stripe.rows, phase.stripe.columns],
      threads: threads.threadCount, instructionSet: instructionSet.rawValue, seconds: seconds, medianSeconds: median,
      optimiserSeconds: BenchReport.median(ofOptimiser), stepsPerSecond: 1 / median,
      patchesPerSecond: Double(batch) / median, losses: losses, gigaflop: gigaflop, peakGigaflops: peak / 1e9,
      shareOfPeak: gigaflop * 1e9 / median / peak, peakBytes: try Machine.peakResidentBytes(),
      machine: Machine.description)
    report.peers = try peers?.endTraining(ours: report) ?? []
    return report
  }

  private func forwardGigaflop() throws -> Double {
    let network = try GRL(checkpoint, configuration: configuration, on: device)
    let session = try GRLSession(network: network, height: patch, width: patch, threads: threads)
    let profile = Profile()
    let shape = Shape(height: patch, width: patch, channels: configuration.inputChannels)
    _ = session.restore(Tensor(shape: shape, repeating: 0.5), profile: profile)
    return profile.entries.reduce(0) { $0 + $1.floatingPointOperations } / 1e9
  }

  private static func batch(_ configuration: GRLConfiguration, patch: Int, count: Int, step: Int) -> Batch {
    let (inputs, outputs, scale) = (configuration.inputChannels, configuration.outputChannels, configuration.upscale)
    let side = patch * scale
    var batch = Batch(inputs: [], targets: [])
    for index in 0..<count {
      var random = RandomStream(seed: 1, step: step, patch: index, purpose: .damage)
      let waves = (0..<4).map { _ in
        (y: random.uniform(-0.4, 0.4), x: random.uniform(-0.4, 0.4), phase: random.uniform(0, 6.28))
      }
      /// The picture at a place of the target.
      func value(_ y: Float, _ x: Float, _ channel: Int) -> Float {
        waves.reduce(0.5) { $0 + 0.1 * sin($1.y * y + $1.x * x + $1.phase + Float(channel)) }
      }
      for y in 0..<side {
        for x in 0..<side {
          for channel in 0..<outputs { batch.targets.append(value(Float(y), Float(x), channel)) }
        }
      }
      for y in 0..<patch {
        for x in 0..<patch {
          for channel in 0..<inputs {
            let middle = Float(scale - 1) / 2
            let clean = value(Float(y * scale) + middle, Float(x * scale) + middle, channel % outputs)
            batch.inputs.append(clean + random.normal() * 25 / 255)
          }
        }
      }
    }
    return batch
  }
}
