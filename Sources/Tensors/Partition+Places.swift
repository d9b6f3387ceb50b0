extension Partition {
  /// The cell of a map position, and its token in that cell.
  package func place(y: Int, x: Int) -> (cell: Int, token: Int) {
    precondition((0..<height).contains(y) && (0..<width).contains(x))
    let (row, column) = ((y - shiftY + height) % height, (x - shiftX + width) % width)
    return (
      row / cellHeight * columns + column / cellWidth, row % cellHeight * cellWidth + column % cellWidth
    )
  }

  /// The position of the first token of a cell in the map; tokens to the right of and below it wrap around at the map's ends.
  package func corner(of cell: Int) -> (y: Int, x: Int) {
    ((cell / columns * cellHeight + shiftY) % height, (cell % columns * cellWidth + shiftX) % width)
  }

  /// For each token of a cell the index of its pixel in the map.
  package func pixels(of cell: Int) -> [Int32] {
    [Int32](unsafeUninitializedCapacity: tokens) { buffer, count in
      writePixels(of: cell, to: buffer.baseAddress!)
      count = tokens
    }
  }
}

extension AttentionGeometry {
  /// Which keys of a cell one query must not see, since they were apart before the roll; empty where it may see all.
  package func maskedKeys(token: Int, cell: Int) -> [Bool] {
    guard let mask = masks[keys.border(of: cell).rawValue] else { return [] }
    let row = mask.values.base + Int(mask.offsets[token])
    return (0..<keys.tokens).map { row[$0] < 0 }
  }
}
