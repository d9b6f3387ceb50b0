import CKernels
import Tensors

/// A 3x3 convolution in float32 with zero padding 1, in parts that threads take: `y = activation(convolution(x) + bias) + residual`.
package struct ConvolutionTask {
  let kernels: UnsafePointer<grl_kernels>
  let height: Int
  let width: Int
  let inputs: Int
  let outputs: Int
  /// Packed for the method that computes it.
  let weights: UnsafePointer<Float>
  let bias: UnsafePointer<Float>?
  let activation: Activation
  /// `[height, width, inputs]`.
  let x: UnsafePointer<Float>
  /// `[height, width, outputs]`; may be `y`.
  let residual: UnsafePointer<Float>?
  /// `[height, width, outputs]`; not `x`.
  let y: UnsafeMutablePointer<Float>

  package init(
    kernels: UnsafePointer<grl_kernels>, height: Int, width: Int, inputs: Int, outputs: Int,
    weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, activation: Activation, x: UnsafePointer<Float>,
    residual: UnsafePointer<Float>?, y: UnsafeMutablePointer<Float>
  ) {
    (self.kernels, self.height, self.width, self.inputs, self.outputs) = (kernels, height, width, inputs, outputs)
    (self.weights, self.bias, self.activation) = (weights, bias, activation)
    (self.x, self.residual, self.y) = (x, residual, y)
  }

  /// Image lines that a part takes.
  static let linesAtOnce = 4
  /// Floats of a line between zero pixels.
  private var line: Int { (width + 2) * inputs }

  private var tiles: Int { ((height + 3) / 4) * ((width + 3) / 4) }
  /// Enough rows that reading a plane's weights is worth it, few enough that the planes stay near.
  private var tilesAtOnce: Int { inputs + outputs >= 256 ? 128 : 64 }
  private var planeStride: Int { outputs.rounded(upTo: Int(GRL_LANE_LIMIT)) }

  /// How many parts there are.
  package func parts(_ method: ConvolutionMethod) -> Int {
    switch method {
    case .direct: (height + ConvolutionTask.linesAtOnce - 1) / ConvolutionTask.linesAtOnce
    case .winograd: (tiles + tilesAtOnce - 1) / tilesAtOnce
    }
  }

  /// Floats of memory that a part takes while it is computed.
  package func scratchFloats(_ method: ConvolutionMethod) -> Int {
    switch method {
    case .direct: (ConvolutionTask.linesAtOnce + 2) * line
    case .winograd: 36 * tilesAtOnce * (inputs + planeStride) + 2 * Int(GRL_SLACK) + (bias == nil ? planeStride : 0)
    }
  }

  package func compute(part: Int, _ method: ConvolutionMethod, scratch: UnsafeMutablePointer<Float>) {
    switch method {
    case .direct: computeLines(part, scratch)
    case .winograd: computeTiles(part, scratch)
    }
  }

  /// Copies the image rows that it needs between zero pixels, so that every 3x3 neighbourhood is three runs.
  private func computeLines(_ part: Int, _ lines: UnsafeMutablePointer<Float>) {
    let first = part * ConvolutionTask.linesAtOnce
    let last = min(first + ConvolutionTask.linesAtOnce, height)
    for row in (first - 1)...last {
      let target = lines + (row - first + 1) * line
      if row < 0 || row >= height {
        target.update(repeating: 0, count: line)
      } else {
        target.update(repeating: 0, count: inputs)
        (target + inputs).update(from: x + row * width * inputs, count: width * inputs)
        (target + line - inputs).update(repeating: 0, count: inputs)
      }
    }
    for row in first..<last {
      let offset = row * width * outputs
      var task = grl_gemm(
        a: lines + (row - first) * line, a_index: nil, a_stride: inputs, a_segment_stride: line, rows: Int32(width),
        segments: 3, k: Int32(3 * inputs), n: Int32(outputs), b: weights, bias: bias,
        residual: residual.map { $0 + offset }, residual_stride: outputs, c: y + offset, c_stride: outputs,
        activation: activation.kind, slope: activation.slope)
      kernels.pointee.gemm(&task)
    }
  }

  /// By Winograd's method: tiles of 4 x 4 pixels to 36 planes, a product for each plane, and back.
  private func computeTiles(_ part: Int, _ planes: UnsafeMutablePointer<Float>) {
    let first = part * tilesAtOnce
    let count = min(tilesAtOnce, tiles - first)
    let results = planes + (36 * tilesAtOnce * inputs + Int(GRL_SLACK)).rounded(upTo: 16)
    var side = grl_winograd()
    (side.height, side.width, side.first_tile, side.tile_count) = (
      Int32(height), Int32(width), Int32(first), Int32(count)
    )
    (side.channels, side.x, side.planes) = (Int32(inputs), x, planes)
    kernels.pointee.winograd_input(&side)
    let packed = grl_packed_size(kernels, Int32(inputs), Int32(outputs))
    for plane in 0..<36 {
      var task = grl_gemm(
        a: planes + plane * count * inputs, a_index: nil, a_stride: inputs, a_segment_stride: 0, rows: Int32(count),
        segments: 1, k: Int32(inputs), n: Int32(outputs), b: weights + plane * packed, bias: nil, residual: nil,
        residual_stride: 0, c: results + plane * count * planeStride, c_stride: planeStride, activation: GRL_LINEAR,
        slope: 0)
      kernels.pointee.gemm(&task)
    }
    (side.channels, side.planes, side.plane_stride) = (Int32(outputs), results, planeStride)
    (side.residual, side.out) = (residual, y)
    (side.activation, side.slope) = (activation.kind, activation.slope)
    if let bias {
      side.bias = bias
    } else {
      let zeros = results + 36 * tilesAtOnce * planeStride + Int(GRL_SLACK)
      zeros.update(repeating: 0, count: planeStride)
      side.bias = UnsafePointer(zeros)
    }
    kernels.pointee.winograd_output(&side)
  }
}
