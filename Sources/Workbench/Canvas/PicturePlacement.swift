/// Where a picture stands in an area of cells, which are twice as high as wide: as large as fits, aspect kept, in the middle.
struct PicturePlacement: Hashable, Sendable {
  /// Cells that the picture touches; empty where there is nothing to show.
  let area: CanvasArea
  /// Height in halves of a cell: `area.rows * 2`, or one less.
  let halfRows: Int
  private let width: Int
  private let height: Int

  /// - Parameters:
  ///   - width: of what is shown, in any unit of square pixels.
  ///   - limit: most columns and half rows a pixel may take; nil enlarges as far as there is room.
  init(width: Int, height: Int, in area: CanvasArea, enlargement limit: Int? = nil) {
    self.width = width
    self.height = height
    guard width > 0, height > 0, !area.isEmpty else {
      self.area = area.centred(columns: 0, rows: 0)
      halfRows = 0
      return
    }
    var scale = min(Double(area.columns) / Double(width), Double(area.rows * 2) / Double(height))
    if let limit { scale = min(scale, Double(max(1, limit))) }
    let columns = min(area.columns, max(1, Int((Double(width) * scale).rounded())))
    halfRows = min(area.rows * 2, max(1, Int((Double(height) * scale).rounded())))
    self.area = area.centred(columns: columns, rows: (halfRows + 1) / 2)
  }

  /// The pixel under the middle of a cell; nil outside the picture.
  func pixel(column: Int, row: Int) -> (x: Int, y: Int)? {
    guard area.contains(column: column, row: row) else { return nil }
    let x = (2 * (column - area.column) + 1) * width / (2 * area.columns)
    let y = (2 * (row - area.row) + 1) * height / max(1, halfRows)
    return (min(x, width - 1), min(y, height - 1))
  }
}

extension Look {
  /// The most pixels that a picture in such an area can show: what to ask the engine for.
  func pixels(in area: CanvasArea) -> (width: Int, height: Int) {
    let (columns, rows) = (max(1, area.columns), max(1, area.rows))
    guard colours != .none else { return (columns, 2 * rows) }
    return switch graphics {
    case .half, .ascii: (columns, 2 * rows)
    case .quarter: (2 * columns, 2 * rows)
    // Cells of common terminals are about 10 x 20 pixels.
    case .kitty, .sixel: (10 * columns, 20 * rows)
    }
  }
}
