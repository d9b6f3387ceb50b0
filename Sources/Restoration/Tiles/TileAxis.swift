/// One axis of a tile plan: the spans of its tiles and their blend weights.
package struct TileAxis: Hashable, Sendable {
  package let length: Int
  package let tile: Int
  let stride: Int
  package let count: Int
  let blending: Blending

  /// - Precondition: `length` and `tile` at least 1; `overlap` in `0...tile / 2`.
  package init(length: Int, tile: Int, overlap: Int, blending: Blending) {
    precondition(length >= 1 && tile >= 1 && (0...tile / 2).contains(overlap))
    self.length = length
    self.tile = min(tile, length)
    self.stride = tile - overlap
    self.blending = blending
    let remaining = length - self.tile
    count = 1 + (remaining + stride - 1) / stride
  }

  /// Pixels of tile `index`.
  package subscript(index: Int) -> Range<Int> {
    let start = min(index * stride, length - tile)
    return start..<start + tile
  }

  /// The pixels of tile `index` whose distance from its ends is larger than from those of any other tile that holds them; the ends of the
  /// picture hide nothing. Each pixel is one tile's own.
  func own(_ index: Int) -> Range<Int> {
    func border(_ index: Int) -> Int {
      index <= 0 ? 0 : index >= count ? length : (self[index].lowerBound + self[index - 1].upperBound + 1) / 2
    }
    return border(index)..<border(index + 1)
  }

  /// The lines, on a picture enlarged `scale` times, that a tile begins or ends with: `x` lies between pixels `x - 1` and `x`.
  /// In ascending order; the ends of the picture are none.
  func seams(scale: Int) -> [Int] {
    let borders = (1..<max(1, count)).flatMap { [self[$0].lowerBound * scale, self[$0 - 1].upperBound * scale] }
    return Set(borders).sorted()
  }

  /// Blend weights of tile `index` along this axis on a picture enlarged `scale` times: `tile * scale` positive numbers.
  ///
  /// At each pixel the weights of all tiles that cover it sum to one. Before that division a feathered tile has weight 1,
  /// falling linearly towards its ends over what it shares with the next tile on that side.
  package func weights(of index: Int, scale: Int) -> [Float] {
    let own = span(index, scale)
    var first = index
    while first > 0, span(first - 1, scale).upperBound > own.lowerBound { first -= 1 }
    var last = index
    while last + 1 < count, span(last + 1, scale).lowerBound < own.upperBound { last += 1 }
    return own.map { x in
      let sum = (first...last).reduce(0.0) { $0 + height(of: $1, at: x, scale) }
      return Float(height(of: index, at: x, scale) / sum)
    }
  }

  private func span(_ index: Int, _ scale: Int) -> Range<Int> {
    self[index].lowerBound * scale..<self[index].upperBound * scale
  }

  /// Weight of tile `index` at pixel `x` before the division; zero outside the tile.
  private func height(of index: Int, at x: Int, _ scale: Int) -> Double {
    let own = span(index, scale)
    guard own.contains(x) else { return 0 }
    guard blending == .feathered else { return 1 }
    var height = 1.0
    if index > 0 {
      let shared = span(index - 1, scale).upperBound - own.lowerBound
      height = min(height, Double(x - own.lowerBound + 1) / Double(shared + 1))
    }
    if index + 1 < count {
      let shared = own.upperBound - span(index + 1, scale).lowerBound
      height = min(height, Double(own.upperBound - x) / Double(shared + 1))
    }
    return height
  }
}
