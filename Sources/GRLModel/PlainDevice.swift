import Tensors

/// temporary
struct PlainDevice: Device {
  var description: String { "plain" }
  struct Nothing: PackedData { var bytes: Int { 0 } }
  func pack(linear weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation, isExact: Bool) -> any PackedData { Nothing() }
  func pack(convolution weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation) -> any PackedData { Nothing() }
  func pack(layerNorm gamma: [Float], beta: [Float]) -> any PackedData { Nothing() }
  func pack(headProjection weights: [Float], bias: [Float]?, inputs: Int, width: Int) -> any PackedData { Nothing() }
  func pack(_ gate: ChannelGate.Weights) -> any PackedData { Nothing() }
  func pack(queries: Partition, keys: Partition) -> any PackedData { Nothing() }
  func pack(biases: [Float]?, temperatures: [Float], for geometry: AttentionGeometry) -> any PackedData { Nothing() }
  func footprint(_ count: Int) -> Int { count }
  func allocate(floats: Int) throws(OutOfMemory) -> any DeviceMemory { fatalError() }
  func write(_ values: [Float], to map: FeatureMap, on pass: Pass) {}
  func read(_ map: FeatureMap, pixels: [Int32]?, on pass: Pass) -> [Float] { [] }
  func pad(_ input: Tensor, mean: [Float], range: Float, into output: FeatureMap, on pass: Pass) {}
  func crop(_ input: FeatureMap, to shape: Shape, mean: [Float], range: Float, on pass: Pass) -> Tensor { fatalError() }
  func apply(_ layers: [Linear], norm: LayerNorm?, to input: FeatureMap, residual: FeatureMap?, local: GatedFeatures?, into output: FeatureMap, on pass: Pass) {}
  func apply(_ layer: Convolution, to input: FeatureMap, residual: FeatureMap?, into output: FeatureMap, on pass: Pass) {}
  func meanPool(_ input: FeatureMap, factor: Int, into output: FeatureMap, on pass: Pass) {}
  func attend(windows: WindowAttentionTask, stripes: StripeAttentionTask, on pass: Pass) {}
  func apply(_ gate: ChannelGate, to input: FeatureMap, into output: FeatureMap, on pass: Pass) {}
  func pixelShuffle(_ input: FeatureMap, scale: Int, into output: FeatureMap, on pass: Pass) {}
  func doubleNearest(_ input: FeatureMap, into output: FeatureMap, on pass: Pass) {}
  func project(_ heads: [HeadProjection], of input: FeatureMap, into output: FeatureMap, channel: Int, on pass: Pass) {}
}
