import Foundation
import GRLModel
import Tensors
import TestSupport
import Testing

/// The probe against the definition, written out in double precision on the projections that a traced forward pass shows.
@Suite("Attention probe") struct AttentionProbeTests {
  /// Every kind of block: shifted and plain windows, horizontal and vertical stripes, shifted and not.
  static let configuration = GRLConfiguration(
    inputChannels: 3, embeddingWidth: 24, depths: [4, 2], windowHeads: 2, stripeHeads: 3, windowSize: 8,
    stripeRows: .pixels(8), stripeColumns: .pixels(16), anchorFactor: 2, hasChannelAttention: true)
  /// Stripes by groups.
  static let groups = GRLConfiguration(
    inputChannels: 1, embeddingWidth: 16, depths: [4], windowSize: 6, stripeRows: .pixels(12),
    stripeColumns: .groups(2),
    anchorFactor: 2)
  /// Anchors shift by 1, which is 4 pixels, where the stripe's 12 rows shift by 6.
  static let uneven = GRLConfiguration(
    inputChannels: 1, embeddingWidth: 16, depths: [4], windowSize: 6, stripeRows: .pixels(12),
    stripeColumns: .pixels(24),
    anchorFactor: 4)

  static let queries = [(0, 0), (36, 20), (36, 0), (0, 20), (17, 11), (8, 16), (31, 7)]

  @Test("rows of every kind, shift and border equal the definition", arguments: [configuration, groups, uneven])
  func rowsEqualDefinition(_ configuration: GRLConfiguration) throws {
    let (height, width) = configuration == Self.configuration ? (21, 37) : (37, 37)
    let traced = try Traced(configuration, height: height, width: width)
    let kept = try KeptActivations(of: traced.input, through: traced.network, x: 100, y: 50, threads: traced.threads)
    #expect(kept.blocks == configuration.blocks)
    for place in configuration.blocks {
      let reference = traced.reference(place)
      for (x, y) in Self.queries {
        for terms in [ScoreTerms(), ScoreTerms(hasBias: false), ScoreTerms(hasTemperature: false)] {
          for kind in AttentionKind.allCases where kind != .gather {
            for head in 0..<configuration.heads(kind) {
              let question = AttentionQuestion(kind, head: head, terms: terms)
              let row = try kept[place]!.rows(x: 100 + x, y: 50 + y, [question])[0]
              let expected = reference.row(kind, x: x, y: y, head: head, terms: terms)
              #expect(row.difference(expected) <= 1e-5, "\(place) \(kind) \(x),\(y) head \(head) \(terms)")
              #expect(abs(row.weights.reduce(0) { $0 + Double($1) } - 1) <= 1e-5)
            }
          }
        }
      }
    }
  }

  @Test("the composed row is the product of its factors") func composes() throws {
    let traced = try Traced(Self.configuration, height: 21, width: 37)
    let kept = try KeptActivations(of: traced.input, through: traced.network, threads: traced.threads)
    let place = BlockPlace(stage: 0, block: 3)
    let gather = try kept[place]!.rows(x: 30, y: 12, [AttentionQuestion(.gather, head: 1)])[0]
    let read = try kept[place]!.rows(x: 30, y: 12, [AttentionQuestion(.anchors, head: 1)])[0]
    let best = read.weights.indices.max { read.weights[$0] < read.weights[$1] }!
    #expect(gather.anchor == read.cell.pixels(ofKey: best))
    let expected = traced.reference(place).gather(x: 30, y: 12, anchor: best, head: 1)
    #expect(gather.difference(expected) <= 1e-5)
  }

  @Test("the mean over heads is the mean of the heads' rows") func meansHeads() throws {
    let traced = try Traced(Self.configuration, height: 16, width: 16)
    let kept = try KeptActivations(of: traced.input, through: traced.network, threads: traced.threads)
    let questions = [nil, 0, 1, 2].map { AttentionQuestion(.stripe, head: $0) }
    let rows = try kept[BlockPlace(stage: 1, block: 0)]!.rows(x: 3, y: 4, questions)
    for key in rows[0].weights.indices {
      let mean = (1...3).reduce(0) { $0 + rows[$1].weights[key] } / 3
      #expect(abs(rows[0].weights[key] - mean) <= 1e-6)
    }
  }

  @Test("a probe in the pass sees what kept activations show, and ends the pass after its last block")
  func probesInPass() throws {
    let traced = try Traced(Self.configuration, height: 21, width: 37)
    let session = try GRLSession(network: traced.network, height: 21, width: 37, threads: traced.threads)
    let place = BlockPlace(stage: 0, block: 2)
    var rows: [AttentionRow] = []
    let area = AttentionCell.Area(x: 0, y: 0, width: 37, height: 21)
    let probe = AttentionProbe(blocks: [place], area: area) { (block) throws(OutOfMemory) in
      rows = try block.rows(x: 20, y: 10, [AttentionQuestion(.window, head: 0), AttentionQuestion(.stripe, head: nil)])
    }
    var blocks = 0
    try session.inspect(traced.input, with: probe, onBlock: { done, _ in blocks = done })
    #expect(blocks == 3)
    let kept = try KeptActivations(of: traced.input, through: traced.network, threads: traced.threads)
    let again = try kept[place]!.rows(
      x: 20, y: 10, [AttentionQuestion(.window, head: 0), AttentionQuestion(.stripe, head: nil)])
    #expect(rows.map(\.weights) == again.map(\.weights))
    #expect(probe.channelWeights.keys.sorted() == [place])
  }

  @Test("a probed session restores the same bytes as before") func leavesOutputAlone() throws {
    let traced = try Traced(Self.configuration, height: 21, width: 37)
    let session = try GRLSession(network: traced.network, height: 21, width: 37, threads: traced.threads)
    let before = try session.restore(traced.input)
    let area = AttentionCell.Area(x: 0, y: 0, width: 37, height: 21)
    try session.inspect(
      traced.input,
      with: AttentionProbe(blocks: Set(traced.network.configuration.blocks), area: area) {
        (block) throws(OutOfMemory) in
        _ = try block.rows(x: 0, y: 0, [AttentionQuestion(.stripe, head: 0)])
      })
    #expect(try session.restore(traced.input).values == before.values)
  }

  @Test("channel weights are the gate of the local branch") func showsChannelWeights() throws {
    let traced = try Traced(Self.configuration, height: 16, width: 32)
    let kept = try KeptActivations(of: traced.input, through: traced.network, threads: traced.threads)
    #expect(kept.channelWeights.count == 6)
    for weights in kept.channelWeights.values {
      #expect(weights.count == 24 && weights.allSatisfy { (0...1).contains($0) })
    }
  }

  @Test("cells in picture coordinates: parts tile the cell, padding and masks are marked") func marksCells() throws {
    let traced = try Traced(Self.configuration, height: 21, width: 37)
    let kept = try KeptActivations(of: traced.input, through: traced.network, x: 7, y: 9, threads: traced.threads)
    for place in Self.configuration.blocks {
      for (x, y) in Self.queries {
        for kind in AttentionKind.allCases {
          let row = try kept[place]!.rows(x: 7 + x, y: 9 + y, [AttentionQuestion(kind, head: 0)])[0]
          #expect(row.cell.contains(x: 7 + x, y: 9 + y) || kind.keysAreAnchors || kind == .gather)
          let seen = row.cell.parts.reduce(0) { $0 + $1.width * $1.height }
          let map = row.map()
          #expect(map.filter { !$0.isNaN }.count == seen)
          for key in row.weights.indices where row.isMasked(key) { #expect(row.weights[key] < 1e-6) }
          let numbers = row.numbers
          #expect(numbers.entropyBits <= numbers.entropyLimitBits + 1e-4)
          #expect((0...1.0001).contains(numbers.massInWindow) && (-1...1).contains(numbers.anisotropy))
        }
      }
    }
  }
}

extension AttentionRow {
  /// Largest difference from weights by position in the padded map; keys that are not named must weigh nothing.
  func difference(_ expected: [SIMD2<Int>: Double]) -> Double {
    guard expected.count == weights.count else { return .infinity }
    return weights.indices.reduce(0) { worst, key in
      let row = (cell.top + key / cell.columns) % cell.mapRows
      let column = (cell.left + key % cell.columns) % cell.mapColumns
      return max(worst, abs(Double(weights[key]) - (expected[SIMD2(column, row)] ?? .infinity)))
    }
  }
}
