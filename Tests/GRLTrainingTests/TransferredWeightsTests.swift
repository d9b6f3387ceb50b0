import CPUDevice
import Checkpoints
import GRLModel
import TestSupport
import Tensors
import Testing

import GRLTraining

@Suite("Weights taken over from another model") struct TransferredWeightsTests {
  private static func network(
    _ variant: PublishedSettings.Variant, _ upsampler: GRLConfiguration.Upsampler, upscale: Int = 1, inputs: Int = 3,
    outputs: Int = 3
  ) -> GRLConfiguration {
    let (width, _, heads) = variant.size
    return GRLConfiguration(
      inputChannels: inputs, outputChannels: outputs, embeddingWidth: width, depths: [2, 1], windowHeads: heads,
      stripeHeads: heads, windowSize: 8, stripeRows: .pixels(8), stripeColumns: .pixels(16), anchorFactor: 4,
      upscale: upscale, upsampler: upsampler)
  }

  private static func picture(channels: Int) -> Tensor {
    let values = GeneratedWeights.stream("picture", count: 24 * 20 * channels, seed: 7).map { Float(0.5 + 0.5 * $0) }
    return Tensor(shape: Shape(height: 24, width: 20, channels: channels), values: values)
  }

  private static func restored(_ weights: Checkpoint, _ configuration: GRLConfiguration, _ input: Tensor) throws
    -> Tensor
  {
    let network = try GRL(weights, configuration: configuration, on: CPUDevice())
    let session = try GRLSession(
      network: network, height: input.shape.height, width: input.shape.width, threads: ThreadLease(threadCount: 2))
    return try session.restore(input)
  }

  private static func distance(_ a: Tensor, _ b: Tensor) -> Float {
    zip(a.values, b.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// The upsampler of GRL-S, and GRL-T's where that is another.
  @Test(
    "GRL-S begins with the function of the GRL-T it is made of",
    arguments: [
      (GRLConfiguration.Upsampler.none, 1), (.pixelShuffleDirect, 2), (.pixelShuffleDirect, 3),
      (.pixelShuffleDirect, 4), (.nearestConvolution, 4),
    ])
  func wide(upsampler: GRLConfiguration.Upsampler, scale: Int) throws {
    let narrow = Self.network(.tiny, upsampler, upscale: scale)
    let wide = Self.network(.small, upsampler == .pixelShuffleDirect ? .pixelShuffle : upsampler, upscale: scale)
    var tensors = GeneratedWeights.checkpoint(narrow, seed: 3).tensors
    // The result lies near the range of pictures, as a trained network's does: the wide upsampler has a rectifier below it.
    if let head = tensors["upsample.up.0.weight"] {
      tensors["upsample.up.0.weight"] = StoredTensor(shape: head.shape, values: head.floats().map { $0 * 0.1 })
    }
    let model = Checkpoint(path: "", tensors: tensors)
    let transferred = TransferredWeights(wide, from: model, seed: 5)
    #expect(transferred.widened > 30 && transferred.taken >= transferred.widened)
    let picture = Self.picture(channels: 3)
    let wanted = try Self.restored(model, narrow, picture)
    let own = try Self.restored(transferred.checkpoint, wide, picture)
    #expect(own.shape == wanted.shape)
    #expect(Self.distance(own, wanted) < 2e-4)
    // The two of a pair differ in what they add up, or they would stay equal for ever.
    let qkv = transferred.checkpoint.tensors["layers.0.residual_group.blocks.0.attn.qkv.body.weight"]
    let values = (qkv ?? transferred.checkpoint.tensors.first { $0.key.contains("blocks.0.mlp.fc1.weight") }!.value)
      .floats()
    #expect(zip(values, values.dropFirst()).contains { $0 != $1 })
  }

  @Test("a network of the same sizes takes everything, whatever the task")
  func equal() throws {
    let configuration = Self.network(.tiny, .none)
    let model = GeneratedWeights.checkpoint(configuration, seed: 3)
    let transferred = TransferredWeights(configuration, from: model, seed: 5)
    #expect(transferred.taken == model.tensors.count && transferred.widened == 0)
    #expect(transferred.checkpoint.tensors.mapValues { $0.floats() } == model.tensors.mapValues { $0.floats() })
  }

  @Test("a network of two views begins as their mean, and sees that as the single-view model sees its picture")
  func views() throws {
    let single = Self.network(.tiny, .none)
    let dual = Self.network(.tiny, .none, inputs: 6)
    let model = GeneratedWeights.checkpoint(single, seed: 3)
    let transferred = TransferredWeights(dual, from: model, seed: 5)
    let views = Self.picture(channels: 6)
    let own = try Self.restored(transferred.checkpoint, dual, views)
    for pixel in 0..<24 * 20 {
      for channel in 0..<3 {
        let mean = (views.values[pixel * 6 + channel] + views.values[pixel * 6 + 3 + channel]) / 2
        #expect(abs(own.values[pixel * 3 + channel] - mean) < 1e-5)
      }
    }
    let weights = transferred.checkpoint.tensors["conv_first.weight"]!.floats()
    let wanted = model.tensors["conv_first.weight"]!.floats()
    for tap in 0..<9 {
      let place = (10 * 6) * 9 + tap
      #expect(weights[place] == wanted[(10 * 3) * 9 + tap] / 2 && weights[place + 3 * 9] == weights[place])
    }
  }

  @Test("what has other sizes begins as it would without a model")
  func nothingFits() {
    let base = GRLConfiguration(embeddingWidth: 48, depths: [1], windowHeads: 3, stripeHeads: 3)
    let configuration = Self.network(.tiny, .none)
    let transferred = TransferredWeights(
      configuration, from: GeneratedWeights.checkpoint(base, seed: 3), seed: 5)
    let first = InitialWeights.checkpoint(configuration, seed: 5)
    let same = first.tensors.filter { transferred.checkpoint.tensors[$0.key] == $0.value }.count
    #expect(same == first.tensors.count - transferred.taken)
  }
}
