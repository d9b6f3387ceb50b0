import Checkpoints
import Tensors

/// The GRL network with its weights: immutable, usable from any thread.
///
/// Source: "Efficient and Explicit Modelling of Image Hierarchies for Image Restoration", CVPR 2023 (arXiv 2303.00748).
public final class GRL: Sendable {
  public let configuration: GRLConfiguration
  public let device: any Device

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
  /// - Parameter device: what the weights are packed for and all passes are computed on.
  public convenience init(
    _ checkpoint: Checkpoint, configuration: GRLConfiguration, on device: any Device
  ) throws(CheckpointError) {
    let weights = WeightScope(checkpoint)
    do {
      _ = try configuration.validated()
    } catch {
      throw .mismatch(path: checkpoint.path, problems: ["\(error)"])
    }
    self.init(weights, configuration, on: device)
    try weights.finish()
  }

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, on device: any Device) {
    self.configuration = configuration
    self.device = device
    let width = configuration.embeddingWidth
    first = Convolution(weights["conv_first"], in: configuration.inputChannels, out: width, on: device)
    normStart = LayerNorm(weights["norm_start"], channels: width, on: device)
    stages = configuration.depths.enumerated().map { index, depth in
      TransformerStage(weights["layers"][index], depth: depth, configuration, on: device)
    }
    normEnd = LayerNorm(weights["norm_end"], channels: width, on: device)
    afterBody = Convolution(weights["conv_after_body"], in: width, out: width, on: device)
    reconstruction = Reconstruction(weights, configuration, on: device)
  }

  /// Names and shapes of all parameters of a network with this configuration.
  public static func parameters(of configuration: GRLConfiguration) -> [(name: String, shape: [Int])] {
    let weights = WeightScope.recording()
    _ = GRL(weights, configuration, on: PlainDevice())
    return weights.requested
  }

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
    _ input: Tensor, rules: [[BlockRules]], on pass: Pass, probe: AttentionProbe? = nil,
    afterBlock: (BlockPlace) throws(Failure) -> Void
  ) throws(Failure) -> Tensor {
    let (height, width) = (configuration.padded(input.shape.height), configuration.padded(input.shape.width))
    let channels = configuration.embeddingWidth
    return try pass.workspace.scope { () throws(Failure) in
      let picture = pass.workspace.map(height: height, width: width, channels: configuration.inputChannels)
      let shallow = pass.workspace.map(height: height, width: width, channels: channels)
      pass.enter(part: "shallow")
      pass.pad(input, mean: mean, range: configuration.imageRange, into: picture)
      pass.apply(first, to: picture, into: shallow)  // [H, W, C]
      pass.show("conv_first", shallow)
      try pass.workspace.scope { () throws(Failure) in
        let features = pass.workspace.map(height: height, width: width, channels: channels)
        pass.apply([], norm: normStart, to: shallow, into: features)
        pass.show("norm_start", features)
        for (index, stage) in stages.enumerated() {
          pass.enter(part: "stage \(index)")
          try stage(features, rules[index], number: index, on: pass, probe: probe) { (block) throws(Failure) in
            try afterBlock(BlockPlace(stage: index, block: block))
          }
        }
        pass.enter(part: "deep")
        pass.apply([], norm: normEnd, to: features, into: features)
        pass.show("norm_end", features)
        pass.apply(afterBody, to: features, residual: shallow, into: shallow)  // deep = conv(features) + shallow
        pass.show("deep", shallow)
      }
      pass.enter(part: "reconstruction")
      let output = reconstruction(shallow, picture: picture, on: pass)  // [H * s, W * s, Cout]
      return pass.crop(
        output, height: input.shape.height * configuration.upscale, width: input.shape.width * configuration.upscale,
        mean: configuration.inputChannels == 3 ? mean : [0], range: configuration.imageRange)
    }
  }

  /// The rules of every block for pictures of a padded size.
  package func rules(height: Int, width: Int, on pass: Pass) -> [[BlockRules]] {
    let geometry = PictureGeometry(configuration, height: height, width: width, on: device)
    return stages.map { stage in
      stage.blocks.enumerated().map { BlockRules($1.attention, index: $0, geometry: geometry, on: pass) }
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
    let workspace = Workspace(measuring: device)
    let pass = Pass(on: workspace, threads: threads, trace: isTraced ? { _, _ in } : nil)
    let rules = rules(height: configuration.padded(height), width: configuration.padded(width), on: pass)
    let shape = Shape(height: height, width: width, channels: configuration.inputChannels)
    _ = forward(Tensor(measuring: shape), rules: rules, on: pass) { _ in }
    return (workspace.peakFloats, rules.joined().reduce(0) { $0 + $1.bytes })
  }
}
