/// The grid that JPEG's 8 x 8 blocks leave: steps between neighbours are larger on its lines, wherever they lie.
enum BlockGrid {
  static let smallestSide = 32
  /// Lines looked at along each axis, at most; of larger pictures those lie evenly spread.
  private static let mostLines = 2048
  private static let period = 8
  /// Steps count up to this many levels, so that a few hard edges do not decide.
  private static let largestStep = 25.5
  /// Mean steps below this many levels are those of a flat picture.
  private static let smallestStep = 0.05
  /// How far phases of a picture without a grid differ.
  private static let usual = 0.05

  /// How much larger steps are on the lines of the grid than elsewhere, as a share, mean over both axes; 0 without a grid.
  ///
  /// A step is the difference of two neighbours beyond the mean of the differences beside it, of luma. Its means are taken for
  /// each place modulo eight: with a grid one of the eight stands out of their median.
  static func strength(_ luma: MeasuredRows) -> Double {
    var (across, down) = (Phases(), Phases())
    let (width, height) = (luma.width, luma.height)
    let (columnStep, rowStep) = (max(1, width / mostLines), max(1, height / mostLines))
    // Four rows: steps down need two above and one below.
    var rows = [[Double]](repeating: [Double](repeating: 0, count: width), count: 4)
    for y in 0..<height {
      if luma.isUnwanted { return 0 }
      rows[y % 4].withUnsafeMutableBufferPointer { luma.read(y, 0, into: $0) }
      if y % rowStep == 0 {
        rows[y % 4].withUnsafeBufferPointer { row in
          for x in 2..<width - 1 { across.add(x, row[x - 2], row[x - 1], row[x], row[x + 1]) }
        }
      }
      guard y >= 3 else { continue }
      let (a, b, c, d) = (rows[(y - 3) % 4], rows[(y - 2) % 4], rows[(y - 1) % 4], rows[y % 4])
      for x in stride(from: 0, to: width, by: columnStep) { down.add(y - 1, a[x], b[x], c[x], d[x]) }
    }
    return (across.strength + down.strength) / 2
  }

  /// Sums of steps by their place modulo eight.
  private struct Phases {
    private var sums = [Double](repeating: 0, count: period)
    private var counts = [Double](repeating: 0, count: period)

    /// The step from `b` to `c`, which is at `place`.
    mutating func add(_ place: Int, _ a: Double, _ b: Double, _ c: Double, _ d: Double) {
      let step = abs(c - b) - (abs(b - a) + abs(d - c)) / 2
      sums[place % period] += min(largestStep, max(0, step))
      counts[place % period] += 1
    }

    var strength: Double {
      let means = zip(sums, counts).map { $0 / $1 }.sorted()
      let median = (means[3] + means[4]) / 2
      return max(0, (means[7] - median) / max(median, smallestStep) - usual)
    }
  }
}
