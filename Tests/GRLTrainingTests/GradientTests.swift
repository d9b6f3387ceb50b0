import CPUDevice
import Checkpoints
import Foundation
import GRLModel
import TestSupport
import Tensors
import Testing

import GRLTraining

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
