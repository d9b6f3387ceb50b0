import CPUDevice
import Foundation
import GRLModel
import Tensors

/// Whether gradients are right on this machine: small networks with all heads, shifts and masks, by finite differences.
public struct GradientCheck: Sendable {
  public let name: String
  /// The slope of the loss along one direction of all weights: by the gradient, and by two losses.
  public let gradient: Double
  public let difference: Double

  /// What rounding of the two losses in float32 leaves.
  public static let tolerance = 0.02

  public var isRight: Bool { abs(gradient - difference) <= GradientCheck.tolerance * abs(difference) }

  /// Each network on a device, with `threads`.
  ///
  /// - Throws: `OutOfMemory`.
  public static func all(on device: CPUDevice, threads: ThreadLease) throws -> [GradientCheck] {
    let small = GRLConfiguration(
      embeddingWidth: 36, depths: [4], windowHeads: 3, stripeHeads: 3, stripeRows: .pixels(8),
      stripeColumns: .pixels(16))
    func network(_ name: String, _ change: (inout GRLConfiguration) -> Void) -> (String, GRLConfiguration) {
      var configuration = small
      change(&configuration)
      return (name, configuration)
    }
    let networks = [
      network("same size") { _ in },
      network("channel attention") { $0.hasChannelAttention = true },
      network("two views") { $0.inputChannels = 6 },
      network("gray") { ($0.inputChannels, $0.outputChannels) = (1, 1) },
      network("pixel shuffle x2") { ($0.upscale, $0.upsampler) = (2, .pixelShuffle) },
      network("pixel shuffle direct x3") { ($0.upscale, $0.upsampler) = (3, .pixelShuffleDirect) },
      network("nearest and convolution x4") { ($0.upscale, $0.upsampler) = (4, .nearestConvolution) },
    ]
    return try networks.map { name, configuration in
      try GradientCheck(name, configuration, on: device, threads: threads)
    }
  }

  private init(
    _ name: String, _ configuration: GRLConfiguration, on device: CPUDevice, threads: ThreadLease
  ) throws {
    self.name = name
    let (height, width, count) = (14, 19, 2)  // padded to 16 x 32
    let weights = try TrainingWeights(
      InitialWeights.checkpoint(configuration, seed: 1), configuration: configuration)
    let step = try BatchGradient(
      configuration, height: height, width: width, count: count, loss: Loss(.charbonnier(epsilon: 0.1)),
      weights: weights, threads: threads, device: device)
    func values(_ name: String, _ count: Int) -> [Float] {
      GeneratedWeights.stream(name, count: count, seed: 1).map { Float(0.5 + 0.5 * $0) }
    }
    let pixels = count * height * width
    let batch = Batch(
      inputs: values("input", pixels * configuration.inputChannels),
      targets: values("target", pixels * configuration.outputChannels * configuration.upscale * configuration.upscale))
    _ = step.compute(batch)
    // Along the gradient, each number of it by a factor of its own: where the slope is steep, and no error hides behind another.
    let direction = try weights.buffer()
    let length = Float(step.gradient.product(with: step.gradient).squareRoot())
    for (name, _, values) in weights.tensors(of: step.gradient) {
      let factors = GeneratedWeights.stream("direction." + name, count: values.count, seed: 1)
      weights.write(
        zip(values, factors).map { $0 / length * Float(1 + 0.5 * $1) }, of: name, to: direction)
    }
    gradient = step.gradient.product(with: direction)
    let reach = Float(1e-3)
    let start = try weights.buffer()
    start.copy(from: weights.values)
    func loss(_ factor: Float) -> Double {
      weights.values.copy(from: start)
      weights.values.add(direction, times: factor)
      return step.compute(batch).total
    }
    difference = (loss(reach) - loss(-reach)) / Double(2 * reach)
  }
}
