import Checkpoints
import CPUDevice
import Foundation
import GRLModel
import Imaging
import Restoration
import Tensors
import TestSupport
import Testing

@Suite("Trial of a model") struct ModelTrialTests {
  private static let bundled = ModelLibrary.standard(environment: ["HOME": "/nowhere"])
  private let threads = ThreadLease(threadCount: 2)

  @Test(
    "Every bundled model is sound: it gains, and keeps low frequencies", arguments: bundled.list().cards.map(\.name))
  func bundledModels(name: String) throws {
    let library = Self.bundled
    let trial = try ModelTrial(try library.load(try library.card(name)), on: threads)
    #expect(trial.gain >= 0.2, "\(trial)")
    #expect(trial.lowFrequencyError < trial.inputLowFrequencyError + 1, "\(trial)")
    #expect(!trial.damage.isEmpty && trial.inputPSNR > 15)
  }

  /// What was once called sound.
  enum Ruin: String, CaseIterable, CustomTestStringConvertible {
    case random, permutedValues, exchangedTensors, zeros
    var testDescription: String { rawValue }

    func apply(to tensors: [String: StoredTensor]) -> [String: StoredTensor] {
      var generator = SplitMix64(state: 1)
      if self == .exchangedTensors {
        // Each takes the place of the next one of its shape.
        let groups = Dictionary(grouping: tensors.keys.sorted()) { tensors[$0]!.shape }
        let pairs = groups.values.flatMap { names in
          names.indices.map { (names[$0], tensors[names[($0 + 1) % names.count]]!) }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
      }
      // In order of name, so that the numbers are the same in every run.
      let pairs = tensors.keys.sorted().map { name in
        let tensor = tensors[name]!
        var values = tensor.floats()
        switch self {
        case .zeros: values = values.map { _ in 0 }
        case .permutedValues: values.shuffle(using: &generator)
        case .random, .exchangedTensors:
          // As wide as the trained ones are.
          let width = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count) * 3).squareRoot()
          values = values.map { _ in Float.random(in: -1...1, using: &generator) * width }
        }
        return (name, StoredTensor(shape: tensor.shape, values: values))
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
  }

  @Test(
    "Weights that are random, permuted, exchanged or zero are not sound, whatever the task",
    arguments: [
      "denoise-color-tiny", "denoise-gray-tiny", "sr-x2-tiny", "jpeg-color-tiny", "demosaic-tiny", "real-sr-x4-tiny",
      "motion-deblur-tiny", "defocus-deblur-tiny", "defocus-dual-tiny",
    ], Ruin.allCases)
  func ruined(name: String, ruin: Ruin) throws {
    let card = try Self.bundled.card(name)
    let checkpoint = Checkpoint(
      path: name, tensors: ruin.apply(to: try Checkpoint(contentsOf: card.path).tensors))
    let model = RestorationModel(
      card: card, network: try GRL(checkpoint, configuration: card.configuration, on: CPUDevice()))
    let error = #expect(throws: RestorationError.self) { try ModelTrial(model, on: threads) }
    #expect(error?.kind == .verification, "\(String(describing: error))")
    #expect(error?.description.hasPrefix("\(name): not sound: ") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test("The damage is one that the model was trained for")
  func damage() throws {
    let model = try Self.bundled.load(try Self.bundled.card("denoise-color-tiny"))
    func damage(_ sigmas: ClosedRange<Double>?, noise: NoiseKind = .gaussian) throws -> String {
      let card = model.card
      let changed = ModelCard(
        name: "m", path: card.path, origin: .file, fileBytes: 0, task: .denoise, variant: nil,
        configuration: card.configuration, sigmas: sigmas, noise: noise)
      return try ModelTrial(RestorationModel(card: changed, network: model.network), on: threads).damage
    }
    #expect(try damage(nil) == "noise of sigma 25" && damage(0...55) == "noise of sigma 25")
    #expect(try damage(15...15) == "noise of sigma 15" && damage(30...50) == "noise of sigma 30")
    // Sensor noise is correlated: one for white noise hardly sees it.
    let error = #expect(throws: RestorationError.self) { try damage(0...55, noise: .photo) }
    #expect(error?.description.contains("tried with sensor noise of sigma 25") == true)
  }

  @Test("A network that no picture of its task can be made for is refused, not tried")
  func impossible() throws {
    let eight = TestNetworks.configuration(upscale: 8, upsampler: .pixelShuffleDirect)
    for task in [RestorationTask.superResolution, .denoise] {
      let model = try TestNetworks.model(task, eight)
      let error = #expect(throws: RestorationError.self) { try ModelTrial(model, on: threads) }
      #expect(error?.kind == .model)
    }
  }
}
