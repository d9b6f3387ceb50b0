import Base

/// Where a picture stands in an area of cells, which are twice as high as wide: as large as fits, aspect kept, in the middle.
package struct PicturePlacement: Hashable, Sendable {
  /// Cells that the picture covers; empty where there is nothing to show.
  package let area: CanvasArea
  private let width: Int
  private let height: Int

  /// - Parameters:
  ///   - width: of what is shown, in any unit of square pixels.
  ///   - limit: most columns (and half rows) that such a pixel may take; nil enlarges as far as there is room.
  package init(width: Int, height: Int, in area: CanvasArea, enlargement limit: Int? = nil) {
    self.width = width
    self.height = height
    guard width > 0, height > 0, !area.isEmpty else {
      self.area = area.centred(columns: 0, rows: 0)
      return
    }
    var scale = Fit.scale(width, height, within: (area.columns, area.rows * 2))
    if let limit { scale = min(scale, Double(max(1, limit))) }
    self.area = area.centred(
      columns: max(1, Int((Double(width) * scale).rounded())), rows: max(1, Int((Double(height) * scale / 2).rounded()))
    )
  }

  /// The pixel under the middle of a cell; nil outside the picture.
  package func pixel(column: Int, row: Int) -> (x: Int, y: Int)? {
    guard area.contains(column: column, row: row) else { return nil }
    // In floating point: sizes come from outside and may be as large as numbers get.
    func place(_ cell: Int, _ cells: Int, _ size: Int) -> Int {
      Int(((Double(cell) + 0.5) / Double(cells) * Double(min(size, 1 << 40))).rounded(.down))
    }
    return (place(column - area.column, area.columns, width), place(row - area.row, area.rows, height))
  }
}

extension Look {
  /// The most pixels that a picture in such an area can show: what to ask the engine for.
  func pixels(in area: CanvasArea) -> (width: Int, height: Int) { graphics.pixels(in: area, colours) }
}

extension Graphics {
  func pixels(in area: CanvasArea, _ colours: ColourDepth) -> (width: Int, height: Int) {
    let (columns, rows) = (max(1, area.columns), max(1, area.rows))
    guard colours != .none else { return (columns, 2 * rows) }
    return switch self {
    case .half, .ascii: (columns, 2 * rows)
    case .quarter: (2 * columns, 2 * rows)
    // Cells of common terminals are about 10 x 20 pixels.
    case .kitty, .sixel: (10 * columns, 20 * rows)
    }
  }
}
