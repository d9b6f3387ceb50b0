import Base
import Restoration
import Testing

@Suite("Tile plan") struct TilePlanTests {
  @Test(
    "Tiles of one shape cover every pixel, the last ones flush with the borders",
    arguments: [
      (1, 1, 16, 0), (1, 5000, 64, 8), (5000, 1, 64, 8), (16, 16, 16, 8), (17, 16, 16, 8), (31, 47, 16, 3),
      (100, 60, 32, 16),
      (129, 257, 128, 0), (400, 399, 96, 13), (33, 4097, 32, 16),
    ])
  func covers(width: Int, height: Int, side: Int, overlap: Int) {
    let plan = TilePlan(width: width, height: height, side: side, overlap: overlap, reason: "test")
    var covered = [Bool](repeating: false, count: width * height)
    for index in 0..<plan.tileCount {
      let tile = plan[index]
      #expect(tile.width == min(side, width) && tile.height == min(side, height))
      #expect(tile.x >= 0 && tile.y >= 0 && tile.columns.upperBound <= width && tile.rows.upperBound <= height)
      for y in tile.rows { for x in tile.columns { covered[y * width + x] = true } }
      // Each tile shares at least the overlap with the one before it in its row.
      if index % plan.tilesPerRow > 0 { #expect(plan[index - 1].columns.upperBound - tile.x >= overlap) }
    }
    #expect(!covered.contains(false))
    let last = plan[plan.tileCount - 1]
    #expect(last.columns.upperBound == width && last.rows.upperBound == height)
  }

  @Test("Places equal those of the published code on its square tiles")
  func published() {
    let plan = TilePlan(width: 481, height: 321, side: 128, overlap: 32, blending: .average, reason: "test")
    #expect((0..<plan.tilesPerRow).map { plan[$0].x } == [0, 96, 192, 288, 353])
    #expect(stride(from: 0, to: plan.tileCount, by: plan.tilesPerRow).map { plan[$0].y } == [0, 96, 192, 193])
    let capped = TilePlan(width: 481, height: 321, side: 480, overlap: 48, blending: .average, reason: "test")
    #expect(capped.tileWidth == 321 && capped.tileHeight == 321 && capped.tileCount == 2)
  }

  @Test("Without a side the whole picture is one tile, however it is blended", arguments: Blending.allCases)
  func whole(blending: Blending) {
    let plan = TilePlan(width: 70, height: 300, side: nil, overlap: 32, blending: blending, reason: "test")
    #expect(plan.tileCount == 1 && plan[0] == Rectangle(x: 0, y: 0, width: 70, height: 300))
  }

  @Test(
    "Blend weights are positive and sum to one within 1e-6 at every pixel", arguments: Blending.allCases, [1, 2, 3, 4])
  func weightsSum(blending: Blending, scale: Int) {
    for (length, tile, overlap) in [
      (1, 16, 4), (16, 16, 8), (17, 16, 8), (40, 16, 8), (100, 16, 7), (129, 64, 32), (1000, 96, 12), (63, 32, 0),
      (257, 128, 64),
    ] {
      let plan = TilePlan(width: length, height: 1, side: tile, overlap: overlap, blending: .feathered, reason: "test")
      // The published rule would make the tiles as flat as the picture; the axis alone keeps their side.
      let axis = TileAxis(length: length, tile: tile, overlap: overlap, blending: blending)
      #expect(axis.count == plan.tilesPerRow)
      var sums = [Double](repeating: 0, count: length * scale)
      for index in 0..<axis.count {
        let weights = axis.weights(of: index, scale: scale)
        #expect(weights.count == axis[index].count * scale)
        for (offset, weight) in weights.enumerated() {
          #expect(weight > 0)
          sums[axis[index].lowerBound * scale + offset] += Double(weight)
        }
      }
      #expect(sums.allSatisfy { abs($0 - 1) <= 1e-6 }, "length \(length), tile \(tile), overlap \(overlap)")
    }
  }

  @Test("Across a plain overlap the weight falls linearly while the neighbour's rises")
  func ramp() {
    let axis = TileAxis(length: 28, tile: 16, overlap: 4, blending: .feathered)
    #expect(axis.count == 2)
    let (left, right) = (axis.weights(of: 0, scale: 1), axis.weights(of: 1, scale: 1))
    #expect(left.prefix(12).allSatisfy { $0 == 1 } && right.suffix(12).allSatisfy { $0 == 1 })
    for (offset, expected) in [0.8, 0.6, 0.4, 0.2].enumerated() {
      #expect(abs(Double(left[12 + offset]) - expected) < 1e-6)
      #expect(abs(Double(right[offset]) - (1 - expected)) < 1e-6)
    }
  }

  @Test("The plain average gives each of n tiles the n-th part")
  func average() {
    let axis = TileAxis(length: 25, tile: 16, overlap: 8, blending: .average)
    // Tiles 0..<16, 8..<24, 9..<25.
    #expect(
      axis.weights(of: 1, scale: 1).map { Int((1 / $0).rounded()) } == [2, 3, 3, 3, 3, 3, 3, 3] + [
        2, 2, 2, 2, 2, 2, 2, 2,
      ])
  }
}
