import CPUDevice
import Foundation
import GRLModel
import Tensors
import TestSupport
import Testing

/// Attention probabilities against the published code's.
///
/// The kernels never store a probability. But attention of values that are 1 at one token and 0 at all others *is* the column of
/// probabilities of that token, so the production kernels, biases, masks and shifts are what is tested.
@Suite("Attention rows") struct AttentionRowTests {
  @Test(
    "window rows and composed stripe rows match within 1e-5", arguments: [0, 3],
    GoldenTests.fastDevices)
  func rowsMatch(block: Int, device: any Device) throws {
    try compare(GoldenCase.attentionRows, block: block, on: device)
  }

  @Test("so do those of every cell", .shared("golden"), arguments: [0, 3])
  func sharedRowsMatch(block: Int) throws {
    try compare(#require(TestData.shared("golden/mini_dn_grey.safetensors")), block: block, on: CPUDevice())
  }

  private func compare(_ file: URL, block: Int, on device: any Device) throws {
    let golden = try GoldenCase(file)
    let configuration = golden.configuration
    let network = try GRL(golden.checkpoint, configuration: configuration, on: device)
    let input = golden.picture("input", 0)
    let threads = ThreadLease(threadCount: 2)
    let session = try GRLSession(
      network: network, height: input.shape.height, width: input.shape.width, threads: threads)
    var traced: [String: Tensor] = [:]
    _ = try session.restore(
      input,
      trace: { name, map in
        if name.hasPrefix("stage0.block\(block).") { traced[name] = map }
      })
    let projections = try #require(traced["stage0.block\(block).qkv"])
    let anchors = try #require(traced["stage0.block\(block).anchor"])
    let (height, width) = (projections.shape.height, projections.shape.width)
    let probe = RowProbe(
      projections: projections, anchors: anchors, configuration: configuration, device: device, threads: threads)
    let rules = try Pass.onOwnMemory(of: device, threads: threads) { pass in
      network.rules(height: height, width: width, on: pass)[0][block]
    }

    let windowCells = rules.window.geometry.keys
    let windowRows = try probe.rows(of: .window, cells: windowCells, rules: rules)
    let wantedWindows = golden.attentionRows("block\(block).window")
    for (cell, head, token, weights) in wantedWindows {
      let row = ((cell * configuration.windowHeads + head) * windowCells.tokens + token) * windowCells.tokens
      #expect(RowProbe.difference(windowRows[row..<row + windowCells.tokens], weights[...]) <= 1e-5)
    }

    // A token's row of a stripe: what it reads from each anchor, times what that anchor gathered.
    let gathered = Dictionary(grouping: golden.attentionRows("block\(block).a2w")) { [$0.cell, $0.head] }
    let stripeCells = rules.gather.geometry.keys
    let rows = try probe.rows(of: .stripe, cells: stripeCells, rules: rules)
    let wantedStripes = golden.attentionRows("block\(block).w2a")
    for (cell, head, token, shares) in wantedStripes {
      let anchors = try #require(gathered[[cell, head]])
      try #require(anchors.map(\.token) == Array(shares.indices))
      var composed = [Double](repeating: 0, count: stripeCells.tokens)
      for (anchor, share) in zip(anchors, shares) {
        for (key, weight) in anchor.weights.enumerated() { composed[key] += Double(share) * Double(weight) }
      }
      let row = ((cell * configuration.stripeHeads + head) * stripeCells.tokens + token) * stripeCells.tokens
      #expect(RowProbe.difference(rows[row..<row + stripeCells.tokens], composed.map { Float($0) }[...]) <= 1e-5)
    }
    #expect(wantedWindows.count >= 64 && wantedStripes.count >= 32)
    for row in stride(from: 0, to: rows.count, by: stripeCells.tokens) {
      #expect(abs(rows[row..<(row + stripeCells.tokens)].reduce(0, +) - 1) <= 1e-5)
    }
  }
}

/// Reads probabilities off the attention kernels.
private struct RowProbe {
  enum Kind: Int { case window, stripe }

  let projections: Tensor
  let anchors: Tensor
  let configuration: GRLConfiguration
  let device: any Device
  let threads: ThreadLease

  static func difference(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
    a.count == b.count ? zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
  }

  /// Probabilities `[cells, heads, N, N]`.
  func rows(of kind: Kind, cells: Partition, rules: BlockRules) throws -> [Float] {
    let half = projections.shape.channels / 6
    let heads = kind == .window ? configuration.windowHeads : configuration.stripeHeads
    let headWidth = half / heads
    let pixels = (0..<cells.cellCount).map { RowProbe.pixels(of: $0, cells) }
    var result = [Float](repeating: 0, count: cells.cellCount * heads * cells.tokens * cells.tokens)
    for first in stride(from: 0, to: cells.tokens, by: headWidth) {
      var marked = projections
      for (token, pixel) in pixels.flatMap({ $0.enumerated() }) {
        for head in 0..<heads {
          for channel in 0..<headWidth {
            let value = (3 * kind.rawValue + 2) * half + head * headWidth + channel
            marked.values[pixel * 6 * half + value] = token == first + channel ? 1 : 0
          }
        }
      }
      let output = try attend(marked, rules: rules, half: half)
      for cell in 0..<cells.cellCount {
        for head in 0..<heads {
          for (token, pixel) in pixels[cell].enumerated() {
            let row = ((cell * heads + head) * cells.tokens + token) * cells.tokens
            for channel in 0..<min(headWidth, cells.tokens - first) {
              result[row + first + channel] =
                output[pixel * 2 * half + kind.rawValue * half + head * headWidth + channel]
            }
          }
        }
      }
    }
    return result
  }

  private func attend(_ projections: Tensor, rules: BlockRules, half: Int) throws -> [Float] {
    let shape = projections.shape
    // The projections are given, so each head picks its own out of them: products with 1 and 0 are exact.
    func source(
      _ features: FeatureMap, _ output: FeatureMap, _ channel: Int, _ heads: Int, _ target: Int
    ) -> AttentionSource {
      let (width, channels) = (half / heads, shape.channels)
      let picks = (0..<heads).map { head in
        var weights = [Float](repeating: 0, count: 3 * width * channels)
        for run in 0..<3 {
          for index in 0..<width {
            weights[(run * width + index) * channels + channel + (run * heads + head) * width + index] = 1
          }
        }
        return HeadProjection(weights: weights, bias: nil, inputs: channels, width: width, on: device)
      }
      return AttentionSource(features: features, heads: picks, output: output, outputChannel: target)
    }
    return try Pass.onOwnMemory(of: device, threads: threads) { pass in
      let features = pass.map(shape, values: projections.values)
      let output = pass.workspace.map(height: shape.height, width: shape.width, channels: 2 * half)
      pass.attend(
        windows: WindowAttentionTask(
          source: source(features, output, 0, configuration.windowHeads, 0), rule: rules.window),
        stripes: StripeAttentionTask(
          source: source(features, output, 3 * half, configuration.stripeHeads, half),
          anchors: pass.map(anchors.shape, values: anchors.values), gather: rules.gather, read: rules.read))
      return pass.values(of: output).values
    }
  }

  /// Pixel of each token of a cell, from the definition of the roll.
  private static func pixels(of cell: Int, _ cells: Partition) -> [Int] {
    (0..<cells.tokens).map { token in
      let y = cell / cells.columns * cells.cellHeight + token / cells.cellWidth + cells.shiftY
      let x = cell % cells.columns * cells.cellWidth + token % cells.cellWidth + cells.shiftX
      return y % cells.height * cells.width + x % cells.width
    }
  }
}
