import Base
import EngineWire
import Testing
import Workbench

@Suite("Pictures in cells")
struct PictureTests {
  private func block(_ width: Int, _ height: Int, _ colour: (Int, Int) -> (UInt8, UInt8, UInt8)) -> PixelBlock {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let (red, green, blue) = colour(x, y)
        bytes += [red, green, blue]
      }
    }
    return PixelBlock(width: width, height: height, bytes: bytes)
  }

  private func look(_ colours: ColourDepth = .truecolour, _ graphics: Graphics = .half) -> Look {
    Theme.standard.look(colours: colours, graphics: graphics)
  }

  private func drawn(_ picture: ShownPicture, _ columns: Int, _ rows: Int, _ look: Look) -> Canvas {
    var canvas = Canvas(columns: columns, rows: rows, style: look[.text])
    canvas.draw(picture, in: CanvasArea(column: 0, row: 0, columns: columns, rows: rows), look)
    return canvas
  }

  @Test("keeps the aspect in cells that are twice as high as wide")
  func aspect() {
    let area = CanvasArea(column: 0, row: 0, columns: 40, rows: 20)
    #expect(PicturePlacement(width: 100, height: 100, in: area).area == area)
    let wide = PicturePlacement(width: 400, height: 100, in: area).area
    #expect(wide == CanvasArea(column: 0, row: 7, columns: 40, rows: 5))
    let high = PicturePlacement(width: 100, height: 400, in: area).area
    #expect(high == CanvasArea(column: 15, row: 0, columns: 10, rows: 20))
    #expect(PicturePlacement(width: 4, height: 4, in: area, enlargement: 1).area.columns == 4)
    #expect(PicturePlacement(width: 0, height: 4, in: area).area.columns == 0)
    #expect(PicturePlacement(width: 10_000, height: 1, in: area).area.rows == 1)
  }

  @Test("finds the pixel under a cell")
  func pixels() throws {
    let area = CanvasArea(column: 3, row: 2, columns: 40, rows: 20)
    let placement = PicturePlacement(width: 400, height: 400, in: area)
    let first = try #require(placement.pixel(column: 3, row: 2))
    #expect(first.x == 5 && first.y == 10)
    let last = try #require(placement.pixel(column: 42, row: 21))
    #expect(last.x == 395 && last.y == 390)
    #expect(placement.pixel(column: 2, row: 2) == nil && placement.pixel(column: 43, row: 2) == nil)
    _ = PicturePlacement(width: .max, height: .max, in: area).pixel(column: 20, row: 10)
  }

  @Test("two pixels a cell, the upper one in the foreground")
  func halves() {
    let picture = block(2, 4) { x, y in (UInt8(10 * x), UInt8(10 * y), 7) }
    let canvas = drawn(ShownPicture(picture), 2, 2, look())
    #expect(canvas[1, 1] == Cell("\u{2580}", Style(.rgb(10, 20, 7), on: .rgb(10, 30, 7))))
    let flat = drawn(ShownPicture(block(2, 4) { _, _ in (9, 9, 9) }), 2, 2, look())
    #expect(flat[0, 0] == Cell(" ", Style(.standard, on: .rgb(9, 9, 9))))
  }

  @Test("shrinking averages light, not bytes, and keeps a thin line; enlarging repeats pixels")
  func scaling() {
    let line = block(4, 4) { x, _ in x == 1 ? (255, 255, 255) : (0, 0, 0) }
    let small = line.scaled(width: 2, height: 2)
    // Half the light of white is 188 in sRGB.
    #expect(small.bytes[0] == 188 && small.bytes[3] == 0)
    let large = block(2, 1) { x, _ in (UInt8(x), 0, 0) }.scaled(width: 4, height: 2)
    #expect(stride(from: 0, to: 12, by: 3).map { large.bytes[$0] } == [0, 0, 1, 1])
    let gray = block(5, 3) { _, _ in (100, 150, 200) }.scaled(width: 3, height: 2)
    #expect(gray.bytes == [100, 150, 200, 100, 150, 200, 100, 150, 200, 100, 150, 200, 100, 150, 200, 100, 150, 200])
    #expect(PixelBlock(width: 0, height: 0, bytes: []).scaled(width: 2, height: 1).bytes == [0, 0, 0, 0, 0, 0])
  }

  @Test("four pixels a cell in the two colours that err least")
  func quarters() {
    let red: (UInt8, UInt8, UInt8) = (200, 0, 0)
    let blue: (UInt8, UInt8, UInt8) = (0, 0, 200)
    let picture = block(2, 2) { x, y in x == y ? red : blue }
    let canvas = drawn(ShownPicture(picture), 1, 1, look(.truecolour, .quarter))
    // A square of two by two pixels stands in one column: its lower half row is not cut.
    #expect(canvas.columns == 1)
    let cell = drawn(ShownPicture(block(2, 4) { x, y in x == y / 2 ? red : blue }), 1, 1, look(.truecolour, .quarter))[
      0, 0]
    #expect(["\u{259e}", "\u{259a}"].contains(cell.glyph))
    #expect(Set([cell.style.foreground, cell.style.background]) == [.rgb(200, 0, 0), .rgb(0, 0, 200)])
    let corner = drawn(
      ShownPicture(block(2, 4) { x, y in x == 1 && y > 1 ? red : blue }), 1, 1, look(.truecolour, .quarter))[0, 0]
    #expect(corner == Cell("\u{2597}", Style(.rgb(200, 0, 0), on: .rgb(0, 0, 200))))
  }

  @Test("without colours, and in ASCII, brightness becomes characters; light themes turn it round")
  func ramp() throws {
    let picture = ShownPicture(block(4, 2) { x, _ in (UInt8(85 * x), UInt8(85 * x), UInt8(85 * x)) })
    for look in [look(.none, .half), look(.none, .quarter), look(.truecolour, .ascii), look(.none, .kitty)] {
      let canvas = drawn(picture, 4, 1, look)
      #expect(canvas.lines == [" -*@"])
      #expect(canvas.pictures.isEmpty)
    }
    let light = Theme.standardLight.look(colours: .none, graphics: .ascii)
    #expect(drawn(picture, 4, 1, light).lines == ["@*-"])
    let coloured = drawn(ShownPicture(block(4, 2) { _, _ in (250, 60, 60) }), 4, 1, look(.truecolour, .ascii))
    #expect(coloured[0, 0].style.foreground == .rgb(250, 60, 60))
  }

  @Test("16 colours are dithered from the terminal's own")
  func sixteen() {
    let gray = drawn(ShownPicture(block(8, 8) { _, _ in (100, 100, 100) }), 8, 4, look(.sixteen))
    var used: Set<Colour> = []
    for cell in gray.cells { used.formUnion([cell.style.foreground, cell.style.background]) }
    for colour in used {
      if case .rgb = colour { Issue.record("\(colour)") }
    }
    #expect(used.subtracting([.standard]).count > 1)
  }

  @Test("an outline is drawn in its colour around its pixels and cut at the picture's border")
  func outlines() {
    let look = look()
    let outline = ShownPicture.Outline(rectangle: Rectangle(x: 20, y: 20, width: 40, height: 40), role: .accent)
    let black = block(8, 8) { _, _ in (0, 0, 0) }
    let region = Rectangle(x: 0, y: 0, width: 80, height: 80)
    let canvas = drawn(ShownPicture(black, region: region, outlines: [outline]), 8, 4, look)
    let accent = look[.accent].foreground
    // Places 2...5 of 8 in both directions.
    #expect(canvas[2, 1].style.background == accent && canvas[5, 2].style.background == accent)
    #expect(canvas[3, 1].style.foreground == accent && canvas[3, 1].style.background == .rgb(0, 0, 0))
    #expect(canvas[1, 1].style.background == .rgb(0, 0, 0) && canvas[6, 2].style.background == .rgb(0, 0, 0))
    let plain = drawn(ShownPicture(black, region: region, outlines: [outline]), 8, 8, self.look(.none, .ascii))
    #expect(plain.lines.joined().contains("+--+"))
    for rectangle in [
      Rectangle(x: -50, y: -50, width: 60, height: 60), Rectangle(x: 500, y: 0, width: 3, height: 3),
      Rectangle(x: 0, y: 0, width: 0, height: 0), Rectangle(x: .min / 2, y: 0, width: .max, height: .max),
      Rectangle(x: .max, y: .max, width: .max, height: -3),
    ] {
      for graphics in Graphics.allCases {
        let odd = ShownPicture.Outline(rectangle: rectangle, role: .accent)
        _ = drawn(ShownPicture(black, region: region, outlines: [odd]), 8, 4, self.look(.truecolour, graphics))
      }
    }
  }

  @Test("Kitty and Sixel get the picture itself over blank cells", arguments: [Graphics.kitty, .sixel])
  func placed(graphics: Graphics) {
    let look = look(.truecolour, graphics)
    let picture = block(20, 20) { x, y in (UInt8(x), UInt8(y), 0) }
    let canvas = drawn(ShownPicture(picture), 10, 5, look)
    #expect(
      canvas.pictures == [PlacedPicture(area: CanvasArea(column: 0, row: 0, columns: 10, rows: 5), pixels: picture)])
    #expect(canvas.cells.allSatisfy { $0 == Cell(" ", look[.text]) })
  }

  @Test("any picture in any area of any size, in every way")
  func sizes() {
    var random = Seeded(3)
    for _ in 0..<300 {
      let (columns, rows) = (1 + random.below(20), 1 + random.below(10))
      let look = look(random.pick(ColourDepth.allCases), random.pick(Graphics.allCases))
      var canvas = Canvas(columns: columns, rows: rows, style: look[.text])
      let picture = block(random.below(9), random.below(9)) { x, y in (UInt8(x * 20), UInt8(y * 20), 99) }
      let area = CanvasArea(
        column: random.below(24) - 4, row: random.below(12) - 3, columns: random.below(24) - 2,
        rows: random.below(12) - 2)
      let placement = canvas.draw(ShownPicture(picture), in: area, look)
      if placement.area.columns > 0, placement.area.rows > 0 {
        #expect(placement.area.column >= 0 && placement.area.column + placement.area.columns <= columns)
        #expect(placement.area.row >= 0 && placement.area.row + placement.area.rows <= rows)
      }
      if look.graphics == .ascii || look.colours == .none {
        #expect(canvas.cells.allSatisfy { $0.glyph?.isASCII == true })
      }
    }
  }

  @Test("pixels of an answer are taken only where there are as many as it says")
  func answers() {
    func info(_ width: Int, _ height: Int) -> PixelsInfo {
      PixelsInfo(
        width: width, height: height, pictureWidth: 9, pictureHeight: 9,
        region: Rectangle(x: 0, y: 0, width: 9, height: 9))
    }
    #expect(PixelBlock(info(2, 1), [1, 2, 3, 4, 5, 6]) != nil)
    #expect(PixelBlock(info(2, 1), [1, 2, 3, 4, 5]) == nil)
    #expect(PixelBlock(info(-2, -1), [1, 2, 3, 4, 5, 6]) == nil)
    #expect(PixelBlock(info(.max, 3), []) == nil)
    #expect(PixelBlock(info(1 << 62, 4), []) == nil)
    #expect(PixelBlock(info(0, 0), []) != nil)
  }
}
