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

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, for arithmetic: Arithmetic) {
    let (width, hidden) = (configuration.embeddingWidth, configuration.hiddenWidth)
    attention = MixedAttention(weights["attn"], configuration, for: arithmetic)
    norm1 = LayerNorm(weights["norm1"], channels: width)
    local =
      configuration.hasChannelAttention
      ? ChannelAttentionBlock(weights["conv"]["cab"], width: width, for: arithmetic) : nil
    expansion = Linear(weights["mlp"]["fc1"], in: width, out: hidden, activation: .gelu, for: arithmetic)
    contraction = Linear(weights["mlp"]["fc2"], in: hidden, out: width, for: arithmetic)
    norm2 = LayerNorm(weights["norm2"], channels: width)
  }

  var bytes: Int {
    attention.bytes + norm1.bytes + (local?.bytes ?? 0) + expansion.bytes + contraction.bytes + norm2.bytes
  }

  /// `[H, W, C]`; `output` may be `x`. `onGate` is given the channel weights of the local branch.
  func callAsFunction(
    _ x: FeatureMap, _ rules: BlockRules, into output: FeatureMap, on compute: Compute, name: String,
    onGate: (([Float]) -> Void)? = nil
  ) {
    compute.workspace.scope {
      let attended = compute.workspace.map(height: x.height, width: x.width, channels: x.channels)
      attention(x, rules, into: attended, on: compute, name: name)
      let gated = local.map { $0(x, on: compute, name: name) }
      if let onGate, let gated { onGate(gated.gate) }
      compute.apply(  // y = x + norm1(proj(attention)) + local
        [attention.projection], norm: norm1, to: attended, residual: x, local: gated, into: output,
        names: [name + ".attn_proj", name + ".norm1"])
    }
    compute.apply(  // z = y + norm2(fc2(gelu(fc1(y))))
      [expansion, contraction], norm: norm2, to: output, residual: output, into: output,
      names: [nil, name + ".mlp", name + ".norm2"])
    compute.show(name + ".out", output)
  }
}

/// A transformer stage: blocks in turn, then `x + conv(blocks(x))` (checkpoint scope `layers.N`).
struct TransformerStage: Sendable {
  let blocks: [TransformerBlock]
  let convolution: Convolution

  init(_ weights: WeightScope, depth: Int, _ configuration: GRLConfiguration, for arithmetic: Arithmetic) {
    blocks = (0..<depth).map { TransformerBlock(weights["blocks"][$0], configuration, for: arithmetic) }
    let width = configuration.embeddingWidth
    convolution = Convolution(weights["conv"], in: width, out: width, for: arithmetic)
  }

  var bytes: Int { blocks.reduce(convolution.bytes) { $0 + $1.bytes } }

  /// Works on `x` in place. `number` counts stages from 0; `probe` sees each block's input before the block runs; `afterBlock`
  /// is given the block's number and may throw to stop.
  func callAsFunction<Failure: Error>(
    _ x: FeatureMap, _ rules: [BlockRules], number: Int, on compute: Compute, probe: AttentionProbe?,
    afterBlock: (_ block: Int) throws(Failure) -> Void
  ) throws(Failure) {
    let name = "stage\(number)"
    try compute.workspace.scope { () throws(Failure) in
      let y = compute.workspace.map(height: x.height, width: x.width, channels: x.channels)
      for (index, block) in blocks.enumerated() {
        let input = index == 0 ? x : y
        let place = BlockPlace(stage: number, block: index)
        if let probe {
          probe.look(
            at: ProbedBlock(
              place: place, attention: block.attention, rules: rules[index], features: input,
              arithmetic: compute.arithmetic, threads: compute.threads, area: probe.area))
        }
        let onGate = probe.map { probe in { probe.note($0, of: place) } }
        block(input, rules[index], into: y, on: compute, name: "\(name).block\(index)", onGate: onGate)
        try afterBlock(index)
      }
      compute.apply(convolution, to: y, residual: x, into: x)
    }
    compute.show(name, x)
  }
}
