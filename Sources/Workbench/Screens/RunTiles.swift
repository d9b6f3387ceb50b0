import EngineWire

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
