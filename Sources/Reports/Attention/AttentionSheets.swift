import Base
import GRLModel
import Imaging
import Restoration

extension AttentionAnswer {
  /// The picture of this answer; nil where there is none.
  package func drawing(over picture: Image, title: String, _ look: HeatLook) -> Drawing? {
    switch self {
    case .row(let row): return AttentionSheets.single(row, picture, title: title, look)
    case .overview(let blocks), .reach(let blocks):
      return AttentionSheets.contacts(blocks, picture, title: title, look)
    case .scales(let pair): return AttentionSheets.scales(pair, title: title, look)
    case .channels(let weights): return AttentionSheets.channels(weights, title: title, look)
    }
  }
}

/// Pictures with captions.
package enum AttentionSheets {
  private static let margin = 20

  /// One map with its caption, colour bar and numbers; beside it the surroundings of a cell that is small in the picture.
  package static func single(_ row: AttentionRow, _ picture: Image, title: String, _ look: HeatLook) -> Drawing {
    let region = Rectangle(row.cell.area)
    let size = fitted(region, within: 760)
    let near = isSmall(row) ? surroundings(row) : nil
    let nearSize = near.map { fitted($0, within: max(size.height, 240)) }
    let width = max(size.width + (nearSize.map { $0.width + 16 } ?? 0), 460)
    let height = max(size.height, nearSize?.height ?? 0)
    var drawing = Drawing(
      width: width + 2 * margin, height: height + 172, background: look.sheet.background)
    let sheet = look.sheet
    drawing.write(sheet.title.fitted(lastComponent(title), to: width), sheet.title, x: margin, y: 30, sheet.text)
    drawing.write(sheet.label.fitted(row.heading, to: width), sheet.label, x: margin, y: 50, sheet.text)
    drawing.write(sheet.label.fitted(row.geometryText, to: width), sheet.label, x: margin, y: 68, look.stripeAccent)
    let map = HeatMap(row, region: region, width: size.width, height: size.height)
    map.draw(on: &drawing, x: margin, y: 82, picture: picture, look)
    if let near, let nearSize {
      HeatMap(row, region: near, width: nearSize.width, height: nearSize.height)
        .draw(on: &drawing, x: margin + size.width + 16, y: 82, picture: picture, look)
    }
    let below = 82 + height
    drawing.colourBar(margin, below + 14, width: width, largest: map.largest, look)
    let n = row.numbers
    let first =
      "entropy \(n.entropyBits.fixed(2)) of \(n.entropyLimitBits.fixed(2)) bit   mean distance "
      + "\(n.meanDistance.fixed(1)) px"
    let second =
      "inside the window \(percent(n.massInWindow))   anisotropy \(n.anisotropy.fixed(2)) (cell "
      + "\(n.anisotropyOfCell.fixed(2)))"
      + (n.massOnPadding > 0.0005 ? "   on padding \(percent(n.massOnPadding))" : "")
    drawing.write(sheet.label.fitted(first, to: width), sheet.label, x: margin, y: below + 64, sheet.text)
    drawing.write(sheet.label.fitted(second, to: width), sheet.label, x: margin, y: below + 81, sheet.faint)
    return drawing
  }

  /// Maps beside each other, each with a line below.
  package static func row(
    _ maps: [(row: AttentionRow, picture: Image, caption: String)], title: String, subtitle: String, _ look: HeatLook,
    cropped: Bool = false
  ) -> Drawing {
    let side = 420
    let regions = maps.map { cropped ? surroundings($0.row) : Rectangle($0.row.cell.area) }
    let sizes = regions.map { fitted($0, within: side) }
    let height = sizes.map(\.height).max() ?? side
    let sheet = look.sheet
    let width = maps.count * side + (maps.count - 1) * 16
    var drawing = Drawing(width: width + 2 * margin, height: height + 130, background: sheet.background)
    drawing.write(sheet.title.fitted(lastComponent(title), to: width), sheet.title, x: margin, y: 30, sheet.text)
    drawing.write(sheet.label.fitted(subtitle, to: width), sheet.label, x: margin, y: 50, sheet.faint)
    for (index, map) in maps.enumerated() {
      let x = margin + index * (side + 16)
      let heat = HeatMap(map.row, region: regions[index], width: sizes[index].width, height: sizes[index].height)
      heat.draw(on: &drawing, x: x, y: 62, picture: map.picture, look)
      drawing.write(sheet.label.fitted(map.caption, to: side), sheet.label, x: x, y: height + 80, sheet.text)
      drawing.colourBar(x, height + 88, width: side, largest: heat.largest, look)
    }
    return drawing
  }

  package static func scales(_ pair: ScalePair, title: String, _ look: HeatLook) -> Drawing {
    let text = pair.correlation.map { "correlation \($0.fixed(3))" } ?? "nothing is seen by both"
    return row(
      [(pair.full, pair.picture, "full scale"), (pair.half, pair.smaller, "half scale")], title: title,
      subtitle: "\(pair.full.heading)  \(pair.full.geometryText): \(text)", look, cropped: isSmall(pair.full))
  }

  /// All heads of all blocks: a band for each stage, a column for each block, windows above stripes.
  package static func contacts(_ blocks: [[AttentionRow]], _ picture: Image, title: String, _ look: HeatLook) -> Drawing
  {
    let stages = Dictionary(grouping: blocks.filter { !$0.isEmpty }) { $0[0].place.stage }.sorted { $0.key < $1.key }
    let (side, gap) = (104, 6)
    let heads = blocks.map(\.count).max() ?? 0
    let deepest = stages.map(\.value.count).max() ?? 0
    let (bandWidth, bandHeight) = (64 + deepest * (side + gap), 48 + heads * (side + gap))
    let perLine = stages.count > 1 ? 2 : 1
    let lines = (stages.count + perLine - 1) / perLine
    let sheet = look.sheet
    var drawing = Drawing(
      width: perLine * bandWidth + (perLine + 1) * margin, height: 64 + lines * bandHeight + margin,
      background: sheet.background)
    let first = blocks.first?.first
    let subtitle =
      "query (\(first?.x ?? 0), \(first?.y ?? 0)); each map has its own scale; windows above, stripes below"
    drawing.write(
      sheet.title.fitted(lastComponent(title), to: drawing.width - 2 * margin), sheet.title, x: margin, y: 30,
      sheet.text)
    drawing.write(
      sheet.label.fitted(subtitle, to: drawing.width - 2 * margin), sheet.label, x: margin, y: 50, sheet.faint)
    for (band, stage) in stages.enumerated() {
      let left = margin + band % perLine * (bandWidth + margin)
      let top = 64 + band / perLine * bandHeight
      drawing.write("stage \(stage.key)", sheet.label, x: left, y: top + 14, sheet.text)
      for (column, block) in stage.value.enumerated() {
        let x = left + 64 + column * (side + gap)
        drawing.write("block \(block[0].place.block)", sheet.small, x: x, y: top + 32, sheet.faint)
        for (line, row) in block.enumerated() {
          let y = top + 40 + line * (side + gap)
          if column == 0 {
            let name = (row.question.kind == .window ? "window " : "stripe ") + row.question.headText
            drawing.write(name, sheet.small, x: left, y: y + side / 2, sheet.faint)
          }
          let region = surroundings(row)
          let size = fitted(region, within: side)
          HeatMap(row, region: region, width: size.width, height: size.height)
            .draw(on: &drawing, x: x, y: y, picture: picture, look, thickness: 1)
        }
      }
    }
    return drawing
  }

  /// The weight of every channel of every block with channel attention: a line of squares for each block.
  package static func channels(_ weights: [BlockPlace: [Float]], title: String, _ look: HeatLook) -> Drawing {
    let blocks = weights.sorted { $0.key < $1.key }
    let count = blocks.map(\.value.count).max() ?? 1
    let sheet = look.sheet
    var drawing = Drawing(
      width: max(520, 110 + count * 5 + margin), height: 110 + blocks.count * 12, background: sheet.background)
    drawing.write(lastComponent(title) + ": channel attention", sheet.title, x: margin, y: 30, sheet.text)
    let largest = blocks.flatMap(\.value).max() ?? 1
    for (line, block) in blocks.enumerated() {
      let y = 48 + line * 12
      drawing.write("stage \(block.key.stage) block \(block.key.block)", sheet.small, x: margin, y: y + 9, sheet.faint)
      for (channel, weight) in block.value.enumerated() {
        drawing.fill(110 + channel * 5, y, 5, 11, look.colours[weight / largest])
      }
    }
    for column in 0..<300 {
      drawing.fill(110 + column, 60 + blocks.count * 12, 1, 10, look.colours[Float(column) / 299])
    }
    drawing.write("0", sheet.small, x: 110, y: 86 + blocks.count * 12, sheet.faint)
    drawing.write(Double(largest).fixed(3), sheet.small, x: 380, y: 86 + blocks.count * 12, sheet.faint)
    return drawing
  }

  /// Whether little of the map could be seen where the whole picture is drawn.
  private static func isSmall(_ row: AttentionRow) -> Bool {
    let cell = row.cell
    return max(cell.rows, cell.columns) * cell.pixelsPerKey * 4 < max(cell.area.width, cell.area.height)
  }

  /// A square around the query that shows its cells.
  private static func surroundings(_ row: AttentionRow) -> Rectangle {
    let cell = row.cell
    let side = max(cell.rows, cell.columns) * cell.pixelsPerKey * 3 / 2
    let (width, height) = (min(side, cell.area.width), min(side, cell.area.height))
    let x = min(max(row.x - width / 2, cell.area.x), cell.area.x + cell.area.width - width)
    let y = min(max(row.y - height / 2, cell.area.y), cell.area.y + cell.area.height - height)
    return Rectangle(x: x, y: y, width: width, height: height)
  }

  /// The size that a region is drawn at: whole enlargements of small ones.
  private static func fitted(_ region: Rectangle, within side: Int) -> (width: Int, height: Int) {
    let longest = max(region.width, region.height, 1)
    if longest <= side {
      let factor = max(1, side / longest)
      return (region.width * factor, region.height * factor)
    }
    return (max(1, region.width * side / longest), max(1, region.height * side / longest))
  }
}
