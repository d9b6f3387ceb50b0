import CPUDevice
import Foundation
import GRLModel
import Tensors
import TestSupport
import Testing

/// bfloat16 factors against the published code's float64 numbers.
///
/// Generated weights are harsh: temperatures reach 100, where rounding a query by 2^-9 moves a score by a quarter, and outputs of the
/// smallest cases hardly vary. Trained networks stay far below (Docs/Performance.md has their loss in dB); the kernels themselves are
/// held to their reference in `RoundedKernelTests`.
@Suite("Golden vectors, bf16", .serialized) struct RoundedGoldenTests {
  /// Largest and root mean square error, as shares of the output's range: of networks of published size, and of small ones.
  private static func tolerance(_ golden: GoldenCase) -> (largest: Float, typical: Float) {
    ["tiny_", "small_", "base_"].contains { golden.name.hasPrefix($0) } ? (4e-2, 8e-3) : (2e-1, 5e-2)
  }

  /// Every way that this machine has: those of the best instruction set, and plain products of the others but the scalar one.
  static let devices: [CPUDevice] = InstructionSet.available.filter { $0 != .scalar }.flatMap { instructionSet in
    ProductUnit.available(for: instructionSet).map {
      CPUDevice(instructionSet, precision: .bfloat16, productUnit: $0)
    }
  }

  private static func network(_ golden: GoldenCase, _ device: CPUDevice) throws -> GRL {
    try GRL(golden.checkpoint, configuration: golden.configuration, on: device)
  }

  /// Every case on every device; GRL-B on those of the best instruction set.
  static let pairs: [(URL, CPUDevice)] = GoldenCase.files.flatMap { file in
    let isLarge = file.lastPathComponent.hasPrefix("base_")
    return (isLarge ? Array(devices.suffix(ProductUnit.available(for: .best).count)) : devices).map { (file, $0) }
  }

  @Test("every case stays within the tolerance of bf16", arguments: pairs)
  func matches(file: URL, device: CPUDevice) throws {
    let golden = try GoldenCase(file)
    let network = try RoundedGoldenTests.network(golden, device)
    let input = golden.tensors["input"]!
    let session = try GRLSession(
      network: network, height: input.shape[2], width: input.shape[3], threads: ThreadLease(threadCount: 2))
    for index in 0..<golden.batch {
      let output = try session.restore(golden.picture("input", index))
      let wanted = golden.picture("output", index)
      #expect(output.shape == wanted.shape)
      let errors = zip(output.values, wanted.values).map { abs($0 - $1) / golden.outputRange }
      let root = (errors.reduce(0) { $0 + $1 * $1 } / Float(errors.count)).squareRoot()
      let tolerance = RoundedGoldenTests.tolerance(golden)
      #expect(errors.max()! <= tolerance.largest && root <= tolerance.typical, "\(golden) \(device)")
      #expect(errors.max()! > 1e-6, "nothing was rounded")
      print("golden \(golden.name) \(device): error \(errors.max()!), root mean square \(root) of the range")
    }
  }

  @Test("any number of threads gives the same bytes", arguments: GoldenCase.files)
  func threadsDoNotMatter(file: URL) throws {
    let golden = try GoldenCase(file)
    let input = golden.picture("input", 0)
    for device in RoundedGoldenTests.devices.suffix(ProductUnit.available(for: .best).count) {
      let network = try RoundedGoldenTests.network(golden, device)
      let pool = ThreadPool()
      let counts = ThreadCounts.suitable(forWidth: golden.configuration.embeddingWidth)
      let outputs = try counts.map { count in
        try GRLSession(
          network: network, height: input.shape.height, width: input.shape.width,
          threads: ThreadLease(threadCount: count, of: pool)
        ).restore(input).values.map(\.bitPattern)
      }
      for (count, output) in zip(counts, outputs) {
        #expect(output == outputs[0], "\(device), \(count) threads")
      }
    }
  }

  @Test("the cases beside the project", .shared("golden"), arguments: GoldenCase.sharedFiles)
  func sharedCases(file: URL) throws {
    for device in Self.devices { try matches(file: file, device: device) }
    try threadsDoNotMatter(file: file)
  }

  @Test("weights take half the memory, plus padding") func weightsShrink() throws {
    let configuration = GRLConfiguration(embeddingWidth: 128, windowHeads: 4, stripeHeads: 4)
    let checkpoint = GeneratedWeights.checkpoint(configuration, seed: 1)
    let whole = try GRL(checkpoint, configuration: configuration, on: CPUDevice(convolutionMethod: .direct)).weightBytes
    let rounded = try GRL(checkpoint, configuration: configuration, on: CPUDevice(precision: .bfloat16)).weightBytes
    #expect(rounded < whole * 6 / 10 && rounded > whole * 4 / 10)
  }
}
