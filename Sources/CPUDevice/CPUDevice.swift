import CKernels
import Tensors

/// This machine's processor: our kernels of one instruction set, at one precision.
public struct CPUDevice: Device, Hashable {
  public let instructionSet: InstructionSet
  public let precision: Precision
  public let convolutionMethod: ConvolutionMethod
  /// How bfloat16 products are computed; `plain`, and unused, for float32.
  public let productUnit: ProductUnit

  /// - Parameters:
  ///   - productUnit: one that is available for the instruction set; by default the best.
  ///   - convolutionMethod: by default the standard one.
  public init(
    _ instructionSet: InstructionSet = .best, precision: Precision = .float32, productUnit: ProductUnit? = nil,
    convolutionMethod: ConvolutionMethod? = nil
  ) {
    self.convolutionMethod = convolutionMethod ?? ConvolutionMethod.standard(for: instructionSet)
    self.instructionSet = instructionSet
    self.precision = precision
    self.productUnit = precision == .float32 ? .plain : productUnit ?? ProductUnit.best(for: instructionSet)
  }

  /// The best way of this machine to compute as `choice` says.
  public init(_ choice: PrecisionChoice, instructionSet: InstructionSet = .best) {
    self.init(
      instructionSet, precision: choice == .bfloat16 ? .bfloat16 : .float32,
      convolutionMethod: choice == .exact ? .direct : nil)
  }

  /// Two with the same words give the same bits.
  public var description: String {
    switch (precision, convolutionMethod) {
    case (.bfloat16, _): "\(instructionSet.rawValue) bf16 \(productUnit.rawValue)"
    case (.float32, .direct): "\(instructionSet.rawValue) exact"
    case (.float32, .winograd): instructionSet.rawValue
    }
  }

  /// Convolutions of fewer channels are computed directly and in float32, whatever the device: they gain nothing from a transform.
  static let transformedInputs = 16

  /// How 3x3 convolutions of `inputs` channels are computed in float32.
  package func method(ofConvolutionWith inputs: Int) -> ConvolutionMethod {
    inputs < CPUDevice.transformedInputs ? .direct : convolutionMethod
  }

  /// The kernels in float32, forward and backward.
  package var kernelTable: UnsafePointer<grl_kernels> { instructionSet.kernels.table }
  package var trainingTable: UnsafePointer<grl_training_kernels> { grl_training_kernels_for(instructionSet.isa) }
  /// Those that write weights of attention down.
  package var inspectionTable: UnsafePointer<grl_inspection_kernels> { grl_inspection_kernels_for(instructionSet.isa) }

  /// The kernels on rounded factors, or nil for float32.
  ///
  /// - Precondition: the unit is among those available.
  var roundedKernels: RoundedKernels? {
    guard precision == .bfloat16 else { return nil }
    guard let table = grl_bf16_kernels_for(instructionSet.isa, productUnit.unit) else {
      preconditionFailure("\(self) is not available on this machine")
    }
    return RoundedKernels(table: table)
  }
}

// MARK: Packing

extension CPUDevice {
  public func pack(
    linear weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation, isExact: Bool
  ) -> any PackedData {
    PackedLinear(
      weights: weights, bias: bias, inputs: inputs, outputs: outputs, activation: activation,
      for: isExact ? CPUDevice(instructionSet) : self)
  }

  public func pack(
    convolution weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation
  ) -> any PackedData {
    PackedConvolution(weights: weights, bias: bias, inputs: inputs, outputs: outputs, activation: activation, for: self)
  }

  public func pack(layerNorm gamma: [Float], beta: [Float]) -> any PackedData {
    PackedLayerNorm(gamma: gamma, beta: beta)
  }

  public func pack(headProjection weights: [Float], bias: [Float]?, inputs: Int, width: Int) -> any PackedData {
    PackedHead(weights: weights, bias: bias, inputs: inputs, width: width, for: self)
  }

  public func pack(_ gate: ChannelGate.Weights) -> any PackedData { PackedGate(weights: gate) }

  public func pack(queries: Partition, keys: Partition) -> any PackedData { CellLayout(queries: queries, keys: keys) }

  public func pack(biases: [Float]?, temperatures: [Float], for geometry: AttentionGeometry) -> any PackedData {
    BiasTable(biases: biases, temperatures: temperatures, entries: geometry.tableRows * geometry.tableColumns)
  }

  // MARK: Memory

  public func footprint(_ count: Int) -> Int { (count + Int(GRL_SLACK)).rounded(upTo: 16) }

  public func allocate(floats: Int) throws(OutOfMemory) -> any DeviceMemory { try HostMemory(floats: floats) }

  // MARK: Operations

  public func write(_ values: [Float], to map: FeatureMap, on pass: Pass) {
    let target = HostPass(self, pass).host(map)
    values.withUnsafeBufferPointer { target.base.update(from: $0.baseAddress!, count: $0.count) }
  }

  public func read(_ map: FeatureMap, pixels: [Int32]?, on pass: Pass) -> [Float] {
    let host = HostPass(self, pass)
    return if let pixels { host.gather(pixels, of: host.host(map)) } else { host.copy(host.host(map)) }
  }

  public func pad(_ input: Tensor, mean: [Float], range: Float, into output: FeatureMap, on pass: Pass) {
    let host = HostPass(self, pass)
    host.pad(input, mean: mean, range: range, into: host.host(output))
  }

  public func crop(_ input: FeatureMap, to shape: Shape, mean: [Float], range: Float, on pass: Pass) -> Tensor {
    let host = HostPass(self, pass)
    return host.crop(host.host(input), to: shape, mean: mean, range: range)
  }

  public func apply(
    _ layers: [Linear], norm: LayerNorm?, to input: FeatureMap, residual: FeatureMap?, local: GatedFeatures?,
    into output: FeatureMap, on pass: Pass
  ) {
    let host = HostPass(self, pass)
    host.apply(
      layers.map { $0.packed as! PackedLinear }, norm: norm.map { $0.packed as! PackedLayerNorm },
      to: host.host(input), residual: residual.map(host.host),
      local: local.map { (features: host.host($0.features), gate: host.host($0.gate)) }, into: host.host(output))
  }

  public func apply(
    _ layer: Convolution, to input: FeatureMap, residual: FeatureMap?, into output: FeatureMap, on pass: Pass
  ) {
    let host = HostPass(self, pass)
    host.apply(
      layer.packed as! PackedConvolution, to: host.host(input), residual: residual.map(host.host),
      into: host.host(output))
  }

  public func meanPool(_ input: FeatureMap, factor: Int, into output: FeatureMap, on pass: Pass) {
    let host = HostPass(self, pass)
    host.meanPool(host.host(input), factor: factor, into: host.host(output))
  }

  public func attend(windows: WindowAttentionTask, stripes: StripeAttentionTask, on pass: Pass) {
    let host = HostPass(self, pass)
    host.attend(windows: WindowCells(windows, on: host), stripes: StripeCells(stripes, on: host))
  }

  public func apply(_ gate: ChannelGate, to input: FeatureMap, into output: FeatureMap, on pass: Pass) {
    let host = HostPass(self, pass)
    host.apply(gate.packed as! PackedGate, to: host.host(input), into: host.host(output))
  }

  public func pixelShuffle(_ input: FeatureMap, scale: Int, into output: FeatureMap, on pass: Pass) {
    let host = HostPass(self, pass)
    host.pixelShuffle(host.host(input), scale: scale, into: host.host(output))
  }

  public func doubleNearest(_ input: FeatureMap, into output: FeatureMap, on pass: Pass) {
    let host = HostPass(self, pass)
    host.doubleNearest(host.host(input), into: host.host(output))
  }

  public func project(
    _ heads: [HeadProjection], of input: FeatureMap, into output: FeatureMap, channel: Int, on pass: Pass
  ) {
    let host = HostPass(self, pass)
    host.project(
      heads.map { $0.packed as! PackedHead }, of: host.host(input), into: host.host(output), channel: channel)
  }
}
