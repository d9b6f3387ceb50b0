import Base

/// Finds where pictures differ most from a reference.
///
/// Squared errors are summed over cells of 8 x 8 pixels while the pictures are read once; regions are then found on the
/// cells, so a picture of any size costs little more than reading it.
public struct LargestDifferences: Sendable {
  /// Side of a cell in pixels.
  static let cell = 8

  private let width: Int
  private let height: Int
  private let columns: Int
  private let rows: Int
  /// The largest of all pictures' squared errors, cell by cell.
  private var errors: [Double]

  /// - Parameter flag: looked at in every row; what is found once it is set means nothing.
  /// - Precondition: all have the size of `reference`.
  public init(of pictures: [Image], from reference: Image, heeding flag: CancelFlag? = nil) {
    (width, height) = (reference.width, reference.height)
    columns = (width + Self.cell - 1) / Self.cell
    rows = (height + Self.cell - 1) / Self.cell
    errors = [Double](repeating: 0, count: columns * rows)
    for picture in pictures {
      precondition(picture.width == width && picture.height == height)
      let cells = Self.squaredErrors(picture, reference, columns: columns, rows: rows, flag)
      for i in errors.indices { errors[i] = max(errors[i], cells[i]) }
    }
  }

  /// Up to `count` regions of one size that do not overlap, the largest difference first. Fewer where there is no room.
  public func regions(_ count: Int, width regionWidth: Int, height regionHeight: Int) -> [Rectangle] {
    let (regionWidth, regionHeight) = (min(regionWidth, width), min(regionHeight, height))
    let sums = summedCells
    /// The errors above and left of a pixel; a cell it lies in counts by the part that is covered.
    func sum(_ x: Int, _ y: Int) -> Double {
      let (left, top, stride) = (x / Self.cell, y / Self.cell, columns + 1)
      let (right, bottom) = (min(left + 1, columns), min(top + 1, rows))
      let across = Double(x % Self.cell) / Double(min(Self.cell, width - min(left, columns - 1) * Self.cell))
      let down = Double(y % Self.cell) / Double(min(Self.cell, height - min(top, rows - 1) * Self.cell))
      func row(_ y: Int) -> Double {
        sums[y * stride + left] + across * (sums[y * stride + right] - sums[y * stride + left])
      }
      return row(top) + down * (row(bottom) - row(top))
    }
    func sum(_ region: Rectangle) -> Double {
      let (right, bottom) = (region.x + region.width, region.y + region.height)
      return sum(right, bottom) - sum(right, region.y) - sum(region.x, bottom) + sum(region.x, region.y)
    }
    var candidates: [(region: Rectangle, error: Double)] = []
    for y in starts(regionHeight, height) {
      for x in starts(regionWidth, width) {
        let region = Rectangle(x: x, y: y, width: regionWidth, height: regionHeight)
        candidates.append((region, sum(region)))
      }
    }
    candidates.sort { ($0.error, -$0.region.y, -$0.region.x) > ($1.error, -$1.region.y, -$1.region.x) }
    var found: [Rectangle] = []
    for candidate in candidates where found.count < count {
      if !found.contains(where: { $0.overlaps(candidate.region) }) { found.append(candidate.region) }
    }
    return found
  }

  /// Beginnings of regions along an axis: every cell, and flush with the end.
  private func starts(_ length: Int, _ side: Int) -> [Int] {
    var starts = Array(stride(from: 0, through: side - length, by: Self.cell))
    if starts.last != side - length { starts.append(side - length) }
    return starts
  }

  /// Sums over all cells above and to the left, with a row and a column of zeros in front.
  private var summedCells: [Double] {
    let stride = columns + 1
    var sums = [Double](repeating: 0, count: stride * (rows + 1))
    for y in 0..<rows {
      var row = 0.0
      for x in 0..<columns {
        row += errors[y * columns + x]
        sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row
      }
    }
    return sums
  }

  private static func squaredErrors(
    _ picture: Image, _ reference: Image, columns: Int, rows: Int, _ flag: CancelFlag?
  ) -> [Double] {
    let metric = Metric(.psnr, convention: .basicsr)
    let isColour = picture.layout.isColour || reference.layout.isColour
    let (a, b) = (
      MeasuredRows(of: picture, as: metric, isColour: isColour, heeding: flag),
      MeasuredRows(of: reference, as: metric, isColour: isColour)
    )
    var (rowA, rowB) = ([Double](repeating: 0, count: a.width), [Double](repeating: 0, count: a.width))
    var cells = [Double](repeating: 0, count: columns * rows)
    for channel in 0..<a.channels {
      for y in 0..<a.height {
        if a.isUnwanted { return cells }
        rowA.withUnsafeMutableBufferPointer { a.read(y, channel, into: $0) }
        rowB.withUnsafeMutableBufferPointer { b.read(y, channel, into: $0) }
        for x in 0..<a.width {
          cells[y / cell * columns + x / cell] += (rowA[x] - rowB[x]) * (rowA[x] - rowB[x])
        }
      }
    }
    return cells
  }
}
