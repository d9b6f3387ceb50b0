import Checkpoints
import Tensors

/// The GRL network with its weights: immutable, usable from any thread.
///
/// Source: "Efficient and Explicit Modelling of Image Hierarchies for Image Restoration", CVPR 2023 (arXiv 2303.00748).
public final class GRL: Sendable {
  public let configuration: GRLConfiguration
  public let arithmetic: Arithmetic

  /// Bytes of the weights that this object holds, packed as they are.
  public var weightBytes: Int {
    first.bytes + normStart.bytes + stages.reduce(0) { $0 + $1.bytes } + normEnd.bytes + afterBody.bytes
      + reconstruction.bytes
  }

  let first: Convolution
  let normStart: LayerNorm
  let stages: [TransformerStage]
  let normEnd: LayerNorm
  let afterBody: Convolution
  let reconstruction: Reconstruction

  /// Takes the weights out of `checkpoint`.
  ///
  /// Throws `CheckpointError.mismatch` with everything that does not fit: names, shapes, surplus tensors, values that are not
  /// finite, or a configuration that no network can have.
  /// - Parameters:
  ///   - instructionSet, precision: what the weights are packed for and all passes are computed with.
  ///   - productUnit: how bfloat16 products are computed; nil for the best way.
  ///   - convolutionMethod: how float32 convolutions are computed; nil for the standard way.
  public convenience init(
    _ checkpoint: Checkpoint, configuration: GRLConfiguration, instructionSet: InstructionSet = .best,
    precision: Precision = .float32, productUnit: ProductUnit? = nil,
    convolutionMethod: ConvolutionMethod? = nil
  ) throws(CheckpointError) {
    try self.init(
      checkpoint, configuration: configuration,
      arithmetic: Arithmetic(
        instructionSet, precision: precision, productUnit: productUnit, convolutionMethod: convolutionMethod))
  }

  /// The same for an arithmetic as it is.
  public convenience init(
    _ checkpoint: Checkpoint, configuration: GRLConfiguration, arithmetic: Arithmetic
  ) throws(CheckpointError) {
    let weights = WeightScope(checkpoint)
    do {
      _ = try configuration.validated()
    } catch {
      throw .mismatch(path: checkpoint.path, problems: ["\(error)"])
    }
    self.init(weights, configuration, for: arithmetic)
    try weights.finish()
  }

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, for arithmetic: Arithmetic) {
    self.configuration = configuration
    self.arithmetic = arithmetic
    let width = configuration.embeddingWidth
    first = Convolution(weights["conv_first"], in: configuration.inputChannels, out: width, for: arithmetic)
    normStart = LayerNorm(weights["norm_start"], channels: width)
    stages = configuration.depths.enumerated().map { index, depth in
      TransformerStage(weights["layers"][index], depth: depth, configuration, for: arithmetic)
    }
    normEnd = LayerNorm(weights["norm_end"], channels: width)
    afterBody = Convolution(weights["conv_after_body"], in: width, out: width, for: arithmetic)
    reconstruction = Reconstruction(weights, configuration, for: arithmetic)
  }

  /// Names and shapes of all parameters of a network with this configuration.
  public static func parameters(of configuration: GRLConfiguration) -> [(name: String, shape: [Int])] {
    let weights = WeightScope.recording()
    _ = GRL(weights, configuration, for: Arithmetic(.scalar))
    return weights.requested
  }

  public var instructionSet: InstructionSet { arithmetic.instructionSet }

  /// Transformer blocks in all stages.
  public var blockCount: Int { configuration.depths.reduce(0, +) }

  /// Mean that is taken off the picture and put back.
  var mean: [Float] { configuration.subtractedMean }

  /// One forward pass on a picture, or its measurement where the workspace measures.
  ///
  /// - Parameters:
  ///   - input: `[h, w, inputChannels]`, values in 0...1.
  ///   - rules: of each block, for the padded size.
  ///   - probe: looks into blocks as the pass comes by; nil in normal runs.
  ///   - afterBlock: runs after each block and may throw to stop.
  /// - Returns: `[h * upscale, w * upscale, outputChannels]`, not clamped.
  func forward<Failure: Error>(
    _ input: Tensor, rules: [[BlockRules]], on compute: Compute, probe: AttentionProbe? = nil,
    afterBlock: (BlockPlace) throws(Failure) -> Void
  ) throws(Failure) -> Tensor {
    let (height, width) = (configuration.padded(input.shape.height), configuration.padded(input.shape.width))
    let channels = configuration.embeddingWidth
    return try compute.workspace.scope { () throws(Failure) in
      let picture = compute.workspace.map(height: height, width: width, channels: configuration.inputChannels)
      let shallow = compute.workspace.map(height: height, width: width, channels: channels)
      compute.enter(part: "shallow")
      compute.pad(input, mean: mean, range: configuration.imageRange, into: picture)
      compute.apply(first, to: picture, into: shallow)  // [H, W, C]
      compute.show("conv_first", shallow)
      try compute.workspace.scope { () throws(Failure) in
        let features = compute.workspace.map(height: height, width: width, channels: channels)
        compute.apply([], norm: normStart, to: shallow, into: features)
        compute.show("norm_start", features)
        for (index, stage) in stages.enumerated() {
          compute.enter(part: "stage \(index)")
          try stage(features, rules[index], number: index, on: compute, probe: probe) { (block) throws(Failure) in
            try afterBlock(BlockPlace(stage: index, block: block))
          }
        }
        compute.enter(part: "deep")
        compute.apply([], norm: normEnd, to: features, into: features)
        compute.show("norm_end", features)
        compute.apply(afterBody, to: features, residual: shallow, into: shallow)  // deep = conv(features) + shallow
        compute.show("deep", shallow)
      }
      compute.enter(part: "reconstruction")
      let output = reconstruction(shallow, picture: picture, on: compute)  // [H * s, W * s, Cout]
      return compute.crop(
        output, height: input.shape.height * configuration.upscale, width: input.shape.width * configuration.upscale,
        mean: configuration.inputChannels == 3 ? mean : [0], range: configuration.imageRange)
    }
  }

  /// The rules of every block for pictures of a padded size.
  package func rules(height: Int, width: Int, on compute: Compute) -> [[BlockRules]] {
    let geometry = PictureGeometry(configuration, height: height, width: width)
    return stages.map { stage in
      stage.blocks.enumerated().map { BlockRules($1.attention, index: $0, geometry: geometry, on: compute) }
    }
  }

  /// Bytes that a `GRLSession` for pictures of this size needs (tensors in and out not counted): measured, not guessed.
  public func workspaceBytes(height: Int, width: Int, threadCount: Int) -> Int {
    let need = measure(height: height, width: width, threads: ThreadLease(threadCount: threadCount))
    return need.workspaceFloats * 4 + need.tableBytes
  }

  /// What a forward pass takes: found by running one on a workspace that only measures.
  ///
  /// - Parameter isTraced: whether the pass will show its intermediate results, some of which exist for that only.
  func measure(
    height: Int, width: Int, threads: ThreadLease, isTraced: Bool = false
  ) -> (workspaceFloats: Int, tableBytes: Int) {
    let workspace = Workspace()
    let compute = Compute(arithmetic, threads: threads, workspace: workspace, trace: isTraced ? { _, _ in } : nil)
    let rules = rules(height: configuration.padded(height), width: configuration.padded(width), on: compute)
    let shape = Shape(height: height, width: width, channels: configuration.inputChannels)
    _ = forward(Tensor(measuring: shape), rules: rules, on: compute) { _ in }
    return (workspace.peakFloats, rules.joined().reduce(0) { $0 + $1.bytes })
  }
}
