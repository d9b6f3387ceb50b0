import CKernels
import CPUDevice
import GRLModel
import Tensors

/// The gradient of a function of the restored picture with respect to the picture that came in.
///
/// Not thread-safe: one call at a time, on one thread.
public final class InputGradient {
  public let inputShape: Shape
  public let outputShape: Shape

  private let network: TrainedNetwork
  /// Keeps what `lane` points to.
  private let weights: TrainingWeights
  private let memory: [HostMemory]
  private let isBounded: UnsafeMutablePointer<Bool>
  private let lane: Lane

  /// - Parameters:
  ///   - height, width: of the pictures.
  ///   - limitBytes: more memory is not asked for: what a pass keeps for its way back grows with the pixels.
  /// - Throws: `OutOfMemory`, with the bytes that it would take.
  public init(
    _ weights: TrainingWeights, height: Int, width: Int, limitBytes: Int = .max, device: CPUDevice = CPUDevice()
  ) throws(OutOfMemory) {
    let network = TrainedNetwork(
      weights.configuration, height: height, width: width, wantsInputGradient: true, on: device)
    precondition(weights.parameters == network.parameters)
    (self.weights, self.network) = (weights, network)
    (inputShape, outputShape) = (network.inputShape, network.outputShape)
    let packed = try HostMemory(floats: network.packedFloats + slackFloats)
    let tables = try HostMemory(floats: network.biasFloats + slackFloats)
    let gradients = try HostMemory(floats: network.parameterFloats + slackFloats)
    let biasGradients = try HostMemory(floats: network.biasFloats + slackFloats)
    isBounded = .allocate(capacity: network.biasHeads)
    isBounded.initialize(repeating: false, count: network.biasHeads)
    let step = StepWeights(
      kernels: device.kernelTable, training: device.trainingTable, weights: weights.values.base, packed: packed.base,
      biases: tables.base, isBounded: isBounded)
    func lane(_ memory: UnsafeMutablePointer<Float>?) -> Lane {
      Lane(step, memory: memory, gradients: gradients.base, biasGradients: biasGradients.base)
    }
    let measure = lane(nil)
    network.pass(nil, on: measure) { _, _ in }
    for bias in network.biases { bias.prepare(on: measure) }
    let tableFloats = network.packedFloats + 2 * network.biasFloats + network.parameterFloats
    let bytes = (measure.peak + tableFloats + 5 * slackFloats) * MemoryLayout<Float>.stride
    guard bytes <= limitBytes else {
      isBounded.deallocate()
      throw OutOfMemory(bytes: bytes)
    }
    let floats = try HostMemory(floats: measure.peak + slackFloats)
    memory = [packed, tables, gradients, biasGradients, floats]
    self.lane = lane(floats.base)
    for pack in network.packers { pack(step) }
    for bias in network.biases {
      bias.pack(step)
      bias.prepare(on: self.lane)
    }
  }

  deinit { isBounded.deallocate() }

  /// One pass forward and back.
  ///
  /// - Parameters:
  ///   - input: `inputShape`, values in 0...1.
  ///   - gradient: is given the restored picture, `outputShape`, and says the gradient of the function with respect to it.
  /// - Returns: the gradient with respect to `input`.
  public func compute(_ input: Tensor, gradient: (_ restored: [Float]) -> [Float]) -> Tensor {
    precondition(input.shape == inputShape)
    var result = Tensor(shape: inputShape)
    let count = outputShape.count
    input.values.withUnsafeBufferPointer { input in
      result.values.withUnsafeMutableBufferPointer { target in
        network.pass(input.baseAddress!, on: lane, inputGradient: target.baseAddress!) { restored, dRestored in
          let wanted = gradient(Array(UnsafeBufferPointer(start: restored, count: count)))
          precondition(wanted.count == count)
          wanted.withUnsafeBufferPointer { dRestored.update(from: $0.baseAddress!, count: count) }
        }
      }
    }
    return result
  }
}
