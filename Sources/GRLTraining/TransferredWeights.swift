import Checkpoints
import GRLModel

/// First weights of a network that takes over what another model has learned: a model of any task, as wide as this network or half as wide.
///
/// A network of twice as many channels begins with exactly the narrow one's function (Net2Net; Chen, Goodfellow and Shlens, ICLR 2016):
/// every channel becomes two neighbours of equal value, and what adds channels up takes both with shares that sum to one. Layer norm, GELU,
/// the cosine of queries and keys, and the halves and heads that channels are cut into do not notice pairs. The shares are random, so that
/// the two of a pair have different gradients and part in training.
public struct TransferredWeights {
  /// All tensors of the network: those of ``InitialWeights`` where the model has none that fits.
  public var checkpoint: Checkpoint { Checkpoint(path: "first weights", tensors: tensors) }
  /// Tensors that were taken over, and how many of them were widened.
  public private(set) var taken = 0
  public private(set) var widened = 0

  private let configuration: GRLConfiguration
  private let model: Checkpoint
  private let seed: UInt64
  private var tensors: [String: StoredTensor]

  /// - Parameters:
  ///   - configuration: of the network that will be trained.
  ///   - model: whose weights are taken over.
  public init(_ configuration: GRLConfiguration, from model: Checkpoint, seed: UInt64) {
    (self.configuration, self.model, self.seed) = (configuration, model, seed)
    tensors = InitialWeights.checkpoint(configuration, seed: seed).tensors
    let hasSingleView = takeSingleView()
    for (name, shape) in GRL.parameters(of: configuration) {
      if hasSingleView && ["conv_first", "conv_after_body", "conv_last"].contains(where: name.hasPrefix) { continue }
      guard let own = model.tensors[name], let wide = widened(name, own, to: shape) else { continue }
      put(name, wide)
      taken += 1
      if own.shape != shape { widened += 1 }
    }
    takeDirectHead()
  }

  private mutating func put(_ name: String, _ values: [Float]) {
    guard let tensor = tensors[name] else { preconditionFailure("a network without \(name)") }
    tensors[name] = StoredTensor(shape: tensor.shape, values: values)
  }

  private mutating func change(_ name: String, _ body: (inout [Float]) -> Void) {
    guard let tensor = tensors[name] else { preconditionFailure("a network without \(name)") }
    var values = tensor.floats()
    body(&values)
    put(name, values)
  }

  /// The tensor for a layer whose outputs, inputs or both are the same number or twice as many; nil where the shapes differ in another way.
  ///
  /// Vectors are `[outputs]`, matrices `[outputs, inputs]`, kernels `[outputs, inputs, 3, 3]`.
  private func widened(_ name: String, _ tensor: StoredTensor, to shape: [Int]) -> [Float]? {
    let narrow = tensor.shape
    guard narrow.count == shape.count, narrow.dropFirst(2) == shape.dropFirst(2),
      zip(shape.prefix(2), narrow).allSatisfy({ $0 == $1 || $0 == 2 * $1 })
    else { return nil }
    let values = tensor.floats()
    if narrow == shape { return values }
    let (outputs, inputs) = (shape.first ?? 1, shape.count > 1 ? shape[1] : 1)
    let narrowInputs = narrow.count > 1 ? narrow[1] : 1
    let taps = shape.dropFirst(2).reduce(1, *)
    let (repeats, splits) = (outputs / max(narrow.first ?? 1, 1), inputs / max(narrowInputs, 1))
    // A share for each output and pair of inputs: 0.25 ..< 0.75.
    let shares =
      splits == 2
      ? GeneratedWeights.stream(name, count: outputs * narrowInputs, seed: seed).map { 0.5 + 0.25 * $0 } : []
    var wide = [Float](repeating: 0, count: outputs * inputs * taps)
    for output in 0..<outputs {
      for input in 0..<inputs {
        let source = (output / repeats * narrowInputs + input / splits) * taps
        let place = (output * inputs + input) * taps
        var factor = Float(1)
        if splits == 2 {
          let share = Float(shares[output * narrowInputs + input / 2])
          factor = input % 2 == 0 ? share : 1 - share
        }
        for tap in 0..<taps { wide[place + tap] = values[source + tap] * factor }
      }
    }
    return wide
  }

  // MARK: Several views

  /// First and last layers of a network that sees several views and adds none of them to its output itself, from a single-view model.
  ///
  /// The first channels carry the mean of the views to the output, exactly; the others see that mean as the model sees its picture, which
  /// subtracts the mean colour before its first kernel where this network does not. What the last kernel makes of them begins at zero.
  ///
  /// - Returns: false for any other network or model.
  private mutating func takeSingleView() -> Bool {
    let (channels, outputs) = (configuration.embeddingWidth, configuration.outputChannels)
    let views = configuration.inputChannels / max(outputs, 1)
    guard configuration.upsampler == .none, views > 1,
      let first = model.tensors["conv_first.weight"], first.shape == [channels, outputs, 3, 3],
      let firstBias = model.tensors["conv_first.bias"]?.floats()
    else { return false }
    let weights = first.floats()
    var single = configuration
    single.inputChannels = outputs
    let mean = single.subtractedMean
    change("conv_first.weight") { wide in
      for channel in 0..<channels {
        for input in 0..<views * outputs {
          let (place, source) = ((channel * views * outputs + input) * 9, (channel * outputs + input % outputs) * 9)
          for tap in 0..<9 {
            // The first channels: the mean of the views, by the middle of the kernel.
            wide[place + tap] =
              channel >= outputs
              ? weights[source + tap] / Float(views)
              : tap == 4 && input % outputs == channel ? 1 / Float(views) : 0
          }
        }
      }
    }
    change("conv_first.bias") { bias in
      for channel in 0..<channels {
        let subtracted = (0..<outputs).reduce(Float(0)) { sum, input in
          let kernel = weights[((channel * outputs + input) * 9)..<((channel * outputs + input) * 9 + 9)]
          return sum + kernel.reduce(0, +) * mean[mean.count == 1 ? 0 : input]
        }
        bias[channel] = channel < outputs ? 0 : firstBias[channel] - subtracted
      }
    }
    taken += 2
    for part in ["weight", "bias"] {
      let name = "conv_after_body." + part
      guard let own = model.tensors[name], own.shape == tensors[name]?.shape else { continue }
      put(name, own.floats())
      taken += 1
    }
    // Nothing of the body is added to what carries the picture.
    change("conv_after_body.weight") { for index in 0..<outputs * channels * 9 { $0[index] = 0 } }
    change("conv_after_body.bias") { for index in 0..<outputs { $0[index] = 0 } }
    change("conv_last.weight") { last in
      for index in last.indices { last[index] = 0 }
      for channel in 0..<outputs { last[(channel * channels + channel) * 9 + 4] = 1 }
    }
    change("conv_last.bias") { for index in $0.indices { $0[index] = 0 } }
    return true
  }

  // MARK: Super-resolution

  /// Lets the upsampler of wide networks (kernel, rectifier, pixel shuffles, kernel) begin as that of GRL-T (kernel, one pixel shuffle).
  ///
  /// All subpixels travel in the first channels, raised by one so that the rectifier lets them pass; what the other channels hold is not
  /// looked at yet.
  private mutating func takeDirectHead() {
    let (outputs, scale) = (configuration.outputChannels, configuration.upscale)
    let (head, inner) = ("upsample.up.0", "conv_before_upsample.0")
    guard configuration.upsampler == .pixelShuffle, model.tensors[inner + ".weight"] == nil,
      let weight = model.tensors[head + ".weight"], let bias = model.tensors[head + ".bias"]?.floats(),
      weight.shape.count == 4, weight.shape[0] == outputs * scale * scale,
      let firstShape = tensors[inner + ".weight"]?.shape, firstShape[0] >= weight.shape[0],
      let kernel = widened(head + ".weight", weight, to: [weight.shape[0], firstShape[1], 3, 3])
    else { return }
    change(inner + ".weight") { $0.replaceSubrange(0..<kernel.count, with: kernel) }
    change(inner + ".bias") { $0.replaceSubrange(0..<bias.count, with: bias.map { $0 + 1 }) }
    taken += 2
    if firstShape[1] != weight.shape[1] { widened += 1 }
    var rest = scale
    let factors = scale == 4 ? [2, 2] : [scale]
    for (step, factor) in factors.enumerated() {
      let name = "upsample.up.\(2 * step)"
      guard let inputs = tensors[name + ".weight"]?.shape[1] else { return }
      let left = rest / factor
      for channel in 0..<outputs {
        for y in 0..<rest {
          for x in 0..<rest {
            let source = (channel * rest + y) * rest + x
            let target =
              ((channel * left + y % left) * left + x % left) * factor * factor + y / left * factor + x / left
            change(name + ".weight") { weights in
              for index in 0..<inputs * 9 { weights[target * inputs * 9 + index] = 0 }
              weights[(target * inputs + source) * 9 + 4] = 1
            }
            change(name + ".bias") { $0[target] = 0 }
          }
        }
      }
      rest = left
    }
    let features = tensors["conv_last.weight"]?.shape[1] ?? 0
    change("conv_last.weight") { last in
      for index in last.indices { last[index] = 0 }
      for channel in 0..<outputs { last[(channel * features + channel) * 9 + 4] = 1 }
    }
    change("conv_last.bias") { for index in $0.indices { $0[index] = -1 } }
  }
}
