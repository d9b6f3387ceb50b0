import Checkpoints
import Foundation
import Tensors

/// The local branch of GRL-B: two 3x3 convolutions and a channel gate (paper section 3.3; checkpoint scope `conv.cab`).
///
///     u = conv(gelu(conv(x)));   gate = sigmoid(W2 relu(W1 mean(u)));   result = u * gate
struct ChannelAttentionBlock: Sendable {
  let squeeze: Convolution
  let expand: Convolution
  private let reduced: Int
  private let reduceWeights: [Float]
  private let reduceBias: [Float]
  private let gateWeights: [Float]
  private let gateBias: [Float]

  /// Widths: C to C / 4 and back; the gate's hidden layer has C / 18 channels.
  init(_ weights: WeightScope, width: Int, for arithmetic: Arithmetic) {
    let squeezed = width / 4
    reduced = width / 18
    squeeze = Convolution(weights[0], in: width, out: squeezed, activation: .gelu, for: arithmetic)
    expand = Convolution(weights[2], in: squeezed, out: width, for: arithmetic)
    let gate = weights[3]["attention"]
    reduceWeights = gate[1].floats("weight", [reduced, width, 1, 1])
    reduceBias = gate[1].floats("bias", [reduced])
    gateWeights = gate[3].floats("weight", [width, reduced, 1, 1])
    gateBias = gate[3].floats("bias", [width])
  }

  /// `[H, W, C]` and the weight of each channel. The mean runs over all pixels of the padded map.
  func callAsFunction(_ x: FeatureMap, on compute: Compute, name: String) -> Compute.GatedFeatures {
    let u = compute.workspace.map(height: x.height, width: x.width, channels: x.channels)
    compute.workspace.scope {
      let squeezed = compute.workspace.map(height: x.height, width: x.width, channels: squeeze.outputs)
      compute.apply(squeeze, to: x, into: squeezed)
      compute.apply(expand, to: squeezed, into: u)
    }
    let gate = channelWeights(compute.channelMeans(u))
    let gated = Compute.GatedFeatures(features: u, gate: gate)
    compute.trace(gated, name: name + ".cab")
    return gated
  }

  /// The gate: `[C]` means to `[C]` weights in 0...1.
  func channelWeights(_ means: [Float]) -> [Float] {
    let width = means.count
    let hidden = (0..<reduced).map { row in
      max(0, (0..<width).reduce(reduceBias[row]) { $0 + reduceWeights[row * width + $1] * means[$1] })
    }
    return (0..<width).map { channel in
      let sum = (0..<reduced).reduce(gateBias[channel]) { $0 + gateWeights[channel * reduced + $1] * hidden[$1] }
      return 1 / (1 + exp(-sum))
    }
  }

  var bytes: Int { squeeze.bytes + expand.bytes + (reduceWeights.count + gateWeights.count) * 4 }
}
