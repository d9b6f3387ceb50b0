import Checkpoints
import Foundation
import Tensors

/// Learnt temperature and continuous relative position bias of one attention (checkpoint scope `attn_transform`).
///
///     score = cosine(q, k) * exp(min(logit scale, ln 100)) + 16 * sigmoid(MLP(offset))
///
/// Source: paper section 3.3 and Swin Transformer V2; Docs/Network.md section 6.
package struct ContinuousPositionBias: Sendable {
  /// Width of the hidden layer of every published network.
  package static let hiddenWidth = 512

  /// What logit scales are cut to: ln 100.
  package static let logitScaleCeiling = log(Float(100))

  let heads: Int
  /// `exp(min(logit scale, ln 100))` of each head.
  let temperatures: [Float]
  private let hidden: Linear
  private let output: Linear

  /// `logit_scale` `[heads, 1, 1]`, `cpb_mlp.0` (2 to 512, with bias), `cpb_mlp.2` (512 to heads, without).
  init(_ weights: WeightScope, heads: Int, on device: any Device) {
    self.heads = heads
    temperatures = weights.floats("logit_scale", [heads, 1, 1]).map {
      exp(min($0, ContinuousPositionBias.logitScaleCeiling))
    }
    let (mlp, width) = (weights["cpb_mlp"], ContinuousPositionBias.hiddenWidth)
    hidden = Linear(mlp[0], in: 2, out: width, activation: .relu, isExact: true, on: device)
    output = Linear(mlp[2], in: width, out: heads, hasBias: false, isExact: true, on: device)
  }

  var bytes: Int { hidden.bytes + output.bytes }

  /// The bias of each entry of the geometry's table, `[heads, tableRows, tableColumns]`; nil in a pass that measures.
  func biases(for geometry: AttentionGeometry, on pass: Pass) -> [Float]? {
    let entries = geometry.tableRows * geometry.tableColumns
    return pass.workspace.scope {
      let shape = Shape(height: 1, width: entries, channels: 2)
      let offsets = pass.map(shape, values: pass.isMeasuring ? [] : geometry.offsets)  // [entries, 2]
      let result = pass.workspace.map(height: 1, width: entries, channels: heads)
      pass.apply([hidden, output], to: offsets, into: result)  // [entries, heads]
      guard !pass.isMeasuring else { return nil }
      let values = pass.values(of: result).values
      return (0..<heads).flatMap { head in (0..<entries).map { 16 / (1 + exp(-values[$0 * heads + head])) } }
    }
  }

  /// The attention that a layer with this bias states for a geometry.
  func rule(for geometry: AttentionGeometry, on pass: Pass) -> AttentionRule {
    AttentionRule(
      geometry: geometry, biases: biases(for: geometry, on: pass), temperatures: temperatures, on: pass.device)
  }
}
