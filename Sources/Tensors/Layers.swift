import Foundation

/// What is applied to the result of a linear layer or convolution, value by value.
public enum Activation: Hashable, Sendable {
  case none
  case relu
  /// Values below zero times `slope`.
  case leakyReLU(slope: Float)
  /// `x * Phi(x)` with the normal distribution's Phi, not the tanh approximation.
  case gelu
}

/// A linear layer `y = activation(W x + b)` on each pixel, packed by a device.
public struct Linear: Sendable {
  public let inputs: Int
  public let outputs: Int
  package let packed: any PackedData

  /// - Parameters:
  ///   - weights: `[outputs, inputs]`, row-major, as PyTorch stores them.
  ///   - bias: `[outputs]`, or nil.
  ///   - isExact: whether it is computed in float32 whatever the device's precision.
  public init(
    weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation = .none, isExact: Bool = false,
    on device: any Device
  ) {
    precondition(weights.count == inputs * outputs && bias.map { $0.count == outputs } ?? true)
    self.inputs = inputs
    self.outputs = outputs
    packed = device.pack(
      linear: weights, bias: bias, inputs: inputs, outputs: outputs, activation: activation, isExact: isExact)
  }

  public var bytes: Int { packed.bytes }
}

/// A 3x3 convolution with zero padding 1, packed by a device.
public struct Convolution: Sendable {
  public let inputs: Int
  public let outputs: Int
  package let packed: any PackedData

  /// - Parameters:
  ///   - weights: `[outputs, inputs, 3, 3]`, row-major, correlation (no flip), as PyTorch stores them.
  ///   - bias: `[outputs]`.
  public init(
    weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation = .none, on device: any Device
  ) {
    precondition(weights.count == 9 * inputs * outputs && bias.count == outputs)
    self.inputs = inputs
    self.outputs = outputs
    packed = device.pack(convolution: weights, bias: bias, inputs: inputs, outputs: outputs, activation: activation)
  }

  public var bytes: Int { packed.bytes }
}

/// Layer normalisation over the channels of each pixel: epsilon 1e-5, biased variance, affine.
public struct LayerNorm: Sendable {
  public let channels: Int
  package let packed: any PackedData

  /// - Parameters: scale and offset, `[channels]` each.
  public init(gamma: [Float], beta: [Float], on device: any Device) {
    precondition(gamma.count == beta.count)
    channels = gamma.count
    packed = device.pack(layerNorm: gamma, beta: beta)
  }

  public var bytes: Int { packed.bytes }
}

/// Queries, keys and values of one head of attention: one linear layer, computed cell by cell where they are needed.
///
/// Source: paper section 3.3; a head's share of the checkpoint's `attn.qkv.body` (Docs/Network.md section 4).
public struct HeadProjection: Sendable {
  public let inputs: Int
  /// Channels of the head.
  public let width: Int
  package let packed: any PackedData

  /// - Parameters:
  ///   - weights: `[3 * width, inputs]`, row-major: rows of queries, keys, values.
  ///   - bias: `[3 * width]`, or nil.
  public init(weights: [Float], bias: [Float]?, inputs: Int, width: Int, on device: any Device) {
    precondition(weights.count == 3 * width * inputs && bias.map { $0.count == 3 * width } ?? true)
    self.inputs = inputs
    self.width = width
    packed = device.pack(headProjection: weights, bias: bias, inputs: inputs, width: width)
  }

  public var bytes: Int { packed.bytes }
}

/// Weights of channels from their means: `sigmoid(W2 relu(W1 mean + b1) + b2)` (Docs/Network.md section 3).
public struct ChannelGate: Sendable {
  public struct Weights: Sendable {
    /// `[hidden, channels]` and `[hidden]`.
    public let reduce: [Float]
    public let reduceBias: [Float]
    /// `[channels, hidden]` and `[channels]`.
    public let expand: [Float]
    public let expandBias: [Float]

    public init(reduce: [Float], reduceBias: [Float], expand: [Float], expandBias: [Float]) {
      precondition(reduce.count == expand.count && reduce.count == reduceBias.count * expandBias.count)
      self.reduce = reduce
      self.reduceBias = reduceBias
      self.expand = expand
      self.expandBias = expandBias
    }

    /// `[C]` means to `[C]` weights in 0...1.
    package func channelWeights(_ means: [Float]) -> [Float] {
      let (width, hiddenWidth) = (means.count, reduceBias.count)
      let hidden = (0..<hiddenWidth).map { row in
        max(0, (0..<width).reduce(reduceBias[row]) { $0 + reduce[row * width + $1] * means[$1] })
      }
      return (0..<width).map { channel in
        let sum = (0..<hiddenWidth).reduce(expandBias[channel]) {
          $0 + expand[channel * hiddenWidth + $1] * hidden[$1]
        }
        return 1 / (1 + exp(-sum))
      }
    }
  }

  public let channels: Int
  package let packed: any PackedData

  public init(_ weights: Weights, on device: any Device) {
    channels = weights.expandBias.count
    packed = device.pack(weights)
  }

  public var bytes: Int { packed.bytes }
}

/// The local branch of a block: features `[H, W, C]` and the weight of each channel, `[1, 1, C]`.
public struct GatedFeatures {
  public let features: FeatureMap
  public let gate: FeatureMap

  public init(features: FeatureMap, gate: FeatureMap) {
    precondition(gate.pixels == 1 && gate.channels == features.channels)
    self.features = features
    self.gate = gate
  }
}
