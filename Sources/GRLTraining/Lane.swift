import CKernels
import CPUDevice
import Tensors

/// Floats that kernels may read behind a buffer.
package let slackFloats = Int(GRL_SLACK)

/// Features of one patch: `height` rows of `width` pixels with `channels` floats each, in a lane's memory.
struct Map {
  let height: Int
  let width: Int
  let channels: Int
  let base: UnsafeMutablePointer<Float>

  var pixels: Int { height * width }
  var count: Int { pixels * channels }
}

/// The right factor of a layer's products: where it lies among all packed weights.
struct PackedFactor {
  let start: Int
  let rows: Int
  let columns: Int
}

/// What all lanes of one step read: weights, packed as products need them, and position biases as attention adds them.
struct StepWeights {
  let kernels: UnsafePointer<grl_kernels>
  let training: UnsafePointer<grl_training_kernels>
  /// By `Parameter.start`.
  let weights: UnsafeMutablePointer<Float>
  /// By `PackedFactor.start`.
  let packed: UnsafeMutablePointer<Float>
  /// By `PositionBias.table`.
  let biases: UnsafeMutablePointer<Float>
  /// Of each head of each position bias, whether its scores stay within `GRL_SCORE_BOTTOM` and `GRL_SCORE_TOP`.
  var isBounded: UnsafeMutablePointer<Bool>

  subscript(parameter: Parameter) -> UnsafeMutablePointer<Float> { weights + parameter.start }
  subscript(parameter: Parameter?) -> UnsafePointer<Float>? { parameter.map { UnsafePointer(weights + $0.start) } }
}

/// One thread's way through the network and back with one patch: memory for what the way back needs, and the sums of gradients that it
/// adds to.
///
/// The same code runs on a lane that only measures: then nothing is computed, and `peak` says how much memory a patch takes.
final class Lane {
  let step: StepWeights
  /// Added to; by `Parameter.start`.
  let gradients: UnsafeMutablePointer<Float>
  /// Added to; by `PositionBias.table`.
  let biasGradients: UnsafeMutablePointer<Float>
  let isMeasuring: Bool

  private let memory: UnsafeMutablePointer<Float>
  private var top = 0
  /// Most floats that were in use at once.
  private(set) var peak = 0

  init(
    _ step: StepWeights, memory: UnsafeMutablePointer<Float>?, gradients: UnsafeMutablePointer<Float>,
    biasGradients: UnsafeMutablePointer<Float>
  ) {
    self.step = step
    self.gradients = gradients
    self.biasGradients = biasGradients
    isMeasuring = memory == nil
    // Nobody touches what lies behind this address.
    self.memory = memory ?? UnsafeMutablePointer(bitPattern: 1 << 12)!
  }

  // MARK: Memory

  /// Uninitialised floats, given back when the scope ends in which they were taken.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    let start = memory + top
    top += (count + slackFloats).rounded(upTo: 16)
    peak = max(peak, top)
    return start
  }

  func map(_ height: Int, _ width: Int, _ channels: Int) -> Map {
    Map(height: height, width: width, channels: channels, base: take(height * width * channels))
  }

  /// A map of the size of another.
  func map(like other: Map, channels: Int? = nil) -> Map { map(other.height, other.width, channels ?? other.channels) }

  /// Gives back at its end what was taken in it.
  func scope<Result>(_ body: () -> Result) -> Result {
    let start = top
    defer { top = start }
    return body()
  }

  func clear(_ map: Map) {
    if !isMeasuring { map.base.update(repeating: 0, count: map.count) }
  }

  // MARK: Products

  /// `y = x B + bias [+ residual]` of each pixel.
  func multiply(_ x: Map, _ factor: PackedFactor, bias: Parameter?, residual: Map? = nil, into y: Map) {
    guard !isMeasuring else { return }
    var task = grl_gemm(
      a: x.base, a_index: nil, a_stride: x.channels, a_segment_stride: 0, rows: Int32(x.pixels), segments: 1,
      k: Int32(factor.rows), n: Int32(factor.columns), b: step.packed + factor.start, bias: step[bias],
      residual: residual.map { UnsafePointer($0.base) }, residual_stride: residual?.channels ?? 0, c: y.base,
      c_stride: y.channels, activation: GRL_LINEAR, slope: 0)
    step.kernels.pointee.gemm(&task)
  }

  /// `dW += transposed(x) dy`, `dbias += sum of dy`, over all pixels.
  func addProducts(_ x: Map, _ dy: Map, to weight: Parameter, bias: Parameter?) {
    guard !isMeasuring else { return }
    var task = grl_gemm_rows(
      a: x.base, a_index: nil, a_stride: x.channels, a_segment_stride: 0, rows: Int32(x.pixels), segments: 1,
      k: Int32(x.channels), n: Int32(dy.channels), dy: dy.base, dy_stride: dy.channels, dw: gradients + weight.start,
      dw_stride: dy.channels, db: bias.map { gradients + $0.start })
    step.training.pointee.gemm_rows(&task)
  }

  // MARK: Elements

  func activate(_ x: Map, _ activation: Activation, into y: Map) {
    guard !isMeasuring else { return }
    var pass = grl_activation_pass(
      x: x.base, dy: nil, out: y.base, count: x.count, activation: activation.kind, slope: activation.slope)
    step.training.pointee.activate(&pass)
  }

  /// `dx = dy * activation'(x)`; `dx` may be `dy`.
  func activateBackward(_ dy: Map, _ activation: Activation, of x: Map, into dx: Map) {
    guard !isMeasuring else { return }
    var pass = grl_activation_pass(
      x: x.base, dy: dy.base, out: dx.base, count: x.count, activation: activation.kind, slope: activation.slope)
    step.training.pointee.activation_backward(&pass)
  }

  /// `y += x`.
  func add(_ x: Map, to y: Map) {
    if !isMeasuring { grl_blend(y.base, 1, x.base, 1, y.count) }
  }

  // MARK: Rearrangements

  /// Mean of each `factor` x `factor` block: `[H, W, C]` to `[H / factor, W / factor, C]`.
  func meanPool(_ x: Map, factor: Int, into y: Map) {
    guard !isMeasuring else { return }
    grl_mean_pool(x.base, Int32(x.width), Int32(x.channels), Int32(factor), 0, Int32(y.height), y.base)
  }

  /// `dx += ` each gradient's share for the pixels of its block.
  func meanPoolBackward(_ dy: Map, factor: Int, into dx: Map) {
    guard !isMeasuring else { return }
    grl_mean_pool_backward(
      dy.base, Int32(dx.width), Int32(dx.channels), Int32(factor), 0, Int32(dy.height), dx.base)
  }

  /// Depth to space: `[H, W, C * s * s]` to `[H * s, W * s, C]`.
  func pixelShuffle(_ x: Map, scale: Int) -> Map {
    let y = map(x.height * scale, x.width * scale, x.channels / (scale * scale))
    guard !isMeasuring else { return y }
    grl_pixel_shuffle(x.base, Int32(x.width), Int32(y.channels), Int32(scale), 0, Int32(x.height), y.base)
    return y
  }

  func pixelShuffleBackward(_ dy: Map, scale: Int) -> Map {
    let dx = map(dy.height / scale, dy.width / scale, dy.channels * scale * scale)
    guard !isMeasuring else { return dx }
    grl_pixel_shuffle_backward(
      dy.base, Int32(dx.width), Int32(dy.channels), Int32(scale), 0, Int32(dx.height), dx.base)
    return dx
  }

  /// Each pixel repeated 2 x 2.
  func doubleNearest(_ x: Map) -> Map {
    let y = map(2 * x.height, 2 * x.width, x.channels)
    guard !isMeasuring else { return y }
    for row in 0..<y.height {
      for column in 0..<y.width {
        (y.base + (row * y.width + column) * y.channels).update(
          from: x.base + (row / 2 * x.width + column / 2) * x.channels, count: x.channels)
      }
    }
    return y
  }

  func doubleNearestBackward(_ dy: Map) -> Map {
    let dx = map(dy.height / 2, dy.width / 2, dy.channels)
    guard !isMeasuring else { return dx }
    grl_double_nearest_backward(dy.base, Int32(dx.width), Int32(dx.channels), 0, Int32(dx.height), dx.base)
    return dx
  }
}
