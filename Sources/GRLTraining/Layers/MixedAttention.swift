import CKernels
import GRLModel
import Tensors

/// Mixed attention: half the channels look through square windows, half through stripes summarised by anchors.
///
///     y = proj(concat(window attention(x), anchored stripe attention(x)))
///
/// Source: paper section 3.3; checkpoint scope `layers.N.blocks.M.attn`.
struct TrainedMixedAttention {
  private let qkv: LinearLayer
  private let reduction: LinearLayer
  private let window: TrainedWindowAttention
  private let stripe: TrainedStripeAttention
  private let projection: LinearLayer
  private let anchorFactor: Int

  /// What the way back needs, besides `x`.
  struct Kept {
    fileprivate let qkv: Map  // [H, W, 3C]
    fileprivate let pooled: Map  // [H/f, W/f, C]
    fileprivate let anchors: Map  // [H/f, W/f, C/2]
    fileprivate let gathered: TrainedStripeAttention.Gathered
    fileprivate let attended: Map  // [H, W, C]
  }

  init(_ scope: ParameterScope, index: Int, _ plan: inout NetworkPlan) {
    let (configuration, packed) = (plan.configuration, plan.packed)
    let width = configuration.embeddingWidth
    anchorFactor = configuration.anchorFactor
    qkv = LinearLayer(scope["qkv"]["body"], in: width, out: 3 * width, hasBias: configuration.hasQKVBias, packed)
    reduction = LinearLayer(scope["anchor"]["body"][0]["reduction"], in: width, out: width / 2, packed)
    func bias(_ name: String, _ transform: String, _ heads: Int, _ geometry: AttentionGeometry) -> PositionBias {
      let bias = PositionBias(scope[name][transform], heads: heads, geometry: geometry, packed, &plan.tables)
      plan.biases.append(bias)
      return bias
    }
    let cells = plan.geometry.stripe(ofBlock: index)
    window = TrainedWindowAttention(
      bias: bias(
        "window_attn", "attn_transform", configuration.windowHeads, plan.geometry.window(ofBlock: index)))
    stripe = TrainedStripeAttention(
      gather: bias("stripe_attn", "attn_transform1", configuration.stripeHeads, cells.gather),
      read: bias("stripe_attn", "attn_transform2", configuration.stripeHeads, cells.read))
    projection = LinearLayer(scope["proj"], in: width, out: width, packed)
    plan.note(qkv, reduction, projection)
  }

  func forward(_ x: Map, on lane: Lane) -> (y: Map, kept: Kept) {
    let qkv = qkv.forward(x, on: lane)  // [H, W, 3C]
    let pooled = lane.map(x.height / anchorFactor, x.width / anchorFactor, x.channels)
    lane.meanPool(x, factor: anchorFactor, into: pooled)
    let anchors = reduction.forward(pooled, on: lane)  // [H/f, W/f, C/2]
    let attended = lane.map(like: x)  // [H, W, C]
    window.forward(qkv, into: attended, on: lane)
    let gathered = stripe.forward(qkv, anchors: anchors, into: attended, on: lane)
    let kept = Kept(qkv: qkv, pooled: pooled, anchors: anchors, gathered: gathered, attended: attended)
    return (projection.forward(attended, on: lane), kept)
  }

  /// `dx = ` what `dy` makes of it `+ other`.
  func backward(_ dy: Map, of x: Map, _ kept: Kept, into dx: Map, adding other: Map, on lane: Lane) {
    lane.scope {
      let dAttended = lane.map(like: kept.attended)
      projection.backward(dy, of: kept.attended, into: dAttended, on: lane)
      let (dQKV, dAnchors) = (lane.map(like: kept.qkv), lane.map(like: kept.anchors))
      lane.clear(dQKV)
      lane.clear(dAnchors)
      window.backward(dAttended, of: kept.qkv, kept.attended, into: dQKV, on: lane)
      stripe.backward(
        dAttended, of: kept.qkv, anchors: kept.anchors, kept.attended, kept.gathered, into: dQKV, dAnchors, on: lane)
      qkv.backward(dQKV, of: x, into: dx, adding: other, on: lane)
      let dPooled = lane.map(like: kept.pooled)
      reduction.backward(dAnchors, of: kept.pooled, into: dPooled, on: lane)
      lane.meanPoolBackward(dPooled, factor: anchorFactor, into: dx)
    }
  }
}
