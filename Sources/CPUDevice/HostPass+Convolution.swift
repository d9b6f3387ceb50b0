import CKernels
import Tensors

/// 3x3 convolution.
extension HostPass {
  /// `output = convolution(input) + residual`; `residual` may be `output`, `input` may not.
  func apply(_ layer: PackedConvolution, to input: HostMap, residual: HostMap?, into output: HostMap) {
    switch layer.weights {
    case .float32(let weights): apply(layer, weights, to: input, residual: residual, into: output)
    case .rounded(let weights): apply(layer, weights, to: input, residual: residual, into: output)
    case .winograd(let weights): applyWinograd(layer, weights, to: input, residual: residual, into: output)
    }
  }

  /// Image lines that one task takes.
  private var rowsAtOnce: Int { 4 }

  private func apply(
    _ layer: PackedConvolution, _ weights: Parameters, to input: HostMap, residual: HostMap?, into output: HostMap
  ) {
    let line = (input.width + 2) * input.channels
    scope {
      // Each task copies the image rows it needs between zero pixels, so that every 3x3 neighbourhood is three runs.
      let scratch = perWorker(floats: (rowsAtOnce + 2) * line)
      guard holdsMemory else { return }
      threads.run(count: (input.height + rowsAtOnce - 1) / rowsAtOnce) { index, worker in
        let first = index * rowsAtOnce
        let last = min(first + rowsAtOnce, input.height)
        let lines = scratch[worker]
        for y in (first - 1)...last {
          let target = lines + (y - first + 1) * line
          if y < 0 || y >= input.height {
            target.update(repeating: 0, count: line)
          } else {
            target.update(repeating: 0, count: input.channels)
            (target + input.channels).update(
              from: input.base + y * input.width * input.channels, count: input.width * input.channels)
            (target + line - input.channels).update(repeating: 0, count: input.channels)
          }
        }
        for y in first..<last {
          let offset = y * output.width * output.channels
          var task = grl_gemm(
            a: lines + (y - first) * line, a_index: nil, a_stride: input.channels, a_segment_stride: line,
            rows: Int32(input.width),
            segments: 3, k: Int32(3 * input.channels), n: Int32(layer.outputs), b: weights.base,
            bias: layer.bias.base, residual: residual.map { UnsafePointer($0.base + offset) },
            residual_stride: output.channels, c: output.base + offset, c_stride: output.channels,
            activation: layer.activation.kind, slope: layer.activation.slope)
          kernels.table.pointee.gemm(&task)
        }
      }
    }
  }

  /// The same by Winograd's method: tiles of 4 x 4 pixels to 36 planes, a product for each plane, and back.
  private func applyWinograd(
    _ layer: PackedConvolution, _ weights: Parameters, to input: HostMap, residual: HostMap?, into output: HostMap
  ) {
    let (height, width) = (Int32(input.height), Int32(input.width))
    let tiles = ((input.height + 3) / 4) * ((input.width + 3) / 4)
    // Enough rows that reading a plane's weights is worth it, few enough that the planes stay near.
    let tilesAtOnce = layer.inputs + layer.outputs >= 256 ? 128 : 64
    let outputStride = layer.outputs.rounded(upTo: Int(GRL_LANE_LIMIT))
    scope {
      let scratch = perWorker(
        floats: 36 * tilesAtOnce * (layer.inputs + outputStride) + 2 * Int(GRL_SLACK))
      guard holdsMemory else { return }
      threads.run(count: (tiles + tilesAtOnce - 1) / tilesAtOnce) { index, worker in
        let first = index * tilesAtOnce
        let count = min(tilesAtOnce, tiles - first)
        let planes = scratch[worker]
        let results = planes + (36 * tilesAtOnce * layer.inputs + Int(GRL_SLACK)).rounded(upTo: 16)
        var side = grl_winograd()
        (side.height, side.width, side.first_tile, side.tile_count) = (height, width, Int32(first), Int32(count))
        (side.channels, side.x, side.planes) = (Int32(layer.inputs), UnsafePointer(input.base), planes)
        kernels.table.pointee.winograd_input(&side)
        let packed = weights.count / 36
        for plane in 0..<36 {
          var task = grl_gemm(
            a: planes + plane * count * layer.inputs, a_index: nil, a_stride: layer.inputs, a_segment_stride: 0,
            rows: Int32(count),
            segments: 1, k: Int32(layer.inputs), n: Int32(layer.outputs), b: weights.base + plane * packed, bias: nil,
            residual: nil, residual_stride: 0, c: results + plane * count * outputStride, c_stride: outputStride,
            activation: GRL_LINEAR, slope: 0)
          kernels.table.pointee.gemm(&task)
        }
        (side.channels, side.planes, side.plane_stride) = (Int32(layer.outputs), results, outputStride)
        (side.bias, side.residual, side.out) = (layer.bias.base, residual.map { UnsafePointer($0.base) }, output.base)
        (side.activation, side.slope) = (layer.activation.kind, layer.activation.slope)
        kernels.table.pointee.winograd_output(&side)
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
      let scratch = perWorker(floats: ((rowsAtOnce + 2) * line + slack + 1) / 2)
      guard holdsMemory else { return }
      threads.run(count: (input.height + rowsAtOnce - 1) / rowsAtOnce) { index, worker in
        let first = index * rowsAtOnce
        let last = min(first + rowsAtOnce, input.height)
        let count = (rowsAtOnce + 2) * line + slack
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
