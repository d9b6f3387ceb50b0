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

  /// As the terminal shall show it. 16 colours are dithered in an ordered way, which stays calm when a neighbour changes.
  func colour(_ x: Int, _ y: Int, _ depth: ColourDepth) -> Colour {
    let colour = self[x, y]
    guard depth == .sixteen else { return colour.colour }
    if isOutline[y * width + x] { return .terminal(TerminalPalette.nearest(to: colour)) }
    let offset = (Self.bayer[(y & 3) * 4 + (x & 3)] * 2 - 15) * 4
    func moved(_ value: UInt8) -> UInt8 { UInt8(min(255, max(0, Int(value) + offset))) }
    return .terminal(TerminalPalette.nearest(to: RGB(moved(colour.red), moved(colour.green), moved(colour.blue))))
  }

  private static let bayer = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]
}

extension Look {
  /// The colour of lines of a role.
  fileprivate func line(_ role: Role) -> RGB {
    let style = self[role]
    let own = style.background == self[.text].background ? style.foreground : style.background
    return own.usualRGB ?? style.foreground.usualRGB ?? RGB(0xffffff)
  }
}

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
