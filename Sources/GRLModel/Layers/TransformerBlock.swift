import Checkpoints
import Tensors

/// One block, with normalisation after each branch (paper section 3.1; checkpoint scope `layers.N.blocks.M`).
///
///     y = x + norm1(attention(x)) [+ channelAttention(x)]
///     z = y + norm2(fc2(gelu(fc1(y))))
struct TransformerBlock: Sendable {
  let attention: MixedAttention
  let norm1: LayerNorm
  let local: ChannelAttentionBlock?
  let expansion: Linear
  let contraction: Linear
  let norm2: LayerNorm

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, on device: any Device) {
    let (width, hidden) = (configuration.embeddingWidth, configuration.hiddenWidth)
    attention = MixedAttention(weights["attn"], configuration, on: device)
    norm1 = LayerNorm(weights["norm1"], channels: width, on: device)
    local =
      configuration.hasChannelAttention
      ? ChannelAttentionBlock(weights["conv"]["cab"], width: width, on: device) : nil
    expansion = Linear(weights["mlp"]["fc1"], in: width, out: hidden, activation: .gelu, on: device)
    contraction = Linear(weights["mlp"]["fc2"], in: hidden, out: width, on: device)
    norm2 = LayerNorm(weights["norm2"], channels: width, on: device)
  }

  var bytes: Int {
    attention.bytes + norm1.bytes + (local?.bytes ?? 0) + expansion.bytes + contraction.bytes + norm2.bytes
  }

  /// `[H, W, C]`; `output` may be `x`. `onGate` is given the channel weights of the local branch.
  func callAsFunction(
    _ x: FeatureMap, _ rules: BlockRules, into output: FeatureMap, on pass: Pass, name: String,
    onGate: ((FeatureMap) -> Void)? = nil
  ) {
    pass.workspace.scope {
      let attended = pass.workspace.map(height: x.height, width: x.width, channels: x.channels)
      attention(x, rules, into: attended, on: pass, name: name)
      let gated = local.map { $0(x, on: pass, name: name) }
      if let onGate, let gated { onGate(gated.gate) }
      pass.apply(  // y = x + norm1(proj(attention)) + local
        [attention.projection], norm: norm1, to: attended, residual: x, local: gated, into: output,
        names: [name + ".attn_proj", name + ".norm1"])
    }
    pass.apply(  // z = y + norm2(fc2(gelu(fc1(y))))
      [expansion, contraction], norm: norm2, to: output, residual: output, into: output,
      names: [nil, name + ".mlp", name + ".norm2"])
    pass.show(name + ".out", output)
  }
}
