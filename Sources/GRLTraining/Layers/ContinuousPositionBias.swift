import CKernels
import CPUDevice
import Foundation
import GRLModel
import Tensors

/// Learnt temperature and continuous relative position bias of one attention, trained (see GRLModel's `ContinuousPositionBias`).
///
///     score = cosine(q, k) * exp(min(logit scale, ln 100)) + 16 * sigmoid(MLP(offset))
///
/// The table of biases depends on the weights alone, so it is computed once for a step (`prepare`). Patches add to its gradient, in the
/// order in which kernels read it; once all have, the small network takes it further back (`backward`).
struct PositionBias {
  let heads: Int
  let geometry: AttentionGeometry
  let layout: CellLayout
  /// Where the biases of its heads lie in `StepWeights.biases`, `layout.biasFloats` apart.
  let table: Int
  /// Where those of its heads lie in `StepWeights.isBounded`.
  let firstHead: Int
  private let logitScale: Parameter
  private let hidden: LinearLayer
  private let output: LinearLayer

  init(
    _ scope: ParameterScope, heads: Int, geometry: AttentionGeometry, _ packed: PackedLayout, _ tables: inout BiasLayout
  ) {
    self.heads = heads
    self.geometry = geometry
    layout = geometry.packed as! CellLayout
    (table, firstHead) = tables.take(heads: heads, floats: layout.biasFloats)
    logitScale = scope.vector("logit_scale", [heads, 1, 1])
    hidden = LinearLayer(scope["cpb_mlp"][0], in: 2, out: ContinuousPositionBias.hiddenWidth, packed)
    output = LinearLayer(
      scope["cpb_mlp"][2], in: ContinuousPositionBias.hiddenWidth, out: heads, hasBias: false, packed)
  }

  private var entries: Int { geometry.tableRows * geometry.tableColumns }

  func pack(_ step: StepWeights) {
    hidden.pack(step)
    output.pack(step)
  }

  /// `exp(min(logit scale, ln 100))`.
  func temperature(_ head: Int, _ step: StepWeights) -> Float {
    exp(min(step[logitScale][head], ContinuousPositionBias.logitScaleCeiling))
  }

  /// Adds to the gradient of the logit scale of a head what that of its temperature makes of it; none where it is cut.
  func addGradient(ofTemperature gradient: Double, head: Int, on lane: Lane) {
    let scale = lane.step[logitScale][head]
    if scale <= ContinuousPositionBias.logitScaleCeiling {
      lane.gradients[logitScale.start + head] += Float(gradient) * exp(scale)
    }
  }

  /// Offsets, what comes out of the hidden layer before its ReLU, and the output layer's result for each entry of the table.
  private func network(on lane: Lane) -> (offsets: Map, hidden: Map, active: Map, output: Map) {
    let offsets = lane.map(1, entries, 2)  // [entries, 2]
    if !lane.isMeasuring { offsets.base.update(from: geometry.offsets, count: 2 * entries) }
    let before = hidden.forward(offsets, on: lane)  // [entries, 512]
    let active = lane.map(like: before)
    lane.activate(before, .relu, into: active)
    return (offsets, before, active, output.forward(active, on: lane))  // [entries, heads]
  }

  /// Writes the biases of all heads, as kernels read them, into the step's table.
  func prepare(on lane: Lane) {
    lane.scope {
      let result = network(on: lane).output
      guard !lane.isMeasuring else { return }
      let biases = (0..<heads).flatMap { head in
        (0..<entries).map { 16 / (1 + exp(-result.base[$0 * heads + head])) }
      }
      let rule = BiasTable(
        biases: biases, temperatures: (0..<heads).map { temperature($0, lane.step) }, entries: entries)
      for head in 0..<heads {
        layout.writeBias(table: rule.values.base + head * entries, to: bias(head, lane.step))
        lane.step.isBounded[firstHead + head] = rule.isBounded[head]
      }
    }
  }

  /// From the gradient of the table, summed over all patches, to those of the small network's weights.
  func backward(on lane: Lane) {
    lane.scope {
      let (offsets, before, active, result) = network(on: lane)
      let (dResult, dActive) = (lane.map(like: result), lane.map(like: active))
      let folded = lane.take(entries)
      if !lane.isMeasuring {
        for head in 0..<heads {
          // Both axes of the kernels' table are reversed, and its unit is log 2.
          layout.foldGradient(lane.biasGradients + table + head * layout.biasFloats, into: folded)
          for entry in 0..<entries {
            let sigmoid = 1 / (1 + exp(-result.base[entry * heads + head]))
            dResult.base[entry * heads + head] =
              folded[entries - 1 - entry] * CellLayout.logBase * 16 * sigmoid * (1 - sigmoid)
          }
        }
      }
      output.backward(dResult, of: active, into: dActive, on: lane)
      lane.activateBackward(dActive, .relu, of: before, into: dActive)
      hidden.backward(dActive, of: offsets, into: nil, on: lane)
    }
  }

  func bias(_ head: Int, _ step: StepWeights) -> UnsafeMutablePointer<Float> {
    step.biases + table + head * layout.biasFloats
  }
}

/// Space for the tables of biases, handed out as attentions are made.
struct BiasLayout {
  private(set) var floats = 0
  private(set) var heads = 0

  fileprivate mutating func take(heads count: Int, floats perHead: Int) -> (table: Int, firstHead: Int) {
    defer {
      floats += (count * perHead + slackFloats + 15) / 16 * 16
      heads += count
    }
    return (floats, heads)
  }
}
