extension Canvas {
  /// Draws a picture into the middle of `area`, as large as fits, the way the look's terminal can show it: half or quarter blocks,
  /// characters by brightness where there are no colours or only ASCII, or as a picture of its own for Kitty and Sixel.
  ///
  /// - Returns: where it stands, to find the pixel under a cell.
  @discardableResult
  package mutating func draw(_ picture: ShownPicture, in area: CanvasArea, _ look: Look) -> PicturePlacement {
    let placement = picture.placement(in: area.clipped(to: self.area), cell: look.pixelCell)
    let place = placement.area
    guard !place.isEmpty else { return placement }
    if look.graphics == .ascii || look.colours == .none {
      drawRamp(picture, in: place, look)
    } else {
      switch look.graphics {
      case .half, .ascii: drawHalves(picture, in: place, look)
      case .quarter: drawQuarters(picture, in: place, look)
      case .sextant: drawBlocks(picture, rows: 3, in: place, look, SmallBlocks.sextants)
      case .octant: drawBlocks(picture, rows: 4, in: place, look, SmallBlocks.octants)
      case .kitty, .sixel, .iterm: placeWhole(picture, in: place, look)
      }
    }
    return placement
  }

  private mutating func drawHalves(_ picture: ShownPicture, in area: CanvasArea, _ look: Look) {
    let raster = PictureRaster(picture, width: area.columns, height: area.rows * 2, look)
    for row in 0..<area.rows {
      for column in 0..<area.columns {
        let upper = raster.colour(column, 2 * row, look.colours)
        let lower = raster.colour(column, 2 * row + 1, look.colours)
        let glyph: Character = upper == lower ? " " : "\u{2580}"
        set(area.column + column, area.row + row, glyph, Style(upper == lower ? .standard : upper, on: lower))
      }
    }
  }

  private mutating func drawQuarters(_ picture: ShownPicture, in area: CanvasArea, _ look: Look) {
    let raster = PictureRaster(picture, width: area.columns * 2, height: area.rows * 2, look)
    for row in 0..<area.rows {
      for column in 0..<area.columns {
        let pixels = [(0, 0), (1, 0), (0, 1), (1, 1)].map { (x, y) in
          let (x, y) = (2 * column + x, 2 * row + y)
          return raster.colour(x, y, look.colours).usualRGB ?? raster[x, y]
        }
        let split = QuarterBlock.best(pixels)
        func shown(_ colour: RGB) -> Colour {
          look.colours == .sixteen ? .terminal(TerminalPalette.nearest(to: colour)) : colour.colour
        }
        let style = Style(split.mask == 0 ? .standard : shown(split.foreground), on: shown(split.background))
        set(area.column + column, area.row + row, QuarterBlock.glyphs[split.mask], style)
      }
    }
  }

  /// Cells of two columns and `count` rows of pixels, in two colours. Bit `2 * row + column` of a glyph's place in `glyphs` tells
  /// that the pixel has the foreground colour.
  private mutating func drawBlocks(
    _ picture: ShownPicture, rows count: Int, in area: CanvasArea, _ look: Look, _ glyphs: [Character]
  ) {
    let raster = PictureRaster(picture, width: area.columns * 2, height: area.rows * count, look)
    func shown(_ colour: RGB) -> Colour {
      look.colours == .sixteen ? .terminal(TerminalPalette.nearest(to: colour)) : colour.colour
    }
    for row in 0..<area.rows {
      for column in 0..<area.columns {
        let pixels = (0..<2 * count).map { place in
          let (x, y) = (2 * column + place % 2, count * row + place / 2)
          return raster.colour(x, y, look.colours).usualRGB ?? raster[x, y]
        }
        let split = SmallBlocks.split(pixels)
        let style = Style(split.mask == 0 ? .standard : shown(split.foreground), on: shown(split.background))
        set(area.column + column, area.row + row, glyphs[split.mask], style)
      }
    }
  }

  /// Characters by brightness. On a light background the ramp is turned round.
  private static let ramp: [Character] = Array(" .:-=+*#%@")

  private mutating func drawRamp(_ picture: ShownPicture, in area: CanvasArea, _ look: Look) {
    let raster = PictureRaster(picture, width: area.columns, height: area.rows, look, drawsOutlines: false)
    let last = Self.ramp.count - 1
    for row in 0..<area.rows {
      for column in 0..<area.columns {
        let colour = raster[column, row]
        let light = Double(LinearLight.encode[Int(colour.luminance * 4095)]) / 255
        let step = Int(light * Double(last) + 0.5)
        let style =
          look.colours == .none
          ? Style.plain : Style(raster.colour(column, row, look.colours), on: look[.text].background)
        set(area.column + column, area.row + row, Self.ramp[look.isLight ? last - step : step], style)
      }
    }
    for outline in picture.outlines {
      guard let edges = picture.edges(of: outline, width: area.columns, height: area.rows) else { continue }
      let style = look[outline.role]
      func draw(_ x: Int, _ y: Int, _ glyph: Character) {
        guard (0..<area.columns).contains(x), (0..<area.rows).contains(y) else { return }
        set(area.column + x, area.row + y, glyph, style)
      }
      for x in edges.left...edges.right { for y in [edges.top, edges.bottom] { draw(x, y, "-") } }
      for y in edges.top...edges.bottom { for x in [edges.left, edges.right] { draw(x, y, "|") } }
      for y in [edges.top, edges.bottom] { for x in [edges.left, edges.right] { draw(x, y, "+") } }
    }
  }

  /// The terminal scales it; outlines go along, for whoever sends it to draw them.
  private mutating func placeWhole(_ picture: ShownPicture, in area: CanvasArea, _ look: Look) {
    fill(area, look[.text])
    var placed = PlacedPicture(area: area, pixels: picture.pixels)
    placed.source = picture.source
    placed.frames = picture.outlines.compactMap { outline in
      guard let edges = picture.edges(of: outline, width: picture.pixels.width, height: picture.pixels.height) else {
        return nil
      }
      let colour = look.line(outline.role)
      return PlacedPicture.Frame(
        left: edges.left, top: edges.top, right: edges.right, bottom: edges.bottom, red: colour.red,
        green: colour.green, blue: colour.blue)
    }
    pictures.append(placed)
  }
}
