import CKernels
import CPUDevice
import Foundation
import Tensors
import TestSupport
import Testing

/// 3x3 convolutions by every method against the definition.
@Suite("Convolution") struct ConvolutionTests {
  struct Case: Sendable, CustomStringConvertible {
    var height, width, inputs, outputs: Int
    var activation: Activation = .none
    var hasResidual = false
    var description: String { "\(height)x\(width), \(inputs) to \(outputs)\(hasResidual ? ", residual" : "")" }
  }

  static let cases: [Case] = [
    Case(height: 1, width: 1, inputs: 16, outputs: 16), Case(height: 4, width: 4, inputs: 64, outputs: 64),
    Case(height: 3, width: 9, inputs: 17, outputs: 3, hasResidual: true),
    Case(height: 33, width: 34, inputs: 45, outputs: 180, activation: .gelu),
    Case(height: 21, width: 50, inputs: 180, outputs: 45, activation: .leakyReLU(slope: 0.2)),
    Case(height: 40, width: 70, inputs: 128, outputs: 128, hasResidual: true),
    Case(height: 7, width: 30, inputs: 3, outputs: 20), Case(height: 9, width: 8, inputs: 64, outputs: 1),
  ]

  /// The convolution of noise, `[H, W, outputs]`, and with the residual in the output's own place.
  static func run(_ item: Case, _ device: CPUDevice, threads: Int = 2) throws -> [Float] {
    let weights = Noise.values("weights", 9 * item.inputs * item.outputs).map { $0 * 0.2 }
    let layer = Convolution(
      weights: weights, bias: Noise.values("bias", item.outputs), inputs: item.inputs, outputs: item.outputs,
      activation: item.activation, on: device)
    let shape = Shape(height: item.height, width: item.width, channels: item.inputs)
    let out = Shape(height: item.height, width: item.width, channels: item.outputs)
    return try Pass.onOwnMemory(of: device, threads: ThreadLease(threadCount: threads)) { pass in
      let x = pass.map(shape, values: Noise.values("x", shape.count))
      let y = pass.map(out, values: Noise.values("residual", out.count))
      pass.apply(layer, to: x, residual: item.hasResidual ? y : nil, into: y)
      return pass.values(of: y).values
    }
  }

  /// By the definition, in double precision.
  static func expected(_ item: Case) -> [Float] {
    let (h, w, inputs, outputs) = (item.height, item.width, item.inputs, item.outputs)
    let weights = Noise.values("weights", 9 * inputs * outputs).map { $0 * 0.2 }
    let (bias, x) = (Noise.values("bias", outputs), Noise.values("x", h * w * inputs))
    let residual = Noise.values("residual", h * w * outputs)
    return (0..<(h * w * outputs)).map { index in
      let (o, column, row) = (index % outputs, index / outputs % w, index / outputs / w)
      var sum = Double(bias[o])
      for tap in 0..<9 {
        let (y, z) = (row + tap / 3 - 1, column + tap % 3 - 1)
        guard y >= 0 && y < h && z >= 0 && z < w else { continue }
        for i in 0..<inputs { sum += Double(x[(y * w + z) * inputs + i]) * Double(weights[(o * inputs + i) * 9 + tap]) }
      }
      switch item.activation {
      case .gelu: sum *= 0.5 * erfc(-sum / 2.0.squareRoot())
      case .leakyReLU(let slope): sum = sum > 0 ? sum : sum * Double(slope)
      default: break
      }
      return Float(sum + (item.hasResidual ? Double(residual[index]) : 0))
    }
  }

  @Test("direct, Winograd and rounded convolutions are what they should be", arguments: ConvolutionTests.cases)
  func isTheDefinition(item: Case) throws {
    let expected = ConvolutionTests.expected(item)
    let size = expected.reduce(Float(0)) { max($0, abs($1)) }
    for instructionSet in InstructionSet.available {
      for method in ConvolutionMethod.allCases {
        let result = try ConvolutionTests.run(item, CPUDevice(instructionSet, convolutionMethod: method))
        let error = KernelTests.difference(result, expected)
        #expect(
          error <= (method == .direct ? 4e-6 : 3e-5) * max(size, 1), "\(instructionSet) \(method): \(error / size)")
      }
      for unit in ProductUnit.available(for: instructionSet) {
        let rounded = CPUDevice(instructionSet, precision: .bfloat16, productUnit: unit)
        let error = KernelTests.difference(try ConvolutionTests.run(item, rounded), expected)
        #expect(error <= 1e-2 * max(size, 1), "\(rounded): \(error / size)")
      }
    }
  }

  @Test("any number of threads gives the same bytes", arguments: ConvolutionTests.cases) func threads(item: Case) throws
  {
    for arithmetic in [CPUDevice(convolutionMethod: .winograd), CPUDevice(precision: .bfloat16)] {
      let one = try ConvolutionTests.run(item, arithmetic, threads: 1)
      for count in ThreadCounts.all {
        #expect(try ConvolutionTests.run(item, arithmetic, threads: count) == one, "\(count) threads")
      }
    }
  }
}
