/// What a device keeps of weights, a geometry or a table: packed for its kernels, in its own memory.
public protocol PackedData: Sendable {
  /// Memory that it takes.
  var bytes: Int { get }
}

/// Memory of a pass, given back when the last reference goes.
public protocol DeviceMemory: AnyObject {
  /// Why nothing more is computed in it; nil as long as all went well, and always on the processor.
  var fault: DeviceFault? { get }
}

extension DeviceMemory {
  public var fault: DeviceFault? { nil }
}

/// What a device other than the processor failed at. A pass on it has no result.
public struct DeviceFault: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// It is gone for this process: reset, unplugged, or stuck.
    case lost
    case outOfMemory
    /// A map that is larger than one of its buffers can be.
    case mapTooLarge
    case failed(code: Int)
  }

  /// Its name.
  public let device: String
  /// The call that failed.
  public let call: String
  public let kind: Kind

  public init(device: String, call: String, kind: Kind) {
    (self.device, self.call, self.kind) = (device, call, kind)
  }

  public var description: String {
    switch kind {
    case .lost: "\(device) was lost (\(call))"
    case .outOfMemory: "\(device) has not enough memory (\(call))"
    case .mapTooLarge: "a map of this tile is larger than \(device) can hold in one piece"
    case .failed(let code): "\(device) failed (\(call), code \(code))"
    }
  }
}

/// Where networks are computed: the one door between `GRLModel` and what does the arithmetic.
///
/// A device packs weights in its own way, holds the memory of a pass, and has one operation for each thing that the network does. Features are
/// named by handles (`FeatureMap`: a shape and a place in the memory of the pass), never by host pointers. Every operation but `read` and
/// `crop` may return before it is done; those wait for whatever they depend on.
///
/// In a pass that measures (`Pass.isMeasuring`) operations compute nothing: they take from `Pass.workspace` what they would take of a real one.
public protocol Device: Sendable, CustomStringConvertible {
  /// How it computes, in words: two devices with the same words give the same bits.
  var description: String { get }

  // MARK: Weights, row-major as PyTorch stores them

  /// `weights` is `[outputs, inputs]`, `bias` `[outputs]` or nil. An exact layer is computed in float32 whatever the device's precision.
  func pack(
    linear weights: [Float], bias: [Float]?, inputs: Int, outputs: Int, activation: Activation, isExact: Bool
  ) -> any PackedData
  /// `weights` is `[outputs, inputs, 3, 3]`, correlation (no flip), `bias` `[outputs]`.
  func pack(
    convolution weights: [Float], bias: [Float], inputs: Int, outputs: Int, activation: Activation
  ) -> any PackedData
  /// `[channels]` each.
  func pack(layerNorm gamma: [Float], beta: [Float]) -> any PackedData
  /// `weights` is `[3 * width, inputs]`, rows of queries, keys, values; `bias` `[3 * width]` or nil.
  func pack(headProjection weights: [Float], bias: [Float]?, inputs: Int, width: Int) -> any PackedData
  func pack(_ gate: ChannelGate.Weights) -> any PackedData

  // MARK: Attention for one size of picture

  /// What depends on sizes alone: the walk over queries and keys, and shift masks.
  func pack(queries: Partition, keys: Partition) -> any PackedData
  /// What the position bias adds to scores.
  ///
  /// - Parameter biases: `[heads, tableRows, tableColumns]`, or nil in a pass that measures.
  func pack(biases: [Float]?, temperatures: [Float], for geometry: AttentionGeometry) -> any PackedData

  // MARK: Memory

  /// Floats of a pass's memory that `count` values take, with what kernels touch behind them.
  func footprint(_ count: Int) -> Int
  /// Floats of one piece of a pass's memory; no map lies across two pieces.
  var bufferFloats: Int { get }
  func allocate(floats: Int) throws(OutOfMemory) -> any DeviceMemory

  // MARK: Values in and out

  /// Puts values, row-major, into a map.
  func write(_ values: [Float], to map: FeatureMap, on pass: Pass)
  /// The channels of the given pixels, or of all, row-major.
  func read(_ map: FeatureMap, pixels: [Int32]?, on pass: Pass) -> [Float]
  /// `output = (padded input - mean) * range`; see `Pass.pad`.
  func pad(_ input: Tensor, mean: [Float], range: Float, into output: FeatureMap, on pass: Pass)
  /// The top left pixels of `input` as `value / range + mean`; see `Pass.crop`.
  func crop(_ input: FeatureMap, to shape: Shape, mean: [Float], range: Float, on pass: Pass) -> Tensor

  // MARK: Operations; shapes have been checked by `Pass`

  /// `output = residual + norm(layers(input)) + local`, pixel by pixel.
  func apply(
    _ layers: [Linear], norm: LayerNorm?, to input: FeatureMap, residual: FeatureMap?, local: GatedFeatures?,
    into output: FeatureMap, on pass: Pass)
  /// `output = convolution(input) + residual`; `residual` may be `output`, `input` may not.
  func apply(
    _ layer: Convolution, to input: FeatureMap, residual: FeatureMap?, into output: FeatureMap, on pass: Pass)
  /// Mean of each `factor` x `factor` block.
  func meanPool(_ input: FeatureMap, factor: Int, into output: FeatureMap, on pass: Pass)
  /// Window attention and anchored stripe attention of a block, all heads.
  func attend(windows: WindowAttentionTask, stripes: StripeAttentionTask, on pass: Pass)
  /// The weight of each channel, `[1, 1, C]`, from the means of `input` over all pixels.
  func apply(_ gate: ChannelGate, to input: FeatureMap, into output: FeatureMap, on pass: Pass)
  /// Depth to space.
  func pixelShuffle(_ input: FeatureMap, scale: Int, into output: FeatureMap, on pass: Pass)
  /// Each pixel repeated 2 x 2.
  func doubleNearest(_ input: FeatureMap, into output: FeatureMap, on pass: Pass)
  /// Queries, keys and values of whole maps, for probes: all queries head by head, then all keys, then all values, from `channel` on.
  func project(
    _ heads: [HeadProjection], of input: FeatureMap, into output: FeatureMap, channel: Int, on pass: Pass)
}

extension Device {
  /// Memory in one piece.
  public var bufferFloats: Int { .max }
}
