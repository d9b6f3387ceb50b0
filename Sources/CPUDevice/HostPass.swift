import CKernels
import Tensors

/// A pass as this device runs it: kernels, threads and memory by address.
///
/// While the pass measures, addresses lie in a block that does not exist: nobody may touch them.
struct HostPass {
  let device: CPUDevice
  let threads: ThreadLease
  let profile: Profile?
  let holdsMemory: Bool
  let kernels: Kernels
  /// Nil where the precision is float32.
  let rounded: RoundedKernels?
  private let workspace: Workspace
  private let base: UnsafeMutablePointer<Float>

  init(_ device: CPUDevice, _ pass: Pass) {
    self.device = device
    threads = pass.threads
    profile = pass.profile
    workspace = pass.workspace
    kernels = device.instructionSet.kernels
    rounded = device.roundedKernels
    let memory = workspace.memory.map { $0 as! HostMemory }
    holdsMemory = memory != nil
    base = memory?.base ?? UnsafeMutablePointer(bitPattern: 64)!
  }

  func host(_ map: FeatureMap) -> HostMap {
    HostMap(height: map.height, width: map.width, channels: map.channels, base: base + map.start)
  }

  // MARK: Scratch memory

  func scope(_ body: () -> Void) { workspace.scope(body) }

  /// Uninitialised memory, with the slack behind it that kernels may read, aligned to cache lines.
  func take(_ count: Int) -> UnsafeMutablePointer<Float> { base + workspace.take(count) }

  /// The same amount for each worker of a loop.
  func perWorker(floats count: Int) -> PerWorker {
    let stride = device.footprint(count)
    return PerWorker(base: take(stride * threads.threadCount), stride: stride)
  }

  struct PerWorker {
    let base: UnsafeMutablePointer<Float>
    let stride: Int
    subscript(worker: Int) -> UnsafeMutablePointer<Float> { base + worker * stride }
  }

  /// Pixels that one task of a row-wise operation takes: their activations stay in the second-level cache.
  private static let chunk = 96

  func forEachChunk(of pixels: Int, _ body: (_ first: Int, _ count: Int, _ worker: Int) -> Void) {
    let chunk = HostPass.chunk
    threads.run(count: (pixels + chunk - 1) / chunk) { index, worker in
      body(index * chunk, min(chunk, pixels - index * chunk), worker)
    }
  }

  // MARK: Linear layers

  /// The local branch of a block: features and the weight of each channel.
  typealias Gated = (features: HostMap, gate: HostMap)

  /// `output = residual + norm(layers(input)) + local`, pixel by pixel; parts that are nil are left out.
  func apply(
    _ layers: [PackedLinear], norm: PackedLayerNorm?, to input: HostMap, residual: HostMap?, local: Gated?,
    into output: HostMap
  ) {
    scope {
      let widest = layers.map(\.outputs).max() ?? 0
      let needsScratch = layers.count > 1 || norm != nil
      let scratch = needsScratch ? perWorker(floats: 2 * HostPass.chunk * widest) : nil
      let operands = RoundedOperands(of: layers, rows: HostPass.chunk)
      let rounding = operands.floats > 0 ? perWorker(floats: operands.floats) : nil
      guard holdsMemory else { return }
      forEachChunk(of: input.pixels) { first, count, worker in
        var x = UnsafePointer(input.base + first * input.channels)
        if operands.isChain {
          let y = norm == nil ? output.base + first * output.channels : scratch![worker]
          multiply(layers, rows: count, from: x, into: y, operands: operands, memory: rounding![worker])
          x = UnsafePointer(y)
        } else {
          for (index, layer) in layers.enumerated() {
            let isResult = index == layers.count - 1 && norm == nil
            let y =
              isResult
              ? output.base + first * output.channels
              : (scratch![worker] + (index % 2) * HostPass.chunk * widest)
            multiply(layer, rows: count, from: x, into: y)
            x = UnsafePointer(y)
          }
        }
        if let norm {
          normalise(norm, first: first, count: count, x: x, residual: residual, local: local, into: output)
        }
      }
    }
  }

  /// - Parameter pixels: which rows of `x` to take, or nil for the first ones.
  func multiply(
    _ layer: PackedLinear, rows: Int, from x: UnsafePointer<Float>, at pixels: UnsafePointer<Int32>? = nil,
    into y: UnsafeMutablePointer<Float>
  ) {
    guard case .float32(let weights) = layer.weights else { preconditionFailure("layers of mixed precision") }
    var task = grl_gemm(
      a: x, a_index: pixels, a_stride: layer.inputs, a_segment_stride: 0, rows: Int32(rows), segments: 1,
      k: Int32(layer.inputs),
      n: Int32(layer.outputs), b: weights.base, bias: layer.bias?.base, residual: nil, residual_stride: 0, c: y,
      c_stride: layer.outputs, activation: layer.activation.kind, slope: layer.activation.slope)
    kernels.table.pointee.gemm(&task)
  }

  private func normalise(
    _ norm: PackedLayerNorm, first: Int, count: Int, x: UnsafePointer<Float>, residual: HostMap?, local: Gated?,
    into output: HostMap
  ) {
    let offset = first * norm.channels
    var task = grl_layer_norm(
      x: x, residual: residual.map { UnsafePointer($0.base + offset) },
      local: local.map { UnsafePointer($0.features.base + offset) }, gate: local.map { UnsafePointer($0.gate.base) },
      gamma: norm.gamma.base, beta: norm.beta.base, out: output.base + offset, rows: Int32(count),
      channels: Int32(norm.channels))
    kernels.table.pointee.layer_norm(&task)
  }
}

/// A view of features `[H, W, C]` in host memory.
struct HostMap {
  let height: Int
  let width: Int
  let channels: Int
  let base: UnsafeMutablePointer<Float>

  var pixels: Int { height * width }
}
