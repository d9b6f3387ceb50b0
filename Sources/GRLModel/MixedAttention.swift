import Checkpoints
import Tensors

/// Mixed attention: half the channels look through square windows, half through stripes summarised by anchors.
///
///     y = proj(concat(window(x), stripe(x)))
///
/// Shapes: `x` is `[H, W, C]`, `H` and `W` multiples of the window and stripe sides. Same shape out.
/// Source: GRL (CVPR 2023), section 3.3; checkpoint scope `layers.N.blocks.M.attn`.
struct MixedAttention: Sendable {
  let windowHeads: [HeadProjection]
  let stripeHeads: [HeadProjection]
  let anchor: AnchorProjection
  let window: PositionBias
  let stripeGather: PositionBias
  let stripeRead: PositionBias
  let projection: Linear
  let configuration: GRLConfiguration

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, for arithmetic: Arithmetic) {
    let width = configuration.embeddingWidth
    self.configuration = configuration
    let halves = HeadProjection.halves(weights["qkv"]["body"], configuration, for: arithmetic)
    windowHeads = halves.window
    stripeHeads = halves.stripe
    anchor = AnchorProjection(weights["anchor"]["body"][0], configuration, for: arithmetic)
    window = PositionBias(
      weights["window_attn"]["attn_transform"], heads: configuration.windowHeads, for: arithmetic.instructionSet)
    stripeGather = PositionBias(
      weights["stripe_attn"]["attn_transform1"], heads: configuration.stripeHeads,
      for: arithmetic.instructionSet)
    stripeRead = PositionBias(
      weights["stripe_attn"]["attn_transform2"], heads: configuration.stripeHeads,
      for: arithmetic.instructionSet)
    projection = Linear(weights["proj"], in: width, out: width, for: arithmetic)
  }

  var bytes: Int {
    (windowHeads + stripeHeads).reduce(0) { $0 + $1.bytes } + anchor.reduction.bytes + window.bytes + stripeGather.bytes
      + stripeRead.bytes + projection.bytes
  }

  /// The attention of both halves up to, but not including, the output projection; `[H, W, C]` into `output`.
  func callAsFunction(_ x: FeatureMap, _ rules: BlockRules, into output: FeatureMap, on compute: Compute, name: String)
  {
    let half = x.channels / 2
    let factor = configuration.anchorFactor
    compute.workspace.scope {
      let anchors = compute.workspace.map(height: x.height / factor, width: x.width / factor, channels: half)
      anchor(x, into: anchors, on: compute)  // [H/f, W/f, C/2]
      trace(x, on: compute, name: name + ".qkv")
      compute.show(name + ".anchor", anchors)
      let local = AttentionSource(features: x, heads: windowHeads, output: output, outputChannel: 0)
      let regional = AttentionSource(features: x, heads: stripeHeads, output: output, outputChannel: half)
      compute.attend(  // [H, W, C]: window half, stripe half
        windows: WindowAttentionTask(source: local, rule: rules.window),
        stripes: StripeAttentionTask(source: regional, anchors: anchors, gather: rules.gather, read: rules.read))
    }
    compute.show(name + ".attn", output)
  }
}

extension MixedAttention {
  /// Queries, keys and values of both halves as whole maps: `[H, W, C]` to `[H, W, 3C]`, in the order of the checkpoint's
  /// `qkv.body`. The network itself never makes them.
  func project(_ x: FeatureMap, into output: FeatureMap, on compute: Compute) {
    compute.project(windowHeads, of: x, into: output, channel: 0)
    compute.project(stripeHeads, of: x, into: output, channel: 3 * x.channels / 2)
  }

  /// Shows the trace what `project` makes.
  private func trace(_ x: FeatureMap, on compute: Compute, name: String) {
    guard compute.trace != nil else { return }
    compute.workspace.scope {
      let output = compute.workspace.map(height: x.height, width: x.width, channels: 3 * x.channels)
      let plain = Compute(compute.arithmetic, threads: compute.threads, workspace: compute.workspace)
      project(x, into: output, on: plain)
      compute.show(name, output)
    }
  }
}

/// Anchors: the mean of each `f` x `f` block of pixels, projected to half the channels (checkpoint scope `anchor.body.0`).
struct AnchorProjection: Sendable {
  let reduction: Linear
  let factor: Int

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, for arithmetic: Arithmetic) {
    let width = configuration.embeddingWidth
    factor = configuration.anchorFactor
    reduction = Linear(weights["reduction"], in: width, out: width / 2, for: arithmetic)
  }

  /// `[H, W, C]` to `[H / f, W / f, C / 2]`.
  func callAsFunction(_ x: FeatureMap, into anchors: FeatureMap, on compute: Compute) {
    compute.workspace.scope {
      let pooled = compute.workspace.map(height: anchors.height, width: anchors.width, channels: x.channels)
      compute.meanPool(x, factor: factor, into: pooled)
      compute.apply([reduction], to: pooled, into: anchors)
    }
  }
}
