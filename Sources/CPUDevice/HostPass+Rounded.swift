import CKernels
import Tensors

/// Memory for the left factors of a chain of layers that compute on rounded factors.
struct RoundedOperands {
  /// Whether the layers do that at all.
  let isChain: Bool
  /// Elements from one row to the next.
  let stride: Int
  /// Elements of one operand; two take turns.
  let elements: Int

  init(of layers: [PackedLinear], rows: Int) {
    isChain = layers.contains { $0.weights.isRounded }
    precondition(!isChain || layers.allSatisfy { $0.weights.isRounded }, "layers of mixed precision")
    let widest = layers.reduce(0) { max($0, $1.inputs, $1.outputs) }
    stride = widest.rounded(upTo: RoundedKernels.step)
    elements = isChain ? rows.rounded(upTo: RoundedKernels.step) * stride : 0
  }

  /// Two operands, counted in floats.
  var floats: Int { elements }
}

extension HostPass {
  /// All `layers` on `rows` pixels. Results between them exist in rounded form only.
  ///
  /// - Parameter pixels: which rows of `x` to take, or nil for the first ones.
  func multiply(
    _ layers: [PackedLinear], rows: Int, from x: UnsafePointer<Float>, at pixels: UnsafePointer<Int32>? = nil,
    into y: UnsafeMutablePointer<Float>, operands: RoundedOperands, memory: UnsafeMutablePointer<Float>
  ) {
    guard let table = rounded?.table else { preconditionFailure("a layer of other precision") }
    let memory = UnsafeMutableRawPointer(memory).bindMemory(to: grl_bf16.self, capacity: 2 * operands.elements)
    let inputs = layers[0].inputs
    var task = grl_bf16_gather(
      x: x, stride: inputs, index: pixels, count: Int32(rows), head_dim: Int32(inputs), scale: 1, normalised: 0,
      out: memory)
    table.pointee.gather_rows(&task)
    for (index, layer) in layers.enumerated() {
      guard case .rounded(let weights) = layer.weights else { preconditionFailure("layers of mixed precision") }
      let isLast = index == layers.count - 1
      let next = memory + (index + 1) % 2 * operands.elements
      var task = grl_bf16_gemm(
        a: memory + index % 2 * operands.elements,
        a_stride: index == 0 ? inputs.rounded(upTo: RoundedKernels.step) : operands.stride, a_segment_stride: 0,
        rows: Int32(rows),
        segments: 1, k: Int32(layer.inputs), n: Int32(layer.outputs), b: weights.base, bias: layer.bias?.base,
        residual: nil, residual_stride: 0, c: isLast ? y : nil, c_rounded: isLast ? nil : next,
        c_stride: isLast ? layer.outputs : operands.stride, activation: layer.activation.kind,
        slope: layer.activation.slope)
      table.pointee.gemm(&task)
    }
  }
}
