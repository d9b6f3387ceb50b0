import Checkpoints

/// What the shapes of a checkpoint's parameters say about its network: everything but window, stripes and anchor factor.
struct NetworkShapes {
  /// Settings that shapes do not show have their default values.
  let configuration: GRLConfiguration

  private let path: String
  private let shapes: [String: [Int]]

  init(_ checkpoint: Checkpoint) throws(ConfigurationError) {
    let path = checkpoint.path
    let shapes = checkpoint.tensors.mapValues(\.shape)
    /// The shape of `name`, which must have `rank` dimensions.
    func shape(_ name: String, rank: Int) throws(ConfigurationError) -> [Int] {
      guard let shape = shapes[name] else { throw .notGRL(path: path, reason: "no tensor \(name)") }
      guard shape.count == rank, shape.allSatisfy({ (1...1 << 20).contains($0) }) else {
        throw .notGRL(path: path, reason: "\(name) has shape \(shape), expected \(rank) dimensions")
      }
      return shape
    }

    var depths: [Int] = []
    while shapes["layers.\(depths.count).conv.weight"] != nil, depths.count < 64 {
      let stage = "layers.\(depths.count).blocks."
      depths.append((0..<65).first { shapes["\(stage)\($0).attn.qkv.body.weight"] == nil } ?? 65)
    }
    let first = try shape("conv_first.weight", rank: 4)
    let (width, inputChannels) = (first[0], first[1])
    let block = "layers.0.blocks.0."
    let hidden = try shape(block + "mlp.fc1.weight", rank: 2)[0]
    let head = try Self.head(shape, shapes: shapes, inputChannels: inputChannels, path: path)
    configuration = GRLConfiguration(
      inputChannels: inputChannels, outputChannels: head.outputChannels, embeddingWidth: width, depths: depths,
      windowHeads: try shape(block + "attn.window_attn.attn_transform.logit_scale", rank: 3)[0],
      stripeHeads: try shape(block + "attn.stripe_attn.attn_transform1.logit_scale", rank: 3)[0],
      mlpRatio: Self.ratio(hidden, of: width), hasQKVBias: shapes[block + "attn.qkv.body.bias"] != nil,
      hasChannelAttention: shapes[block + "conv.cab.0.weight"] != nil, upscale: head.upscale, upsampler: head.upsampler)
    self.path = path
    self.shapes = shapes
  }

  private typealias Head = (upsampler: GRLConfiguration.Upsampler, upscale: Int, outputChannels: Int)

  /// The head is recognised by the names it has (Docs/Network.md section 8).
  private static func head(
    _ shape: (String, Int) throws(ConfigurationError) -> [Int], shapes: [String: [Int]], inputChannels: Int,
    path: String
  ) throws(ConfigurationError) -> Head {
    if shapes["conv_up1.weight"] != nil { return (.nearestConvolution, 4, try shape("conv_last.weight", 4)[0]) }
    guard shapes["upsample.up.0.weight"] != nil else { return (.none, 1, try shape("conv_last.weight", 4)[0]) }
    let up = try shape("upsample.up.0.weight", 4)
    if shapes["conv_before_upsample.0.weight"] != nil {
      let output = try shape("conv_last.weight", 4)[0]
      // One convolution to 9 times the channels for x3, otherwise one to 4 times for each doubling.
      if up[0] == 9 * up[1] { return (.pixelShuffle, 3, output) }
      let doublings = (1..<4).first { shapes["upsample.up.\(2 * $0).weight"] == nil } ?? 4
      return (.pixelShuffle, 1 << doublings, output)
    }
    // C -> scale^2 * output channels: told apart by output having as many channels as input, as in all published models.
    guard let scale = (1...8).first(where: { $0 * $0 * inputChannels == up[0] }) else {
      throw .notGRL(
        path: path, reason: "upsample.up.0.weight has \(up[0]) outputs, no square multiple of \(inputChannels) channels"
      )
    }
    return (.pixelShuffleDirect, scale, inputChannels)
  }

  /// The ratio that gives exactly `hidden` when the network's width is multiplied by it and rounded down.
  private static func ratio(_ hidden: Int, of width: Int) -> Double {
    let ratio = Double(hidden) / Double(width)
    return Int(Double(width) * ratio) == hidden ? ratio : ratio.nextUp
  }
}
