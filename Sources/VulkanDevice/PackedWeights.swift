import Foundation
import Tensors

// Weights and geometry as the kernels read them.

/// A linear layer or convolution. For each output a row: of each tap the inputs, padded with zeros to a multiple of four, then the bias and
/// three zeros. Heads that are made one after the other so become one matrix.
struct CardProduct: PackedData {
  let weights: StoredWeights
  let inputs: Int
  let outputs: Int
  let taps: Int
  let activation: Activation

  /// - Parameter weights: `[outputs, inputs, taps]`.
  init(
    _ weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, taps: Int, activation: Activation,
    on context: VulkanContext
  ) {
    let padded = (inputs + 3) / 4 * 4
    let row = taps * padded + 4
    var rows = [Float](repeating: 0, count: outputs * row)
    for output in 0..<outputs {
      for tap in 0..<taps {
        for input in 0..<inputs {
          rows[output * row + tap * padded + input] = weights[(output * inputs + input) * taps + tap]
        }
      }
      if let bias { rows[output * row + taps * padded] = bias[output] }
    }
    self.weights = context.store(rows)
    (self.inputs, self.outputs, self.taps, self.activation) = (inputs, outputs, taps, activation)
  }

  var bytes: Int { weights.bytes }
  /// Of one output, in bytes.
  var rowBytes: Int { bytes / outputs }
}

/// Scale and offset, `[2, channels]`.
struct CardNorm: PackedData {
  let values: StoredWeights
  var bytes: Int { values.bytes }
}

/// `[hidden, channels]`, `[hidden]`, `[channels, hidden]`, `[channels]`.
struct CardGate: PackedData {
  let values: StoredWeights
  let hidden: Int
  var bytes: Int { values.bytes }
}

/// Kernels compute places and masks themselves.
struct CardCells: PackedData {
  var bytes: Int { 0 }
}

/// Temperatures of the heads and, from the next multiple of 16 on, their biases, all times log2(e).
struct CardRule: PackedData {
  /// Nil in a pass that measures.
  let values: StoredWeights?
  let bytes: Int

  init(biases: [Float]?, temperatures: [Float], entries: Int, on context: VulkanContext) {
    let head = (temperatures.count + 15) / 16 * 16
    bytes = 4 * (head + temperatures.count * entries)
    guard let biases else {
      values = nil
      return
    }
    let scale = Float(M_LOG2E)
    var numbers = temperatures.map { $0 * scale }
    numbers += [Float](repeating: 0, count: head - temperatures.count)
    numbers += biases.map { $0 * scale }
    values = context.store(numbers)
  }
}
