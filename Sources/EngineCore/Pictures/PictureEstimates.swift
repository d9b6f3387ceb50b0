import Imaging

/// What a look at the samples tells of a picture's damage.
package struct PictureEstimates: Hashable, Sendable {
  /// Standard deviation of the noise on the scale 0...255; nil where too little of the picture can be used.
  package let noiseSigma: Double?
  /// Strength of an 8 x 8 grid as JPEG leaves it: how much larger the steps on its lines are than elsewhere, 0 none.
  package let blockiness: Double?

  /// Nothing is told.
  package static let none = PictureEstimates(noiseSigma: nil, blockiness: nil)

  private init(noiseSigma: Double?, blockiness: Double?) {
    self.noiseSigma = noiseSigma
    self.blockiness = blockiness
  }

  package init(_ image: Image) {
    noiseSigma = NoiseEstimate.sigma(of: image)
    blockiness = GridEstimate.blockiness(of: image)
  }
}

/// Noise from the finest diagonal details: in a wavelet's diagonal band there is little but noise, and the median does not
/// mind the rest. Source: Donoho and Johnstone, "Ideal spatial adaptation by wavelet shrinkage" (1994): sigma = median(|d|) / 0.6745.
enum NoiseEstimate {
  /// Rows of blocks looked at, at most; they are spread over the picture.
  private static let mostRows = 1024
  private static let fewestBlocks = 64

  /// The median over the colours of each colour's sigma: noise is stronger in a colour than in luma, which mixes three.
  static func sigma(of image: Image) -> Double? {
    let sigmas = (0..<image.layout.colourChannels).compactMap { sigma(of: image, channel: $0) }.sorted()
    return sigmas.isEmpty ? nil : sigmas[sigmas.count / 2]
  }

  private static func sigma(of image: Image, channel: Int) -> Double? {
    switch image.samples {
    case .eight(let values): sigma(values, image, channel, unit: 1)
    // 16-bit samples are looked at in 64 steps of an 8-bit one, fine enough for any noise that can be seen.
    case .sixteen(let values): sigma(values, image, channel, unit: 4)
    }
  }

  private static func sigma<Value: FixedWidthInteger & UnsignedInteger>(
    _ values: [Value], _ image: Image, _ channel: Int, unit: Int
  ) -> Double? {
    let (width, channels) = (image.width, image.layout.channels)
    let blockRows = image.height / 2
    guard blockRows > 0, width >= 2 else { return nil }
    let step = max(1, blockRows / mostRows)
    // |a - b - c + d| in units of 1 / 2 (8 bits) or 4 (16 bits) of a sample, counted.
    var counts = [Int](repeating: 0, count: (2 * Int(Value.max)) / unit + 1)
    var total = 0
    values.withUnsafeBufferPointer { values in
      for block in stride(from: 0, to: blockRows, by: step) {
        var above = 2 * block * width * channels + channel
        var below = above + width * channels
        for _ in 0..<width / 2 {
          let (a, b) = (Int(values[above]), Int(values[above + channels]))
          let (c, d) = (Int(values[below]), Int(values[below + channels]))
          above += 2 * channels
          below += 2 * channels
          // Where samples are clipped at black or white, part of the noise is gone.
          if min(a, b, c, d) == 0 || max(a, b, c, d) == Int(Value.max) { continue }
          counts[abs(a - b - c + d) / unit] += 1
          total += 1
        }
      }
    }
    guard total >= fewestBlocks else { return nil }
    return median(counts, total) * Double(unit) / 2 / 0.6745 * (255 / Double(Value.max))
  }

  /// The median of the counted numbers; within a count, values are taken to be spread evenly over `number - 1/2 ... number + 1/2`.
  private static func median(_ counts: [Int], _ total: Int) -> Double {
    let half = Double(total) / 2
    var below = 0.0
    for (number, count) in counts.enumerated() {
      if below + Double(count) >= half {
        let share = count == 0 ? 0 : (half - below) / Double(count)
        return number == 0 ? share / 2 : Double(number) - 0.5 + share
      }
      below += Double(count)
    }
    return 0
  }
}

/// The grid that JPEG's 8 x 8 blocks leave: steps between neighbours are larger on its lines.
enum GridEstimate {
  private static let mostLines = 2048

  static func blockiness(of image: Image) -> Double? {
    guard image.width >= 32, image.height >= 32 else { return nil }
    let columns = phases(image, along: .columns)
    let rows = phases(image, along: .rows)
    return (strength(columns) + strength(rows)) / 2
  }

  /// How far the largest of the eight phases is above the median. Phases of a picture without a grid differ by a few
  /// percent; that much is taken off.
  private static func strength(_ phases: [Double]) -> Double {
    let sorted = phases.sorted()
    let median = (sorted[3] + sorted[4]) / 2
    guard median > 0 else { return sorted[7] > 0 ? 1 : 0 }
    return max(0, sorted[7] / median - 1 - 0.05)
  }

  private enum Direction { case columns, rows }

  /// Mean size of the step to the next pixel beyond what the steps beside it suggest, for each place modulo 8.
  private static func phases(_ image: Image, along direction: Direction) -> [Double] {
    let (length, lines) = direction == .columns ? (image.width, image.height) : (image.height, image.width)
    let skip = max(1, lines / mostLines)
    var sums = [Double](repeating: 0, count: 8)
    var counts = [Double](repeating: 0, count: 8)
    for line in stride(from: 0, to: lines, by: skip) {
      let region =
        direction == .columns
        ? PixelRegion(x: 0, y: line, width: length, height: 1) : PixelRegion(x: line, y: 0, width: 1, height: length)
      let luma = image.floats(.gray, of: region)
      for x in 2..<length - 1 {
        let step = abs(luma[x] - luma[x - 1])
        let beside = (abs(luma[x - 1] - luma[x - 2]) + abs(luma[x + 1] - luma[x])) / 2
        // The bound keeps a few hard edges from deciding.
        sums[x % 8] += Double(min(0.1, max(0, step - beside)))
        counts[x % 8] += 1
      }
    }
    return zip(sums, counts).map { $0 / max(1, $1) }
  }
}
