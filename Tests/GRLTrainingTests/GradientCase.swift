import CPUDevice
import Checkpoints
import Foundation
import GRLModel
import TestSupport
import Tensors
import Testing

import GRLTraining

/// A case of `Tests/Fixtures/gradients`: what PyTorch's autograd computed in float64.
struct GradientCase: CustomTestStringConvertible {
  let name: String
  let configuration: GRLConfiguration
  let seed: UInt64
  let height: Int
  let width: Int
  let metadata: [String: String]
  let tensors: [String: [Float]]
  var testDescription: String { name }

  static let names: [String] = try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    .filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix("steps_") && !$0.hasPrefix("curve_") }.map {
      String($0.dropLast(12))
    }

  private static let folder = TestData.fixtures.appending(path: "gradients")

  init(_ name: String) throws {
    let file = try Checkpoint(contentsOf: GradientCase.folder.appending(path: name + ".safetensors").path)
    self.name = name
    metadata = file.metadata
    configuration = GoldenCase.configuration(
      try JSONSerialization.jsonObject(with: Data(file.metadata["config"]!.utf8)) as! [String: Any])
    seed = UInt64(file.metadata["seed"]!)!
    (height, width) = (Int(file.metadata["height"]!)!, Int(file.metadata["width"]!)!)
    tensors = file.tensors.mapValues { $0.floats() }
  }

  /// -1 ... 1, as the generator's streams.
  static func stream(_ name: String, count: Int, seed: UInt64) -> [Double] {
    GeneratedWeights.stream(name, count: count, seed: seed)
  }

  var batch: Batch {
    let channels = configuration.inputChannels
    let outputs =
      max(configuration.outputChannels, channels == 3 ? 3 : 1) * configuration.upscale * configuration.upscale
    func patches(_ name: String, _ count: Int) -> [Float] {
      (0..<2).flatMap { patch in
        GradientCase.stream(name, count: count, seed: seed + UInt64(patch)).map { Float(0.5 + 0.5 * $0) }
      }
    }
    return Batch(
      inputs: patches("input", height * width * channels), targets: patches("target", height * width * outputs))
  }

  var loss: Loss { Loss(.charbonnier(epsilon: 0.03), spectrum: Float(metadata["spectrum"] ?? "0")!) }

  /// Generated weights with halved logit scales, as the generator has them.
  func weights() throws -> TrainingWeights {
    let weights = try TrainingWeights(
      GeneratedWeights.checkpoint(configuration, seed: seed), configuration: configuration)
    for (name, _, values) in weights.tensors(of: weights.values) where name.hasSuffix(".logit_scale") {
      weights.write(values.map { $0 / 2 }, of: name, to: weights.values)
    }
    return weights
  }

  func gradient(
    of weights: TrainingWeights, threads: Int = 2, on device: CPUDevice = CPUDevice()
  ) throws -> BatchGradient {
    try BatchGradient(
      configuration, height: height, width: width, count: 2, loss: loss, weights: weights,
      threads: ThreadLease(threadCount: threads), device: device)
  }
}
