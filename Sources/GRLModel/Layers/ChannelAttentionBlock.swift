import Checkpoints
import Tensors

/// The local branch of GRL-B: two 3x3 convolutions and a channel gate (paper section 3.3; checkpoint scope `conv.cab`).
///
///     u = conv(gelu(conv(x)));   gate = sigmoid(W2 relu(W1 mean(u)));   result = u * gate
struct ChannelAttentionBlock: Sendable {
  let squeeze: Convolution
  let expand: Convolution
  let gate: ChannelGate

  /// Widths: C to C / 4 and back; the gate's hidden layer has C / 18 channels.
  init(_ weights: WeightScope, width: Int, on device: any Device) {
    let (squeezed, reduced) = (width / 4, width / 18)
    squeeze = Convolution(weights[0], in: width, out: squeezed, activation: .gelu, on: device)
    expand = Convolution(weights[2], in: squeezed, out: width, on: device)
    let attention = weights[3]["attention"]
    gate = ChannelGate(
      ChannelGate.Weights(
        reduce: attention[1].floats("weight", [reduced, width, 1, 1]),
        reduceBias: attention[1].floats("bias", [reduced]),
        expand: attention[3].floats("weight", [width, reduced, 1, 1]),
        expandBias: attention[3].floats("bias", [width])), on: device)
  }

  var bytes: Int { squeeze.bytes + expand.bytes + gate.bytes }

  /// `[H, W, C]` and the weight of each channel. The mean runs over all pixels of the padded map.
  func callAsFunction(_ x: FeatureMap, on pass: Pass, name: String) -> GatedFeatures {
    let u = pass.workspace.map(x.shape)
    let weights = pass.workspace.map(height: 1, width: 1, channels: x.channels)
    pass.workspace.scope {
      let squeezed = pass.workspace.map(height: x.height, width: x.width, channels: squeeze.outputs)
      pass.apply(squeeze, to: x, into: squeezed)  // [H, W, C/4]
      pass.apply(expand, to: squeezed, into: u)  // [H, W, C]
    }
    pass.apply(gate, to: u, into: weights)  // [1, 1, C]
    let gated = GatedFeatures(features: u, gate: weights)
    trace(gated, on: pass, name: name + ".cab")
    return gated
  }

  /// Shows the trace the product of features and gate, which otherwise never exists as a map.
  private func trace(_ gated: GatedFeatures, on pass: Pass, name: String) {
    guard let trace = pass.trace, !pass.isMeasuring else { return }
    var product = pass.values(of: gated.features)
    let gate = pass.values(of: gated.gate).values
    for index in product.values.indices { product.values[index] *= gate[index % gate.count] }
    trace(name, product)
  }
}
