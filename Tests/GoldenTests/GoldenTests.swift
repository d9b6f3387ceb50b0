import CPUDevice
import Foundation
import GRLModel
import Tensors
import TestSupport
import Testing
import VulkanDevice

/// The network against numbers of the published code, computed there in float64 (Docs/Network.md section 10).
///
/// To pass, every stored tensor must agree within 1e-4 of its own range.
@Suite("Golden vectors", .serialized) struct GoldenTests {
  private static let tolerance: Float = 1e-4

  @Test("there are cases to test") func casesAreAtHand() {
    #expect(GoldenCase.files.count >= 24 && GoldenTests.traced(GoldenCase.files).count >= 9)
  }

  @Test(
    "every other case beside the project", .shared("golden"), arguments: GoldenCase.sharedFiles,
    devices)
  func sharedMatches(file: URL, device: any Device) throws {
    if !GoldenTests.isTooSlow(file, on: device) { try matches(file: file, device: device) }
  }

  @Test(
    "intermediate values of the cases beside the project", .shared("golden"), arguments: traced(GoldenCase.sharedFiles))
  func sharedIntermediatesMatch(file: URL) throws { try intermediatesMatch(file: file) }

  /// All kernels of this machine, and the plain forwards of the layers, on OpenBLAS where it is installed; in the run of its own, Vulkan's card.
  static let devices: [any Device] =
    VulkanDevices.any.map { [$0] }
    ?? InstructionSet.available.map { CPUDevice($0) } + [(try? OpenBLAS()).map { PlainDevice($0) } ?? PlainDevice()]

  /// The best kernels of this processor, or Vulkan's card.
  static let fastDevices: [any Device] = VulkanDevices.any.map { [$0] } ?? [CPUDevice()]

  /// Every case on every device, but the large ones on the two that are slow: the scalar kernels, which are held call by call by
  /// `make test-kernels`, and a card of Vulkan's that is this processor (all cases with GRL_SLOW_TESTS=1).
  static let pairs: [(URL, any Device)] = GoldenCase.files.flatMap { file in
    devices.compactMap { isTooSlow(file, on: $0) ? nil : (file, $0) }
  }

  private static func isTooSlow(_ file: URL, on device: any Device) -> Bool {
    let name = file.lastPathComponent
    if let card = (device as? VulkanDevice)?.card {
      let isLarge = ["base_", "small_", "tiny_"].contains { name.hasPrefix($0) }
      return isLarge && card.kind == .software && ProcessInfo.processInfo.environment["GRL_SLOW_TESTS"] == nil
    }
    return name.hasPrefix("base_") && device.description == CPUDevice(.scalar).description
  }

  @Test("every case matches on every device", arguments: pairs)
  func matches(file: URL, device: any Device) throws {
    let golden = try GoldenCase(file)
    let network = try GRL(golden.checkpoint, configuration: golden.configuration, on: device)
    let expected = golden.tensors["output"]!
    let input = golden.tensors["input"]!
    let session = try GRLSession(
      network: network, height: input.shape[2], width: input.shape[3], threads: ThreadLease(threadCount: 2))
    for index in 0..<golden.batch {
      let output = try session.restore(golden.picture("input", index))
      let wanted = golden.picture("output", index)
      #expect(output.shape == wanted.shape)
      let error = zip(output.values, wanted.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(
        error <= GoldenTests.tolerance * golden.outputRange,
        "\(golden) \(device): \(error / golden.outputRange)")
      #expect(error.isFinite && expected.range > 0)
      print("golden \(golden.name) \(device): error \(error / golden.outputRange) of the range")
    }
  }

  @Test(
    "threads and generated weights of the cases beside the project", .shared("golden"),
    arguments: GoldenCase.sharedFiles)
  func sharedThreadsAndWeights(file: URL) throws {
    try threadsDoNotMatter(file: file)
    try generatorIsExact(file: file)
  }

  /// Those of `files` that store intermediate values.
  static func traced(_ files: [URL]) -> [URL] {
    files.filter { file in
      do {
        return try GoldenCase(file).tensors.keys.contains { $0.hasPrefix("mid.") || $0.hasPrefix("probe.") }
      } catch {
        fatalError("\(file.path): \(error)")
      }
    }
  }

  @Test("intermediate values match", arguments: traced(GoldenCase.files))
  func intermediatesMatch(file: URL) throws {
    let golden = try GoldenCase(file)
    let network = try GRL(golden.checkpoint, configuration: golden.configuration, on: CPUDevice())
    let input = golden.tensors["input"]!
    let session = try GRLSession(
      network: network, height: input.shape[2], width: input.shape[3], threads: ThreadLease(threadCount: 2))
    var missed = Set(golden.tensors.keys.filter { $0.hasPrefix("mid.") || $0.hasPrefix("probe.") })
    var shallow: [Float] = []  // the stored `conv_after_body` is the deep features before this is added
    let output = try session.restore(
      golden.picture("input", 0),
      trace: { name, map in
        if name == "conv_first" { shallow = map.values }
        let traced =
          name == "deep"
          ? [("mid.conv_after_body", zip(map.values, shallow).map { $0 - $1 })].filter { golden.tensors[$0.0] != nil }
          : GoldenTests.stored(golden, under: name, map: map)
        for (key, values) in traced {
          let wanted = golden.tensors[key]!
          let error = zip(values, wanted.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
          #expect(
            error <= GoldenTests.tolerance * wanted.range, "\(golden) \(key): \(error / wanted.range) of its range")
          missed.remove(key)
        }
      })
    #expect(missed.isEmpty, "\(golden): not compared: \(missed.sorted())")
    #expect(try session.restore(golden.picture("input", 0)).values == output.values, "a traced pass differs")
  }

  /// What of a traced map the case stores: key and the values that should equal it.
  private static func stored(_ golden: GoldenCase, under name: String, map: Tensor) -> [(String, [Float])] {
    let short = name.replacingOccurrences(of: "stage0.block", with: "block")
    let values = map.values
    let (height, width, channels) = (map.shape.height, map.shape.width, map.shape.channels)
    func channelRun(_ run: Range<Int>) -> [Float] {
      (0..<map.shape.pixels).flatMap { values[($0 * channels + run.lowerBound)..<($0 * channels + run.upperBound)] }
    }
    var found: [(String, [Float])] = []
    if short.hasSuffix(".attn") {
      let half = channels / 2
      found = [
        ("mid.\(short.dropLast(5)).window_attn", channelRun(0..<half)),
        ("mid.\(short.dropLast(5)).stripe_attn", channelRun(half..<channels)),
      ]
    } else {
      found = [("mid.\(short)", values)]
      let probed = short.hasSuffix(".out") ? String(short.dropLast(4)) : short
      if golden.tensors["probe.\(probed)"] != nil {
        let tokens = (0..<8).flatMap { i in
          (0..<8).flatMap { j -> ArraySlice<Float> in
            let start = (i * (height / 8) * width + j * (width / 8)) * channels
            return values[start..<(start + channels)]
          }
        }
        found.append(("probe.\(probed)", tokens))
      }
    }
    return found.filter { golden.tensors[$0.0] != nil }
  }

  @Test("any number of threads gives the same bytes", arguments: GoldenCase.files)
  func threadsDoNotMatter(file: URL) throws {
    let golden = try GoldenCase(file)
    let network = try GRL(golden.checkpoint, configuration: golden.configuration, on: CPUDevice())
    let input = golden.picture("input", 0)
    let pool = ThreadPool()
    let outputs = try ThreadCounts.all.map { count in
      try GRLSession(
        network: network, height: input.shape.height, width: input.shape.width,
        threads: ThreadLease(threadCount: count, of: pool)
      ).restore(input).values.map(\.bitPattern)
    }
    for (count, output) in zip(ThreadCounts.all, outputs) { #expect(output == outputs[0], "\(count) threads") }
  }

  @Test("generated weights equal the stored ones", arguments: GoldenCase.files)
  func generatorIsExact(file: URL) throws {
    let golden = try GoldenCase(file)
    let input = golden.tensors["input"]!
    #expect(GeneratedWeights.tensor("input", shape: input.shape, seed: golden.seed) == input.values)
    for (key, stored) in golden.tensors where key.hasPrefix("weight.") {
      let name = String(key.dropFirst("weight.".count))
      #expect(GeneratedWeights.tensor(name, shape: stored.shape, seed: golden.seed) == stored.values, "\(key)")
    }
  }
}
