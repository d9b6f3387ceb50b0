import GRLModel
import Tensors
import TestSupport
import Testing

/// Rows of the probe against the published code's, where a case stores them.
@Suite("Attention probe, golden") struct AttentionProbeGoldenTests {
  /// The case that stores probabilities; it lies beside the project only.
  private static let file = GoldenCase.files.first { $0.lastPathComponent == "mini_dn_grey.safetensors" }

  @Test(
    "window, anchor-to-key, query-to-anchor and composed rows match within 1e-5", .enabled(if: file != nil),
    arguments: [0, 3])
  func rowsMatch(block: Int) throws {
    let golden = try GoldenCase(try #require(Self.file))
    let network = try GRL(golden.checkpoint, configuration: golden.configuration)
    let input = golden.picture("input", 0)
    let threads = ThreadLease(threadCount: 2)
    let kept = try KeptActivations(of: input, through: network, threads: threads)
    let configuration = golden.configuration
    let rules = try Compute.onOwnMemory(Arithmetic(), threads: threads) { compute in
      network.rules(
        height: configuration.padded(input.shape.height), width: configuration.padded(input.shape.width), on: compute)[
          0][block]
    }
    let place = BlockPlace(stage: 0, block: block)
    let window = golden.tensors["prob.block\(block).window"]!
    let read = golden.tensors["prob.block\(block).w2a"]!
    let gather = golden.tensors["prob.block\(block).a2w"]!
    func row(_ values: GoldenCase.Values, _ cell: Int, _ head: Int, _ token: Int) -> [Float] {
      let start = ((cell * values.shape[1] + head) * values.shape[2] + token) * values.shape[3]
      return Array(values.values[start..<start + values.shape[3]])
    }
    func difference(_ a: [Float], _ b: [Float]) -> Float {
      a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
    }
    for y in stride(from: 0, to: input.shape.height, by: 3) {
      for x in stride(from: 0, to: input.shape.width, by: 5) {
        let inWindow = rules.window.geometry.keys.place(y: y, x: x)
        let inStripe = rules.gather.geometry.keys.place(y: y, x: x)
        for head in 0..<configuration.windowHeads {
          let mine = try kept[place]!.rows(x: x, y: y, [AttentionQuestion(.window, head: head)])[0].weights
          #expect(difference(mine, row(window, inWindow.cell, head, inWindow.token)) <= 1e-5)
        }
        for head in 0..<configuration.stripeHeads {
          let questions = [AttentionKind.anchors, .gather, .stripe].map { AttentionQuestion($0, head: head) }
          let mine = try kept[place]!.rows(x: x, y: y, questions)
          let shares = row(read, inStripe.cell, head, inStripe.token)
          #expect(difference(mine[0].weights, shares) <= 1e-5)
          let anchor = mine[0].weights.indices.max { mine[0].weights[$0] < mine[0].weights[$1] }!
          #expect(difference(mine[1].weights, row(gather, inStripe.cell, head, anchor)) <= 1e-5)
          var dense = [Float](repeating: 0, count: mine[2].weights.count)
          for (anchor, share) in shares.enumerated() {
            for (key, weight) in row(gather, inStripe.cell, head, anchor).enumerated() { dense[key] += share * weight }
          }
          #expect(difference(mine[2].weights, dense) <= 1e-5)
          #expect(abs(mine[2].weights.reduce(0, +) - 1) <= 1e-5)
        }
      }
    }
  }
}
