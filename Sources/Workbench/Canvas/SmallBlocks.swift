/// Six or eight pixels in one cell of two colours.
package enum SmallBlocks {
  /// Sextants (U+1FB00...) by mask; the four that are older blocks stand elsewhere in Unicode.
  package static let sextants: [Character] = (0..<64).map { mask in
    switch mask {
    case 0: " "
    case 0b010101: "\u{258c}"
    case 0b101010: "\u{2590}"
    case 63: "\u{2588}"
    default: scalar(0x1fb00 + mask - 1 - (mask > 0b010101 ? 1 : 0) - (mask > 0b101010 ? 1 : 0))
    }
  }

  /// Octants (U+1CD00..., Unicode 16) by mask, in the order of their masks; 26 of the 256 are older characters.
  package static let octants: [Character] = {
    var elsewhere: [Int: Int] = [
      3: 0x1fb82, 192: 0x2582, 63: 0x1fb85, 252: 0x2586, 1: 0x1cea8, 2: 0x1ceab, 64: 0x1cea3, 128: 0x1cea0,
      20: 0x1fbe6, 40: 0x1fbe7,
    ]
    // What quarters can show: two rows each.
    for quarters in 0..<16 {
      let mask = [5, 10, 80, 160].enumerated().reduce(0) { $0 | (quarters >> $1.offset & 1 == 1 ? $1.element : 0) }
      elsewhere[mask] = Int(QuarterBlock.glyphs[quarters].unicodeScalars.first!.value)
    }
    var next = 0x1cd00
    return (0..<256).map { mask in
      if let value = elsewhere[mask] { return scalar(value) }
      defer { next += 1 }
      return scalar(next)
    }
  }()

  private static func scalar(_ value: Int) -> Character { Character(Unicode.Scalar(UInt32(value)) ?? "?") }

  /// Two groups of pixels, each shown by its mean: along the line on which the channels change most, the cut of least squared
  /// error. The first pixel is in the background, so that equal pictures give equal cells.
  package static func split(_ pixels: [RGB]) -> (mask: Int, foreground: RGB, background: RGB) {
    func channels(_ colour: RGB) -> SIMD3<Int> { SIMD3(Int(colour.red), Int(colour.green), Int(colour.blue)) }
    let values = pixels.map(channels)
    var (low, high) = (values[0], values[0])
    for value in values.dropFirst() {
      low.replace(with: value, where: value .< low)
      high.replace(with: value, where: value .> high)
    }
    let total = values.reduce(SIMD3<Int>.zero, &+)
    func colour(_ sum: SIMD3<Int>, _ count: Int) -> RGB {
      RGB(UInt8(sum[0] / count), UInt8(sum[1] / count), UInt8(sum[2] / count))
    }
    guard low != high else { return (0, pixels[0], pixels[0]) }
    let ranges = high &- low
    let widest = (0..<3).max { ranges[$0] < ranges[$1] } ?? 0
    var direction = SIMD3<Int>.zero
    for channel in 0..<3 {
      // A channel that falls where the widest one rises counts the other way round.
      let together = values.reduce(0) {
        $0 + ($1[channel] * values.count - total[channel]) * ($1[widest] * values.count - total[widest])
      }
      direction[channel] = together < 0 ? -ranges[channel] : ranges[channel]
    }
    let order = values.indices.sorted {
      let (a, b) = ((values[$0] &* direction).wrappedSum(), (values[$1] &* direction).wrappedSum())
      return (a, $0) < (b, $1)
    }
    // The squared error is least where the squared sums, each over its count, are most.
    var (best, bestCount, bestSum) = (-1.0, 0, SIMD3<Int>.zero)
    var sum = SIMD3<Int>.zero
    for (place, index) in order.dropLast().enumerated() {
      sum = sum &+ values[index]
      let rest = total &- sum
      let count = place + 1
      let score =
        Double((sum &* sum).wrappedSum()) / Double(count)
        + Double((rest &* rest).wrappedSum()) / Double(values.count - count)
      if score > best { (best, bestCount, bestSum) = (score, count, sum) }
    }
    var mask = order.prefix(bestCount).reduce(0) { $0 | 1 << $1 }
    var (front, back) = (colour(bestSum, bestCount), colour(total &- bestSum, values.count - bestCount))
    if mask & 1 == 1 {
      mask = (1 << values.count - 1) ^ mask
      (front, back) = (back, front)
    }
    return (mask, front, back)
  }
}
