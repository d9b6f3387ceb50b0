import EngineWire

// The tile grid, with the figures below it.

extension RunScreen {
  func drawTiles(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let figureRows = min(3, max(0, area.rows - 2))
    drawGrid(figures, on: &canvas, in: area.dropBottom(figureRows), look)
    let lines = area.bottom(figureRows)
    let half = lines.columns / 2
    if figureRows >= 1 {
      canvas.write(
        [("speed ", look[.faint, on: .panel]), (figures.speed, look[.text, on: .panel])], in: lines.left(half))
      canvas.write(
        [("cpu ", look[.faint, on: .panel]), (figures.cpu, look[.text, on: .panel])], in: lines.dropLeft(half))
    }
    if figureRows >= 2 {
      let meter = lines.dropTop(1).top(1)
      if figures.progress != nil {
        let used = canvas.write("memory ", in: meter, look[.faint, on: .panel])
        canvas.drawMeter(figures.memoryFraction, figures.memory, in: meter.dropLeft(used), look)
      } else {
        canvas.write(result(figures), in: meter, look[.faint, on: .panel], cut: .start)
      }
    }
  }

  /// Two lines in place of the grid, where there is no room for it.
  func drawFigureLines(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let inner = area.inset(columns: area.columns > 20 ? 1 : 0)
    let first = figures.progress == nil ? result(figures) : "speed \(figures.speed)  cpu \(figures.cpu)"
    canvas.write(first, in: inner, look[.text], cut: figures.progress == nil ? .start : .end)
    if area.rows > 1 && figures.progress != nil {
      canvas.write("memory \(figures.memory)", in: inner.dropTop(1), look[.faint])
    }
  }

  /// What came out.
  private func result(_ figures: RunFigures) -> String {
    guard figures.picture.state == .done else { return "" }
    return ([figures.seams].compactMap { $0 } + [figures.picture.output]).joined(separator: ", ")
  }

  private func drawGrid(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    guard !figures.tiles.states.isEmpty, area.rows >= 1 else {
      canvas.write("tiles are not planned yet", in: area, look[.faint, on: .panel])
      return
    }
    let grid = area.dropBottom(area.rows >= 3 ? 1 : 0)
    // Three cells a tile where there is room: two coloured ones and a gap.
    let isWide = figures.tiles.perRow * 3 - 1 <= grid.columns
    let pitch = isWide ? 3 : figures.tiles.perRow * 2 - 1 <= grid.columns ? 2 : 1
    let (units, side) = figures.tiles.folded(
      columns: max(1, (grid.columns + (pitch > 1 ? 1 : 0)) / pitch), rows: grid.rows)
    for (row, line) in units.enumerated() {
      for (column, state) in line.enumerated() {
        let place = grid.dropTop(row).dropLeft(column * pitch).left(max(1, pitch - 1)).top(1)
        let style = look[Self.role(state)]
        canvas.fill(place, style)
        canvas.write(Self.sign(state, look), in: place, style)
      }
    }
    guard area.rows >= 3 else { return }
    var counts = TileState.allCases.compactMap { state in
      let count = figures.tiles.states.count { $0 == state }
      return count > 0 ? "\(count) \(state.rawValue)" : nil
    }
    if side > 1 { counts.append("a square is \(side) x \(side) tiles") }
    canvas.write(counts.joined(separator: ", "), in: area.dropTop(units.count).top(1), look[.faint, on: .panel])
  }

  private static func role(_ state: TileState) -> Look.Role {
    switch state {
    case .waiting: .tileWaiting
    case .running: .tileRunning
    case .done: .tileDone
    case .failed: .tileFailed
    }
  }

  /// Told by shape as well as by colour.
  private static func sign(_ state: TileState, _ look: Look) -> String {
    switch state {
    case .waiting: look.colours == .none ? "." : " "
    case .running: look[.pointer]
    case .done: look.colours == .none ? "#" : look[.check]
    case .failed: look[.cross]
    }
  }
}
