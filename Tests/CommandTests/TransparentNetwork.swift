import Checkpoints
import Foundation
import GRLModel

/// Model files whose output is known: all weights are zero but the centre taps that carry each colour on.
///
/// What comes in goes out; where the network enlarges, each pixel becomes a square; of two views the left one is returned.
enum TransparentNetwork {
  /// The smallest network of its kind.
  static func configuration(
    inputChannels: Int = 3, outputChannels: Int = 3, upscale: Int = 1, upsampler: GRLConfiguration.Upsampler = .none
  ) -> GRLConfiguration {
    GRLConfiguration(
      inputChannels: inputChannels, outputChannels: outputChannels, embeddingWidth: 16, depths: [2], windowHeads: 1,
      stripeHeads: 1, windowSize: 8, stripeRows: .pixels(8), stripeColumns: .pixels(8), anchorFactor: 2,
      upscale: upscale, upsampler: upsampler)
  }

  /// Writes `name.safetensors` into `folder`.
  ///
  /// - Parameters:
  ///   - task: the task's key in model files (`dn`, `sr`, `db_defocus_dual`, ...).
  ///   - metadata: more of what such files tell, such as `degradation`.
  static func write(
    to folder: URL, _ name: String, task: String, _ configuration: GRLConfiguration, metadata: [String: String] = [:]
  ) throws {
    var all = ["format": "grl", "task": task, "config": configuration.json, "variant": "tiny"]
    all.merge(metadata) { $1 }
    var tensors: [String: StoredTensor] = [:]
    for (parameter, shape) in GRL.parameters(of: configuration) {
      tensors[parameter] = StoredTensor(shape: shape, values: values(of: parameter, shape, configuration))
    }
    let file = folder.appending(path: name + ".safetensors")
    let checkpoint = Checkpoint(path: file.path, metadata: all, tensors: tensors)
    try Data(checkpoint.safetensorsFile()).write(to: file)
  }

  private static func values(of name: String, _ shape: [Int], _ configuration: GRLConfiguration) -> [Float] {
    var values = [Float](repeating: 0, count: shape.reduce(1, *))
    let colours = configuration.outputChannels
    let isInside = name.hasPrefix("layers.") || name.hasPrefix("conv_after_body")
    // The picture itself is added to the output of such a network.
    let addsPicture = configuration.upsampler == .none && configuration.inputChannels == colours
    if isInside || (addsPicture && name.hasPrefix("conv_last")) { return values }
    if shape.count == 4 {
      let copies = name.hasPrefix("upsample") ? shape[0] / colours : 1
      for output in 0..<min(shape[0], colours * copies) {
        values[(output * shape[1] + output / copies) * 9 + 4] = 1
      }
    } else if configuration.upsampler == .nearestConvolution {
      // Lifted by one, no value is negative, and the activations in between let it pass.
      if name == "conv_first.bias" { for colour in 0..<colours { values[colour] = 1 } }
      if name == "conv_last.bias" { for colour in 0..<colours { values[colour] = -1 } }
    }
    return values
  }
}
