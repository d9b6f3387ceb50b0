import CPUDevice
import Checkpoints
import Foundation
import GRLModel
import TestSupport
import Tensors
import Testing

import GRLTraining

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
