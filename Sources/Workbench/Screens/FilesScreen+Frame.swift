import EngineWire

// The preview with the focus: a frame in the picture says what is tried.

extension FilesScreen {
  /// Keys of the preview.
  mutating func frame(_ command: Command, _ session: inout Session) -> Bool {
    guard let path = session.current, let size = pictureSize(of: path) else { return false }
    let frame = session.framed ?? RegionFrame.standard(width: size.width, height: size.height)
    // One cell of the screen, so that every key is seen to do something.
    let step = max(1, size.width / max(1, layout(session).picture.columns))
    var (x, y) = (0, 0)
    switch command {
    case .left: x = -step
    case .right: x = step
    case .up: y = -step
    case .down: y = step
    case .halfPageUp, .pageUp: y = -max(step, frame.height)
    case .halfPageDown, .pageDown: y = max(step, frame.height)
    case .top: (x, y) = (-size.width, -size.height)
    case .bottom: (x, y) = (size.width, size.height)
    case .zoomIn, .zoomOut:
      session.framed = RegionFrame.resized(
        frame, by: command == .zoomIn ? 1 : -1, width: size.width, height: size.height)
      return true
    case .open:
      startTrial(&session)
      return true
    default: return false
    }
    session.framed = RegionFrame.moved(frame, x: x, y: y, width: size.width, height: size.height)
    return true
  }

  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    guard !trial.isOpen else { return trial.mouse(event, in: area, &session) }
    let layout = FilesLayout(area, pane: pane)
    switch event.action {
    case .scrollUp, .scrollDown:
      let rows = event.action == .scrollUp ? -3 : 3
      cursor.scroll(by: rows, count: tree.rows.count, visible: layout.listRows)
    case .press where layout.rows.contains(column: event.column, row: event.row):
      click(event.row - layout.rows.row, layout, &session)
    case .press, .drag, .release: drag(event, layout, &session)
    }
    settle(&session)
  }

  /// A click chooses a row; one on the chosen row opens it.
  private mutating func click(_ row: Int, _ layout: FilesLayout, _ session: inout Session) {
    pane = .list
    let first = cursor.firstRow(count: tree.rows.count, visible: layout.listRows)
    guard tree.rows.indices.contains(first + row) else { return }
    guard first + row != cursor.index else { return open(&session) }
    cursor.move(to: first + row, count: tree.rows.count, visible: layout.listRows)
  }

  /// Dragging over the preview frames what lies between.
  private mutating func drag(_ event: MouseEvent, _ layout: FilesLayout, _ session: inout Session) {
    guard let info = preview.shown?.info else { return }
    let placement = PicturePlacement(
      width: info.pictureWidth, height: info.pictureHeight, in: layout.picture)
    guard let place = placement.pixel(column: event.column, row: event.row) else { return }
    switch event.action {
    case .press:
      dragStart = place
      pane = .preview
    case .drag, .release:
      guard let start = dragStart else { return }
      if start != place || event.action == .drag {
        session.framed = RegionFrame.spanning(start, place, width: info.pictureWidth, height: info.pictureHeight)
      }
      if event.action == .release { dragStart = nil }
    case .scrollUp, .scrollDown: break
    }
  }
}
