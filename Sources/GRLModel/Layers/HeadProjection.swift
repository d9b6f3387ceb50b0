import Checkpoints
import Tensors

extension HeadProjection {
  /// `weight` `[3C, C]` and, where the network has one, `bias` `[3C]`: queries, keys and values of the window half, each head by head,
  /// then those of the stripe half.
  static func halves(
    _ weights: WeightScope, _ configuration: GRLConfiguration, on device: any Device
  ) -> (window: [HeadProjection], stripe: [HeadProjection]) {
    let channels = configuration.embeddingWidth
    let half = channels / 2
    let rows = weights.floats("weight", [3 * channels, channels])
    let bias = configuration.hasQKVBias ? weights.floats("bias", [3 * channels]) : nil
    func heads(_ count: Int, from first: Int) -> [HeadProjection] {
      let width = half / count
      return (0..<count).map { head in
        let runs = (0..<3).map { run in first + run * half + head * width }
        return HeadProjection(
          weights: runs.flatMap { rows[$0 * channels..<($0 + width) * channels] },
          bias: bias.map { bias in runs.flatMap { bias[$0..<$0 + width] } }, inputs: channels, width: width,
          on: device)
      }
    }
    return (heads(configuration.windowHeads, from: 0), heads(configuration.stripeHeads, from: 3 * half))
  }
}
