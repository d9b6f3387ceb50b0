import Base
import Imaging

/// Draws difference maps side by side, each pixel as a crisp square, with a colour bar that says what a colour means.
package struct DifferencePicture {
  package struct Panel {
    /// What is shown, such as `restored.png - clean.png`.
    package let title: String
    package let map: DifferenceMap

    package init(title: String, map: DifferenceMap) {
      self.title = title
      self.map = map
    }
  }

  package let panels: [Panel]
  package let gain: Double
  package let look: SheetLook

  package init(panels: [Panel], gain: Double, look: SheetLook) {
    self.panels = panels
    self.gain = gain
    self.look = look
  }

  private static let (margin, gap, barHeight) = (24, 20, 14)
  /// Narrower maps are enlarged until they are as wide as this.
  private static let leastWidth = 360

  /// - Precondition: there are panels, of one size and kind.
  package var image: Image {
    let map = panels[0].map
    let zoom = max(1, min(8, (Self.leastWidth + map.width - 1) / map.width))
    let (panelWidth, panelHeight) = (map.width * zoom, map.height * zoom)
    let captionHeight = 40
    var drawing = Drawing(
      width: 2 * Self.margin + panels.count * panelWidth + (panels.count - 1) * Self.gap,
      height: 2 * Self.margin + 26 + panelHeight + captionHeight + Self.barHeight + 24, background: look.background)
    let top = Self.margin + 26
    for (index, panel) in panels.enumerated() {
      let left = Self.margin + index * (panelWidth + Self.gap)
      drawing.write(
        look.title.fitted(panel.title, to: panelWidth), look.title, x: left, y: Self.margin + 13, look.text)
      draw(panel.map, zoom, left, top, in: &drawing)
      drawing.write(
        look.small.fitted(caption(panel.map), to: panelWidth), look.small, x: left, y: top + panelHeight + 20,
        look.faint)
    }
    let bar = min(panelWidth, 480)
    drawBar(map, Self.margin, top + panelHeight + captionHeight, bar, in: &drawing)
    return drawing.image
  }

  private func caption(_ map: DifferenceMap) -> String {
    let (level, x, y) = map.largest
    let sign = map.kind == .signed && level > 0 ? "+" : ""
    let quantity = map.kind == .signed ? "luma, picture less reference" : "largest difference of a channel"
    return "\(quantity); at most \(sign)\(Double(level).fixed(1)) at \(x),\(y); gain \(gain.fixed(gain < 1 ? 2 : 0))"
  }

  private func draw(_ map: DifferenceMap, _ zoom: Int, _ left: Int, _ top: Int, in drawing: inout Drawing) {
    let colours = map.colours
    for y in 0..<map.height {
      for x in 0..<map.width {
        let colour = colours[map.place(map.levels[y * map.width + x], gain: gain)]
        if zoom == 1 {
          drawing.put(left + x, top + y, colour)
        } else {
          drawing.fill(left + x * zoom, top + y * zoom, zoom, zoom, colour)
        }
      }
    }
  }

  /// The bar with five numbers under it, in 8-bit levels.
  private func drawBar(_ map: DifferenceMap, _ left: Int, _ top: Int, _ width: Int, in drawing: inout Drawing) {
    for x in 0..<width {
      drawing.fill(left + x, top, 1, Self.barHeight, map.colours[Float(x) / Float(width - 1)])
    }
    drawing.frame(left, top, width, Self.barHeight, look.faint)
    let full = 255 / gain
    for tick in 0...4 {
      let share = Double(tick) / 4
      let level = map.kind == .signed ? full * (2 * share - 1) : full * share
      let number = level == 0 ? "0" : level.fixed(full < 20 ? 1 : 0)
      let text = (map.kind == .signed && level > 0 ? "+" : "") + number + (tick == 4 ? " levels" : "")
      let x = left + Int(share * Double(width - 1))
      drawing.fill(x, top + Self.barHeight + 1, 1, 4, look.faint)
      let room = look.small.width(of: text)
      let start = tick == 0 ? x : tick == 4 ? x - room + 1 : x - room / 2
      drawing.write(text, look.small, x: start, y: top + Self.barHeight + 18, look.text)
    }
  }
}
