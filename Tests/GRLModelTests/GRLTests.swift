import Checkpoints
import CPUDevice
import GRLModel
import Tensors
import TestSupport
import Testing

@Suite("GRL network") struct GRLTests {
  static let small = GRLConfiguration(
    embeddingWidth: 16, depths: [2, 1], windowSize: 8, stripeRows: .pixels(8), stripeColumns: .pixels(16),
    anchorFactor: 2)

  static func picture(_ height: Int, _ width: Int, channels: Int = 3, seed: UInt64 = 1) -> Tensor {
    let values = GeneratedWeights.tensor("input", shape: [height * width * channels], seed: seed)
    return Tensor(shape: Shape(height: height, width: width, channels: channels), values: values)
  }

  static func network(_ configuration: GRLConfiguration = small) throws -> GRL {
    try GRL(GeneratedWeights.checkpoint(configuration, seed: 3), configuration: configuration, on: CPUDevice())
  }

  @Test("published variants have the published number of parameters")
  func parameterCounts() {
    func count(_ configuration: GRLConfiguration) -> Int {
      GRL.parameters(of: configuration).reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
    var configuration = GRLConfiguration()
    #expect(count(configuration) == 880_227)
    configuration.embeddingWidth = 128
    #expect(count(configuration) == 3_120_227)
    configuration = GRLConfiguration(
      embeddingWidth: 180, depths: [4, 4, 8, 8, 8, 4, 4], windowHeads: 3, stripeHeads: 3, hasChannelAttention: true)
    #expect(count(configuration) == 19_805_263)
  }

  @Test("a session gives the same bytes each time, whatever ran before") func repeats() throws {
    let session = try GRLSession(
      network: try GRLTests.network(), height: 21, width: 40, threads: ThreadLease(threadCount: 2))
    let first = try session.restore(GRLTests.picture(21, 40))
    _ = try session.restore(GRLTests.picture(21, 40, seed: 9))
    #expect(try session.restore(GRLTests.picture(21, 40)).values == first.values)
  }

  @Test("every block is reported, and cancelling stops there") func cancels() throws {
    let session = try GRLSession(
      network: try GRLTests.network(), height: 16, width: 16, threads: ThreadLease(threadCount: 1))
    var reports: [Int] = []
    _ = try session.restore(
      GRLTests.picture(16, 16),
      onBlock: { done, of in
        #expect(of == 3)
        reports.append(done)
      })
    #expect(reports == [1, 2, 3])
    reports = []
    #expect(throws: CancellationError.self) {
      try session.restore(
        GRLTests.picture(16, 16), isCancelled: { reports.count == 2 }, onBlock: { done, _ in reports.append(done) })
    }
    #expect(reports == [1, 2])
    #expect(try session.restore(GRLTests.picture(16, 16)).values.allSatisfy(\.isFinite))
  }

  @Test("memory is measured without being taken, and grows with pixels and threads") func memory() throws {
    let network = try GRLTests.network()
    let one = network.workspaceBytes(height: 64, width: 64, threadCount: 1)
    #expect(network.workspaceBytes(height: 64, width: 64, threadCount: 4) > one)
    #expect(network.workspaceBytes(height: 128, width: 128, threadCount: 1) > 3 * one)
    // A size that no machine holds: measuring must not allocate it.
    #expect(network.workspaceBytes(height: 65536, width: 65536, threadCount: 2) > 1 << 40)
  }

  @Test("a pass takes the memory that was measured, no more and no less", arguments: [1, 2, 3, 7, 16])
  func measuredMemory(threads: Int) throws {
    let network = try GRLTests.network()
    for (height, width) in [(1, 1), (40, 64), (65, 33)] {
      let session = try GRLSession(
        network: network, height: height, width: width, threads: ThreadLease(threadCount: threads))
      let shape = Shape(height: height, width: width, channels: network.configuration.inputChannels)
      _ = try session.restore(Tensor(shape: shape, values: Noise.values("memory", shape.count)))
      #expect(session.usedBytes == network.workspaceBytes(height: height, width: width, threadCount: threads))
    }
  }

  @Test("no matrix of a cell is ever in memory") func noMatrixOfACell() throws {
    // Stripes of 64 x 128 tokens and 2048 anchors: the weights of one cell and head alone would take 64 MiB.
    let configuration = GRLConfiguration(
      embeddingWidth: 16, depths: [1], windowSize: 64, stripeRows: .pixels(64), stripeColumns: .pixels(128),
      anchorFactor: 2)
    let network = try GRLTests.network(configuration)
    #expect(network.workspaceBytes(height: 128, width: 128, threadCount: 1) < 64 << 20)
  }

  @Test("every misfit is named at once") func misfits() {
    let good = GeneratedWeights.checkpoint(GRLTests.small, seed: 3)
    var tensors = good.tensors
    tensors["norm_end.weight"] = nil
    tensors["conv_first.bias"] = StoredTensor(shape: [17], values: [Float](repeating: 0, count: 17))
    tensors["norm_start.bias"] = StoredTensor(shape: [16], values: [Float](repeating: .nan, count: 16))
    tensors["extra.weight"] = StoredTensor(shape: [1], values: [0])
    let error = #expect(throws: CheckpointError.self) {
      try GRL(Checkpoint(path: "bad.safetensors", tensors: tensors), configuration: GRLTests.small, on: CPUDevice())
    }
    guard case .mismatch(let path, let problems)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path == "bad.safetensors" && problems.count == 4)
    for name in ["norm_end.weight", "conv_first.bias", "norm_start.bias", "extra.weight"] {
      #expect(problems.contains { $0.hasPrefix(name) }, "\(name)")
    }
  }

  @Test("a configuration that no network can have is refused, not trapped on")
  func impossibleConfigurations() {
    var broken: [GRLConfiguration] = []
    func add(_ change: (inout GRLConfiguration) -> Void) {
      var configuration = GRLTests.small
      change(&configuration)
      broken.append(configuration)
    }
    add { $0.windowSize = 7 }
    add { $0.windowSize = 0 }
    add { $0.anchorFactor = 3 }
    add { $0.embeddingWidth = 18 }
    add { $0.stripeRows = .pixels(12) }
    add { $0.depths = [] }
    add { $0.upscale = 2 }
    add { $0.outputChannels = 2 }
    for configuration in broken {
      #expect(throws: CheckpointError.self) {
        try GRL(Checkpoint(path: "x", tensors: [:]), configuration: configuration, on: CPUDevice())
      }
    }
  }

  @Test("sessions on one network may run at the same time") func concurrentSessions() async throws {
    let network = try GRLTests.network()
    let expected = try GRLSession(network: network, height: 16, width: 24, threads: ThreadLease(threadCount: 1))
      .restore(GRLTests.picture(16, 24)).values
    let threads = ThreadLease(threadCount: 2)
    let results = try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<3 {
        group.addTask {
          try GRLSession(network: network, height: 16, width: 24, threads: threads).restore(GRLTests.picture(16, 24))
            .values
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.count == 3 && results.allSatisfy { $0 == expected })
  }
}
