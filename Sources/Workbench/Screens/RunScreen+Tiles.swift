import Base
import EngineWire

// The tile grid, with the figures below it.

extension RunScreen {
  func drawTiles(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    guard !figures.tiles.states.isEmpty else {
      for (row, line) in result(figures, columns: area.columns).prefix(area.rows).enumerated() {
        canvas.write(line.text, in: area.dropTop(row), look[line.role, on: .panel])
      }
      return
    }
    let figureRows = figures.progress == nil ? 0 : min(3, max(0, area.rows - 2))
    let used = drawGrid(figures, on: &canvas, in: area.dropBottom(figureRows), look)
    let lines = area.dropTop(used).top(figureRows)
    if figureRows >= 1 {
      let cpu = canvas.write("cpu \(figures.cpu)", in: lines, look[.text, on: .panel], .right)
      canvas.write("speed \(figures.speed)", in: lines.dropRight(cpu + 1), look[.text, on: .panel])
    }
    if figureRows >= 2 {
      let meter = lines.dropTop(1).top(1)
      let used = canvas.write("memory ", in: meter, look[.faint, on: .panel])
      canvas.drawMeter(figures.memoryFraction, figures.memory, in: meter.dropLeft(used), look)
    }
  }

  /// Two lines in place of the grid, where there is no room for it.
  func drawFigureLines(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let inner = area.inset(columns: area.columns > 20 ? 1 : 0)
    guard figures.progress != nil else {
      for (row, line) in result(figures, columns: inner.columns).prefix(area.rows).enumerated() {
        canvas.write(line.text, in: inner.dropTop(row), look[line.role])
      }
      return
    }
    canvas.write("speed \(figures.speed)  cpu \(figures.cpu)", in: inner, look[.text])
    if area.rows > 1 { canvas.write("memory \(figures.memory)", in: inner.dropTop(1), look[.faint]) }
  }

  /// What there is to say of a picture that is not at work.
  private func result(_ figures: RunFigures, columns: Int) -> [(text: String, role: Look.Role)] {
    let picture = figures.picture
    var lines: [(text: String, role: Look.Role)] = []
    if let reason = picture.reason {
      lines += reason.wrapped(columns: columns).map { ($0, picture.state == .failed ? .error : .faint) }
    }
    switch picture.state {
    case .done:
      lines.append((lastComponent(picture.output), .text))
      if let seams = figures.seams { lines.append((seams, .text)) }
    case .waiting: lines.append(("not begun; its tiles are planned then", .faint))
    case .running: lines.append(("beginning", .faint))
    case .failed, .skipped, .cancelled: break
    }
    for note in picture.notes { lines += note.wrapped(columns: columns).map { ($0, .faint) } }
    return lines
  }

  /// - Returns: the rows taken.
  private func drawGrid(
    _ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look
  ) -> Int {
    guard area.rows >= 1 else { return 0 }
    let grid = area.dropBottom(area.rows >= 3 ? 1 : 0)
    let shape = RunGrid(figures.tiles, in: grid)
    for (row, line) in shape.units.enumerated() {
      for (column, state) in line.enumerated() {
        let place = shape.place(row: row, column: column)
        let style = look[Self.role(state)]
        canvas.fill(place, style)
        canvas.write(Self.sign(state, look), in: place.dropTop((place.rows - 1) / 2), style, .centre)
      }
    }
    guard area.rows >= 3 else { return shape.rows }
    var counts = TileState.allCases.compactMap { state in
      let count = figures.tiles.states.count { $0 == state }
      return count > 0 ? "\(count) \(state.rawValue)" : nil
    }
    if shape.side > 1 { counts.append("a square is \(shape.side) x \(shape.side) tiles") }
    canvas.write(counts.joined(separator: ", "), in: area.dropTop(shape.rows).top(1), look[.faint, on: .panel])
    return shape.rows + 1
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
