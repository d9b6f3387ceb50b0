import Base
import Imaging

/// Draws pictures beside each other: whole, and below that the places where they differ most, pixels crisp, with what was
/// measured on each.
package struct ContactSheet {
  package struct Column {
    package let name: String
    package let picture: Image
    /// What was measured on the whole picture, a line each.
    package let lines: [String]
  }

  package let title: String
  /// The reference first. All pictures have one size.
  package let columns: [Column]
  /// The places that are enlarged.
  package let crops: [Rectangle]
  /// What to say below a crop: of column and crop.
  package let cropLine: (Int, Rectangle) -> String
  package let footer: String
  package let zoom: Int
  package let look: SheetLook

  private static let (margin, gap) = (28, 20)

  /// Pixels across a column, for so many of them.
  package static func columnWidth(_ count: Int) -> Int { max(240, min(480, 1840 / count)) }

  /// The size of crops that fill a column at `zoom`, within a picture.
  package static func cropSize(columns: Int, zoom: Int, of picture: Image) -> (width: Int, height: Int) {
    let width = min(picture.width, max(1, columnWidth(columns) / zoom))
    return (width, min(picture.height, max(1, width * 3 / 4)))
  }

  package var image: Image {
    let layout = Layout(self)
    var drawing = Drawing(width: layout.width, height: layout.height, background: look.background)
    drawing.write(
      look.title.fitted(title, to: layout.innerWidth), look.title, x: Self.margin, y: Self.margin + 14, look.text)
    for (index, column) in columns.enumerated() {
      drawWhole(column, layout, layout.left(index), in: &drawing)
      for (number, crop) in crops.enumerated() { drawCrop(index, number, crop, layout, in: &drawing) }
    }
    drawing.write(
      look.small.fitted(footer, to: layout.innerWidth), look.small, x: Self.margin,
      y: layout.height - Self.margin, look.faint)
    return drawing.image
  }

  /// Where things lie, in pixels.
  private struct Layout {
    let columnWidth: Int
    let count: Int
    /// The whole picture as it is shown.
    let shownWidth: Int
    let shownHeight: Int
    let lineCount: Int
    let cropHeight: Int
    let cropCount: Int

    static let lineHeight = 19
    static let cropCaption = 26
    let picturesTop = ContactSheet.margin + 34

    init(_ sheet: ContactSheet) {
      let picture = sheet.columns[0].picture
      count = sheet.columns.count
      columnWidth = ContactSheet.columnWidth(count)
      let scale = Fit.scale(picture.width, picture.height, within: (columnWidth, columnWidth))
      // Enlarged by whole numbers only, so that every pixel is a square.
      let exact = scale >= 1 ? scale.rounded(.down) : scale
      shownWidth = max(1, min(columnWidth, Int((Double(picture.width) * exact).rounded())))
      shownHeight = max(1, min(columnWidth, Int((Double(picture.height) * exact).rounded())))
      lineCount = 1 + (sheet.columns.map(\.lines.count).max() ?? 0)
      cropHeight = (sheet.crops.first?.height ?? 0) * sheet.zoom
      cropCount = sheet.crops.count
    }

    var innerWidth: Int { count * columnWidth + (count - 1) * ContactSheet.gap }
    var width: Int { innerWidth + 2 * ContactSheet.margin }
    var cropsTop: Int { picturesTop + shownHeight + 14 + lineCount * Self.lineHeight + 12 }
    var height: Int { cropsTop + cropCount * (cropHeight + Self.cropCaption + 10) + 14 + ContactSheet.margin }

    func left(_ index: Int) -> Int { ContactSheet.margin + index * (columnWidth + ContactSheet.gap) }
    func cropTop(_ number: Int) -> Int { cropsTop + number * (cropHeight + Self.cropCaption + 10) }
  }

  private func drawWhole(_ column: Column, _ layout: Layout, _ left: Int, in drawing: inout Drawing) {
    let top = layout.picturesTop
    drawing.fill(left, top, layout.columnWidth, layout.shownHeight, look.well)
    let x = left + (layout.columnWidth - layout.shownWidth) / 2
    drawing.place(column.picture, column.picture.bounds, x, top, layout.shownWidth, layout.shownHeight)
    let scale = Double(layout.shownWidth) / Double(column.picture.width)
    for (number, crop) in crops.enumerated() {
      let (cropX, cropY) = (x + Int(Double(crop.x) * scale), top + Int(Double(crop.y) * scale))
      let (width, height) = (Int(Double(crop.width) * scale), Int(Double(crop.height) * scale))
      // A dark line on both sides, so that the mark is seen on any picture.
      drawing.frame(cropX + 3, cropY + 3, max(1, width - 6), max(1, height - 6), look.shadow, thickness: 4)
      drawing.frame(cropX + 2, cropY + 2, max(1, width - 4), max(1, height - 4), accent(number), thickness: 2)
    }
    var y = top + layout.shownHeight + 12 + 14
    drawing.write(look.label.fitted(column.name, to: layout.columnWidth), look.label, x: left, y: y, look.text)
    for line in column.lines {
      y += Layout.lineHeight
      drawing.write(look.small.fitted(line, to: layout.columnWidth), look.small, x: left, y: y, look.faint)
    }
  }

  private func drawCrop(_ index: Int, _ number: Int, _ crop: Rectangle, _ layout: Layout, in drawing: inout Drawing) {
    let (left, top) = (layout.left(index), layout.cropTop(number))
    let width = crop.width * zoom
    drawing.frame(left, top, width, crop.height * zoom, accent(number), thickness: 2)
    drawing.place(columns[index].picture, crop, left, top, width, crop.height * zoom)
    drawing.write(
      look.small.fitted(cropLine(index, crop), to: layout.columnWidth), look.small, x: left,
      y: top + crop.height * zoom + 19, index == 0 ? accent(number) : look.faint)
  }

  private func accent(_ number: Int) -> Colour { look.accents[number % look.accents.count] }
}
