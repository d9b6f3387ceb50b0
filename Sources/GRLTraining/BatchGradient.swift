import CKernels
import CPUDevice
import Checkpoints
import GRLModel
import Tensors

/// Patches of one size and the results that are wanted of them.
public struct Batch: Sendable {
  /// `[patches, height, width, input channels]`, values in 0...1.
  public var inputs: [Float]
  /// `[patches, height * upscale, width * upscale, output channels]`.
  public var targets: [Float]

  public init(inputs: [Float], targets: [Float]) { (self.inputs, self.targets) = (inputs, targets) }
}

/// What a batch came to.
public struct BatchResult: Sendable, Hashable {
  /// Mean loss of its values, without the spectrum's part.
  public var loss: Double
  /// Mean square difference of its values.
  public var meanSquare: Double
  /// The whole loss, with the spectrum's part.
  public var total: Double
}

/// The gradient of a loss over batches of patches of one size, on the processor.
///
/// Patches are computed in parallel, each by one thread. Their gradients are summed in an order that does not depend on the threads, so
/// that a batch gives the same bytes however many there are. Memory is taken once, when this object is made.
///
/// Not thread-safe: one call at a time.
public final class BatchGradient {
  public let configuration: GRLConfiguration
  /// Patches of a batch.
  public let count: Int

  private let network: TrainedNetwork
  private let loss: PatchLoss
  private let threads: ThreadLease
  /// Keeps what `step` points to.
  private let weights: TrainingWeights
  private let step: StepWeights
  private let packed: HostMemory
  private let biasTables: HostMemory
  private let isBounded: UnsafeMutablePointer<Bool>
  /// Memory of each thread.
  private let lanes: HostMemory
  private let laneFloats: Int
  private let sums: [Sum]

  /// Gradients of some patches of a batch: a thread's alone while it adds to them.
  private struct Sum {
    let gradients: ParameterBuffer
    let biasGradients: HostMemory
  }

  /// Sums that a batch has at most; each takes as much memory as the weights.
  private static let mostSums = 16

  /// - Parameters:
  ///   - height, width: of a patch as it comes in.
  ///   - count: patches of a batch.
  ///   - weights: where they lie; read anew for each batch.
  /// - Throws: `OutOfMemory`.
  public init(
    _ configuration: GRLConfiguration, height: Int, width: Int, count: Int, loss: Loss, weights: TrainingWeights,
    threads: ThreadLease, device: CPUDevice = CPUDevice()
  ) throws(OutOfMemory) {
    precondition(count > 0)
    self.configuration = configuration
    self.count = count
    self.threads = threads
    network = TrainedNetwork(configuration, height: height, width: width, on: device)
    precondition(weights.parameters == network.parameters)
    self.loss = PatchLoss(loss, shape: network.outputShape, kernels: device.kernelTable)
    packed = try HostMemory(floats: network.packedFloats + slackFloats)
    biasTables = try HostMemory(floats: network.biasFloats + slackFloats)
    isBounded = .allocate(capacity: network.biasHeads)
    isBounded.initialize(repeating: false, count: network.biasHeads)
    step = StepWeights(
      kernels: device.kernelTable, training: device.trainingTable, weights: weights.values.base, packed: packed.base,
      biases: biasTables.base, isBounded: isBounded)
    self.weights = weights
    laneFloats = BatchGradient.laneFloats(network, step, self.loss)
    lanes = try HostMemory(floats: laneFloats * threads.threadCount)
    var sums: [Sum] = []
    for _ in 0..<min(count, BatchGradient.mostSums) {
      sums.append(
        Sum(
          gradients: try ParameterBuffer(floats: network.parameterFloats),
          biasGradients: try HostMemory(floats: network.biasFloats + slackFloats)))
    }
    self.sums = sums
  }

  deinit { isBounded.deallocate() }

  /// Floats that the busiest way of a lane takes: found by going it on a lane that only measures.
  private static func laneFloats(_ network: TrainedNetwork, _ step: StepWeights, _ loss: PatchLoss) -> Int {
    let lane = Lane(step, memory: nil, gradients: step.weights, biasGradients: step.biases)
    network.pass(nil, on: lane) { _, _ in }
    for bias in network.biases {
      bias.prepare(on: lane)
      bias.backward(on: lane)
    }
    return (lane.peak + loss.scratchFloats + slackFloats).rounded(upTo: 1 << 10)
  }

  /// Bytes that this object holds.
  public var bytes: Int {
    4
      * (laneFloats * threads.threadCount + network.packedFloats + network.biasFloats
        + sums.count * (network.parameterFloats + network.biasFloats))
  }

  private func lane(_ worker: Int, addingTo sum: Sum) -> Lane {
    Lane(
      step, memory: lanes.base + worker * laneFloats, gradients: sum.gradients.base,
      biasGradients: sum.biasGradients.base)
  }

  /// The mean loss of a batch; `gradient` holds its gradient until the next call.
  public func compute(_ batch: Batch) -> BatchResult {
    let (inputs, outputs) = (network.inputShape.count, network.outputShape.count)
    precondition(batch.inputs.count == count * inputs && batch.targets.count == count * outputs)
    prepare()
    var losses = [Double](repeating: 0, count: count)
    var (squares, spectra) = (losses, losses)
    let share = 1 / Float(count)
    batch.inputs.withUnsafeBufferPointer { input in
      batch.targets.withUnsafeBufferPointer { target in
        losses.withUnsafeMutableBufferPointer { losses in
          squares.withUnsafeMutableBufferPointer { squares in
            spectra.withUnsafeMutableBufferPointer { spectra in
              // Each element by one task.
              nonisolated(unsafe) let (losses, squares, spectra) = (losses, squares, spectra)
              threads.run(count: sums.count) { index, worker in
                let sum = sums[index]
                sum.gradients.base.update(repeating: 0, count: network.parameterFloats)
                sum.biasGradients.base.update(repeating: 0, count: network.biasFloats)
                let lane = lane(worker, addingTo: sum)
                for patch in stride(from: index, to: count, by: sums.count) {
                  network.pass(input.baseAddress! + patch * inputs, on: lane) { restored, gradient in
                    (losses[patch], squares[patch], spectra[patch]) = loss(
                      restored, target.baseAddress! + patch * outputs, share: share, gradient: gradient, on: lane)
                  }
                }
              }
            }
          }
        }
      }
    }
    total()
    let (bias, first) = (network.biases, lane)
    threads.run(count: bias.count) { index, worker in bias[index].backward(on: first(worker, sums[0])) }
    let mean = losses.reduce(0, +) / Double(count)
    return BatchResult(
      loss: mean, meanSquare: squares.reduce(0, +) / Double(count),
      total: mean + spectra.reduce(0, +) / Double(count))
  }

  /// The gradient of the last batch.
  public var gradient: ParameterBuffer { sums[0].gradients }

  /// Packs weights and computes tables of biases.
  private func prepare() {
    let (packers, biases) = (network.packers, network.biases)
    threads.run(count: packers.count + biases.count) { index, worker in
      if index < biases.count {
        biases[index].pack(step)
        biases[index].prepare(on: lane(worker, addingTo: sums[0]))
      } else {
        packers[index - biases.count](step)
      }
    }
  }

  /// Adds all sums to the first, in order.
  private func total() {
    let part = 1 << 14
    func add(_ floats: Int, _ base: @escaping (Sum) -> UnsafeMutablePointer<Float>) {
      threads.run(count: (floats + part - 1) / part) { index, _ in
        let count = min(part, floats - index * part)
        for sum in sums.dropFirst() { grl_blend(base(sums[0]) + index * part, 1, base(sum) + index * part, 1, count) }
      }
    }
    add(network.parameterFloats) { $0.gradients.base }
    add(network.biasFloats) { $0.biasGradients.base }
  }
}

/// The weights of a network in training.
public final class TrainingWeights {
  public let configuration: GRLConfiguration
  public let parameters: [Parameter]
  public let values: ParameterBuffer

  /// Zeros.
  private init(_ configuration: GRLConfiguration, floats: Int, parameters: [Parameter]) throws(OutOfMemory) {
    (self.configuration, self.parameters) = (configuration, parameters)
    values = try ParameterBuffer(floats: floats)
  }

  /// Those of a checkpoint.
  ///
  /// - Throws: `CheckpointError.mismatch` with everything that does not fit `configuration`; `OutOfMemory`.
  public convenience init(_ checkpoint: Checkpoint, configuration: GRLConfiguration) throws {
    let side = configuration.padMultiple
    let network = TrainedNetwork(configuration, height: side, width: side, on: CPUDevice())
    try self.init(configuration, floats: network.parameterFloats, parameters: network.parameters)
    let scope = WeightScope(checkpoint)
    for parameter in parameters { parameter.write(scope.floats(parameter.name, parameter.shape), to: values.base) }
    try scope.finish()
  }

  /// Bytes of a buffer with a number for each parameter.
  public var bytes: Int { values.floats * MemoryLayout<Float>.stride }

  /// Another buffer with a number for each parameter, zeros.
  public func buffer() throws(OutOfMemory) -> ParameterBuffer { try ParameterBuffer(floats: values.floats) }

  /// The tensors of a buffer by name, in the shapes and order of checkpoints.
  public func tensors(of buffer: ParameterBuffer) -> [(name: String, shape: [Int], values: [Float])] {
    parameters.map { ($0.name, $0.shape, $0.read(from: buffer.base)) }
  }

  /// Puts the values of a tensor into a buffer.
  ///
  /// - Precondition: a parameter of that name and size exists.
  public func write(_ values: [Float], of name: String, to buffer: ParameterBuffer) {
    parameters.first { $0.name == name }!.write(values, to: buffer.base)
  }
}
