import Checkpoints
import Foundation
import GRLModel
import Inspection
import Tensors
import TestSupport

/// The numbers of Tests/Fixtures/inspection/generate.py, and the network and picture that they are of.
struct StoredNumbers {
  let configuration: GRLConfiguration
  let checkpoint: Checkpoint
  let network: GRL
  let picture: Tensor
  /// Every which pixel's measures are stored.
  let step: Int
  private let tensors: [String: StoredTensor]

  init() throws {
    let file = try Checkpoint(
      contentsOf: TestData.fixtures.appending(path: "inspection/inspection.safetensors").path)
    tensors = file.tensors
    func number(_ name: String) -> Int { Int(file.metadata[name]!)! }
    configuration = GoldenCase.configuration(
      try JSONSerialization.jsonObject(with: Data(file.metadata["config"]!.utf8)) as! [String: Any])
    let seed = UInt64(number("seed"))
    let generated = GeneratedWeights.checkpoint(configuration, seed: seed)
    checkpoint = Checkpoint(
      path: "generated weights",
      tensors: generated.tensors.mapValues { $0 }.reduce(into: [:]) { all, tensor in
        let values = tensor.value.floats()
        all[tensor.key] =
          tensor.key.hasSuffix("logit_scale")
          ? StoredTensor(shape: tensor.value.shape, values: values.map { $0 / 2 }) : tensor.value
      })
    network = try GRL(checkpoint, configuration: configuration, on: CPUDeviceUnderTest.device)
    let shape = Shape(height: number("height"), width: number("width"), channels: configuration.inputChannels)
    picture = Tensor(
      shape: shape,
      values: GeneratedWeights.tensor("input", shape: [shape.height, shape.width, shape.channels], seed: seed))
    step = number("step")
  }

  subscript(name: String) -> [Float] { tensors[name]!.floats() }

  func kept(_ picture: Tensor? = nil, threads: Int = 2, x: Int = 0, y: Int = 0) throws -> KeptActivations {
    try KeptActivations(
      of: picture ?? self.picture, through: network, x: x, y: y, threads: ThreadLease(threadCount: threads))
  }

  /// Means of 2 x 2 pixels.
  var smaller: Tensor {
    var result = Tensor(
      shape: Shape(height: picture.shape.height / 2, width: picture.shape.width / 2, channels: picture.shape.channels))
    for y in 0..<result.shape.height {
      for x in 0..<result.shape.width {
        for channel in 0..<result.shape.channels {
          let sum =
            picture[2 * y, 2 * x, channel] + picture[2 * y, 2 * x + 1, channel] + picture[2 * y + 1, 2 * x, channel]
            + picture[2 * y + 1, 2 * x + 1, channel]
          result[y, x, channel] = sum / 4
        }
      }
    }
    return result
  }
}

/// Largest difference, relative to the largest wanted number or 1.
func difference(_ found: [Float], _ wanted: [Float]) -> Float {
  guard found.count == wanted.count else { return .infinity }
  let size = max(1, wanted.reduce(0) { max($0, abs($1)) })
  return zip(found, wanted).reduce(0) { max($0, abs($1.0 - $1.1)) } / size
}
