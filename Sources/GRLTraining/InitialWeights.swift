import Checkpoints
import Foundation
import GRLModel

/// Weights that a training begins with where it has no model to begin with.
public enum InitialWeights {
  /// A network that interpolates (``GentleStart``) and is otherwise random. Linear layers: normal of deviation 0.02, cut at two deviations' probability, and no bias; convolutions: uniform up to 1 over the root of
  /// what goes into an output; norms: 1 and 0; temperatures of attention: 10.
  ///
  /// - Parameter seed: the same weights for the same seed.
  public static func checkpoint(_ configuration: GRLConfiguration, seed: UInt64) -> Checkpoint {
    var tensors: [String: StoredTensor] = [:]
    for (name, shape) in GRL.parameters(of: configuration) {
      // -1 ... 1, a stream for each name.
      let stream = GeneratedWeights.stream(name, count: shape.reduce(1, *) * 2, seed: seed)
      tensors[name] = StoredTensor(shape: shape, values: values(name, shape, stream))
    }
    var gentle = GentleStart(configuration, tensors)
    gentle.apply()
    return Checkpoint(path: "first weights", tensors: gentle.tensors)
  }

  private static func values(_ name: String, _ shape: [Int], _ stream: [Double]) -> [Float] {
    let count = shape.reduce(1, *)
    if name.hasSuffix("logit_scale") { return [Float](repeating: log(10), count: count) }
    let isNorm = ["norm_start", "norm_end", "norm1", "norm2"].contains { name.contains($0 + ".") }
    if isNorm { return [Float](repeating: name.hasSuffix("weight") ? 1 : 0, count: count) }
    if name.hasSuffix("bias") {
      // Of convolutions a bias has the range of its weights; theirs are the only layers outside attention and feed-forward networks.
      let isLinear = ["attn.", "mlp."].contains { name.contains($0) }
      return isLinear ? [Float](repeating: 0, count: count) : stream.prefix(count).map { Float(0.02 * $0) }
    }
    if shape.count == 2 {
      return (0..<count).map { index in
        // Box and Muller's; the radius is that of a uniform number not below e^-2, so at most two deviations.
        let (a, b) = (0.5 + 0.5 * stream[2 * index], stream[2 * index + 1])
        let radius = (-2 * log(max(a, 0.1353352832366127))).squareRoot()
        return Float(0.02 * radius * cos(Double.pi * b))
      }
    }
    let bound = 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot()
    return stream.prefix(count).map { Float(bound * $0) }
  }
}

/// Lets a network begin as a plain interpolator: quiet residual branches (by their closing norms), and a path of single-pixel kernels that
/// carries the picture through the first and last layers where the network does not add it itself. Saves a short training its first minutes.
private struct GentleStart {
  /// Of the norms that close residual branches.
  private static let branch = Float(0.2)
  /// On the random part of the last layers.
  private static let quiet = Float(0.05)
  private static let dot: [Float] = [0, 0, 0, 0, 1, 0, 0, 0, 0]

  private let configuration: GRLConfiguration
  private(set) var tensors: [String: StoredTensor]

  /// Output `output` of a convolution copies input `input` through a 3x3 kernel.
  private struct Path {
    let output: Int
    let input: Int
    let kernel: [Float]
  }

  init(_ configuration: GRLConfiguration, _ tensors: [String: StoredTensor]) {
    (self.configuration, self.tensors) = (configuration, tensors)
  }

  private mutating func change(_ name: String, _ body: (inout [Float]) -> Void) {
    guard let tensor = tensors[name] else { preconditionFailure("a network without \(name)") }
    var values = tensor.floats()
    body(&values)
    tensors[name] = StoredTensor(shape: tensor.shape, values: values)
  }

  mutating func apply() {
    for name in tensors.keys where name.hasSuffix(".norm1.weight") || name.hasSuffix(".norm2.weight") {
      change(name) { for index in $0.indices { $0[index] = GentleStart.branch } }
    }
    let (inputs, outputs) = (configuration.inputChannels, configuration.outputChannels)
    let ofOutput = 9 * configuration.embeddingWidth
    change("conv_after_body.weight") { for index in 0..<outputs * ofOutput { $0[index] *= GentleStart.quiet } }
    if configuration.upsampler == .none && inputs == outputs {
      change("conv_last.weight") { for index in $0.indices { $0[index] *= GentleStart.quiet } }
      change("conv_last.bias") { for index in $0.indices { $0[index] = 0 } }
      return
    }
    let views = max(inputs / outputs, 1)
    for channel in 0..<min(outputs, inputs) {  // the picture, or the mean of its views, in the first channels
      change("conv_first.weight") { weights in
        for index in 0..<9 * inputs { weights[channel * 9 * inputs + index] = 0 }
        for view in 0..<views { weights[(channel * inputs + channel + view * outputs) * 9 + 4] = 1 / Float(views) }
      }
      change("conv_first.bias") { $0[channel] = 0 }
    }
    let same = (0..<min(outputs, inputs)).map { Path(output: $0, input: $0, kernel: GentleStart.dot) }
    switch configuration.upsampler {
    case .none: carry("conv_last", same)
    case .pixelShuffleDirect:
      let scale = configuration.upscale
      carry(
        "upsample.up.0",
        (0..<min(outputs, inputs)).flatMap { channel in
          (0..<scale * scale).map { place in
            Path(
              output: channel * scale * scale + place, input: channel,
              kernel: GentleStart.interpolation(place / scale, place % scale, scale))
          }
        })
    case .pixelShuffle: break  // its ladder mixes all channels
    case .nearestConvolution:
      carry("conv_before_upsample.0", same, bias: 1)  // kept positive through the rectifiers
      for name in ["conv_up1", "conv_up2", "conv_hr"] { carry(name, same) }
      carry("conv_last", same, bias: -1)
    }
  }

  private mutating func carry(_ name: String, _ paths: [Path], bias: Float = 0) {
    let inputs = tensors[name + ".weight"]!.shape[1]
    change(name + ".weight") { weights in
      for index in weights.indices { weights[index] *= GentleStart.quiet }
      for path in paths {
        for index in 0..<9 * inputs { weights[path.output * 9 * inputs + index] = 0 }
        for tap in 0..<9 { weights[(path.output * inputs + path.input) * 9 + tap] = path.kernel[tap] }
      }
    }
    change(name + ".bias") { values in
      for index in values.indices { values[index] *= GentleStart.quiet }
      for path in paths { values[path.output] = bias }
    }
  }

  /// Linear interpolation at one place of a pixel that becomes `scale` x `scale`.
  private static func interpolation(_ y: Int, _ x: Int, _ scale: Int) -> [Float] {
    func weights(_ place: Int) -> [Float] {
      let offset = (Float(place) + 0.5) / Float(scale) - 0.5
      return [max(0, -offset), 1 - abs(offset), max(0, offset)]
    }
    return weights(y).flatMap { row in weights(x).map { row * $0 } }
  }
}
