import Base

/// A picture at the resolution in which cells show it, its outlines drawn in.
struct PictureRaster {
  let width: Int
  let height: Int
  private(set) var colours: [RGB]
  /// Places that belong to an outline: their colour is meant exactly.
  private(set) var isOutline: [Bool]

  init(_ picture: ShownPicture, width: Int, height: Int, _ look: Look, drawsOutlines: Bool = true) {
    self.width = width
    self.height = height
    let scaled = picture.pixels.scaled(width: width, height: height)
    colours = (0..<width * height).map { place in
      RGB(scaled.bytes[3 * place], scaled.bytes[3 * place + 1], scaled.bytes[3 * place + 2])
    }
    isOutline = Array(repeating: false, count: width * height)
    guard drawsOutlines else { return }
    for outline in picture.outlines {
      guard let edges = picture.edges(of: outline, width: width, height: height) else { continue }
      let colour = look.line(outline.role)
      for x in edges.left...edges.right { for y in [edges.top, edges.bottom] { set(x, y, colour) } }
      for y in edges.top...edges.bottom { for x in [edges.left, edges.right] { set(x, y, colour) } }
    }
  }

  private mutating func set(_ x: Int, _ y: Int, _ colour: RGB) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    colours[y * width + x] = colour
    isOutline[y * width + x] = true
  }

  subscript(x: Int, y: Int) -> RGB { colours[y * width + x] }

  /// As the terminal shall show it; 16 and 256 colours are dithered.
  func colour(_ x: Int, _ y: Int, _ depth: ColourDepth) -> Colour {
    let colour = self[x, y]
    let isExact = isOutline[y * width + x]
    switch depth {
    case .sixteen: return .terminal(isExact ? TerminalPalette.nearest(to: colour) : BlueNoise.sixteen(colour, x, y))
    case .indexed where !isExact: return BlueNoise.indexed(colour, x, y).colour
    default: return colour.colour
    }
  }
}

extension Look {
  /// The colour of lines of a role.
  func line(_ role: Role) -> RGB {
    let style = self[role]
    let own = style.background == self[.text].background ? style.foreground : style.background
    return own.usualRGB ?? style.foreground.usualRGB ?? RGB(0xffffff)
  }
}

/// Where a picture stands in an area of cells: as large as fits, aspect kept, in the middle.
package struct PicturePlacement: Hashable, Sendable {
  /// Cells that the picture covers; empty where there is nothing to show.
  package let area: CanvasArea
  private let width: Int
  private let height: Int

  /// - Parameters:
  ///   - width: of what is shown, in any unit of square pixels.
  ///   - limit: most columns (and half rows) that such a pixel may take; nil enlarges as far as there is room.
  ///   - cell: its sides where they matter; cells are twice as high as wide otherwise.
  package init(width: Int, height: Int, in area: CanvasArea, enlargement limit: Int? = nil, cell: CellSize? = nil) {
    self.width = width
    self.height = height
    guard width > 0, height > 0, !area.isEmpty else {
      self.area = area.centred(columns: 0, rows: 0)
      return
    }
    // In units of a cell's width.
    let aspect = cell.map { Double(max(1, $0.height)) / Double(max(1, $0.width)) } ?? 2
    var scale = min(Double(area.columns) / Double(width), Double(area.rows) * aspect / Double(height))
    if let limit { scale = min(scale, Double(max(1, limit))) }
    self.area = area.centred(
      columns: max(1, Int((Double(width) * scale).rounded())),
      rows: max(1, Int((Double(height) * scale / aspect).rounded())))
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
  func pixels(in area: CanvasArea) -> (width: Int, height: Int) { graphics.pixels(in: area, colours, cell) }

  /// The cell's size where pictures are shown in its pixels; nil where they are made of cells.
  var pixelCell: CellSize? { graphics.isPixels && colours != .none ? cell : nil }
}

extension Graphics {
  func pixels(in area: CanvasArea, _ colours: ColourDepth, _ cell: CellSize) -> (width: Int, height: Int) {
    let (columns, rows) = (max(1, area.columns), max(1, area.rows))
    guard colours != .none else { return (columns, 2 * rows) }
    return switch self {
    case .half, .ascii: (columns, 2 * rows)
    case .quarter: (2 * columns, 2 * rows)
    case .sextant: (2 * columns, 3 * rows)
    case .octant: (2 * columns, 4 * rows)
    case .kitty, .sixel, .iterm: (cell.width * columns, cell.height * rows)
    }
  }
}
