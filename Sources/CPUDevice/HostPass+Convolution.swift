import CKernels
import Tensors

/// 3x3 convolution.
extension HostPass {
  /// `output = convolution(input) + residual`; `residual` may be `output`, `input` may not.
  func apply(_ layer: PackedConvolution, to input: HostMap, residual: HostMap?, into output: HostMap) {
    switch layer.weights {
    case .float32(let weights): apply(layer, weights, .direct, to: input, residual: residual, into: output)
    case .rounded(let weights): apply(layer, weights, to: input, residual: residual, into: output)
    case .winograd(let weights): apply(layer, weights, .winograd, to: input, residual: residual, into: output)
    }
  }

  private func apply(
    _ layer: PackedConvolution, _ weights: Parameters, _ method: ConvolutionMethod, to input: HostMap,
    residual: HostMap?,
    into output: HostMap
  ) {
    let task = ConvolutionTask(
      kernels: kernels.table, height: input.height, width: input.width, inputs: layer.inputs, outputs: layer.outputs,
      weights: weights.base, bias: layer.bias.base, activation: layer.activation, x: input.base,
      residual: residual.map { UnsafePointer($0.base) }, y: output.base)
    scope {
      let scratch = perWorker(floats: task.scratchFloats(method))
      guard holdsMemory else { return }
      threads.run(count: task.parts(method)) { part, worker in
        task.compute(part: part, method, scratch: scratch[worker])
      }
    }
  }

  /// The same on rounded pixels.
  private func apply(
    _ layer: PackedConvolution, _ weights: RoundedParameters, to input: HostMap, residual: HostMap?,
    into output: HostMap
  ) {
    guard let table = rounded?.table else { preconditionFailure("a layer of other precision") }
    let (width, channels) = (input.width, input.channels)
    let line = (width + 2) * channels
    // Behind the last line: what a kernel reads of rows that are not there.
    let slack = (RoundedKernels.step + 4) * channels + 2 * RoundedKernels.step
    scope {
      let scratch = perWorker(floats: ((ConvolutionTask.linesAtOnce + 2) * line + slack + 1) / 2)
      guard holdsMemory else { return }
      threads.run(count: (input.height + ConvolutionTask.linesAtOnce - 1) / ConvolutionTask.linesAtOnce) {
        index, worker in
        let first = index * ConvolutionTask.linesAtOnce
        let last = min(first + ConvolutionTask.linesAtOnce, input.height)
        let count = (ConvolutionTask.linesAtOnce + 2) * line + slack
        let lines = UnsafeMutableRawPointer(scratch[worker]).bindMemory(to: grl_bf16.self, capacity: count)
        for y in (first - 1)...last {
          let target = lines + (y - first + 1) * line
          if y < 0 || y >= input.height {
            target.update(repeating: 0, count: line)
          } else {
            target.update(repeating: 0, count: channels)
            // Writes some zeros behind the line; the next line comes later.
            table.pointee.round_rows(
              input.base + y * width * channels, 0, 1, Int32(width * channels), target + channels, 0)
            (target + line - channels).update(repeating: 0, count: channels)
          }
        }
        (lines + (last - first + 2) * line).update(repeating: 0, count: slack)
        for y in first..<last {
          let offset = y * output.width * output.channels
          var task = grl_bf16_gemm(
            a: lines + (y - first) * line, a_stride: channels, a_segment_stride: line, rows: Int32(width), segments: 3,
            k: Int32(3 * channels), n: Int32(layer.outputs), b: weights.base, bias: layer.bias.base,
            residual: residual.map { UnsafePointer($0.base + offset) }, residual_stride: output.channels,
            c: output.base + offset, c_rounded: nil, c_stride: output.channels, activation: layer.activation.kind,
            slope: layer.activation.slope)
          table.pointee.gemm(&task)
        }
      }
    }
  }
}
