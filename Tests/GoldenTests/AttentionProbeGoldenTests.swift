import CPUDevice
import Foundation
import GRLModel
import Tensors
import TestSupport
import Testing

/// Rows of the probe against the published code's.
@Suite("Attention probe, golden") struct AttentionProbeGoldenTests {
  @Test(
    "window, anchor-to-key, query-to-anchor and composed rows match within 1e-5", arguments: [0, 3],
    GoldenTests.fastDevices)
  func rowsMatch(block: Int, device: any Device) throws {
    #expect(try compare(GoldenCase.attentionRows, block: block, on: device, everyRow: 1, everyColumn: 1) >= 40)
  }

  @Test("so do those of every cell", .shared("golden"), arguments: [0, 3])
  func sharedRowsMatch(block: Int) throws {
    let file = try #require(TestData.shared("golden/mini_dn_grey.safetensors"))
    #expect(try compare(file, block: block, on: CPUDevice(), everyRow: 3, everyColumn: 5) == 2 * 10 * 5 * 2)
  }

  /// Compares the rows of the chosen pixels, as far as the case stores them.
  ///
  /// - Returns: how many rows of windows and of stripes were compared.
  private func compare(_ file: URL, block: Int, on device: any Device, everyRow: Int, everyColumn: Int) throws -> Int {
    let golden = try GoldenCase(file)
    let network = try GRL(golden.checkpoint, configuration: golden.configuration, on: device)
    let input = golden.picture("input", 0)
    let threads = ThreadLease(threadCount: 2)
    let kept = try KeptActivations(of: input, through: network, threads: threads)
    let configuration = golden.configuration
    let rules = try Pass.onOwnMemory(of: device, threads: threads) { pass in
      network.rules(
        height: configuration.padded(input.shape.height), width: configuration.padded(input.shape.width), on: pass)[
          0][block]
    }
    let activations = try #require(kept[BlockPlace(stage: 0, block: block)])
    struct Key: Hashable { let cell, head, token: Int }
    func rows(_ kind: String) -> [Key: [Float]] {
      let rows = golden.attentionRows("block\(block).\(kind)")
      return Dictionary(
        uniqueKeysWithValues: rows.map { (Key(cell: $0.cell, head: $0.head, token: $0.token), $0.weights) })
    }
    let (window, read, gather) = (rows("window"), rows("w2a"), rows("a2w"))
    func difference(_ a: [Float], _ b: [Float]) -> Float {
      a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
    }
    var compared = 0
    for y in stride(from: 0, to: input.shape.height, by: everyRow) {
      for x in stride(from: 0, to: input.shape.width, by: everyColumn) {
        let inWindow = rules.window.geometry.keys.place(y: y, x: x)
        let inStripe = rules.gather.geometry.keys.place(y: y, x: x)
        for head in 0..<configuration.windowHeads {
          guard let wanted = window[Key(cell: inWindow.cell, head: head, token: inWindow.token)] else { continue }
          let mine = try activations.rows(x: x, y: y, [AttentionQuestion(.window, head: head)])[0].weights
          #expect(difference(mine, wanted) <= 1e-5)
          compared += 1
        }
        for head in 0..<configuration.stripeHeads {
          guard let shares = read[Key(cell: inStripe.cell, head: head, token: inStripe.token)] else { continue }
          func gathered(_ anchor: Int) throws -> [Float] {
            try #require(gather[Key(cell: inStripe.cell, head: head, token: anchor)])
          }
          let questions = [AttentionKind.anchors, .gather, .stripe].map { AttentionQuestion($0, head: head) }
          let mine = try activations.rows(x: x, y: y, questions)
          #expect(difference(mine[0].weights, shares) <= 1e-5)
          let anchor = try #require(mine[0].weights.indices.max { mine[0].weights[$0] < mine[0].weights[$1] })
          #expect(difference(mine[1].weights, try gathered(anchor)) <= 1e-5)
          var dense = [Float](repeating: 0, count: mine[2].weights.count)
          for (anchor, share) in shares.enumerated() {
            for (key, weight) in try gathered(anchor).enumerated() { dense[key] += share * weight }
          }
          #expect(difference(mine[2].weights, dense) <= 1e-5)
          #expect(abs(mine[2].weights.reduce(0, +) - 1) <= 1e-5)
          compared += 1
        }
      }
    }
    return compared
  }
}
