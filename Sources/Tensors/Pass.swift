/// A forward pass on a device: its memory, its threads, and who watches.
public struct Pass {
  public let workspace: Workspace
  public let threads: ThreadLease
  /// Shown each named intermediate result; nil in normal runs. A traced pass computes chains step by step.
  public let trace: ((_ name: String, _ values: Tensor) -> Void)?
  /// Told where the time goes; nil in normal runs.
  public let profile: Profile?

  public init(
    on workspace: Workspace, threads: ThreadLease, trace: ((_ name: String, _ values: Tensor) -> Void)? = nil,
    profile: Profile? = nil
  ) {
    self.workspace = workspace
    self.threads = threads
    self.trace = trace
    self.profile = profile
  }

  public var device: any Device { workspace.device }
  /// Whether it only finds out what memory a real one needs.
  public var isMeasuring: Bool { workspace.memory == nil }

  /// The same without a trace and a profile.
  package var unwatched: Pass { Pass(on: workspace, threads: threads) }

  /// Runs `body` once to measure and once on memory of that size, which is free again when this returns.
  package static func onOwnMemory<Result>(
    of device: any Device, threads: ThreadLease, _ body: (Pass) -> Result
  ) throws(OutOfMemory) -> Result {
    let measure = Workspace(measuring: device)
    _ = body(Pass(on: measure, threads: threads))
    return body(Pass(on: try Workspace(on: device, floats: measure.peakFloats), threads: threads))
  }

  /// Shows `map` to the trace, if there is one and the pass is real.
  package func show(_ name: @autoclosure () -> String, _ map: FeatureMap) {
    if let trace, !isMeasuring { trace(name(), values(of: map)) }
  }

  // MARK: Values in and out

  /// Features with the given values, row-major.
  public func map(_ shape: Shape, values: [Float]) -> FeatureMap {
    precondition(values.count == shape.count || isMeasuring)
    let map = workspace.map(shape)
    if !isMeasuring { device.write(values, to: map, on: self) }
    return map
  }

  /// A copy of the values; without any in a pass that measures.
  public func values(of map: FeatureMap) -> Tensor {
    isMeasuring
      ? Tensor(measuring: map.shape) : Tensor(shape: map.shape, values: device.read(map, pixels: nil, on: self))
  }

  /// The channels of some pixels of a map, one pixel after the other; nothing in a pass that measures.
  public func values(of map: FeatureMap, pixels: [Int32]) -> [Float] {
    isMeasuring ? [] : device.read(map, pixels: pixels, on: self)
  }

  /// `output = (padded input - mean) * range`.
  ///
  /// Padding lies below and to the right. It mirrors without repeating the edge where both pads are smaller than the sides they
  /// extend; otherwise both axes are filled with 0 before the mean is taken off (Docs/Network.md section 2).
  public func pad(_ input: Tensor, mean: [Float], range: Float, into output: FeatureMap) {
    let shape = input.shape
    precondition(shape.channels == output.channels && mean.count == shape.channels)
    precondition(output.height >= shape.height && output.width >= shape.width)
    booked(.rearrangement) { device.pad(input, mean: mean, range: range, into: output, on: self) }
  }

  /// The top left `height` x `width` pixels of `input` as `value / range + mean`; without values in a pass that measures.
  ///
  /// One channel and three means give three channels, as the published code broadcasts (Docs/Network.md section 2, step 7).
  public func crop(_ input: FeatureMap, height: Int, width: Int, mean: [Float], range: Float) -> Tensor {
    let shape = Shape(height: height, width: width, channels: max(input.channels, mean.count))
    precondition(height <= input.height && width <= input.width)
    precondition([1, shape.channels].contains(input.channels) && [1, shape.channels].contains(mean.count))
    guard !isMeasuring else { return Tensor(measuring: shape) }
    return booked(.rearrangement) { device.crop(input, to: shape, mean: mean, range: range, on: self) }
  }

  // MARK: Operations

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
    if trace != nil { traceSteps(of: layers, norm: norm, input: input, names: names) }
    let operations = layers.reduce(0) { $0 + 2 * Double($1.inputs) * Double($1.outputs) } * Double(input.pixels)
    booked(layers.isEmpty ? .norms : .products, operations: operations) {
      device.apply(layers, norm: norm, to: input, residual: residual, local: local, into: output, on: self)
    }
  }

  /// The unfused way of `apply`, for the trace: every intermediate result as a whole map of its own.
  private func traceSteps(of layers: [Linear], norm: LayerNorm?, input: FeatureMap, names: [String?]) {
    workspace.scope {
      var x = input
      for (index, layer) in layers.enumerated() {
        let y = workspace.map(height: x.height, width: x.width, channels: layer.outputs)
        unwatched.apply([layer], to: x, into: y)
        x = y
        if index < names.count, let name = names[index] { show(name, y) }
      }
      guard let norm, names.count > layers.count, let name = names[layers.count] else { return }
      let y = workspace.map(height: x.height, width: x.width, channels: norm.channels)
      unwatched.apply([], norm: norm, to: x, into: y)
      show(name, y)
    }
  }

  /// `output = convolution(input) + residual`; `residual` may be `output`, `input` may not.
  public func apply(_ layer: Convolution, to input: FeatureMap, residual: FeatureMap? = nil, into output: FeatureMap) {
    precondition(layer.inputs == input.channels && layer.outputs == output.channels && input.pixels == output.pixels)
    booked(.convolutions, operations: 18 * Double(layer.inputs * layer.outputs) * Double(input.pixels)) {
      device.apply(layer, to: input, residual: residual, into: output, on: self)
    }
  }

  /// Mean of each `factor` x `factor` block: `[H, W, C]` to `[H / factor, W / factor, C]`.
  public func meanPool(_ input: FeatureMap, factor: Int, into output: FeatureMap) {
    precondition(output.height * factor == input.height && output.width * factor == input.width)
    booked(.rearrangement) { device.meanPool(input, factor: factor, into: output, on: self) }
  }

  /// Both attentions of a block, all heads. Devices project the tokens of each cell where they are needed: neither queries, keys and values, nor
  /// a matrix of scores of a whole picture needs to exist.
  public func attend(windows: WindowAttentionTask, stripes: StripeAttentionTask) {
    device.attend(windows: windows, stripes: stripes, on: self)
  }

  /// The weight of each channel of `input`, `[1, 1, C]` in 0...1.
  public func apply(_ gate: ChannelGate, to input: FeatureMap, into output: FeatureMap) {
    precondition(gate.channels == input.channels && output.pixels == 1 && output.channels == input.channels)
    device.apply(gate, to: input, into: output, on: self)
  }

  /// Depth to space: `out[y * s + i, x * s + j, c] = in[y, x, c * s * s + i * s + j]`.
  public func pixelShuffle(_ input: FeatureMap, scale: Int, into output: FeatureMap) {
    precondition(input.channels == output.channels * scale * scale && output.pixels == input.pixels * scale * scale)
    booked(.rearrangement) { device.pixelShuffle(input, scale: scale, into: output, on: self) }
  }

  /// Each pixel repeated 2 x 2: `[H, W, C]` to `[2H, 2W, C]`.
  public func doubleNearest(_ input: FeatureMap, into output: FeatureMap) {
    precondition(
      output.height == 2 * input.height && output.width == 2 * input.width && input.channels == output.channels)
    booked(.rearrangement) { device.doubleNearest(input, into: output, on: self) }
  }

  /// The projections of a whole map, for probes and the trace: as the checkpoint orders them, that is all queries head by head, then
  /// all keys, then all values, from `channel` of `output` on.
  public func project(_ heads: [HeadProjection], of input: FeatureMap, into output: FeatureMap, channel: Int) {
    precondition(heads.allSatisfy { $0.inputs == input.channels } && input.pixels == output.pixels)
    device.project(heads, of: input, into: output, channel: channel, on: self)
  }
}
