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
    .filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix("steps_") }.map { String($0.dropLast(12)) }

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

@Suite("Gradients of whole networks") struct GradientTests {
  /// Devices whose gradients are compared with PyTorch's: every instruction set, and convolutions computed directly.
  static let devices = InstructionSet.available.map { CPUDevice($0) } + [CPUDevice(convolutionMethod: .direct)]

  @Test("equal PyTorch's autograd within 1e-4", arguments: GradientCase.names, devices)
  func matchesAutograd(name: String, device: CPUDevice) throws {
    let golden = try GradientCase(name)
    let weights = try golden.weights()
    let gradient = try golden.gradient(of: weights, on: device)
    let result = gradient.compute(golden.batch)
    let loss = Double(golden.metadata["loss"]!)!
    #expect(abs(result.loss - loss) < 1e-5 * loss)
    #expect(abs(result.meanSquare - Double(golden.metadata["mean_square"]!)!) < 1e-4 * loss)
    #expect(Set(golden.tensors.keys) == Set(weights.parameters.map(\.name)))
    // Gradients that nearly cancel keep the rounding of what they are sums of.
    let floor = 2e-3 * Double(golden.tensors.values.map { $0[0] }.max()!)
    for (name, shape, values) in weights.tensors(of: gradient.gradient) {
      let wanted = golden.tensors[name]!
      let (largest, product, samples) = (
        max(floor, Double(wanted[0])), Double(wanted[1]), wanted[2...].map(Double.init)
      )
      let step = max(1, (values.count + 47) / 48)
      let own = stride(from: 0, to: values.count, by: step).map { Double(values[$0]) }
      #expect(own.count == samples.count)
      let difference = zip(own, samples).map { abs($0 - $1) }.max()!
      #expect(difference <= 1e-4 * largest, "\(name) \(shape): off by \(difference) of \(largest)")
      let probe = GradientCase.stream("probe." + name, count: values.count, seed: golden.seed)
      let ownProduct = zip(probe, values).reduce(0) { $0 + $1.0 * Double($1.1) }
      let reach = 1e-4 * largest * Double(values.count).squareRoot()
      #expect(abs(ownProduct - product) <= reach, "\(name): product off by \(ownProduct - product)")
    }
  }

  @Test("a logit scale that is cut has none")
  func cutLogitScale() throws {
    let golden = try GradientCase("own_one_cell")
    let weights = try golden.weights()
    let name = weights.parameters.first { $0.name.hasSuffix("attn_transform.logit_scale") }!.name
    weights.write([4.7, 2], of: name, to: weights.values)  // ln 100 is 4.605
    let gradient = try golden.gradient(of: weights)
    _ = gradient.compute(golden.batch)
    let values = weights.tensors(of: gradient.gradient).first { $0.name == name }!.values
    #expect(values[0] == 0 && values[1] != 0)
  }

  @Test("are the same bytes for any number of threads", arguments: ["mini_cab", "mini_psd3_grey"])
  func threadsDoNotMatter(name: String) throws {
    let golden = try GradientCase(name)
    let results = try [1, 2, 16, 64].map { count in
      let weights = try golden.weights()
      let gradient = try golden.gradient(of: weights, threads: count)
      let result = gradient.compute(golden.batch)
      return (result, weights.tensors(of: gradient.gradient).map(\.values))
    }
    for other in results.dropFirst() {
      #expect(other.0 == results[0].0)
      #expect(other.1 == results[0].1)
    }
  }

  @Test("and of a batch larger than the number of sums, which are as those of its parts")
  func manyPatches() throws {
    let golden = try GradientCase("mini_const_pad")
    let weights = try golden.weights()
    let part = golden.batch
    let count = 42
    let whole = try BatchGradient(
      golden.configuration, height: golden.height, width: golden.width, count: count, loss: golden.loss,
      weights: weights,
      threads: ThreadLease(threadCount: 3))
    let repeated = Batch(
      inputs: (0..<count / 2).flatMap { _ in part.inputs }, targets: (0..<count / 2).flatMap { _ in part.targets })
    let one = try golden.gradient(of: weights)
    let (mean, own) = (whole.compute(repeated), one.compute(part))
    #expect(abs(mean.loss - own.loss) < 1e-12)
    for (a, b) in zip(weights.tensors(of: whole.gradient), weights.tensors(of: one.gradient)) {
      let largest = b.values.map(abs).max()!
      #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) <= 1e-5 * largest }, "\(a.name)")
    }
  }
}

@Suite("Gradient check of a machine") struct GradientCheckTests {
  @Test("finds all networks right, on every instruction set", arguments: InstructionSet.available)
  func isRight(set: InstructionSet) throws {
    let checks = try GradientCheck.all(on: CPUDevice(set), threads: ThreadLease(threadCount: 2))
    #expect(checks.count == 7)
    for check in checks { #expect(check.isRight, "\(check)") }
  }
}

@Suite("Optimisers") struct OptimiserTests {
  @Test("three steps equal PyTorch's to 1e-6", arguments: OptimiserSettings.Kind.allCases)
  func steps(kind: OptimiserSettings.Kind) throws {
    let golden = try GradientCase("steps_" + kind.rawValue)
    let weights = try golden.weights()
    let gradient = try weights.buffer()
    let optimiser = try Optimiser(OptimiserSettings(kind), of: weights, threads: ThreadLease(threadCount: 2))
    let norms = golden.tensors["norms"]!
    for (step, norm) in norms.enumerated() {
      for parameter in weights.parameters {
        let values = GradientCase.stream(
          "gradient." + parameter.name, count: parameter.count, seed: golden.seed + UInt64(step))
        weights.write(values.map { Float(0.05 * $0) }, of: parameter.name, to: gradient)
      }
      let own = optimiser.apply(gradient, rate: 2e-3)
      #expect(abs(own - Double(norm)) < 1e-5 * Double(norm))
    }
    #expect(optimiser.steps == 3)
    for (name, _, values) in weights.tensors(of: weights.values) {
      let wanted = golden.tensors[name]!
      let own = stride(from: 0, to: values.count, by: max(1, (values.count + 47) / 48)).map { values[$0] }
      #expect(own.count == wanted.count)
      let difference = zip(own, wanted).map { abs($0 - $1) }.max()!
      #expect(difference <= 1e-6, "\(name): off by \(difference)")
    }
  }

  @Test("a gradient is cut to the largest norm, and none is made of zeros")
  func clipping() throws {
    let golden = try GradientCase("steps_adamw")
    let weights = try golden.weights()
    let gradient = try weights.buffer()
    var settings = OptimiserSettings(.adamw)
    settings.beta1 = 0
    let optimiser = try Optimiser(settings, of: weights, threads: ThreadLease(threadCount: 1))
    let before = weights.tensors(of: weights.values).map(\.values)
    #expect(optimiser.apply(gradient, rate: 0.1) == 0)
    #expect(weights.tensors(of: weights.values).map(\.values) == before)
    let parameter = weights.parameters[0]
    weights.write([Float](repeating: 3, count: parameter.count), of: parameter.name, to: gradient)
    let norm = optimiser.apply(gradient, rate: 0.1)
    #expect(abs(norm - 3 * Double(parameter.count).squareRoot()) < 1e-5 * norm)
    let first = weights.tensors(of: optimiser.first)[0].values
    #expect(first.allSatisfy { abs(Double($0) - 3 / norm) < 1e-6 })
  }
}

@Suite("Spectrum loss") struct SpectrumLossTests {
  @Test(
    "of a plane is its spectrum's mean magnitude, and its gradient that of finite differences",
    arguments: [(6, 8), (9, 5), (16, 12)])
  func spectrum(height: Int, width: Int) {
    let kernels = CPUDevice().kernelTable
    let loss = SpectrumLoss(height: height, width: width, kernels: kernels)
    let plane = GradientCase.stream("plane", count: height * width, seed: 1).map { Float($0) }
    func value(_ plane: [Float], _ gradient: inout [Float]) -> Double {
      var scratch = [Float](repeating: 0, count: loss.scratchFloats + slackFloats)
      return loss.gradient(of: plane + [Float](repeating: 0, count: slackFloats), into: &gradient, scratch: &scratch)
    }
    var gradient = [Float](repeating: 0, count: plane.count + slackFloats)
    let own = value(plane, &gradient)
    // By definition.
    var sum = 0.0
    for u in 0..<height {
      for v in 0...width / 2 {
        var (re, im) = (0.0, 0.0)
        for y in 0..<height {
          for x in 0..<width {
            let angle = 2 * Double.pi * (Double(u * y) / Double(height) + Double(v * x) / Double(width))
            re += Double(plane[y * width + x]) * cos(angle)
            im -= Double(plane[y * width + x]) * sin(angle)
          }
        }
        sum += abs(re) + abs(im)
      }
    }
    let wanted = 96 * sum / Double(height * width).squareRoot() / Double(2 * height * (width / 2 + 1))
    #expect(abs(own - wanted) < 1e-4 * wanted)
    var ignored = gradient
    for index in stride(from: 0, to: plane.count, by: 3) {
      var (up, down) = (plane, plane)
      up[index] += 1e-2
      down[index] -= 1e-2
      let slope = (value(up, &ignored) - value(down, &ignored)) / 2e-2
      #expect(abs(slope - Double(gradient[index])) < 2e-2)
    }
  }
}
