import CPUDevice
import Checkpoints
import Foundation
import GRLModel
import TestSupport
import Tensors
import Testing

import GRLTraining

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

  @Test(
    "the losses of 200 steps are PyTorch's within 1 %, ten steps at a time", arguments: OptimiserSettings.Kind.allCases)
  func curve(kind: OptimiserSettings.Kind) throws {
    let golden = try GradientCase("curve_" + kind.rawValue)
    let weights = try golden.weights()
    let gradient = try golden.gradient(of: weights)
    let optimiser = try Optimiser(OptimiserSettings(kind), of: weights, threads: ThreadLease(threadCount: 2))
    let wanted = golden.tensors["losses"]!
    #expect(wanted.count == 200)
    var own: [Double] = []
    for step in wanted.indices {
      let inputs = (0..<2).flatMap { patch in
        GradientCase.stream("input", count: 16 * 16 * 3, seed: golden.seed + UInt64(2 * step + patch)).map {
          Float(0.5 + 0.5 * $0)
        }
      }
      own.append(gradient.compute(Batch(inputs: inputs, targets: inputs.map { 0.5 * $0 + 0.25 })).loss)
      optimiser.apply(gradient.gradient, rate: 2e-3 * min(1, Float(step + 1) / 20))
    }
    for first in stride(from: 0, to: 200, by: 10) {
      let mean = wanted[first..<first + 10].reduce(0.0) { $0 + Double($1) / 10 }
      #expect(abs(own[first..<first + 10].reduce(0, +) / 10 - mean) < 0.01 * mean, "from step \(first)")
    }
    #expect(wanted.last! < 0.5 * wanted.first!)
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
