import Tensors

/// Measures whether the borders of tiles show in the blended picture, while it is made.
///
/// Across each line where a tile begins or ends, the gradient of the blended picture is divided by that of the tiles that lie
/// on both sides of the line: these have no border there, so an edge that happens to run along the line counts on both sides
/// and does not look like a seam. Lines that no tile crosses (no overlap) are held against the lines beside them, 2 to 8
/// pixels off. ``TilingEffect`` is the stricter test, which needs the picture restored whole.
struct SeamMeter {
  private static let neighbourhood = 2...8

  private let plan: TilePlan
  private let scale: Int
  private let channels: Int
  private var rows: SeamLines
  private var columns: SeamLines
  private var previous: [Float] = []

  init(_ plan: TilePlan, scale: Int, channels: Int) {
    self.plan = plan
    self.scale = scale
    self.channels = channels
    rows = SeamLines(plan.rows, scale: scale)
    columns = SeamLines(plan.columns, scale: scale)
  }

  /// Takes the restored tile `index`: `[tileHeight * scale, tileWidth * scale, channels]`.
  mutating func add(_ tile: Tensor, at index: Int) {
    guard plan.tileCount > 1 else { return }
    let (row, column) = (index / plan.tilesPerRow, index % plan.tilesPerRow)
    let (width, height) = (plan.tileWidth * scale, plan.tileHeight * scale)
    let down = plan.rows.weights(of: row, scale: scale)
    let across = plan.columns.weights(of: column, scale: scale)
    let (top, left) = (plan[index].y * scale, plan[index].x * scale)
    let pitch = width * channels
    tile.values.withUnsafeBufferPointer { values in
      for line in columns.crossed(by: column) {
        let x = line - left
        var sum = 0.0
        for y in 0..<height {
          var step: Float = 0
          let place = y * pitch + x * channels
          for i in place..<place + channels { step += abs(values[i] - values[i - channels]) }
          sum += Double(down[y] * step)
        }
        columns.within[line] += Double(across[x - 1] + across[x]) / 2 * sum
      }
      for line in rows.crossed(by: row) {
        let y = line - top
        var sum = 0.0
        for x in 0..<width {
          var step: Float = 0
          let place = y * pitch + x * channels
          for i in place..<place + channels { step += abs(values[i] - values[i - pitch]) }
          sum += Double(across[x] * step)
        }
        rows.within[line] += Double(down[y - 1] + down[y]) / 2 * sum
      }
    }
  }

  /// Takes the next row of the blended picture.
  mutating func add(row y: Int, _ row: UnsafeBufferPointer<Float>) {
    guard plan.tileCount > 1 else { return }
    if y > 0 {
      var sum = 0.0
      for i in row.indices { sum += Double(abs(row[i] - previous[i])) }
      rows.gradients[y] = sum
    }
    for x in 1..<max(1, columns.gradients.count) {
      var sum: Float = 0
      for i in x * channels..<(x + 1) * channels { sum += abs(row[i] - row[i - channels]) }
      columns.gradients[x] += Double(sum)
    }
    previous = Array(row)
  }

  /// See `RestorationReport.seamScore`.
  var score: Double? {
    let (acrossRows, expectedRows) = rows.sums(beside: Self.neighbourhood)
    let (acrossColumns, expectedColumns) = columns.sums(beside: Self.neighbourhood)
    let expected = expectedRows + expectedColumns
    return expected > 0 ? (acrossRows + acrossColumns) / expected : nil
  }
}

/// The gradients across the lines of one axis.
private struct SeamLines {
  private let axis: TileAxis
  private let scale: Int
  private let seams: [Int]
  /// `[x]`: sum over the picture of |line x - line x-1|.
  var gradients: [Double]
  /// The same in the tiles that lie on both sides, weighted as they are blended.
  var within: [Double]

  init(_ axis: TileAxis, scale: Int) {
    self.axis = axis
    self.scale = scale
    seams = axis.seams(scale: scale)
    gradients = [Double](repeating: 0, count: axis.length * scale)
    within = gradients
  }

  /// The seams that run through the inside of tile `index`.
  func crossed(by index: Int) -> [Int] {
    let span = axis[index]
    return seams.filter { $0 > span.lowerBound * scale && $0 < span.upperBound * scale }
  }

  /// What crosses the seams, and what would cross them without.
  func sums(beside neighbourhood: ClosedRange<Int>) -> (across: Double, expected: Double) {
    var weights: [Int: Double] = [:]
    for index in 0..<axis.count {
      let (start, own) = (axis[index].lowerBound * scale, axis.weights(of: index, scale: scale))
      for line in crossed(by: index) {
        weights[line, default: 0] += Double(own[line - 1 - start] + own[line - start]) / 2
      }
    }
    var (across, expected) = (0.0, 0.0)
    for seam in seams {
      if let weight = weights[seam] {
        across += gradients[seam]
        expected += within[seam] / weight
        continue
      }
      let lines = neighbourhood.flatMap { [seam - $0, seam + $0] }
        .filter { $0 >= 1 && $0 < gradients.count && !seams.contains($0) }
      guard !lines.isEmpty else { continue }
      across += gradients[seam]
      expected += lines.reduce(0) { $0 + gradients[$1] } / Double(lines.count)
    }
    return (across, expected)
  }
}
