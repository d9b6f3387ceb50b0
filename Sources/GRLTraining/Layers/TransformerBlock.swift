import CKernels
import GRLModel
import Tensors

/// One block, with normalisation after each branch (paper section 3.1; checkpoint scope `layers.N.blocks.M`).
///
///     y = x + norm1(attention(x)) [+ channelAttention(x)]
///     z = y + norm2(fc2(gelu(fc1(y))))
struct TrainedBlock {
  private let attention: TrainedMixedAttention
  private let norm1: LayerNormLayer
  private let local: TrainedChannelAttention?
  private let fc1: LinearLayer
  private let fc2: LinearLayer
  private let norm2: LayerNormLayer

  /// What the way back needs.
  struct Kept {
    fileprivate let x: Map
    fileprivate let attention: TrainedMixedAttention.Kept
    fileprivate let projected: Map  // before norm1, [H, W, C]
    fileprivate let local: TrainedChannelAttention.Kept?
    fileprivate let y: Map
    fileprivate let hidden: Map  // before GELU, [H, W, 2C]
    fileprivate let contracted: Map  // before norm2, [H, W, C]
  }

  init(_ scope: ParameterScope, index: Int, _ plan: inout NetworkPlan) {
    let (width, hidden) = (plan.configuration.embeddingWidth, plan.configuration.hiddenWidth)
    attention = TrainedMixedAttention(scope["attn"], index: index, &plan)
    norm1 = LayerNormLayer(scope["norm1"], channels: width)
    local = plan.configuration.hasChannelAttention ? TrainedChannelAttention(scope["conv"]["cab"], &plan) : nil
    fc1 = LinearLayer(scope["mlp"]["fc1"], in: width, out: hidden, plan.packed)
    fc2 = LinearLayer(scope["mlp"]["fc2"], in: hidden, out: width, plan.packed)
    norm2 = LayerNormLayer(scope["norm2"], channels: width)
    plan.note(fc1, fc2)
  }

  func forward(_ x: Map, on lane: Lane) -> (z: Map, kept: Kept) {
    let (projected, attended) = attention.forward(x, on: lane)
    let gated = local.map { $0.forward(x, on: lane) }
    let y = lane.map(like: x)
    norm1.forward(projected, residual: x, local: gated.map { ($0.u, $0.gate) }, into: y, on: lane)
    let hidden = fc1.forward(y, on: lane)
    let (contracted, z) = (lane.map(like: x), lane.map(like: x))
    lane.scope {
      let active = lane.map(like: hidden)
      lane.activate(hidden, .gelu, into: active)
      fc2.forward(active, into: contracted, on: lane)
    }
    norm2.forward(contracted, residual: y, into: z, on: lane)
    let kept = Kept(
      x: x, attention: attended, projected: projected, local: gated, y: y, hidden: hidden, contracted: contracted)
    return (z, kept)
  }

  /// From the gradient of `z` to that of `x`, in place.
  func backward(_ gradient: Map, _ kept: Kept, on lane: Lane) {
    lane.scope {
      let dy = lane.map(like: gradient)
      lane.scope {
        let dContracted = lane.map(like: gradient)
        norm2.backward(gradient, of: kept.contracted, into: dContracted, on: lane)
        let (active, dHidden) = (lane.map(like: kept.hidden), lane.map(like: kept.hidden))
        lane.activate(kept.hidden, .gelu, into: active)
        fc2.backward(dContracted, of: active, into: dHidden, on: lane)
        lane.activateBackward(dHidden, .gelu, of: kept.hidden, into: dHidden)
        fc1.backward(dHidden, of: kept.y, into: dy, adding: gradient, on: lane)
      }
      let dProjected = lane.map(like: gradient)
      norm1.backward(dy, of: kept.projected, into: dProjected, on: lane)
      attention.backward(dProjected, of: kept.x, kept.attention, into: gradient, adding: dy, on: lane)
      if let local, let gated = kept.local { local.backward(dy, of: kept.x, gated, addingTo: gradient, on: lane) }
    }
  }
}

/// A transformer stage: blocks in turn, then `x + conv(blocks(x))` (checkpoint scope `layers.N`).
struct TrainedStage {
  private let blocks: [TrainedBlock]
  private let convolution: ConvolutionLayer

  struct Kept {
    fileprivate let blocks: [TrainedBlock.Kept]
    fileprivate let last: Map
  }

  init(_ scope: ParameterScope, depth: Int, _ plan: inout NetworkPlan) {
    blocks = (0..<depth).map { TrainedBlock(scope["blocks"][$0], index: $0, &plan) }
    let width = plan.configuration.embeddingWidth
    convolution = ConvolutionLayer(scope["conv"], in: width, out: width, plan.packed, plan.device)
    plan.note(convolution)
  }

  func forward(_ x: Map, on lane: Lane) -> (y: Map, kept: Kept) {
    var (last, kept): (Map, [TrainedBlock.Kept]) = (x, [])
    for block in blocks {
      let result = block.forward(last, on: lane)
      kept.append(result.kept)
      last = result.z
    }
    return (convolution.forward(last, residual: x, on: lane), Kept(blocks: kept, last: last))
  }

  /// From the gradient of the result to that of `x`, in place.
  func backward(_ gradient: Map, _ kept: Kept, on lane: Lane) {
    lane.scope {
      let inner = lane.map(like: gradient)
      convolution.backward(gradient, of: kept.last, into: inner, on: lane)
      for (block, kept) in zip(blocks, kept.blocks).reversed() { block.backward(inner, kept, on: lane) }
      lane.add(inner, to: gradient)
    }
  }
}
