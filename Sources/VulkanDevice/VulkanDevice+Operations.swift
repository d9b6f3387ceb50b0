import Tensors

/// The operations of a real pass on a card.
private struct CardPass {
  let memory: VulkanMemory
  let pass: Pass

  /// Nil in a pass that measures.
  init?(_ pass: Pass) {
    guard let memory = pass.workspace.memory as? VulkanMemory else { return nil }
    (self.memory, self.pass) = (memory, pass)
  }

  func address(_ map: FeatureMap, channel: Int = 0) -> UInt64 {
    let address = memory.address(of: map)
    return address == 0 ? 0 : address + UInt64(4 * channel)
  }

  func dispatch(
    _ kernel: Kernel, _ push: Push, groups: SIMD3<UInt32>, work: Double, isIndependent: Bool = false
  ) {
    memory.add(
      .dispatch(kernel, push, groups: groups, isIndependent: isIndependent), work: work, gate: pass.threads.gate)
  }

  /// A pass that is profiled waits for each of its operations, so that their times are their own.
  func end() { if pass.profile != nil { memory.finish(pass.threads.gate) } }

  // MARK: Products

  /// `y = activation(W x + b) + residual`, from `channel` of `y` on.
  ///
  /// - Parameter rows: which outputs, and where they lie in memory; nil for all.
  func multiply(
    _ layer: CardProduct, _ x: FeatureMap, residual: FeatureMap? = nil, into y: FeatureMap, channel: Int = 0,
    rows: (first: Int, count: Int)? = nil
  ) {
    let (first, count) = rows ?? (0, layer.outputs)
    let (kind, slope) = layer.activation.code
    let kernel = Kernel.product(taps: layer.taps, isWide: layer.inputs % 4 == 0, activation: kind)
    let push = Push(
      [
        address(x), memory.address(of: layer.weights) + UInt64(first * layer.rowBytes), address(y, channel: channel),
        residual.map { address($0, channel: channel) },
      ],
      [
        residual == nil ? 0 : 1, x.pixels, x.height, x.width, layer.inputs, count, y.channels,
        Int(slope.bitPattern),
      ])
    dispatch(
      kernel, push, groups: grid(groups(x.pixels, 64)).with(y: groups(count, 64)),
      work: 2 * Double(x.pixels) * Double(layer.inputs * layer.taps) * Double(count))
  }

  /// `y = residual + norm(x) + local`.
  func combine(_ x: FeatureMap, _ norm: CardNorm?, residual: FeatureMap?, local: GatedFeatures?, into y: FeatureMap) {
    let kernel = Kernel.norm(hasNorm: norm != nil, hasResidual: residual != nil, hasLocal: local != nil)
    let push = Push(
      [
        address(x), norm.map { memory.address(of: $0.values) }, residual.map { address($0) },
        local.map { address($0.features) },
        local.map { address($0.gate) }, address(y),
      ], [x.pixels, x.channels])
    dispatch(kernel, push, groups: grid(groups(x.pixels, 8)), work: 32 * Double(x.count))
  }

  /// Queries, keys and values, `[pixels, heads * 3 * width]`: heads that lie one after the other in memory are one product.
  func project(_ heads: [HeadProjection], of x: FeatureMap, into y: FeatureMap) {
    let layers = heads.map { $0.packed as! CardProduct }
    var first = 0
    while first < layers.count {
      var next = first + 1
      while next < layers.count, layers[next].follows(layers[next - 1]) { next += 1 }
      let outputs = 3 * heads[0].width
      multiply(
        layers[first], x, into: y, channel: first * outputs, rows: (first: 0, count: (next - first) * outputs))
      first = next
    }
  }

  // MARK: Attention

  /// Queries, keys or values of all heads: a map, the channel of the first head, and how far it is to the next head.
  struct Part {
    let map: FeatureMap
    let channel: Int
    let step: Int
  }

  func attend(
    _ q: Part, _ k: Part, _ v: Part, into y: Part, heads: Int, width: Int, _ rule: AttentionRule,
    isIndependent: Bool = false
  ) {
    let (queries, keys) = (rule.geometry.queries, rule.geometry.keys)
    let isShifted = [queries, keys].contains { $0.shiftX != 0 || $0.shiftY != 0 }
    let parts = [q, k, v, y]
    let addresses =
      parts.map { address($0.map, channel: $0.channel) } + [
        (rule.packed as! CardRule).values.map { memory.address(of: $0) } ?? 0
      ]
    let numbers = [queries, keys].flatMap {
      [$0.height, $0.width, $0.cellHeight, $0.cellWidth, $0.shiftY, $0.shiftX]
    }
    let push = Push(addresses, numbers + parts.map(\.map.channels) + parts.map(\.step))
    let cells = grid(UInt32(queries.cellCount))
    dispatch(
      .attention(width: width, isShifted: isShifted), push,
      groups: [cells.x, cells.y * groups(queries.tokens, 64), UInt32(heads)],
      work: rule.operations(width: width), isIndependent: isIndependent)
  }
}

private func groups(_ count: Int, _ size: Int) -> UInt32 { UInt32((count + size - 1) / size) }

/// A grid of at least `count` groups: no side of one may be longer than 65535.
private func grid(_ count: UInt32) -> SIMD3<UInt32> {
  let rows = (count + 32767) / 32768
  return [(count + rows - 1) / rows, rows, 1]
}

extension SIMD3<UInt32> {
  /// The rows of a grid as its third side, and another second one.
  fileprivate func with(y: UInt32) -> SIMD3<UInt32> { [x, y, self.y] }
}

extension Activation {
  /// As the kernels number them.
  fileprivate var code: (kind: UInt32, slope: Float) {
    switch self {
    case .none: (0, 0)
    case .relu: (1, 0)
    case .leakyReLU(let slope): (1, slope)
    case .gelu: (2, 0)
    }
  }
}

extension CardProduct {
  /// Whether its rows lie behind those of `other`.
  fileprivate func follows(_ other: CardProduct) -> Bool {
    weights.block != nil && weights.block === other.weights.block
      && weights.address == other.weights.address + UInt64(other.bytes)
  }
}

extension AttentionRule {
  /// Scores of all cells and heads.
  fileprivate var scores: Double {
    let (queries, keys) = (geometry.queries, geometry.keys)
    return Double(queries.tokens * keys.tokens) * Double(queries.cellCount * temperatures.count)
  }

  fileprivate func operations(width: Int) -> Double { 4 * Double(width) * scores }
}

extension VulkanDevice {
  public func apply(
    _ layers: [Linear], norm: LayerNorm?, to input: FeatureMap, residual: FeatureMap?, local: GatedFeatures?,
    into output: FeatureMap, on pass: Pass
  ) {
    pass.workspace.scope {
      let isCombined = norm != nil || residual != nil || local != nil || layers.isEmpty
      // A product may not write over what it reads.
      let results = layers.enumerated().map { index, layer in
        index == layers.count - 1 && !isCombined && output.start != input.start
          ? output : pass.workspace.map(height: input.height, width: input.width, channels: layer.outputs)
      }
      guard let card = CardPass(pass) else { return }
      var x = input
      for (layer, y) in zip(layers, results) {
        card.multiply(layer.packed as! CardProduct, x, into: y)
        x = y
      }
      if isCombined || x.start != output.start {
        card.combine(x, norm.map { $0.packed as! CardNorm }, residual: residual, local: local, into: output)
      }
      card.end()
    }
  }

  public func apply(
    _ layer: Convolution, to input: FeatureMap, residual: FeatureMap?, into output: FeatureMap, on pass: Pass
  ) {
    guard let card = CardPass(pass) else { return }
    card.multiply(layer.packed as! CardProduct, input, residual: residual, into: output)
    card.end()
  }

  public func attend(windows: WindowAttentionTask, stripes: StripeAttentionTask, on pass: Pass) {
    timed(.windowAttention, [windows.rule], windows.source, on: pass) { card, qkv in
      let source = windows.source
      let (width, heads) = (source.headWidth, source.heads.count)
      let parts = (0..<3).map { CardPass.Part(map: qkv, channel: $0 * width, step: 3 * width) }
      let y = CardPass.Part(map: source.output, channel: source.outputChannel, step: width)
      card.attend(parts[0], parts[1], parts[2], into: y, heads: heads, width: width, windows.rule)
    }
    pass.workspace.scope {
      let gathered = pass.workspace.map(stripes.anchors.shape)
      timed(.stripeAttention, [stripes.gather, stripes.read], stripes.source, on: pass) { card, qkv in
        let source = stripes.source
        let (width, heads) = (source.headWidth, source.heads.count)
        let parts = (0..<3).map { CardPass.Part(map: qkv, channel: $0 * width, step: 3 * width) }
        let anchors = CardPass.Part(map: stripes.anchors, channel: 0, step: width)
        let summary = CardPass.Part(map: gathered, channel: 0, step: width)
        let y = CardPass.Part(map: source.output, channel: source.outputChannel, step: width)
        // Anchors gather from the tokens, tokens read from the anchors.
        card.attend(anchors, parts[1], parts[2], into: summary, heads: heads, width: width, stripes.gather)
        card.attend(parts[0], anchors, summary, into: y, heads: heads, width: width, stripes.read)
      }
    }
  }

  /// Projects a source's heads, runs `body`, and books both where the pass is profiled.
  private func timed(
    _ operation: Profile.Operator, _ rules: [AttentionRule], _ source: AttentionSource, on pass: Pass,
    _ body: (CardPass, _ qkv: FeatureMap) -> Void
  ) {
    pass.workspace.scope {
      let (x, width) = (source.features, source.headWidth)
      let qkv = pass.workspace.map(height: x.height, width: x.width, channels: 3 * width * source.heads.count)
      guard let card = CardPass(pass) else { return }
      let began = ContinuousClock.now
      card.project(source.heads, of: x, into: qkv)
      card.end()
      let middle = ContinuousClock.now
      body(card, qkv)
      card.end()
      guard let profile = pass.profile else { return }
      let products = 2 * Double(x.pixels) * Double(x.channels) * Double(qkv.channels)
      profile.add(.products, seconds: (middle - began) / .seconds(1), operations: products)
      profile.add(
        operation, seconds: (ContinuousClock.now - middle) / .seconds(1),
        operations: rules.reduce(0) { $0 + $1.operations(width: width) },
        exponentials: rules.reduce(0) { $0 + $1.scores })
    }
  }

  public func meanPool(_ input: FeatureMap, factor: Int, into output: FeatureMap, on pass: Pass) {
    rearrange(.meanPool, input, factor: factor, into: output, on: pass)
  }

  public func pixelShuffle(_ input: FeatureMap, scale: Int, into output: FeatureMap, on pass: Pass) {
    rearrange(.pixelShuffle, input, factor: scale, into: output, on: pass)
  }

  public func doubleNearest(_ input: FeatureMap, into output: FeatureMap, on pass: Pass) {
    rearrange(.doubleNearest, input, factor: 2, into: output, on: pass)
  }

  private func rearrange(
    _ kernel: Kernel, _ input: FeatureMap, factor: Int, into output: FeatureMap, on pass: Pass
  ) {
    guard let card = CardPass(pass) else { return }
    let push = Push(
      [card.address(input), card.address(output)], [output.height, output.width, output.channels, factor])
    card.dispatch(
      kernel, push, groups: grid(groups(output.count, 64)), work: 8 * Double(max(input.count, output.count)))
    card.end()
  }

  /// Runs of pixels that are added up side by side.
  private static let runs = 64

  public func apply(_ gate: ChannelGate, to input: FeatureMap, into output: FeatureMap, on pass: Pass) {
    pass.workspace.scope {
      let sums = pass.workspace.map(height: 1, width: VulkanDevice.runs, channels: input.channels)
      guard let card = CardPass(pass) else { return }
      let weights = gate.packed as! CardGate
      let push = Push(
        [card.address(input), card.address(sums), card.memory.address(of: weights.values), card.address(output)],
        [input.pixels, VulkanDevice.runs])
      card.dispatch(
        .channelSums(channels: input.channels), push, groups: [UInt32(VulkanDevice.runs), 1, 1],
        work: 4 * Double(input.count))
      card.dispatch(
        .channelWeights(channels: input.channels, hidden: weights.hidden), push, groups: [1, 1, 1],
        work: 128 * Double(input.channels))
      card.end()
    }
  }

  public func project(
    _ heads: [HeadProjection], of input: FeatureMap, into output: FeatureMap, channel: Int, on pass: Pass
  ) {
    guard let card = CardPass(pass) else { return }
    for (head, projection) in heads.enumerated() {
      for part in 0..<3 {
        card.multiply(
          projection.packed as! CardProduct, input, into: output,
          channel: channel + (part * heads.count + head) * projection.width,
          rows: (first: part * projection.width, count: projection.width))
      }
    }
    card.end()
  }
}
