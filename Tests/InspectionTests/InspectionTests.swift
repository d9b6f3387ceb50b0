import CPUDevice
import Checkpoints
import GRLModel
import GRLTraining
import Inspection
import Tensors
import TestSupport
import Testing

enum CPUDeviceUnderTest {
  static let device = CPUDevice()
}

/// Whole-picture attention against matrices that NumPy wrote out in float64.
@Suite("Inspection") struct InspectionTests {
  private func block(_ kept: KeptActivations, _ stage: Int, _ block: Int) throws -> WholeBlock {
    try WholeBlock(#require(kept[BlockPlace(stage: stage, block: block)]))
  }

  @Test("measures of every kind of block, shifts, borders, padding and masks included", arguments: [1, 2, 16])
  func maps(threads: Int) throws {
    let stored = try StoredNumbers()
    let kept = try stored.kept(threads: threads, x: 100, y: 50)
    for place in stored.configuration.blocks {
      let whole = try block(kept, place.stage, place.block)
      for kind in [AttentionKind.window, .stripe] {
        for (head, name) in [(nil, "mean"), (1, "1")] as [(Int?, String)] {
          let maps = try whole.maps(kind, head: head)
          let wanted = stored["maps.\(place.stage).\(place.block).\(kind.rawValue).\(name)"]
          // Of two keys of nearly one weight either may be the heaviest: see `heaviest`.
          for (index, measure) in AttentionMeasure.allCases.enumerated() where measure != .heaviest {
            let plane = maps.plane(measure)
            try #require(plane.count == 21 * 37)
            for (number, pixel) in stride(from: 0, to: plane.count, by: stored.step).enumerated() {
              let (found, expected) = (plane[pixel], wanted[number * 8 + index])
              var away = abs(found - expected) / max(1, abs(expected))
              if measure == .direction || measure == .directionBeyondCell {
                // An axis: -90 degrees is 90; without anisotropy, which stands before it, it has none.
                let turned = abs(found - expected)
                away = min(turned, 180 - turned) / 180 * wanted[number * 8 + index - 1]
              }
              #expect(away <= 2e-5, "\(place) \(kind) \(name) \(measure) pixel \(pixel): \(found), \(expected)")
            }
          }
        }
      }
    }
  }

  @Test("the heaviest key is that of the query's own row") func heaviest() throws {
    let stored = try StoredNumbers()
    let kept = try stored.kept()
    for place in stored.configuration.blocks {
      let probed = try #require(kept[place])
      let plane = try WholeBlock(probed).maps(.stripe, head: 0).plane(.heaviest)
      for (x, y) in [(0, 0), (36, 20), (17, 11)] {
        let row = try probed.rows(x: x, y: y, [AttentionQuestion(.stripe, head: 0)])[0]
        let sorted = row.weights.sorted(by: >)
        guard sorted[0] - sorted[1] > 1e-5 else { continue }
        let pixel = row.cell.pixels(ofKey: row.weights.indices.max { row.weights[$0] < row.weights[$1] }!)
        let distance = (Double((pixel.x - x) * (pixel.x - x) + (pixel.y - y) * (pixel.y - y))).squareRoot()
        #expect(abs(Double(plane[y * 37 + x]) - distance) <= 1e-4)
      }
    }
  }

  @Test("the same bytes for any number of threads") func threads() throws {
    let stored = try StoredNumbers()
    func planes(_ threads: Int) throws -> [[Float]] {
      let maps = try block(stored.kept(threads: threads), 0, 2).maps(.stripe, head: nil)
      return AttentionMeasure.allCases.map(maps.plane)
    }
    let one = try planes(1)
    #expect(try planes(2) == one)
    #expect(try planes(64) == one)
  }

  @Test("the head that dominates", arguments: [(0, 1), (1, 0)]) func dominates(_ place: (Int, Int)) throws {
    let stored = try StoredNumbers()
    let at = BlockPlace(stage: place.0, block: place.1)
    let projection = try #require(stored.checkpoint.projection(of: at))
    let found = try block(stored.kept(), place.0, place.1).dominantHeads(projection: projection)
    let wanted = stored["dominant.\(place.0).\(place.1)"]
    #expect(Set(found).count > 2)
    for (pixel, head) in wanted.enumerated() where head >= 0 { #expect(found[pixel] == Int(head), "pixel \(pixel)") }
  }

  @Test("rollout through all blocks") func rollout() throws {
    let stored = try StoredNumbers()
    let found = try stored.kept().rollout(x: 17, y: 11, through: BlockPlace(stage: 1, block: 1))
    #expect(difference(found, stored["rollout"]) <= 1e-6)
  }

  @Test("cross-scale similarity") func crossScale() throws {
    let stored = try StoredNumbers()
    let queries = [(0, 0), (17, 11), (36, 20), (9, 4), (24, 16)].map { SIMD2($0.0, $0.1) }
    let similarity = try CrossScaleSimilarity(
      block(stored.kept(), 0, 1), block(stored.kept(stored.smaller), 0, 1), queries: queries, head: nil)
    #expect((similarity.width, similarity.height) == (18, 10))
    #expect(difference(similarity.smaller, stored["scales.smaller"]) <= 1e-5)
    #expect(difference(similarity.full, stored["scales.full"]) <= 1e-5)
    #expect(difference(similarity.correlations.map { Float($0) }, stored["scales.plain"]) <= 1e-5)
    #expect(difference(similarity.weightCorrelations.map { Float($0) }, stored["scales.weighted"]) <= 1e-5)
  }

  @Test("what anchors make of a stripe") func spectrum() throws {
    let stored = try StoredNumbers()
    let spectrum = try AnchorSpectrum(block(stored.kept(), 0, 2), x: 30, y: 12, head: 1)
    #expect(difference(spectrum.singularValues.map { Float($0) }, stored["spectrum.full"]) <= 1e-5)
    #expect(spectrum.anchored.map(\.factor) == [2, 4, 8] && spectrum.anchored.map(\.isOwn) == [true, false, false])
    for anchored in spectrum.anchored {
      let wanted = stored["spectrum.\(anchored.factor)"]
      #expect(anchored.anchors == wanted.count)
      #expect(difference(anchored.singularValues.map { Float($0) }, wanted) <= 1e-5)
      let errors = [Float(anchored.error), Float(anchored.leastError)]
      #expect(difference(errors, stored["spectrum.\(anchored.factor).errors"]) <= 1e-5)
      #expect(anchored.error >= anchored.leastError - 1e-9)
    }
    #expect(abs(spectrum.energy(ofRank: 128) - 1) < 1e-12 && spectrum.energy(ofRank: 1) < 1)
    let least = spectrum.anchored[0].leastError
    #expect(abs(spectrum.energy(ofRank: 32) - (1 - least * least)) < 1e-9)
  }

  @Test("principal components and similarity of features") func features() throws {
    let stored = try StoredNumbers()
    let place = BlockPlace(stage: 0, block: 3)
    var output: Tensor?
    let area = AttentionCell.Area(x: 0, y: 0, width: 37, height: 21)
    let probe = AttentionProbe(blocks: [place], area: area, visitOutput: { output = $1 }) { _ in }
    let session = try GRLSession(
      network: stored.network, height: 21, width: 37, threads: ThreadLease(threadCount: 2))
    try session.inspect(stored.picture, with: probe)
    let features = BlockFeatures(try #require(output), area: area)
    let components = try features.components()
    #expect(difference(components.shares.map { Float($0) }, stored["component_shares"]) <= 1e-5)
    let planes = components.planes.flatMap { plane in
      stride(from: 0, to: plane.count, by: stored.step).map { plane[$0] }
    }
    #expect(difference(planes, stored["components"]) <= 1e-4)
    let similar = features.similarity(toX: 17, y: 11)
    #expect(abs(similar[11 * 37 + 17] - 1) <= 1e-6)
    #expect(
      difference(stride(from: 0, to: similar.count, by: stored.step).map { similar[$0] }, stored["similarity"]) <= 1e-5)
    #expect(features.channel(5)[40] == features.values[40 * 24 + 5])
  }

  @Test("a head taken away is a head whose result is zero", arguments: [(AttentionKind.window, 1), (.stripe, 2)])
  func withoutHead(_ head: (AttentionKind, Int)) throws {
    let stored = try StoredNumbers()
    let place = HeadPlace(block: BlockPlace(stage: 0, block: 1), kind: head.0, head: head.1)
    #expect(stored.configuration.allHeads.contains(place) && stored.configuration.allHeads.count == 6 * 5)
    let weights = try #require(stored.checkpoint.without([place], stored.configuration))
    let network = try GRL(weights, configuration: stored.configuration, on: CPUDevice())
    let session = try GRLSession(network: network, height: 21, width: 37, threads: ThreadLease(threadCount: 2))
    let found = try session.restore(stored.picture).values
    let wanted = stored["without.\(head.0.rawValue).\(head.1)"]
    #expect(difference(stride(from: 0, to: found.count, by: 29).map { found[$0] }, wanted) <= 2e-5)
    let untouched = try GRLSession(
      network: stored.network, height: 21, width: 37, threads: ThreadLease(threadCount: 2)
    ).restore(stored.picture).values
    #expect(difference(found, untouched) > 1e-3)
  }

  @Test("the effect map is what taking a square away does") func effects() throws {
    let stored = try StoredNumbers()
    let session = try GRLSession(
      network: stored.network, height: 21, width: 37, threads: ThreadLease(threadCount: 2))
    let patch = AttentionCell.Area(x: 16, y: 8, width: 4, height: 4)
    var picture = stored.picture
    for y in 0..<8 { for x in 0..<8 { for channel in 0..<3 { picture[y, x, channel] = 0.25 } } }
    var map = EffectMap(of: picture, patch: patch, side: 8)
    #expect(map.rows == 3 && map.columns == 5 && map.passesLeft == 15)
    // Stopped after four squares, gone on from what was there.
    var count = 0
    try map.measure({ try session.restore($0) }) { _ in
      count += 1
      return count < 4
    }
    #expect(map.passesLeft == 11)
    var rest = EffectMap(of: picture, patch: patch, side: 8, effects: map.effects)
    try rest.measure({ try session.restore($0) }) { _ in true }
    #expect(rest.passesLeft == 0 && rest.effects[0] == 0)
    // Square (2, 1), by hand.
    var changed = picture
    for channel in 0..<3 {
      var sum = Float(0)
      for y in 8..<16 { for x in 16..<24 { sum += picture[y, x, channel] } }
      for y in 8..<16 { for x in 16..<24 { changed[y, x, channel] = sum / 64 } }
    }
    let (a, b) = (try session.restore(picture), try session.restore(changed))
    var sum = 0.0
    for y in 8..<12 {
      for x in 16..<20 { for channel in 0..<3 { sum += Double((a[y, x, channel] - b[y, x, channel])).squared } }
    }
    #expect(abs(Double(rest.effects[7]) - (sum / 48).squareRoot()) <= 1e-6)
    #expect(rest.effects[7] == rest.effects.max())
  }

  @Test("gradients with respect to the picture are PyTorch's") func inputGradients() throws {
    let stored = try StoredNumbers()
    let weights = try TrainingWeights(stored.checkpoint, configuration: stored.configuration)
    let gradient = try InputGradient(weights, height: 21, width: 37)
    let field = EffectiveField(stored.picture, x: 18, y: 10, through: gradient)
    let wanted = stored["field"]
    let size = wanted.max()!
    let sampled = stride(from: 0, to: field.map.count, by: 3).map { field.map[$0] / size }
    #expect(difference(sampled, wanted.map { $0 / size }) <= 1e-4)
    #expect(abs(Float(field.meanDistance) - stored["field_distance"][0]) <= 1e-3)
    #expect(field.radius90 > field.meanDistance)
  }

  @Test("an attribution sums to the change that it explains") func attribution() throws {
    let stored = try StoredNumbers()
    let weights = try TrainingWeights(stored.checkpoint, configuration: stored.configuration)
    let gradient = try InputGradient(weights, height: 21, width: 37)
    let patch = AttentionCell.Area(x: 14, y: 8, width: 5, height: 5)
    let found = try #require(LocalAttribution(stored.picture, patch: patch, through: gradient, steps: 64))
    #expect(abs(Float(found.detail) - stored["detail"][0]) <= 1e-3)
    let change = found.detail - found.detailOfBlurred
    #expect(abs(found.total - change) <= 0.01 * abs(change), "\(found.total) of \(change)")
    #expect((0...100).contains(found.diffusionIndex) && found.map.count == 21 * 37)
    var steps = 0
    #expect(
      LocalAttribution(
        stored.picture, patch: patch, through: gradient, steps: 8, isCancelled: { steps == 2 },
        onStep: { done, _ in steps = done }) == nil)
    #expect(steps == 2)
  }

  @Test("quantiles are NumPy's, and Gini's coefficient knows its ends") func statistics() {
    let numbers = Distribution([4, 1, 3, 2, 10])
    #expect(numbers.median == 3 && numbers.lowerQuartile == 2 && numbers.upperQuartile == 4 && numbers.mean == 4)
    #expect((numbers.least, numbers.largest, numbers.count) == (1, 10, 5))
    #expect(gini([1, 1, 1, 1]) == 0 && abs(gini([0, 0, 0, 1]) - 0.75) < 1e-12 && gini([0, 0]) == 0)
  }
}

extension Double {
  fileprivate var squared: Double { self * self }
}
