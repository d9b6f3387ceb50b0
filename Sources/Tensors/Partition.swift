/// How a map is rolled cyclically and then cut into equal cells (windows or stripes).
///
/// Position `p` of the rolled map holds position `(p + shift) mod extent` of the original. Cells are numbered row by row, and so
/// are the tokens inside a cell. Source: paper section 3.3; Docs/Network.md section 5.
public struct Partition: Hashable, Sendable {
  public let height: Int
  public let width: Int
  public let cellHeight: Int
  public let cellWidth: Int
  public let shiftY: Int
  public let shiftX: Int

  /// - Precondition: cells divide the map.
  public init(height: Int, width: Int, cellHeight: Int, cellWidth: Int, shiftY: Int = 0, shiftX: Int = 0) {
    precondition(cellHeight > 0 && cellWidth > 0 && height % cellHeight == 0 && width % cellWidth == 0)
    self.height = height
    self.width = width
    self.cellHeight = cellHeight
    self.cellWidth = cellWidth
    self.shiftY = shiftY
    self.shiftX = shiftX
  }

  public var rows: Int { height / cellHeight }
  public var columns: Int { width / cellWidth }
  public var cellCount: Int { rows * columns }
  /// Tokens of a cell.
  public var tokens: Int { cellHeight * cellWidth }

  /// Writes for each token of `cell` the index of its pixel in the original map.
  package func writePixels(of cell: Int, to indices: UnsafeMutablePointer<Int32>) {
    let top = cell / columns * cellHeight + shiftY
    let left = cell % columns * cellWidth + shiftX
    var target = indices
    for row in 0..<cellHeight {
      let line = (top + row) % height * width
      for column in 0..<cellWidth {
        target.pointee = Int32(truncatingIfNeeded: line + (left + column) % width)
        target += 1
      }
    }
  }

  /// Which cells can hold tokens that were apart before the roll.
  package enum Border: Int, CaseIterable {
    case inside, right, bottom, corner
  }

  package func border(of cell: Int) -> Border {
    let isLastRow = cell / columns == rows - 1
    let isLastColumn = cell % columns == columns - 1
    return isLastRow ? (isLastColumn ? .corner : .bottom) : (isLastColumn ? .right : .inside)
  }

  /// The region label (0...8) of each token of a cell on `border` (Docs/Network.md section 6, "Shift mask").
  package func regions(on border: Border) -> [Int] {
    func label(_ position: Int, extent: Int, cell: Int, shift: Int) -> Int {
      if shift == 0 || position >= extent - shift { return 2 }
      return position < extent - cell ? 0 : 1
    }
    let top = border == .bottom || border == .corner ? height - cellHeight : 0
    let left = border == .right || border == .corner ? width - cellWidth : 0
    return (0..<tokens).map { token in
      let row = label(top + token / cellWidth, extent: height, cell: cellHeight, shift: shiftY)
      let column = label(left + token % cellWidth, extent: width, cell: cellWidth, shift: shiftX)
      return 3 * row + column
    }
  }

  /// The cell of a map position, and its token in that cell.
  package func place(y: Int, x: Int) -> (cell: Int, token: Int) {
    precondition((0..<height).contains(y) && (0..<width).contains(x))
    let (row, column) = ((y - shiftY + height) % height, (x - shiftX + width) % width)
    return (
      row / cellHeight * columns + column / cellWidth, row % cellHeight * cellWidth + column % cellWidth
    )
  }

  /// The position of the first token of a cell in the map; tokens to the right of and below it wrap around at the map's ends.
  package func corner(of cell: Int) -> (y: Int, x: Int) {
    ((cell / columns * cellHeight + shiftY) % height, (cell % columns * cellWidth + shiftX) % width)
  }

  /// For each token of a cell the index of its pixel in the map.
  package func pixels(of cell: Int) -> [Int32] {
    [Int32](unsafeUninitializedCapacity: tokens) { buffer, count in
      writePixels(of: cell, to: buffer.baseAddress!)
      count = tokens
    }
  }
}
