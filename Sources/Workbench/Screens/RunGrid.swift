import EngineWire

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
