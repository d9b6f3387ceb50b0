import Checkpoints
import Tensors

/// Mixed attention: half the channels look through square windows, half through stripes summarised by anchors.
///
///     y = proj(concat(window attention(x), anchored stripe attention(x)))
///
/// Shapes: `x` is `[H, W, C]`, `H` and `W` multiples of the window and stripe sides. Same shape out.
/// Source: paper section 3.3; checkpoint scope `layers.N.blocks.M.attn`.
struct MixedAttention: Sendable {
  let window: WindowAttention
  let stripe: AnchoredStripeAttention
  let projection: Linear

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, on device: any Device) {
    let width = configuration.embeddingWidth
    let (windowHeads, stripeHeads) = HeadProjection.halves(weights["qkv"]["body"], configuration, on: device)
    let anchor = AnchorProjection(weights["anchor"]["body"][0], configuration, on: device)
    window = WindowAttention(weights["window_attn"], heads: windowHeads, on: device)
    stripe = AnchoredStripeAttention(weights["stripe_attn"], heads: stripeHeads, anchor: anchor, on: device)
    projection = Linear(weights["proj"], in: width, out: width, on: device)
  }

  var bytes: Int { window.bytes + stripe.bytes + projection.bytes }

  /// The attention of both halves up to, but not including, the output projection; `[H, W, C]` into `output`.
  func callAsFunction(_ x: FeatureMap, _ rules: BlockRules, into output: FeatureMap, on pass: Pass, name: String) {
    let (half, factor) = (x.channels / 2, stripe.anchor.factor)
    pass.workspace.scope {
      let anchors = pass.workspace.map(height: x.height / factor, width: x.width / factor, channels: half)
      stripe.anchor(x, into: anchors, on: pass)  // [H/f, W/f, C/2]
      trace(x, on: pass, name: name + ".qkv")
      pass.show(name + ".anchor", anchors)
      let local = AttentionSource(features: x, heads: window.heads, output: output, outputChannel: 0)
      let regional = AttentionSource(features: x, heads: stripe.heads, output: output, outputChannel: half)
      pass.attend(  // [H, W, C]: window half, stripe half
        windows: WindowAttentionTask(source: local, rule: rules.window),
        stripes: StripeAttentionTask(source: regional, anchors: anchors, gather: rules.gather, read: rules.read))
    }
    pass.show(name + ".attn", output)
  }
}

extension MixedAttention {
  /// Queries, keys and values of both halves as whole maps: `[H, W, C]` to `[H, W, 3C]`, in the order of the checkpoint's
  /// `qkv.body`. The network itself never makes them.
  func project(_ x: FeatureMap, into output: FeatureMap, on pass: Pass) {
    pass.project(window.heads, of: x, into: output, channel: 0)
    pass.project(stripe.heads, of: x, into: output, channel: 3 * x.channels / 2)
  }

  /// Shows the trace what `project` makes.
  private func trace(_ x: FeatureMap, on pass: Pass, name: String) {
    guard pass.trace != nil else { return }
    pass.workspace.scope {
      let output = pass.workspace.map(height: x.height, width: x.width, channels: 3 * x.channels)
      project(x, into: output, on: pass.unwatched)
      pass.show(name, output)
    }
  }
}
