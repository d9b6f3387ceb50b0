import Checkpoints
import Tensors

/// Window attention, the regional range: each pixel looks at the pixels of its square window.
///
/// Source: paper section 3.3; Docs/Network.md sections 4 to 6; checkpoint scope `attn.window_attn`.
struct WindowAttention: Sendable {
  let heads: [HeadProjection]
  let bias: ContinuousPositionBias

  init(_ weights: WeightScope, heads: [HeadProjection], on device: any Device) {
    self.heads = heads
    bias = ContinuousPositionBias(weights["attn_transform"], heads: heads.count, on: device)
  }

  var bytes: Int { heads.reduce(bias.bytes) { $0 + $1.bytes } }
}

extension WindowAttention {
  /// The plain forward of one window and head. Devices run all of them at once: `Pass.attend`.
  ///
  /// - Parameters:
  ///   - x: the block's input, `[H * W, C]`.
  ///   - projection: the head's share of `qkv`.
  ///   - output: the head's channels of the result, `[H * W, d]`.
  static func plain(
    _ x: Matrix, _ projection: PlainLinear, _ rule: PlainRule, cell: Int, head: Int, into output: Matrix,
    _ math: PlainMath
  ) {
    let width = projection.outputs / 3
    let tokens = rule.geometry.keys.pixels(of: cell)  // [N], rolled and cut
    let qkv = math.linear(math.rows(tokens, of: x), projection)  // [N, 3 d]
    let (q, k, v) = (qkv.part(0, of: width), qkv.part(1, of: width), qkv.part(2, of: width))  // [N, d] each
    let y = math.cosineAttention(q, k, v, rule, cell: cell, head: head)  // [N, d]
    math.scatter(y, to: tokens, of: output)  // merged and rolled back
  }
}
