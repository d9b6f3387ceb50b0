import Checkpoints
import Foundation
import GRLModel

/// Model files with made-up weights, as small as networks of this kind can be.
public enum TestModel {
  /// Three blocks of 16 channels: every kind of block, milliseconds for a tile.
  public static func configuration(inputChannels: Int = 3, upscale: Int = 1) -> GRLConfiguration {
    GRLConfiguration(
      inputChannels: inputChannels, embeddingWidth: 16, depths: [2, 1], windowSize: 8, stripeRows: .pixels(8),
      stripeColumns: .pixels(16), anchorFactor: 2, hasChannelAttention: false, upscale: upscale,
      upsampler: upscale == 1 ? .none : .pixelShuffleDirect)
  }

  /// Writes `name.safetensors` into `folder`. Its output resembles its input, as that of a trained network does.
  ///
  /// - Parameters:
  ///   - task: the task's key in model files (`dn`, `sr`, ...).
  ///   - degradation: what the file says of the damage it was trained for; nil for what is usual.
  @discardableResult
  public static func write(
    to folder: URL, _ name: String = "denoise-test", task: String = "dn",
    _ configuration: GRLConfiguration = configuration(), seed: UInt64 = 1, degradation: String? = nil
  ) throws -> URL {
    let generated = GeneratedWeights.checkpoint(configuration, seed: seed)
    let tensors = generated.tensors.map { name, tensor in
      let isLast = name.hasPrefix("conv_last") || name.hasPrefix("upsample")
      return (name, isLast ? StoredTensor(shape: tensor.shape, values: tensor.floats().map { $0 / 16 }) : tensor)
    }
    let metadata = [
      "format": "grl", "task": task, "config": configuration.json, "variant": "tiny",
      "degradation": degradation ?? (task == "dn" ? "{\"sigma\": [0, 55]}" : "{}"),
    ]
    let file = folder.appending(path: name + ".safetensors")
    let checkpoint = Checkpoint(
      path: file.path, metadata: metadata, tensors: Dictionary(uniqueKeysWithValues: tensors))
    try Data(checkpoint.safetensorsFile()).write(to: file)
    return file
  }
}
