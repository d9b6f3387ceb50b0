extension CompareScreen {
  /// The wheel zooms at the pointer, a click reads a pixel, dragging moves the pictures, or the edge of a wipe.
  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    guard info != nil else { return }
    let layout = layout(area)
    let room = room(layout, session)
    let shown = CompareGeometry(window, frame: frame, room: room)
    guard let pane = layout.panes.first(where: { $0.contains(column: event.column, row: event.row) }) else {
      dragged = nil
      return
    }
    let place = picturePlace(shown, room, in: pane)
    let (x, y) = ((event.column - place.column) * room.perColumn, (event.row - place.row) * room.perRow)
    let isInside = (0..<shown.shownWidth).contains(x) && (0..<shown.shownHeight).contains(y)
    let pixel = shown.pixel(x: x + room.perColumn / 2, y: y + room.perRow / 2)
    switch event.action {
    case .scrollUp, .scrollDown:
      if isInside { window.read(x: pixel.x, y: pixel.y, frame: frame) }
      _ = window.perform(event.action == .scrollUp ? .zoomIn : .zoomOut, frame: frame, room: room)
    case .press, .drag:
      if mode == .wipe {
        edge = min(1, max(0, Double(x) / Double(max(1, shown.shownWidth))))
      } else if event.action == .press, isInside {
        window.read(x: pixel.x, y: pixel.y, frame: frame)
      } else if event.action == .drag, let dragged {
        let (across, down) = (dragged.column - event.column, dragged.row - event.row)
        window.drag(
          Double(across * room.perColumn) * shown.step, Double(down * room.perRow) * shown.step, frame: frame,
          room: room)
      }
      dragged = (event.column, event.row)
    case .release: dragged = nil
    }
    settle(&session)
  }
}
