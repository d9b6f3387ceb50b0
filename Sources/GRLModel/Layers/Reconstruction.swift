import Checkpoints
import Tensors

/// Deep features to picture (paper section 3.1; Docs/Network.md section 8).
package enum Reconstruction: Sendable {
  /// Same size: `conv_last`, plus the input picture where channel counts agree.
  case sameSize(last: Convolution, addsPicture: Bool)
  /// One convolution and one shuffle.
  case pixelShuffleDirect(Convolution, scale: Int)
  /// A ladder of convolutions and shuffles on 64 channels.
  case pixelShuffle(before: Convolution, steps: [(convolution: Convolution, scale: Int)], last: Convolution)
  /// Twice nearest-neighbour doubling and convolution (x4).
  case nearestConvolution(before: Convolution, up: [Convolution], high: Convolution, last: Convolution)

  package static let headWidth = 64

  init(_ weights: WeightScope, _ configuration: GRLConfiguration, on device: any Device) {
    let (width, head, output) = (configuration.embeddingWidth, Reconstruction.headWidth, configuration.outputChannels)
    func convolution(_ scope: WeightScope, _ inputs: Int, _ outputs: Int, slope: Float? = nil) -> Convolution {
      Convolution(
        scope, in: inputs, out: outputs, activation: slope.map { .leakyReLU(slope: $0) } ?? .none, on: device)
    }
    switch configuration.upsampler {
    case .none:
      self = .sameSize(
        last: convolution(weights["conv_last"], width, output), addsPicture: configuration.inputChannels == output)
    case .pixelShuffleDirect:
      let scale = configuration.upscale
      self = .pixelShuffleDirect(convolution(weights["upsample"]["up"][0], width, scale * scale * output), scale: scale)
    case .pixelShuffle:
      let before = convolution(weights["conv_before_upsample"][0], width, head, slope: 0.01)
      let steps = Reconstruction.ladder(configuration.upscale).enumerated().map { index, scale in
        (convolution: convolution(weights["upsample"]["up"][2 * index], head, scale * scale * head), scale: scale)
      }
      self = .pixelShuffle(before: before, steps: steps, last: convolution(weights["conv_last"], head, output))
    case .nearestConvolution:
      self = .nearestConvolution(
        before: convolution(weights["conv_before_upsample"][0], width, head, slope: 0.01),
        up: ["conv_up1", "conv_up2"].map { convolution(weights[$0], head, head, slope: 0.2) },
        high: convolution(weights["conv_hr"], head, head, slope: 0.2),
        last: convolution(weights["conv_last"], head, output))
    }
  }

  /// Shuffle factors whose product is `upscale`: 3 alone, powers of two as twos.
  package static func ladder(_ upscale: Int) -> [Int] {
    upscale == 3 ? [3] : [Int](repeating: 2, count: upscale.trailingZeroBitCount)
  }

  var bytes: Int {
    switch self {
    case .sameSize(let last, _): last.bytes
    case .pixelShuffleDirect(let convolution, _): convolution.bytes
    case .pixelShuffle(let before, let steps, let last):
      steps.reduce(before.bytes + last.bytes) { $0 + $1.convolution.bytes }
    case .nearestConvolution(let before, let up, let high, let last):
      up.reduce(before.bytes + high.bytes + last.bytes) { $0 + $1.bytes }
    }
  }

  /// - Parameters:
  ///   - deep: `[H, W, C]`.
  ///   - picture: the padded, mean-free input `[H, W, Cin]`.
  /// - Returns: `[H * s, W * s, Cout]`, taken from the workspace.
  func callAsFunction(_ deep: FeatureMap, picture: FeatureMap, on pass: Pass) -> FeatureMap {
    func apply(_ layer: Convolution, _ x: FeatureMap, residual: FeatureMap? = nil) -> FeatureMap {
      let y = pass.workspace.map(height: x.height, width: x.width, channels: layer.outputs)
      pass.apply(layer, to: x, residual: residual, into: y)
      return y
    }
    func shuffle(_ x: FeatureMap, _ scale: Int) -> FeatureMap {
      let y = pass.workspace.map(
        height: x.height * scale, width: x.width * scale, channels: x.channels / (scale * scale))
      pass.pixelShuffle(x, scale: scale, into: y)
      return y
    }
    func double(_ x: FeatureMap) -> FeatureMap {
      let y = pass.workspace.map(height: 2 * x.height, width: 2 * x.width, channels: x.channels)
      pass.doubleNearest(x, into: y)
      return y
    }
    switch self {
    case .sameSize(let last, let addsPicture):
      return apply(last, deep, residual: addsPicture ? picture : nil)
    case .pixelShuffleDirect(let convolution, let scale):
      return shuffle(apply(convolution, deep), scale)
    case .pixelShuffle(let before, let steps, let last):
      let top = steps.reduce(apply(before, deep)) { shuffle(apply($1.convolution, $0), $1.scale) }
      return apply(last, top)
    case .nearestConvolution(let before, let up, let high, let last):
      let top = up.reduce(apply(before, deep)) { apply($1, double($0)) }
      return apply(last, apply(high, top))
    }
  }
}
