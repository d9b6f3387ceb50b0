import Base
import Checkpoints
import CPUDevice
import GRLModel
import Imaging
import Restoration
import Tensors
import TestSupport

/// Small networks with made-up weights, and stand-ins for networks whose faults are known.
enum TestNetworks {
  /// A GRL of 16 channels (24 with channel attention) and three blocks: every kind of block, quick to run.
  static func configuration(
    inputChannels: Int = 3, outputChannels: Int? = nil, upscale: Int = 1,
    upsampler: GRLConfiguration.Upsampler = .none, hasChannelAttention: Bool = false
  ) -> GRLConfiguration {
    GRLConfiguration(
      inputChannels: inputChannels, outputChannels: outputChannels,
      embeddingWidth: hasChannelAttention ? 24 : 16, depths: [2, 1], windowSize: 8,
      stripeRows: .pixels(8), stripeColumns: .pixels(16), anchorFactor: 2, hasChannelAttention: hasChannelAttention,
      upscale: upscale, upsampler: upsampler)
  }

  /// Weights by the rule of the golden vectors. The layers that make the picture are made quiet, so that the output
  /// resembles the input (or the mean picture, for networks that enlarge) as that of a trained network does.
  static func checkpoint(_ configuration: GRLConfiguration, seed: UInt64 = 1) -> Checkpoint {
    let checkpoint = GeneratedWeights.checkpoint(configuration, seed: seed)
    let quiet = checkpoint.tensors.map { name, tensor in
      let isLast = name.hasPrefix("conv_last") || name.hasPrefix("upsample")
      // Without a skip or a mean to add, as in the dual-pixel network, the bias has to give the brightness.
      let base: Float = name == "conv_last.bias" && configuration.inputChannels == 6 ? 0.45 : 0
      let values = tensor.floats().map { base + $0 / 16 }
      return (name, isLast ? StoredTensor(shape: tensor.shape, values: values) : tensor)
    }
    return Checkpoint(path: "generated", tensors: Dictionary(uniqueKeysWithValues: quiet))
  }

  static func model(
    _ task: RestorationTask, _ configuration: GRLConfiguration = configuration(), variant: ModelVariant? = .tiny
  ) throws -> RestorationModel {
    RestorationModel(
      card: card(task, configuration, variant: variant),
      network: try GRL(checkpoint(configuration), configuration: configuration, on: CPUDevice()))
  }

  static func card(
    _ task: RestorationTask, _ configuration: GRLConfiguration = configuration(), variant: ModelVariant? = .tiny,
    name: String = "test", sigmas: ClosedRange<Double>? = nil, noise: NoiseKind? = nil,
    style: EnlargementStyle? = nil, qualities: ClosedRange<Double>? = nil, experimental: String? = nil,
    results: [ModelCard.TestResult] = []
  ) -> ModelCard {
    ModelCard(
      name: name, path: "/nowhere/\(name).safetensors", origin: .file, fileBytes: 0, task: task, variant: variant,
      configuration: configuration, sigmas: sigmas, noise: noise, style: style, qualities: qualities,
      experimental: experimental, results: results)
  }

  /// A restorer whose network is `body`, called with the tile.
  static func restorer(
    _ task: RestorationTask = .denoise, _ configuration: GRLConfiguration = configuration(), threads: Int = 1,
    gate: WorkGate = WorkGate(), _ body: @escaping @Sendable (Tensor) -> Tensor
  ) throws -> Restorer {
    Restorer(model: try model(task, configuration), threads: ThreadLease(threadCount: threads, gate: gate)) { _, _ in
      StandIn(body: body)
    }
  }

  /// Repeats each pixel `scale` times in both directions.
  static func enlarged(_ x: Tensor, scale: Int) -> Tensor {
    let shape = Shape(height: x.shape.height * scale, width: x.shape.width * scale, channels: x.shape.channels)
    var result = Tensor(shape: shape)
    for y in 0..<shape.height {
      for column in 0..<shape.width {
        for channel in 0..<shape.channels { result[y, column, channel] = x[y / scale, column / scale, channel] }
      }
    }
    return result
  }

  private struct StandIn: TileNetwork {
    let body: @Sendable (Tensor) -> Tensor

    func restore(
      _ input: Tensor, isCancelled: () -> Bool, onBlock: (Int, Int) -> Void
    ) throws(CancellationError) -> Tensor {
      for block in 1...4 {
        if isCancelled() { throw CancellationError() }
        onBlock(block, 4)
      }
      return body(input)
    }
  }
}

/// Pictures made by arithmetic.
enum TestPictures {
  /// Smooth shades with some texture and repeatable noise, well inside 0...1.
  static func picture(_ width: Int, _ height: Int, _ layout: Image.Layout = .rgb, bits: Int = 8) -> Image {
    var state: UInt32 = 12345
    let values = (0..<height).flatMap { y in
      (0..<width).flatMap { x in
        (0..<layout.channels).map { channel in
          state = state &* 1_664_525 &+ 1_013_904_223
          let noise = Double(state >> 8) / 16_777_216 - 0.5
          let wave = Double((x * (3 + channel) + y * 5) % 64) / 64
          return 0.3 + 0.25 * wave + 0.15 * Double(x + y) / Double(width + height) + 0.1 * noise
        }
      }
    }
    return Image(
      width: width, height: height, layout: layout,
      samples: bits == 8
        ? .eight(values.map { UInt8($0 * 255) }) : .sixteen(values.map { UInt16($0 * 65535) }))
  }
}

extension Image {
  /// All samples as integers.
  var integers: [Int] {
    switch samples {
    case .eight(let values): values.map(Int.init)
    case .sixteen(let values): values.map(Int.init)
    case .float(let values): values.map { Int(($0 * 65_535).rounded()) }
    }
  }

  /// Samples of one channel of a part of the picture.
  func integers(channel: Int, of region: Rectangle) -> [Int] {
    let all = integers
    return (region.y..<region.y + region.height).flatMap { y in
      (region.x..<region.x + region.width).map { x in all[(y * width + x) * layout.channels + channel] }
    }
  }
}
