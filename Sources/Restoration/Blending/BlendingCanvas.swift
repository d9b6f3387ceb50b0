import Tensors

/// Sums weighted tiles and lets go of each row as soon as no further tile can touch it.
///
/// Only one row of tiles is held in float. Tiles must come row by row, as the plan counts them; the sums are formed in that
/// order, so their bits depend on nothing else.
struct BlendingCanvas {
  private let plan: TilePlan
  private let scale: Int
  private let channels: Int
  /// Picture row that the band begins with.
  private var firstRow = 0
  private var band: [Float]

  private var rowCount: Int { plan.width * scale * channels }

  init(_ plan: TilePlan, scale: Int, channels: Int) {
    self.plan = plan
    self.scale = scale
    self.channels = channels
    band = [Float](repeating: 0, count: Self.bandBytes(plan, scale: scale, channels: channels) / 4)
  }

  /// Bytes of the rows held in float.
  static func bandBytes(_ plan: TilePlan, scale: Int, channels: Int) -> Int {
    plan.tileHeight * plan.width * scale * scale * channels * 4
  }

  /// Adds the restored tile `index`: `[tileHeight * scale, tileWidth * scale, channels]`.
  mutating func add(_ tile: Tensor, at index: Int) {
    precondition(
      tile.shape == Shape(height: plan.tileHeight * scale, width: plan.tileWidth * scale, channels: channels))
    let across = plan.columns.weights(of: index % plan.tilesPerRow, scale: scale)
    let down = plan.rows.weights(of: index / plan.tilesPerRow, scale: scale)
    let origin = plan[index]
    let firstColumn = origin.x * scale * channels
    let bandRow = origin.y * scale - firstRow
    let (rowCount, channels) = (rowCount, channels)
    band.withUnsafeMutableBufferPointer { band in
      tile.values.withUnsafeBufferPointer { tile in
        var source = 0
        for y in down.indices {
          var target = (bandRow + y) * rowCount + firstColumn
          for x in across.indices {
            let weight = down[y] * across[x]
            for _ in 0..<channels {
              band[target] += weight * tile[source]
              target += 1
              source += 1
            }
          }
        }
      }
    }
  }

  /// Hands over, from the top, the rows that no tile below the tile row `tileRow` touches, and forgets them.
  mutating func close(tileRow: Int, _ body: (_ y: Int, _ row: UnsafeBufferPointer<Float>) -> Void) {
    let isLast = tileRow + 1 == plan.rows.count
    let end = isLast ? plan.height * scale : plan.rows[tileRow + 1].lowerBound * scale
    let closed = end - firstRow
    let rowCount = rowCount
    band.withUnsafeMutableBufferPointer { band in
      for y in 0..<closed {
        body(firstRow + y, UnsafeBufferPointer(rebasing: band[y * rowCount..<(y + 1) * rowCount]))
      }
      let kept = band.count - closed * rowCount
      band.baseAddress!.update(from: band.baseAddress! + closed * rowCount, count: kept)
      (band.baseAddress! + kept).update(repeating: 0, count: closed * rowCount)
    }
    firstRow = end
  }
}
