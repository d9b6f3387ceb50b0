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

extension AnchoredStripeAttention {
  /// The plain forward of one stripe and head. Devices run all of them at once: `Pass.attend`.
  ///
  /// - Parameters:
  ///   - x: the block's input, `[H * W, C]`.
  ///   - anchors: of all heads, `[H * W / f^2, C / 2]`.
  ///   - projection: the head's share of `qkv`.
  ///   - output: the head's channels of the result, `[H * W, d]`.
  static func plain(
    _ x: Matrix, anchors: Matrix, _ projection: PlainLinear, gather: PlainRule, read: PlainRule, cell: Int, head: Int,
    into output: Matrix, _ math: PlainMath
  ) {
    let width = projection.outputs / 3
    let tokens = gather.geometry.keys.pixels(of: cell)  // [N], rolled and cut
    let qkv = math.linear(math.rows(tokens, of: x), projection)  // [N, 3 d]
    let (q, k, v) = (qkv.part(0, of: width), qkv.part(1, of: width), qkv.part(2, of: width))  // [N, d] each
    let own = gather.geometry.queries.pixels(of: cell)  // [M]
    let a = math.rows(own, of: anchors.part(head, of: width))  // [M, d]
    // Anchors gather from the stripe's tokens, tokens read from the anchors: no N x N matrix exists.
    let gathered = math.cosineAttention(a, k, v, gather, cell: cell, head: head)  // [M, d]
    let y = math.cosineAttention(q, a, gathered, read, cell: cell, head: head)  // [N, d]
    math.scatter(y, to: tokens, of: output)  // merged and rolled back
  }
}

/// Anchors: the mean of each `f` x `f` block of pixels, projected to half the channels (checkpoint scope `attn.anchor.body.0`).
struct AnchorProjection: Sendable {
  let reduction: Linear
  let factor: Int

  init(reduction: Linear, factor: Int) {
    self.reduction = reduction
    self.factor = factor
  }

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
