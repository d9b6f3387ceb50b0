import Checkpoints
import Tensors

/// Anchored stripe attention, the global range: anchors gather from the pixels of a stripe, pixels read from the anchors.
///
/// Source: paper section 3.2; Docs/Network.md sections 4 to 6; checkpoint scope `attn.stripe_attn`.
struct AnchoredStripeAttention: Sendable {
  let heads: [HeadProjection]
  let anchor: AnchorProjection
  /// Of anchors on tokens.
  let gatherBias: ContinuousPositionBias
  /// Of tokens on anchors.
  let readBias: ContinuousPositionBias

  init(_ weights: WeightScope, heads: [HeadProjection], anchor: AnchorProjection, on device: any Device) {
    self.heads = heads
    self.anchor = anchor
    gatherBias = ContinuousPositionBias(weights["attn_transform1"], heads: heads.count, on: device)
    readBias = ContinuousPositionBias(weights["attn_transform2"], heads: heads.count, on: device)
  }

  var bytes: Int { heads.reduce(anchor.bytes + gatherBias.bytes + readBias.bytes) { $0 + $1.bytes } }
}

/// Anchors: the mean of each `f` x `f` block of pixels, projected to half the channels (checkpoint scope `attn.anchor.body.0`).
struct AnchorProjection: Sendable {
  let reduction: Linear
  let factor: Int

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, on device: any Device) {
    let width = configuration.embeddingWidth
    factor = configuration.anchorFactor
    reduction = Linear(weights["reduction"], in: width, out: width / 2, on: device)
  }

  var bytes: Int { reduction.bytes }

  /// `[H, W, C]` to `[H / f, W / f, C / 2]`.
  func callAsFunction(_ x: FeatureMap, into anchors: FeatureMap, on pass: Pass) {
    pass.workspace.scope {
      let pooled = pass.workspace.map(height: anchors.height, width: anchors.width, channels: x.channels)
      pass.meanPool(x, factor: factor, into: pooled)
      pass.apply([reduction], to: pooled, into: anchors)
    }
  }
}
