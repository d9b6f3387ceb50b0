import Glibc

/// How far steps across the borders of 8 x 8 blocks stand out from steps within them (Yim, Bovik 2011, equations 12 to 17).
struct BlockingEffect {
  /// As GRL and SwinIR have it: pairs are counted as if sides were cut to multiples of eight, and decibels are taken channel
  /// by channel, then averaged. Otherwise pairs are counted as they are and channels put together before the logarithm. Both
  /// agree on gray pictures whose sides are multiples of eight.
  let isNominal: Bool

  static let blockSide = 8
  /// Two blocks side by side.
  static let smallestSide = 16

  /// PSNR-B in dB.
  func signalToNoise(_ rows: MeasuredRows, _ reference: MeasuredRows) -> Double {
    let channels = (0..<rows.channels).map { measure(rows, reference: reference, channel: $0) }
    let sums = channels.map { $0.squaredError + $0.factor }
    func decibels(_ error: Double) -> Double { 10 * log10(255 * 255 / error) }
    return isNominal
      ? sums.map(decibels).reduce(0, +) / Double(sums.count)
      : decibels(sums.reduce(0, +) / Double(sums.count))
  }

  private func measure(
    _ rows: MeasuredRows, reference: MeasuredRows, channel: Int
  ) -> (squaredError: Double, factor: Double) {
    let (width, height, side) = (rows.width, rows.height, Self.blockSide)
    var (row, above) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    var clean = above
    var (atBorders, elsewhere, squaredError) = (0.0, 0.0, 0.0)
    for y in 0..<height {
      row.withUnsafeMutableBufferPointer { rows.read(y, channel, into: $0) }
      clean.withUnsafeMutableBufferPointer { reference.read(y, channel, into: $0) }
      for x in 0..<width { squaredError += (row[x] - clean[x]) * (row[x] - clean[x]) }
      for x in 1..<width {
        let step = (row[x] - row[x - 1]) * (row[x] - row[x - 1])
        if x % side == 0 { atBorders += step } else { elsewhere += step }
      }
      if y > 0 {
        var down = 0.0
        for x in 0..<width { down += (row[x] - above[x]) * (row[x] - above[x]) }
        if y % side == 0 { atBorders += down } else { elsewhere += down }
      }
      swap(&row, &above)
    }

    func borders(_ length: Int) -> Int { isNominal ? length / side - 1 : (length - 1) / side }
    let borderPairs = height * borders(width) + width * borders(height)
    // The published programs count pairs along rows and columns, each less its own share of borders.
    let otherPairs = height * (width - 1) + width * (height - 1) - borderPairs
    let excess = atBorders / Double(borderPairs) - elsewhere / Double(otherPairs)
    let weight = log2(Double(side)) / log2(Double(min(width, height)))
    return (squaredError / Double(width * height), excess > 0 ? weight * excess : 0)
  }
}
