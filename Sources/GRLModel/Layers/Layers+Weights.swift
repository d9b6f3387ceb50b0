import Checkpoints
import Tensors

// How the basic layers find their weights; names as in published checkpoints.

extension Linear {
  /// `weight` `[outputs, inputs]` and, where `hasBias`, `bias` `[outputs]`.
  init(
    _ weights: WeightScope, in inputs: Int, out outputs: Int, hasBias: Bool = true, activation: Activation = .none,
    isExact: Bool = false, on device: any Device
  ) {
    self.init(
      weights: weights.floats("weight", [outputs, inputs]), bias: hasBias ? weights.floats("bias", [outputs]) : nil,
      inputs: inputs, outputs: outputs, activation: activation, isExact: isExact, on: device)
  }
}

extension Convolution {
  /// `weight` `[outputs, inputs, 3, 3]` and `bias` `[outputs]`.
  init(
    _ weights: WeightScope, in inputs: Int, out outputs: Int, activation: Activation = .none,
    on device: any Device
  ) {
    self.init(
      weights: weights.floats("weight", [outputs, inputs, 3, 3]), bias: weights.floats("bias", [outputs]),
      inputs: inputs,
      outputs: outputs, activation: activation, on: device)
  }
}

extension LayerNorm {
  /// `weight` and `bias` `[channels]`.
  init(_ weights: WeightScope, channels: Int, on device: any Device) {
    self.init(gamma: weights.floats("weight", [channels]), beta: weights.floats("bias", [channels]), on: device)
  }
}
