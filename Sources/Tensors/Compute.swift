import CKernels

/// Where a forward pass runs: kernels, threads and working memory.
///
/// Operations write into maps that the caller took from `workspace`. They compute nothing while the workspace measures.
public struct Compute {
  public let arithmetic: Arithmetic
  public let threads: ThreadLease
  public let workspace: Workspace
  /// Shown each named intermediate result; nil in normal runs. A traced pass computes chains step by step.
  public let trace: ((_ name: String, _ map: FeatureMap) -> Void)?
  /// Told where the time goes; nil in normal runs.
  public let profile: Profile?
  let kernels: Kernels
  /// Nil where the precision is float32.
  let rounded: RoundedKernels?

  public init(
    _ arithmetic: Arithmetic, threads: ThreadLease, workspace: Workspace,
    trace: ((_ name: String, _ map: FeatureMap) -> Void)? = nil, profile: Profile? = nil
  ) {
    self.profile = profile
    self.arithmetic = arithmetic
    self.threads = threads
    self.workspace = workspace
    self.trace = trace
    kernels = arithmetic.instructionSet.kernels
    rounded = arithmetic.roundedKernels
  }

  public var instructionSet: InstructionSet { arithmetic.instructionSet }

  /// Pixels that one task of a row-wise operation takes: their activations stay in the second-level cache.
  private static let chunk = 96

  func forEachChunk(of pixels: Int, _ body: (_ first: Int, _ count: Int, _ worker: Int) -> Void) {
    let chunk = Compute.chunk
    threads.run(count: (pixels + chunk - 1) / chunk) { index, worker in
      body(index * chunk, min(chunk, pixels - index * chunk), worker)
    }
  }

  /// Shows `map` to the trace, if there is one and the pass is real.
  package func show(_ name: String, _ map: FeatureMap) {
    if let trace, workspace.holdsMemory { trace(name, map) }
  }

  /// Runs `body` once to measure and once on memory of that size, which is free again when this returns.
  package static func onOwnMemory<Result>(
    _ arithmetic: Arithmetic, threads: ThreadLease, _ body: (Compute) -> Result
  ) throws(OutOfMemory) -> Result {
    let measure = Workspace()
    _ = body(Compute(arithmetic, threads: threads, workspace: measure))
    let workspace = try Workspace(reserving: measure.peakFloats)
    return body(Compute(arithmetic, threads: threads, workspace: workspace))
  }

  // MARK: Linear layers

  /// The local branch of a block: features and the weight of each channel.
  public struct GatedFeatures {
    public let features: FeatureMap
    public let gate: [Float]
    public init(features: FeatureMap, gate: [Float]) {
      self.features = features
      self.gate = gate
    }
  }

  /// `output = residual + norm(layers(input)) + local`, pixel by pixel; parts that are nil are left out.
  ///
  /// The result between the layers never exists as a whole map. `residual` and `output` may be the same map.
  /// - Parameter names: for the trace: one for each layer's result, and one for the norm's (before anything is added).
  public func apply(
    _ layers: [Linear], norm: LayerNorm? = nil, to input: FeatureMap, residual: FeatureMap? = nil,
    local: GatedFeatures? = nil, into output: FeatureMap, names: [String?] = []
  ) {
    precondition(layers.first?.inputs ?? input.channels == input.channels && input.pixels == output.pixels)
    precondition((layers.last?.outputs ?? input.channels) == output.channels && (residual == nil || norm != nil))
    if let trace { traceSteps(of: layers, norm: norm, input: input, names: names, trace) }
    let operations = layers.reduce(0) { $0 + 2 * Double($1.inputs) * Double($1.outputs) } * Double(input.pixels)
    booked(layers.isEmpty ? .norms : .products, operations: operations) {
      run(layers, norm: norm, on: input, residual: residual, local: local, into: output)
    }
  }

  private func run(
    _ layers: [Linear], norm: LayerNorm?, on input: FeatureMap, residual: FeatureMap?, local: GatedFeatures?,
    into output: FeatureMap
  ) {
    workspace.scope {
      let widest = layers.map(\.outputs).max() ?? 0
      let needsScratch = layers.count > 1 || norm != nil
      let scratch = needsScratch ? workspace.perWorker(threads, floats: 2 * Compute.chunk * widest) : nil
      let operands = RoundedOperands(of: layers, rows: Compute.chunk)
      let rounding = operands.floats > 0 ? workspace.perWorker(threads, floats: operands.floats) : nil
      guard workspace.holdsMemory else { return }
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
              : (scratch![worker] + (index % 2) * Compute.chunk * widest)
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
    _ layer: Linear, rows: Int, from x: UnsafePointer<Float>, at pixels: UnsafePointer<Int32>? = nil,
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
    _ norm: LayerNorm, first: Int, count: Int, x: UnsafePointer<Float>, residual: FeatureMap?, local: GatedFeatures?,
    into output: FeatureMap
  ) {
    let offset = first * norm.channels
    let gate = local?.gate ?? []
    gate.withUnsafeBufferPointer { gate in
      var task = grl_layer_norm(
        x: x, residual: residual.map { UnsafePointer($0.base + offset) },
        local: local.map { UnsafePointer($0.features.base + offset) }, gate: local == nil ? nil : gate.baseAddress,
        gamma: norm.gamma.base, beta: norm.beta.base, out: output.base + offset, rows: Int32(count),
        channels: Int32(norm.channels))
      kernels.table.pointee.layer_norm(&task)
    }
  }

  /// Shows the trace the product of features and gate, which otherwise never exists as a map.
  public func trace(_ local: GatedFeatures, name: String) {
    guard let trace else { return }
    let features = local.features
    workspace.scope {
      let product = workspace.map(height: features.height, width: features.width, channels: features.channels)
      guard workspace.holdsMemory else { return }
      for index in 0..<(features.pixels * features.channels) {
        product.base[index] = features.base[index] * local.gate[index % features.channels]
      }
      trace(name, product)
    }
  }

  /// The unfused way of `apply`, for the trace: every intermediate result as a whole map of its own.
  private func traceSteps(
    of layers: [Linear], norm: LayerNorm?, input: FeatureMap, names: [String?], _ trace: (String, FeatureMap) -> Void
  ) {
    let plain = Compute(arithmetic, threads: threads, workspace: workspace)
    workspace.scope {
      var x = input
      for (index, layer) in layers.enumerated() {
        let y = workspace.map(height: x.height, width: x.width, channels: layer.outputs)
        plain.apply([layer], to: x, into: y)
        x = y
        if index < names.count, let name = names[index] { show(name, y) }
      }
      guard let norm, names.count > layers.count, let name = names[layers.count] else { return }
      let y = workspace.map(height: x.height, width: x.width, channels: norm.channels)
      guard workspace.holdsMemory else { return }
      normalise(norm, first: 0, count: x.pixels, x: x.base, residual: nil, local: nil, into: y)
      trace(name, y)
    }
  }
}
