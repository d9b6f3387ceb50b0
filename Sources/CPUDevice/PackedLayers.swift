import CKernels
import Tensors

/// Immutable float32 values at a fixed, aligned address, with the slack that kernels may read.
package final class Parameters: @unchecked Sendable {  // written in `init` only
  package let base: UnsafePointer<Float>
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

/// Immutable bfloat16 values at a fixed, aligned address: half a float32 each.
final class RoundedParameters: @unchecked Sendable {  // written in `init` only
  let base: UnsafePointer<grl_bf16>
  let count: Int

  init(count: Int, _ fill: (UnsafeMutablePointer<grl_bf16>) -> Void) {
    self.count = count
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<grl_bf16>.stride, alignment: 64)
      .bindMemory(to: grl_bf16.self, capacity: count)
    memory.initialize(repeating: 0, count: count)
    fill(memory)
    base = UnsafePointer(memory)
  }

  deinit { base.deallocate() }

  var bytes: Int { count * MemoryLayout<grl_bf16>.stride }
}

/// The right factor of a layer's product, packed for its kernels.
enum PackedWeights: Sendable {
  case float32(Parameters)
  case rounded(RoundedParameters)
  /// 36 packed planes of a convolution, one after the other.
  case winograd(Parameters)

  /// - Parameters:
  ///   - matrix: element (row, column) lies at `row * rowStride + column * columnStride`.
  ///   - segments: equal runs of rows that the left factor reads from different places.
  init(
    _ matrix: [Float], rowStride: Int, columnStride: Int, segments: Int = 1, rows: Int, columns: Int,
    for device: CPUDevice
  ) {
    switch device.precision {
    case .float32:
      let table = device.instructionSet.kernels.table
      self = .float32(
        Parameters(count: grl_packed_size(table, Int32(rows), Int32(columns))) {
          grl_pack(table, matrix, rowStride, columnStride, Int32(rows), Int32(columns), $0)
        })
    case .bfloat16:
      let run = Int32(rows / segments)
      self = .rounded(
        RoundedParameters(count: grl_bf16_packed_size(Int32(segments), run, Int32(columns))) {
          grl_bf16_pack(matrix, rowStride, columnStride, Int32(segments), run, Int32(columns), $0)
        })
    }
  }

  var bytes: Int {
    switch self {
    case .float32(let values): values.bytes
    case .rounded(let values): values.bytes
    case .winograd(let values): values.bytes
    }
  }

  var isRounded: Bool {
    if case .rounded = self { true } else { false }
  }

  /// A 3x3 convolution's weights `[outputs, inputs, 3, 3]`, transformed for Winograd's method.
  init(winograd weights: [Float], inputs: Int, outputs: Int, for instructionSet: InstructionSet) {
    let table = instructionSet.kernels.table
    let plane = inputs * outputs
    var planes = [Float](repeating: 0, count: 36 * plane)
    grl_winograd_weights(weights, Int32(inputs), Int32(outputs), &planes)
    let packed = grl_packed_size(table, Int32(inputs), Int32(outputs))
    self = .winograd(
      Parameters(count: 36 * packed) { memory in
        planes.withUnsafeBufferPointer { planes in
          for index in 0..<36 {
            grl_pack(
              table, planes.baseAddress! + index * plane, outputs, 1, Int32(inputs), Int32(outputs),
              memory + index * packed)
          }
        }
      })
  }
}

extension Activation {
  package var kind: grl_activation {
    switch self {
    case .none: GRL_LINEAR
    case .relu: GRL_RELU
    case .leakyReLU: GRL_LEAKY_RELU
    case .gelu: GRL_GELU
    }
  }

  package var slope: Float {
    if case .leakyReLU(let slope) = self { return slope }
    return 0
  }
}

/// A linear layer `y = activation(W x + b)` on each pixel, its weights packed for one device.
struct PackedLinear: PackedData {
  let inputs: Int
  let outputs: Int
  let weights: PackedWeights
  let bias: Parameters?
  let activation: Activation

  /// - Parameters:
  ///   - weights: `[outputs, inputs]`, row-major, as PyTorch stores them.
  ///   - bias: `[outputs]`, or nil.
  init(
    weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation,
    for device: CPUDevice
  ) {
    precondition(weights.count == inputs * outputs && bias.map { $0.count == outputs } ?? true)
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    self.bias = bias.map { Parameters($0) }
    self.weights = PackedWeights(
      weights, rowStride: 1, columnStride: inputs, rows: inputs, columns: outputs, for: device)
  }

  var bytes: Int { weights.bytes + (bias?.bytes ?? 0) }
}

/// A 3x3 convolution with zero padding 1, its weights packed for one device.
struct PackedConvolution: PackedData {
  let inputs: Int
  let outputs: Int
  let weights: PackedWeights
  let bias: Parameters
  let activation: Activation

  /// - Parameters:
  ///   - weights: `[outputs, inputs, 3, 3]`, row-major, correlation (no flip), as PyTorch stores them.
  ///   - bias: `[outputs]`.
  init(
    weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation,
    for device: CPUDevice
  ) {
    precondition(weights.count == 9 * inputs * outputs && bias.count == outputs)
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    self.bias = Parameters(bias)
    // Pixels of a picture keep all their bits.
    let isPicture = inputs < CPUDevice.transformedInputs
    if device.precision == .float32 && device.method(ofConvolutionWith: inputs) == .winograd {
      self.weights = PackedWeights(
        winograd: weights, inputs: inputs, outputs: outputs, for: device.instructionSet)
      return
    }
    // Taps become the outer part of the depth: [ky, kx, input] x [output], the order in which channels-last pixels lie.
    var matrix = [Float](repeating: 0, count: weights.count)
    for output in 0..<outputs {
      for input in 0..<inputs {
        for tap in 0..<9 {
          matrix[(tap * inputs + input) * outputs + output] = weights[(output * inputs + input) * 9 + tap]
        }
      }
    }
    self.weights = PackedWeights(
      matrix, rowStride: outputs, columnStride: 1, segments: 3, rows: 9 * inputs, columns: outputs,
      for: isPicture ? CPUDevice(device.instructionSet) : device)
  }

  var bytes: Int { weights.bytes + bias.bytes }
}

/// Layer normalisation over the channels of each pixel: epsilon 1e-5, biased variance, affine.
struct PackedLayerNorm: PackedData {
  let channels: Int
  let gamma: Parameters
  let beta: Parameters

  /// - Parameters: scale and offset, `[channels]` each.
  init(gamma: [Float], beta: [Float]) {
    precondition(gamma.count == beta.count)
    channels = gamma.count
    self.gamma = Parameters(gamma)
    self.beta = Parameters(beta)
  }

  var bytes: Int { gamma.bytes + beta.bytes }
}

/// A channel gate's weights as they are: the products are too small for kernels.
struct PackedGate: PackedData {
  let weights: ChannelGate.Weights

  var bytes: Int { (weights.reduce.count + weights.expand.count) * MemoryLayout<Float>.stride }
}
