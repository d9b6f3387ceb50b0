import CKernels
import Tensors

/// Space for packed weights, handed out as layers are made.
final class PackedLayout {
  private(set) var floats = 0
  private let kernels: UnsafePointer<grl_kernels>

  init(_ kernels: UnsafePointer<grl_kernels>) { self.kernels = kernels }

  /// `planes` factors of one size, one after the other.
  func factor(rows: Int, columns: Int, planes: Int = 1) -> PackedFactor {
    defer { floats += planes * grl_packed_size(kernels, Int32(rows), Int32(columns)) + slackFloats }
    return PackedFactor(start: floats, rows: rows, columns: columns)
  }
}

/// `y = W x + b` of each pixel.
///
/// Backward: `dx = transposed(W) dy`, `dW = dy transposed(x)`, `db = dy`, summed over pixels.
struct LinearLayer {
  let weight: Parameter
  let bias: Parameter?
  private let forwardFactor: PackedFactor
  private let backwardFactor: PackedFactor
  let outputs: Int

  init(_ scope: ParameterScope, in inputs: Int, out outputs: Int, hasBias: Bool = true, _ packed: PackedLayout) {
    self.outputs = outputs
    weight = scope.matrix("weight", inputs: inputs, outputs: outputs)
    bias = hasBias ? scope.vector("bias", [outputs]) : nil
    forwardFactor = packed.factor(rows: inputs, columns: outputs)
    backwardFactor = packed.factor(rows: outputs, columns: inputs)
  }

  func pack(_ step: StepWeights) {
    let (inputs, w) = (forwardFactor.rows, step[weight])
    grl_pack(step.kernels, w, outputs, 1, Int32(inputs), Int32(outputs), step.packed + forwardFactor.start)
    grl_pack(step.kernels, w, 1, outputs, Int32(outputs), Int32(inputs), step.packed + backwardFactor.start)
  }

  /// `[H, W, inputs]` to `[H, W, outputs]`.
  func forward(_ x: Map, on lane: Lane) -> Map {
    let y = lane.map(like: x, channels: outputs)
    forward(x, into: y, on: lane)
    return y
  }

  func forward(_ x: Map, into y: Map, on lane: Lane) { lane.multiply(x, forwardFactor, bias: bias, into: y) }

  /// Adds to the gradients of weight and bias; `dx = transposed(W) dy [+ other]`, where asked for.
  func backward(_ dy: Map, of x: Map, into dx: Map?, adding other: Map? = nil, on lane: Lane) {
    lane.addProducts(x, dy, to: weight, bias: bias)
    if let dx { lane.multiply(dy, backwardFactor, bias: nil, residual: other, into: dx) }
  }
}

/// Layer normalisation over the channels of each pixel: epsilon 1e-5, biased variance, affine.
struct LayerNormLayer {
  let gamma: Parameter
  let beta: Parameter

  init(_ scope: ParameterScope, channels: Int) {
    gamma = scope.vector("weight", [channels])
    beta = scope.vector("bias", [channels])
  }

  /// `y = [residual +] norm(x) [+ local * gate]`; `y` may be any of them.
  func forward(
    _ x: Map, residual: Map? = nil, local: (features: Map, gate: UnsafeMutablePointer<Float>)? = nil, into y: Map,
    on lane: Lane
  ) {
    guard !lane.isMeasuring else { return }
    var task = grl_layer_norm(
      x: x.base, residual: residual.map { UnsafePointer($0.base) },
      local: local.map { UnsafePointer($0.features.base) },
      gate: local.map { UnsafePointer($0.gate) }, gamma: lane.step[gamma], beta: lane.step[beta], out: y.base,
      rows: Int32(x.pixels), channels: Int32(x.channels))
    lane.step.kernels.pointee.layer_norm(&task)
  }

  /// Adds to the gradients of gamma and beta and sets `dx`, which may be `dy`. Mean and variance are computed from `x` again.
  func backward(_ dy: Map, of x: Map, into dx: Map, on lane: Lane) {
    guard !lane.isMeasuring else { return }
    var task = grl_layer_norm_backward(
      x: x.base, dout: dy.base, gamma: lane.step[gamma], dx: dx.base, dgamma: lane.gradients + gamma.start,
      dbeta: lane.gradients + beta.start, rows: Int32(x.pixels), channels: Int32(x.channels))
    lane.step.training.pointee.layer_norm_backward(&task)
  }
}
