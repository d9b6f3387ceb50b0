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
