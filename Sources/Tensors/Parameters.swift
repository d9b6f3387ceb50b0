import CKernels

/// Immutable float32 values at a fixed, aligned address, with the slack that kernels may read.
final class Parameters: @unchecked Sendable {  // written in `init` only
  let base: UnsafePointer<Float>
  let count: Int

  init(count: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) {
    self.count = count
    let total = count + Int(GRL_SLACK)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: total * 4, alignment: 64).bindMemory(
      to: Float.self, capacity: total)
    memory.initialize(repeating: 0, count: total)
    fill(memory)
    base = UnsafePointer(memory)
  }

  convenience init(_ values: [Float]) {
    self.init(count: values.count) { memory in
      for (index, value) in values.enumerated() { memory[index] = value }
    }
  }

  /// Stands for `count` values in a pass that only measures; nobody may read them.
  init(measuring count: Int) {
    self.count = count
    base = UnsafePointer(UnsafeMutablePointer<Float>.allocate(capacity: 1))
  }

  deinit { base.deallocate() }

  var bytes: Int { count * MemoryLayout<Float>.stride }
}

/// What is applied to the result of a linear layer or convolution, value by value.
public enum Activation: Sendable {
  case none
  case relu
  /// Values below zero times `slope`.
  case leakyReLU(slope: Float)
  /// `x * Phi(x)` with the normal distribution's Phi, not the tanh approximation.
  case gelu

  var kind: grl_activation {
    switch self {
    case .none: GRL_LINEAR
    case .relu: GRL_RELU
    case .leakyReLU: GRL_LEAKY_RELU
    case .gelu: GRL_GELU
    }
  }

  var slope: Float {
    if case .leakyReLU(let slope) = self { return slope }
    return 0
  }
}

/// A linear layer `y = activation(W x + b)` on each pixel, its weights packed for one instruction set.
public struct Linear: Sendable {
  public let inputs: Int
  public let outputs: Int
  let weights: Parameters
  let bias: Parameters?
  let activation: Activation

  /// - Parameters:
  ///   - weights: `[outputs, inputs]`, row-major, as PyTorch stores them.
  ///   - bias: `[outputs]`, or nil.
  public init(
    weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation = .none,
    for instructionSet: InstructionSet
  ) {
    precondition(weights.count == inputs * outputs && bias.map { $0.count == outputs } ?? true)
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    self.bias = bias.map { Parameters($0) }
    let kernels = instructionSet.kernels
    self.weights = Parameters(count: grl_packed_size(kernels.table, Int32(inputs), Int32(outputs))) { memory in
      grl_pack(kernels.table, weights, 1, inputs, Int32(inputs), Int32(outputs), memory)
    }
  }

  public var bytes: Int { weights.bytes + (bias?.bytes ?? 0) }
}

/// A 3x3 convolution with zero padding 1, its weights packed for one instruction set.
public struct Convolution: Sendable {
  public let inputs: Int
  public let outputs: Int
  let weights: Parameters
  let bias: Parameters
  let activation: Activation

  /// - Parameters:
  ///   - weights: `[outputs, inputs, 3, 3]`, row-major, correlation (no flip), as PyTorch stores them.
  ///   - bias: `[outputs]`.
  public init(
    weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation = .none,
    for instructionSet: InstructionSet
  ) {
    precondition(weights.count == 9 * inputs * outputs && bias.count == outputs)
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    self.bias = Parameters(bias)
    // Taps become the outer part of the depth: [ky, kx, input] x [output], the order in which channels-last pixels lie.
    var matrix = [Float](repeating: 0, count: weights.count)
    for output in 0..<outputs {
      for input in 0..<inputs {
        for tap in 0..<9 {
          matrix[(tap * inputs + input) * outputs + output] = weights[(output * inputs + input) * 9 + tap]
        }
      }
    }
    let kernels = instructionSet.kernels
    self.weights = Parameters(count: grl_packed_size(kernels.table, Int32(9 * inputs), Int32(outputs))) { memory in
      grl_pack(kernels.table, matrix, outputs, 1, Int32(9 * inputs), Int32(outputs), memory)
    }
  }

  public var bytes: Int { weights.bytes + bias.bytes }
}

/// Layer normalisation over the channels of each pixel: epsilon 1e-5, biased variance, affine.
public struct LayerNorm: Sendable {
  public let channels: Int
  let gamma: Parameters
  let beta: Parameters

  /// - Parameters: scale and offset, `[channels]` each.
  public init(gamma: [Float], beta: [Float]) {
    precondition(gamma.count == beta.count)
    channels = gamma.count
    self.gamma = Parameters(gamma)
    self.beta = Parameters(beta)
  }

  public var bytes: Int { gamma.bytes + beta.bytes }
}
