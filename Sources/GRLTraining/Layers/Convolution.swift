import CKernels
import CPUDevice
import Tensors

/// 3x3 convolution with zero padding 1.
///
/// Backward: `dx` is the convolution of `dy` with each kernel turned by 180 degrees, inputs and outputs swapped; `dW` is the product of
/// shifted pixels of `x` with `dy`, summed over pixels.
struct ConvolutionLayer {
  let weight: Parameter
  let bias: Parameter
  let inputs: Int
  let outputs: Int
  private let forwardFactor: Factor
  /// nil where nobody asks for `dx`: the first layer's input is the picture.
  private let backwardFactor: Factor?

  /// A convolution's weights, packed for the method that computes it.
  private struct Factor {
    let packed: PackedFactor
    let inputs: Int
    let outputs: Int
    let method: ConvolutionMethod

    init(inputs: Int, outputs: Int, _ packed: PackedLayout, _ device: CPUDevice) {
      method = device.method(ofConvolutionWith: inputs)
      self.inputs = inputs
      self.outputs = outputs
      self.packed =
        switch method {
        case .direct: packed.factor(rows: 9 * inputs, columns: outputs)
        case .winograd: packed.factor(rows: inputs, columns: outputs, planes: 36)
        }
    }

    /// - Parameter weights: element (tap, input, output), tap row by row.
    func pack(_ step: StepWeights, _ weights: (_ tap: Int, _ input: Int, _ output: Int) -> Float) {
      let target = step.packed + packed.start
      var ordered = [Float](repeating: 0, count: 9 * inputs * outputs)
      switch method {
      case .direct:
        for tap in 0..<9 {
          for input in 0..<inputs {
            for output in 0..<outputs {
              ordered[(tap * inputs + input) * outputs + output] = weights(tap, input, output)
            }
          }
        }
        grl_pack(step.kernels, ordered, outputs, 1, Int32(9 * inputs), Int32(outputs), target)
      case .winograd:
        for output in 0..<outputs {
          for input in 0..<inputs {
            for tap in 0..<9 { ordered[(output * inputs + input) * 9 + tap] = weights(tap, input, output) }
          }
        }
        let plane = inputs * outputs
        var planes = [Float](repeating: 0, count: 36 * plane)
        grl_winograd_weights(ordered, Int32(inputs), Int32(outputs), &planes)
        let size = grl_packed_size(step.kernels, Int32(inputs), Int32(outputs))
        planes.withUnsafeBufferPointer {
          for index in 0..<36 {
            grl_pack(
              step.kernels, $0.baseAddress! + index * plane, outputs, 1, Int32(inputs), Int32(outputs),
              target + index * size)
          }
        }
      }
    }

    func apply(to x: Map, bias: UnsafePointer<Float>?, residual: Map?, into y: Map, on lane: Lane) {
      let task = ConvolutionTask(
        kernels: lane.step.kernels, height: x.height, width: x.width, inputs: inputs, outputs: outputs,
        weights: lane.step.packed + packed.start, bias: bias, activation: .none, x: x.base,
        residual: residual.map { UnsafePointer($0.base) }, y: y.base)
      lane.scope {
        let scratch = lane.take(task.scratchFloats(method))
        guard !lane.isMeasuring else { return }
        for part in 0..<task.parts(method) { task.compute(part: part, method, scratch: scratch) }
      }
    }
  }

  var wantsInputGradient: Bool { backwardFactor != nil }

  init(
    _ scope: ParameterScope, in inputs: Int, out outputs: Int, wantsInputGradient: Bool = true, _ packed: PackedLayout,
    _ device: CPUDevice
  ) {
    self.inputs = inputs
    self.outputs = outputs
    weight = scope.kernel("weight", inputs: inputs, outputs: outputs)
    bias = scope.vector("bias", [outputs])
    forwardFactor = Factor(inputs: inputs, outputs: outputs, packed, device)
    backwardFactor = wantsInputGradient ? Factor(inputs: outputs, outputs: inputs, packed, device) : nil
  }

  func pack(_ step: StepWeights) {
    let w = step[weight]
    forwardFactor.pack(step) { tap, input, output in w[(tap * inputs + input) * outputs + output] }
    backwardFactor?.pack(step) { tap, output, input in w[((8 - tap) * inputs + input) * outputs + output] }
  }

  /// `[H, W, inputs]` to `[H, W, outputs]`; `y = convolution(x) [+ residual]`.
  func forward(_ x: Map, residual: Map? = nil, on lane: Lane) -> Map {
    let y = lane.map(like: x, channels: outputs)
    forwardFactor.apply(to: x, bias: lane.step[bias], residual: residual, into: y, on: lane)
    return y
  }

  /// Adds to the gradients of weight and bias; sets `dx = turned convolution(dy) [+ other]`, where asked for.
  func backward(_ dy: Map, of x: Map, into dx: Map?, adding other: Map? = nil, on lane: Lane) {
    addProducts(x, dy, on: lane)
    if let dx, let backwardFactor {
      backwardFactor.apply(to: dy, bias: nil, residual: other, into: dx, on: lane)
    }
  }

  /// `dW += ` products over all pixels, line by line: each line of `x` between zero pixels, so that a neighbourhood is three runs.
  private func addProducts(_ x: Map, _ dy: Map, on lane: Lane) {
    let line = (x.width + 2) * inputs
    lane.scope {
      let lines = lane.take((x.height + 2) * line)
      guard !lane.isMeasuring else { return }
      lines.update(repeating: 0, count: (x.height + 2) * line)
      for y in 0..<x.height {
        (lines + (y + 1) * line + inputs).update(from: x.base + y * x.width * inputs, count: x.width * inputs)
      }
      for y in 0..<x.height {
        var task = grl_gemm_rows(
          a: lines + y * line, a_index: nil, a_stride: inputs, a_segment_stride: line, rows: Int32(x.width),
          segments: 3,
          k: Int32(3 * inputs), n: Int32(outputs), dy: dy.base + y * dy.width * outputs, dy_stride: outputs,
          dw: lane.gradients + weight.start, dw_stride: outputs, db: lane.gradients + bias.start)
        lane.step.training.pointee.gemm_rows(&task)
      }
    }
  }
}
