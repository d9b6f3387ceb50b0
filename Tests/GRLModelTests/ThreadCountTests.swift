import CPUDevice
import GRLModel
import Tensors
import TestSupport
import Testing

@Suite("Attention queries on any number of threads") struct ThreadCountTests {
  private static let configurations = [
    GRLConfiguration(
      embeddingWidth: 16, depths: [2, 1], windowSize: 8, stripeRows: .pixels(8), stripeColumns: .pixels(16),
      anchorFactor: 2, hasChannelAttention: false),
    // GRL-B's local branch, stripes as wide as the picture.
    GRLConfiguration(
      embeddingWidth: 36, depths: [2], windowSize: 4, stripeRows: .pixels(8), stripeColumns: .groups(1),
      anchorFactor: 4, hasChannelAttention: true),
  ]

  @Test("rows of every kind have the same bytes", arguments: configurations)
  func rows(configuration: GRLConfiguration) throws {
    let network = try GRL(
      GeneratedWeights.checkpoint(configuration, seed: 4), configuration: configuration, on: CPUDevice())
    let input = GRLTests.picture(37, 45, channels: configuration.inputChannels, seed: 2)
    let questions = [AttentionKind.window, .stripe, .anchors, .gather].map { AttentionQuestion($0, head: nil) }
    let pool = ThreadPool()
    var expected: [[UInt32]]?
    for count in ThreadCounts.all {
      let kept = try KeptActivations(of: input, through: network, threads: ThreadLease(threadCount: count, of: pool))
      let rows = try kept.blocks.flatMap { try #require(kept[$0]).rows(x: 20, y: 13, questions) }
      let bits = rows.map { $0.weights.map(\.bitPattern) } + kept.channelWeights.values.map { $0.map(\.bitPattern) }
      let sorted = bits.sorted { $0.lexicographicallyPrecedes($1) }
      #expect(sorted.count >= 4 * kept.blocks.count)
      if let expected { #expect(sorted == expected, "\(count) threads") } else { expected = sorted }
    }
  }
}
