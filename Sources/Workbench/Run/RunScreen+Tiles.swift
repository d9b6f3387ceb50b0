import Base
import EngineWire

// The tile grid, with the figures below it.

extension RunScreen {
  func drawTiles(_ figures: RunFigures, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) {
    guard !figures.tiles.states.isEmpty else {
      // The reason of a failure stands beside it, in place of the picture.
      let lines = result(figures, columns: area.columns, tellsFailure: figures.picture.state != .failed)
      for (row, line) in lines.prefix(area.rows).enumerated() {
        canvas.write(line.text, in: area.dropTop(row), look[line.role, on: .panel])
      }
      return
    }
    let figureRows = figures.progress == nil ? 0 : min(3, max(0, area.rows - 2))
    let grid = area.dropBottom(figureRows)
    let used: Int
    if figures.networkTexts != nil {
      // A grid of one cell would stand still: the blocks of the network are what goes on.
      let label = canvas.write("network ", in: grid, look[.faint, on: .panel])
      canvas.drawMeter(
        figures.fraction, "\(Int((figures.fraction * 100).rounded(.down))) %, one tile",
        in: grid.top(1).dropLeft(label), look)
      used = min(2, grid.rows)
    } else {
      used = drawCountedGrid(figures.tiles, on: &canvas, in: grid, look)
    }
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
  private func result(
    _ figures: RunFigures, columns: Int, tellsFailure: Bool = true
  ) -> [(text: String, role: Look.Role)] {
    let picture = figures.picture
    var lines: [(text: String, role: Look.Role)] = []
    if let reason = picture.reason, tellsFailure {
      lines += reason.reason(at: [picture.input, picture.output]).wrapped(columns: columns).map {
        ($0, picture.state == .failed ? .error : .faint)
      }
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

  /// The tiles, and below them how many there are in each state.
  ///
  /// - Returns: the rows taken.
  private func drawCountedGrid(
    _ tiles: RunTiles, on canvas: inout Canvas, in area: CanvasArea, _ look: Look
  ) -> Int {
    guard area.rows >= 3 else { return drawGrid(tiles, on: &canvas, in: area, look) }
    let used = drawGrid(tiles, on: &canvas, in: area.dropBottom(1), look)
    var counts = TileState.allCases.compactMap { state in
      let count = tiles.states.count { $0 == state }
      return count > 0 ? "\(count) \(state.rawValue)" : nil
    }
    let side = RunGrid(tiles, in: area.dropBottom(1)).side
    if side > 1 { counts.append("a square is \(side) x \(side) tiles") }
    canvas.write(counts.joined(separator: ", "), in: area.dropTop(used).top(1), look[.faint, on: .panel])
    return used + 1
  }

  /// - Returns: the rows taken.
  func drawGrid(_ tiles: RunTiles, on canvas: inout Canvas, in area: CanvasArea, _ look: Look) -> Int {
    guard area.rows >= 1 else { return 0 }
    let shape = RunGrid(tiles, in: area)
    for (row, line) in shape.units.enumerated() {
      for (column, state) in line.enumerated() {
        let place = shape.place(row: row, column: column)
        let style = look[Self.role(state)]
        canvas.fill(place, style)
        canvas.write(Self.sign(state, look), in: place.dropTop((place.rows - 1) / 2), style, .centre)
      }
    }
    return shape.rows
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

/// The tiles of a picture and how far each of them is.
struct RunTiles: Hashable, Sendable {
  let states: [TileState]
  let perRow: Int

  init(_ picture: PictureProgress, _ told: [Int: TileState]?) {
    perRow = max(1, picture.tilesPerRow)
    let isDone = picture.state == .done
    states = picture.tiles.indices.map { place in
      if isDone { return .done }
      return told?[place] ?? (place < picture.tilesDone ? .done : .waiting)
    }
  }

  init(states: [TileState], perRow: Int) { (self.states, self.perRow) = (states, max(1, perRow)) }

  var rows: Int { (states.count + perRow - 1) / perRow }
  var done: Int { states.count { $0 == .done } }
  var running: Int? { states.firstIndex(of: .running) }

  /// Tiles in units of `side` x `side`, so that the grid fits into `columns` x `rows` units.
  func folded(columns: Int, rows most: Int) -> (units: [[TileState]], side: Int) {
    guard !states.isEmpty, columns > 0, most > 0 else { return ([], 1) }
    let side = max(1, max((perRow + columns - 1) / columns, (rows + most - 1) / most))
    let (across, down) = ((perRow + side - 1) / side, (rows + side - 1) / side)
    let units = (0..<down).map { row in
      (0..<across).map { column in
        var counts: [TileState: Int] = [:]
        for y in row * side..<min((row + 1) * side, rows) {
          for x in column * side..<min((column + 1) * side, perRow) where y * perRow + x < states.count {
            counts[states[y * perRow + x], default: 0] += 1
          }
        }
        return Self.summary(counts)
      }
    }
    return (units, side)
  }

  /// What stands out: a failure, work, work begun. A unit is done when all its tiles are.
  private static func summary(_ counts: [TileState: Int]) -> TileState {
    if counts[.failed] != nil { return .failed }
    if counts[.running] != nil { return .running }
    return counts[.waiting] == nil ? .done : .waiting
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
