import Foundation
import GRLModel
import GRLTraining
import Restoration

/// All that decides what comes of a training, besides its data and the weights that it begins with.
public struct TrainingSettings: Sendable {
  /// How long a training is. Its schedule of rates and phases goes by the share of it that is over.
  public enum Limit: Hashable, Sendable {
    /// Seconds in the loop, over all sessions; reading data and saving do not count.
    case seconds(Double)
    /// Steps. Two trainings of as many steps come to the same weights, whatever the machine's speed, threads and interruptions.
    case steps(Int)
  }

  public var preset: TrainingPreset
  public var limit: Limit
  public var seed: UInt64
  public var optimiser: OptimiserSettings
  public var loss: Loss
  /// Whether the training begins with another model's weights: then its start must not be worse than what comes in.
  public let isFromModel: Bool
  /// Share of the training in which rates rise.
  public var warmUp = 0.02
  /// Steps in which the average of the weights forgets half, at most.
  public var averageHalfLife = 600.0

  public init(_ preset: TrainingPreset, limit: Limit, seed: UInt64 = 1, isFromModel: Bool) {
    (self.preset, self.limit, self.seed, self.isFromModel) = (preset, limit, seed, isFromModel)
    optimiser = OptimiserSettings(TrainingPreset.optimiser(isFromModel: isFromModel) == .muon ? .muon : .adamw)
    loss = Loss(spectrum: Float(preset.spectrumWeight))
  }

  /// The phase of a share of the training.
  func phase(at share: Double) -> TrainingPreset.Phase {
    preset.phases.first { share < $0.until } ?? preset.phases.last!
  }

  /// The learning rate at a share of the training: a short rise, then half a period of the cosine down to nothing.
  ///
  /// - Parameter steps: done so far; the first twenty are small ones, while moments are of few gradients.
  func rate(at share: Double, after steps: Int) -> Double {
    let rise = min(1, (share + 1e-9) / warmUp) * min(1, Double(steps + 1) / 20)
    return max(1e-7, preset.rate * rise * 0.5 * (1 + cos(Double.pi * share)))
  }

  /// What the average of the weights keeps of itself in a step.
  func averageKeeps(after steps: Int) -> Float {
    Float(min(pow(0.5, 1 / averageHalfLife), Double(1 + steps) / Double(10 + steps)))
  }
}

extension TrainingPreset {
  /// The network of a phase.
  ///
  /// - Parameter base: a network to keep to in everything but windows and stripes; nil takes the published ones of the variant.
  public func configuration(_ phase: Phase, base: GRLConfiguration? = nil) -> GRLConfiguration {
    var configuration = base ?? published
    configuration.windowSize = phase.windowSize
    configuration.stripeRows = .pixels(phase.stripe.rows)
    configuration.stripeColumns = .pixels(phase.stripe.columns)
    return configuration
  }

  private var published: GRLConfiguration {
    let size = variant.size
    let upsampler: GRLConfiguration.Upsampler =
      switch task {
      case .superResolution: variant == .tiny ? .pixelShuffleDirect : .pixelShuffle
      case .realSuperResolution: .nearestConvolution
      default: .none
      }
    let channels = isColour ? 3 : 1
    return GRLConfiguration(
      inputChannels: isDualPixel ? 2 * channels : channels, outputChannels: channels, embeddingWidth: size.width,
      depths: size.depths, windowHeads: size.heads, stripeHeads: size.heads, anchorFactor: 4,
      hasChannelAttention: variant == .base, upscale: scale, upsampler: upsampler)
  }
}
