import Base
import EngineWire

extension Trial {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let layout = layout(area)
    let head = layout.head.inset(columns: layout.head.columns > 20 ? 1 : 0)
    canvas.write(title(session), in: head.dropRight(16), look[.title])
    drawControls(on: &canvas, in: layout.controls.inset(columns: layout.controls.columns > 20 ? 1 : 0), session, look)
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

  /// `strength 0.8  texture 0  grain 0  chroma only off`, the one that `<` and `>` change marked.
  private func drawControls(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    guard case .shown = phase else { return }
    var rest = area
    for (place, row) in Self.controls.enumerated() where rest.columns > 0 {
      let value = row.option.text(session.draft.request) ?? row.option.standard ?? ""
      let text = "\(row.title) \(value)"
      let used = canvas.write(place == chosen ? "<\(text)>" : text, in: rest, look[place == chosen ? .accent : .faint])
      rest = rest.dropLeft(used + 2)
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
    if let series { return drawSeries(series, on: &canvas, layout, after, session, look) }
    var captions = ["before", "after: \(info.model), \(Quantity.duration(info.seconds))"]
    var blocks = [before, after]
    if let rival {
      captions = [
        captions[1],
        rival.result == nil ? "\(rival.model) is at work" : "\(rival.model), \(Quantity.duration(rival.seconds))",
      ]
      blocks = [after, rival.result ?? after]
    }
    let isOne = layout.panes.count == 1
    for (place, pane) in layout.panes.enumerated() {
      let isAfter = isOne ? view.isFlipped && view.showsAfter || !view.isFlipped : place == 1
      let room = session.pixels(in: pane)
      let block = view.part(of: blocks[isAfter ? 1 : 0], after: after, room: room)
      canvas.draw(ShownPicture(block), in: Self.exactArea(block, pane, room), look)
      let caption = layout.captions[place].inset(columns: pane.columns > 20 ? 1 : 0)
      canvas.write(captions[isAfter ? 1 : 0], in: caption, look[isAfter ? .accent : .faint])
    }
    let room = session.pixels(in: layout.panes[0])
    let head = layout.head.inset(columns: layout.head.columns > 20 ? 1 : 0)
    canvas.write(scale(after, room), in: head.right(14), look[.faint], .right)
  }

  private func drawSeries(
    _ series: [PixelBlock], on canvas: inout Canvas, _ layout: TrialLayout, _ after: PixelBlock, _ session: Session,
    _ look: Look
  ) {
    for (place, pane) in layout.panes.enumerated() {
      let caption = layout.captions[place]
      canvas.write("strength \(Self.strengths[place].shortText)", in: caption, look[.accent])
      guard series.indices.contains(place) else {
        canvas.write("...", in: pane, look[.faint])
        continue
      }
      let room = session.pixels(in: pane)
      let block = view.part(of: series[place], after: after, room: room)
      canvas.draw(ShownPicture(block), in: Self.exactArea(block, pane, room), look)
    }
    let head = layout.head.inset(columns: layout.head.columns > 20 ? 1 : 0)
    canvas.write(scale(after, session.pixels(in: layout.panes[0])), in: head.right(14), look[.faint], .right)
  }

  func layout(_ area: CanvasArea) -> TrialLayout {
    TrialLayout(area, isFlipped: view.isFlipped, series: series == nil ? 0 : Self.strengths.count)
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

/// What part of both pictures is shown, and how large.
struct TrialView: Hashable, Sendable {
  /// Pixels of the result for one pixel of the screen; nil: all of it.
  private(set) var step: Double?
  /// Middle of what is shown, in shares of the picture.
  private(set) var centreX = 0.5
  private(set) var centreY = 0.5
  /// One picture at a time, in turn.
  private(set) var isFlipped = false
  /// Which one is in front then.
  private(set) var showsAfter = true

  private static let steps = [8.0, 4, 2, 1, 0.5, 0.25, 0.125]

  mutating func perform(
    _ command: Command, before: PixelBlock, after: PixelBlock, room: (width: Int, height: Int)
  ) -> Bool {
    let now = self.step(after, room)
    let (shareX, shareY) = share(after, room)
    switch command {
    case .zoomIn: step = Self.steps.first { $0 < now * 0.99 } ?? now
    case .zoomOut: step = Self.steps.last { $0 > now * 1.01 } ?? now
    case .fit: step = Self.fitting(after, room)
    case .actualSize: step = 1
    case .left: centreX -= shareX / 8
    case .right: centreX += shareX / 8
    case .up: centreY -= shareY / 8
    case .down: centreY += shareY / 8
    case FilesScreen.flip:
      if isFlipped { showsAfter.toggle() } else { (isFlipped, showsAfter) = (true, false) }
    case .nextPane, .previousPane: isFlipped.toggle()
    default: return false
    }
    let (halfX, halfY) = (share(after, room).0 / 2, share(after, room).1 / 2)
    centreX = min(max(centreX, halfX), 1 - halfX)
    centreY = min(max(centreY, halfY), 1 - halfY)
    return true
  }

  /// All of the result in the room.
  static func fitting(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> Double {
    Fit.step(after.width, after.height, within: (max(1, room.width), max(1, room.height)))
  }

  /// One to one, unless all of it has room at little loss.
  func step(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> Double {
    let fit = Self.fitting(after, room)
    return step ?? (fit <= 1.5 ? fit : 1)
  }

  /// How much of the picture is in sight, 0...1.
  private func share(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> (Double, Double) {
    let step = step(after, room)
    return (
      min(1, Double(room.width) * step / Double(max(1, after.width))),
      min(1, Double(room.height) * step / Double(max(1, after.height)))
    )
  }

  /// The part in sight of `picture` (before or after), as large as the room shows it.
  func part(of picture: PixelBlock, after: PixelBlock, room: (width: Int, height: Int)) -> PixelBlock {
    let step = step(after, room)
    let (shareX, shareY) = share(after, room)
    let (left, top) = (
      min(max(centreX, shareX / 2), 1 - shareX / 2) - shareX / 2,
      min(max(centreY, shareY / 2), 1 - shareY / 2) - shareY / 2
    )
    let (columns, rows) = (
      min(room.width, max(1, Int((shareX * Double(after.width) / step).rounded()))),
      min(room.height, max(1, Int((shareY * Double(after.height) / step).rounded())))
    )
    return picture.cropped(
      x: Int((left * Double(picture.width)).rounded()), y: Int((top * Double(picture.height)).rounded()),
      width: Int((shareX * Double(picture.width)).rounded()), height: Int((shareY * Double(picture.height)).rounded())
    ).scaled(width: columns, height: rows)
  }
}

/// Where a trial's pictures stand.
struct TrialLayout: Hashable, Sendable {
  let head: CanvasArea
  /// One line for what can be changed.
  let controls: CanvasArea
  /// Areas of the same size, each with a line for its caption above it.
  let panes: [CanvasArea]
  let captions: [CanvasArea]

  /// Fewest columns of one picture of a series.
  private static let narrowest = 9

  /// - Parameter series: pictures of a series that are wanted side by side, as many as have room; 0 for before and after.
  init(_ area: CanvasArea, isFlipped: Bool, series: Int = 0) {
    head = area.top(area.rows >= 4 ? 1 : 0)
    controls = area.dropTop(head.rows).top(area.rows >= 8 ? 1 : 0)
    let rest = area.dropTop(head.rows + controls.rows)
    let captionRows = rest.rows >= 3 ? 1 : 0
    let halves: [CanvasArea]
    if series > 0 {
      let count = max(1, min(series, (rest.columns + 1) / (Self.narrowest + 1)))
      let width = (rest.columns + 1) / count - 1
      halves = (0..<count).map { rest.dropLeft($0 * (width + 1)).left(width) }
    } else if isFlipped || area.columns < 24 {
      halves = [rest]
    } else {
      let width = (rest.columns - 1) / 2
      halves = [rest.left(width), rest.dropLeft(width + 1).left(width)]
    }
    panes = halves.map { $0.dropTop(captionRows) }
    captions = halves.map { $0.top(captionRows) }
  }
}
