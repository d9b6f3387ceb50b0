/// Measures whether the borders of tiles show in the blended picture.
///
/// Gradients between neighbouring rows and columns are summed along each line of the picture as it passes by. The score is
/// the sum over the lines where a tile begins or ends, over what the lines beside them (2 to 8 pixels off) suggest.
struct SeamMeter {
  private static let neighbourhood = 2...8

  private let plan: TilePlan
  private let scale: Int
  private let channels: Int
  /// `[y]`: sum over the picture's width of |row y - row y-1|; `[x]` the same for columns.
  private var rowGradients: [Double]
  private var columnGradients: [Double]
  private var previous: [Float] = []

  init(_ plan: TilePlan, scale: Int, channels: Int) {
    self.plan = plan
    self.scale = scale
    self.channels = channels
    rowGradients = [Double](repeating: 0, count: plan.height * scale)
    columnGradients = [Double](repeating: 0, count: plan.width * scale)
  }

  /// Takes the next row of the picture.
  mutating func add(row y: Int, _ row: UnsafeBufferPointer<Float>) {
    guard plan.tileCount > 1 else { return }
    if y > 0 {
      var sum = 0.0
      for i in row.indices { sum += Double(abs(row[i] - previous[i])) }
      rowGradients[y] = sum
    }
    for x in 1..<max(1, columnGradients.count) {
      var sum: Float = 0
      for i in x * channels..<(x + 1) * channels { sum += abs(row[i] - row[i - channels]) }
      columnGradients[x] += Double(sum)
    }
    previous = Array(row)
  }

  /// See `RestorationReport.seamScore`.
  var score: Double? {
    let (acrossRows, besideRows) = sums(plan.rows, rowGradients)
    let (acrossColumns, besideColumns) = sums(plan.columns, columnGradients)
    let beside = besideRows + besideColumns
    return beside > 0 ? (acrossRows + acrossColumns) / beside : nil
  }

  private func sums(_ axis: TileAxis, _ gradients: [Double]) -> (across: Double, beside: Double) {
    let borders = (1..<max(1, axis.count)).flatMap { [axis[$0].lowerBound * scale, axis[$0 - 1].upperBound * scale] }
    let seams = Set(borders)
    var (across, beside) = (0.0, 0.0)
    for seam in seams.sorted() where seam < gradients.count {
      let lines = Self.neighbourhood.flatMap { [seam - $0, seam + $0] }
        .filter { $0 >= 1 && $0 < gradients.count && !seams.contains($0) }
      guard !lines.isEmpty else { continue }
      across += gradients[seam]
      beside += lines.reduce(0) { $0 + gradients[$1] } / Double(lines.count)
    }
    return (across, beside)
  }
}
