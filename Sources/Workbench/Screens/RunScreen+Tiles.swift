import EngineWire

// The tile grid, with the figures below it.

extension RunScreen {
  func drawTiles(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    let figureRows = min(3, max(0, area.rows - 2))
    drawGrid(figures, on: &canvas, in: area.dropBottom(figureRows), look)
    let lines = area.bottom(figureRows)
    if figureRows >= 1 {
      let cpu = canvas.write("cpu \(figures.cpu)", in: lines, look[.text, on: .panel], .right)
      canvas.write("speed \(figures.speed)", in: lines.dropRight(cpu + 1), look[.text, on: .panel])
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
    let shape = RunGrid(figures.tiles, in: grid)
    for (row, line) in shape.units.enumerated() {
      for (column, state) in line.enumerated() {
        let place = shape.place(row: row, column: column)
        let style = look[Self.role(state)]
        canvas.fill(place, style)
        canvas.write(Self.sign(state, look), in: place.dropTop((place.rows - 1) / 2), style, .centre)
      }
    }
    guard area.rows >= 3 else { return }
    var counts = TileState.allCases.compactMap { state in
      let count = figures.tiles.states.count { $0 == state }
      return count > 0 ? "\(count) \(state.rawValue)" : nil
    }
    if shape.side > 1 { counts.append("a square is \(shape.side) x \(shape.side) tiles") }
    canvas.write(counts.joined(separator: ", "), in: area.dropTop(shape.rows).top(1), look[.faint, on: .panel])
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

/// How a picture's tiles are laid out in cells: as large as there is room for, folded into larger units where there is too little.
struct RunGrid: Hashable {
  let units: [[TileState]]
  /// Tiles in a row and a column of one unit.
  let side: Int
  private let area: CanvasArea
  /// Cells from one unit to the next.
  private let across: Int
  private let down: Int

  /// Most cells of a unit, the gap included: as square as cells allow.
  private static let largest = (across: 7, down: 3)

  init(_ tiles: RunTiles, in area: CanvasArea) {
    self.area = area
    // A gap of one cell as long as all tiles fit with one.
    let room = max(1, tiles.perRow * 2 - 1 <= area.columns ? (area.columns + 1) / 2 : area.columns)
    (units, side) = tiles.folded(columns: room, rows: max(1, area.rows))
    let columns = max(1, units.first?.count ?? 1)
    across = min(max(1, (area.columns + 1) / columns), Self.largest.across)
    down = min(max(1, area.rows / max(1, units.count)), across < 5 ? 1 : Self.largest.down)
  }

  /// Cells of all units.
  var rows: Int { units.count * down }

  func place(row: Int, column: Int) -> CanvasArea {
    area.dropTop(row * down).top(down > 1 ? down - 1 : 1).dropLeft(column * across).left(max(1, across - 1))
  }
}
