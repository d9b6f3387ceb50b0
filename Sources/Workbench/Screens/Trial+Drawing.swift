import Base
import EngineWire

extension Trial {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let layout = TrialLayout(area, isFlipped: view.isFlipped)
    let head = layout.head.inset(columns: layout.head.columns > 20 ? 1 : 0)
    canvas.write(title(session), in: head.dropRight(16), look[.title])
    switch phase {
    case .closed: break
    case .running(let since):
      let text =
        "restoring \(region.width) x \(region.height) for \(Int(max(0, session.time - since + 0.05))) s; Esc stops"
      canvas.write(text, in: area.dropTop(area.rows / 2), look[.accent], .centre)
    case .failed(let reason):
      let lines = reason.wrapped(columns: max(1, area.columns - 4)) + ["", "Esc goes back"]
      for (row, line) in lines.prefix(max(0, area.rows - 2)).enumerated() {
        canvas.write(
          line, in: area.dropTop(row + 2).inset(columns: 2), row < lines.count - 2 ? look[.error] : look[.faint])
      }
    case .shown(let info, let before, let after):
      drawPictures(on: &canvas, layout, info, before, after, session, look)
    }
  }

  private func title(_ session: Session) -> String {
    let name = lastComponent(path)
    return "\(name), \(region.width) x \(region.height) at \(region.x),\(region.y), \(task)"
  }

  private func drawPictures(
    on canvas: inout Canvas, _ layout: TrialLayout, _ info: TrialInfo, _ before: PixelBlock, _ after: PixelBlock,
    _ session: Session, _ look: Look
  ) {
    let captions = ["before", "after: \(info.model), \(Quantity.duration(info.seconds))"]
    let isOne = layout.panes.count == 1
    for (place, pane) in layout.panes.enumerated() {
      let isAfter = isOne ? view.isFlipped && view.showsAfter || !view.isFlipped : place == 1
      let room = session.pixels(in: pane)
      let block = view.part(of: isAfter ? after : before, after: after, room: room)
      canvas.draw(ShownPicture(block), in: Self.exactArea(block, pane, room), look)
      let caption = layout.captions[place].inset(columns: pane.columns > 20 ? 1 : 0)
      canvas.write(captions[isAfter ? 1 : 0], in: caption, look[isAfter ? .accent : .faint])
    }
    let room = session.pixels(in: layout.panes[0])
    let head = layout.head.inset(columns: layout.head.columns > 20 ? 1 : 0)
    canvas.write(scale(after, room), in: head.right(14), look[.faint], .right)
  }

  /// The cells that show each pixel of `block` as one of the pane's pixels.
  private static func exactArea(_ block: PixelBlock, _ pane: CanvasArea, _ room: (width: Int, height: Int))
    -> CanvasArea
  {
    let across = max(1, room.width / max(1, pane.columns))
    let down = max(1, room.height / max(1, pane.rows))
    return pane.centred(columns: (block.width + across - 1) / across, rows: (block.height + down - 1) / down)
  }

  /// `1:1`, `all of it, 1:2.5`, `4:1`: pixels of the screen to pixels of the result.
  private func scale(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> String {
    let step = view.step(after, room)
    let isAll = step >= TrialView.fitting(after, room) * 0.99
    let ratio =
      step >= 1 ? "1:\(Quantity.short((step * 10).rounded() / 10))" : "\(Quantity.short((10 / step).rounded() / 10)):1"
    return isAll ? "all, \(ratio)" : ratio
  }
}
