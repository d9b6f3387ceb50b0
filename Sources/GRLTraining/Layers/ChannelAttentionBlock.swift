import CKernels
import Foundation
import Tensors

/// The local branch of GRL-B: two 3x3 convolutions and a channel gate (paper section 3.3; checkpoint scope `conv.cab`).
///
///     u = conv(gelu(conv(x)));   gate = sigmoid(W2 relu(W1 mean(u)));   result = u * gate
struct TrainedChannelAttention {
  private let squeeze: ConvolutionLayer
  private let expand: ConvolutionLayer
  private let reduce: GateLayer
  private let restore: GateLayer

  struct Kept {
    let squeezed: Map  // before GELU, [H, W, C/4]
    let u: Map  // [H, W, C]
    fileprivate let means: UnsafeMutablePointer<Float>  // [C]
    fileprivate let hidden: UnsafeMutablePointer<Float>  // after ReLU, [C/18]
    let gate: UnsafeMutablePointer<Float>  // [C]
  }

  init(_ scope: ParameterScope, _ plan: inout NetworkPlan) {
    let width = plan.configuration.embeddingWidth
    let (squeezed, reduced) = (width / 4, width / 18)
    squeeze = ConvolutionLayer(scope[0], in: width, out: squeezed, plan.packed, plan.device)
    expand = ConvolutionLayer(scope[2], in: squeezed, out: width, plan.packed, plan.device)
    reduce = GateLayer(scope[3]["attention"][1], in: width, out: reduced)
    restore = GateLayer(scope[3]["attention"][3], in: reduced, out: width)
    plan.note(squeeze, expand)
  }

  /// The features `u` and the weight of each channel.
  func forward(_ x: Map, on lane: Lane) -> Kept {
    let squeezed = squeeze.forward(x, on: lane)  // [H, W, C/4]
    let u = lane.map(like: x)  // [H, W, C]
    lane.scope {
      let active = lane.map(like: squeezed)
      lane.activate(squeezed, .gelu, into: active)
      let result = expand.forward(active, on: lane)
      if !lane.isMeasuring { u.base.update(from: result.base, count: u.count) }
    }
    let (means, hidden, gate) = (lane.take(x.channels), lane.take(reduce.outputs), lane.take(x.channels))
    if !lane.isMeasuring {
      var sums = [Double](repeating: 0, count: x.channels)
      for pixel in 0..<u.pixels {
        for channel in 0..<u.channels { sums[channel] += Double(u.base[pixel * u.channels + channel]) }
      }
      for channel in 0..<u.channels { means[channel] = Float(sums[channel] / Double(u.pixels)) }
      reduce.forward(means, into: hidden, on: lane)
      for row in 0..<reduce.outputs { hidden[row] = max(0, hidden[row]) }
      restore.forward(hidden, into: gate, on: lane)
      for channel in 0..<u.channels { gate[channel] = 1 / (1 + exp(-gate[channel])) }
    }
    return Kept(squeezed: squeezed, u: u, means: means, hidden: hidden, gate: gate)
  }

  /// `dx += ` what the gradient `dy` of `u * gate` makes of it.
  func backward(_ dy: Map, of x: Map, _ kept: Kept, addingTo dx: Map, on lane: Lane) {
    lane.scope {
      let u = kept.u
      let du = lane.map(like: u)
      if !lane.isMeasuring {
        var ofGate = [Double](repeating: 0, count: u.channels)
        grl_channel_gate_backward(dy.base, kept.u.base, kept.gate, u.pixels, Int32(u.channels), du.base, &ofGate)
        let dGate = (0..<u.channels).map { Float(ofGate[$0]) * kept.gate[$0] * (1 - kept.gate[$0]) }
        var dHidden = restore.backward(dGate, of: kept.hidden, on: lane)
        for row in 0..<reduce.outputs where kept.hidden[row] <= 0 { dHidden[row] = 0 }
        let dMeans = reduce.backward(dHidden, of: kept.means, on: lane)
        grl_channel_means_backward(dMeans, u.pixels, u.pixels, Int32(u.channels), du.base)
      }
      let (active, dSqueezed) = (lane.map(like: kept.squeezed), lane.map(like: kept.squeezed))
      lane.activate(kept.squeezed, .gelu, into: active)
      expand.backward(du, of: active, into: dSqueezed, on: lane)
      lane.activateBackward(dSqueezed, .gelu, of: kept.squeezed, into: dSqueezed)
      let sum = lane.map(like: dx)
      squeeze.backward(dSqueezed, of: x, into: sum, on: lane)
      lane.add(sum, to: dx)
    }
  }
}

/// A linear layer of a channel gate, on one vector: too small for kernels. A 1x1 convolution in checkpoints.
private struct GateLayer {
  let weight: Parameter
  let bias: Parameter
  let inputs: Int
  let outputs: Int

  init(_ scope: ParameterScope, in inputs: Int, out outputs: Int) {
    self.inputs = inputs
    self.outputs = outputs
    weight = scope.matrix("weight", inputs: inputs, outputs: outputs, shape: [outputs, inputs, 1, 1])
    bias = scope.vector("bias", [outputs])
  }

  func forward(_ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, on lane: Lane) {
    let (w, b) = (lane.step[weight], lane.step[bias])
    for output in 0..<outputs {
      y[output] = (0..<inputs).reduce(b[output]) { $0 + w[$1 * outputs + output] * x[$1] }
    }
  }

  /// Adds to the gradients of weight and bias; that of `x`.
  func backward(_ dy: [Float], of x: UnsafePointer<Float>, on lane: Lane) -> [Float] {
    let (w, dw, db) = (lane.step[weight], lane.gradients + weight.start, lane.gradients + bias.start)
    for output in 0..<outputs { db[output] += dy[output] }
    return (0..<inputs).map { input in
      (0..<outputs).reduce(Float(0)) { sum, output in
        dw[input * outputs + output] += x[input] * dy[output]
        return sum + w[input * outputs + output] * dy[output]
      }
    }
  }
}
