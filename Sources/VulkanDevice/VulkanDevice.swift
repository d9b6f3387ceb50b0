import Tensors

/// A graphics card through Vulkan: every operation a compute kernel, the network resident on the card, in float32.
///
/// What an operation adds is submitted later, together with what follows (`VulkanMemory`). Nothing here throws: a call that fails leaves its
/// `DeviceFault` with the memory of the pass, which then computes nothing more.
public struct VulkanDevice: Device {
  let context: VulkanContext
  /// Floats of one buffer of the arena.
  public let bufferFloats: Int
  private let memoryLimit: Int?

  public var card: GraphicsCard { context.card }

  /// - Parameters:
  ///   - largestBuffer: bytes of one buffer, for tests; by default what the driver allows.
  ///   - memoryLimit: bytes of the card that are free, for tests; by default what the driver says.
  /// - Throws: `VulkanError`: the card lacks what the kernels need, or its driver refuses.
  public init(
    _ card: GraphicsCard, of library: VulkanLibrary, largestBuffer: Int? = nil, memoryLimit: Int? = nil
  ) throws(VulkanError) {
    self.memoryLimit = memoryLimit
    context = try VulkanContext(card, of: library)
    // Numbers of values are 32 bits wide in the kernels.
    let bytes = min(largestBuffer ?? .max, card.largestAllocation, 4 << 30)
    bufferFloats = max(1, bytes / 4 / 1024) * 1024
  }

  /// The driver's compiler decides on the last bits.
  public var description: String { "Vulkan \(card.name), \(card.driver)" }

  /// Bytes of the card that a pass and its weights may take: four fifths of what is free now, or of all where the driver does not say.
  public var budgetBytes: Int {
    let card = context.library.refreshed(context.card)
    let free = VulkanFeature.disabled.contains(.budget) ? nil : card.freeBytes
    return (memoryLimit ?? free ?? card.memoryBytes) / 5 * 4
  }

  /// What became of the card; nil while it can be used.
  public var fault: DeviceFault? { context.fault }

  /// Lets the `nth` of the calls to come that can fail fail with a code of Vulkan: -2 out of memory, -4 lost. For tests.
  package func fail(_ nth: Int, code: Int) { context.fail(nth, code: code) }
  /// Calls that could have failed so far.
  package var calls: Int { context.calls }

  // MARK: Weights

  public func pack(
    linear weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation, isExact: Bool
  ) -> any PackedData {
    CardProduct(
      weights, bias: bias, inputs: inputs, outputs: outputs, taps: 1, activation: activation, on: context)
  }

  public func pack(
    convolution weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation
  ) -> any PackedData {
    CardProduct(
      weights, bias: bias, inputs: inputs, outputs: outputs, taps: 9, activation: activation, on: context)
  }

  public func pack(layerNorm gamma: [Float], beta: [Float]) -> any PackedData {
    CardNorm(values: context.store(gamma + beta))
  }

  public func pack(headProjection weights: [Float], bias: [Float]?, inputs: Int, width: Int) -> any PackedData {
    CardProduct(weights, bias: bias, inputs: inputs, outputs: 3 * width, taps: 1, activation: .none, on: context)
  }

  public func pack(_ gate: ChannelGate.Weights) -> any PackedData {
    let values = gate.reduce + gate.reduceBias + gate.expand + gate.expandBias
    return CardGate(values: context.store(values), hidden: gate.reduceBias.count)
  }

  public func pack(queries: Partition, keys: Partition) -> any PackedData { CardCells() }

  public func pack(biases: [Float]?, temperatures: [Float], for geometry: AttentionGeometry) -> any PackedData {
    CardRule(
      biases: biases, temperatures: temperatures, entries: geometry.tableRows * geometry.tableColumns, on: context)
  }

  // MARK: Memory

  public func footprint(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  public func allocate(floats: Int) throws(OutOfMemory) -> any DeviceMemory {
    try VulkanMemory(floats: floats, bufferFloats: bufferFloats, on: context)
  }

  // MARK: Values in and out

  public func write(_ values: [Float], to map: FeatureMap, on pass: Pass) {
    guard let memory = pass.workspace.memory as? VulkanMemory else { return }
    memory.write(values, to: map, gate: pass.threads.gate)
  }

  public func read(_ map: FeatureMap, pixels: [Int32]?, on pass: Pass) -> [Float] {
    guard let memory = pass.workspace.memory as? VulkanMemory else { return [] }
    let values = memory.read(map, gate: pass.threads.gate)
    guard let pixels else { return values }
    return pixels.flatMap { values[Int($0) * map.channels..<(Int($0) + 1) * map.channels] }
  }

  public func pad(_ input: Tensor, mean: [Float], range: Float, into output: FeatureMap, on pass: Pass) {
    guard !pass.isMeasuring else { return }
    let channels = input.shape.channels
    let padding = Padding(input.shape, paddedHeight: output.height, paddedWidth: output.width)
    var values = [Float](repeating: 0, count: output.count)
    for y in 0..<output.height {
      for x in 0..<output.width {
        let (source, target) = (padding.source(y: y, x: x), (y * output.width + x) * channels)
        for channel in 0..<channels {
          let value = source.map { input.values[$0 * channels + channel] } ?? 0
          values[target + channel] = (value - mean[channel]) * range
        }
      }
    }
    write(values, to: output, on: pass)
  }

  public func crop(_ input: FeatureMap, to shape: Shape, mean: [Float], range: Float, on pass: Pass) -> Tensor {
    let values = read(input, pixels: nil, on: pass)
    var output = Tensor(shape: shape)
    for y in 0..<shape.height {
      for x in 0..<shape.width {
        let source = (y * input.width + x) * input.channels
        for channel in 0..<shape.channels {
          let value = values[source + (input.channels == 1 ? 0 : channel)]
          output[y, x, channel] = value / range + mean[mean.count == 1 ? 0 : channel]
        }
      }
    }
    return output
  }
}
