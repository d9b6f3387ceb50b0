import Glibc

/// Noise from the median of the finest diagonal details of a Daubechies-2 wavelet.
enum WaveletNoise {
  static let smallestSide = 4
  /// Half of all values of a normal distribution lie within this many standard deviations.
  private static let quartile = 0.674489750196081743
  /// Details smaller than this many levels are those of a flat place.
  private static let flat = 1e-6
  /// The high-pass filter: the scaling filter (1 + √3, 3 + √3, 3 - √3, 1 - √3) / (4 √2) turned round, signs alternating.
  private static let highPass: [Double] = {
    let root = 3.0.squareRoot()
    let scale = 4 * 2.0.squareRoot()
    return [-(1 + root) / scale, (3 + root) / scale, -(3 - root) / scale, (1 - root) / scale]
  }()

  /// Standard deviation in levels, mean over channels; 0 for a flat picture.
  static func deviation(_ rows: MeasuredRows) -> Double {
    let sum = (0..<rows.channels).reduce(0) { $0 + deviation(Plane(rows, channel: $1)) }
    return sum / Double(rows.channels)
  }

  private static func deviation(_ plane: Plane) -> Double {
    var details = diagonalDetails(plane).map { abs($0) }.filter { $0 >= flat }
    guard !details.isEmpty else { return 0 }
    details.sort()
    let middle = details.count / 2
    let median = details.count % 2 == 1 ? details[middle] : (details[middle - 1] + details[middle]) / 2
    return median / quartile
  }

  private static func diagonalDetails(_ plane: Plane) -> [Double] {
    let (columns, rows) = (places(plane.width), places(plane.height))
    let halfWidth = columns.count
    var across = [Double](repeating: 0, count: halfWidth * plane.height)
    for y in 0..<plane.height {
      for (i, column) in columns.enumerated() {
        for tap in 0..<4 { across[y * halfWidth + i] += highPass[tap] * plane.values[y * plane.width + column[tap]] }
      }
    }
    var details = [Double](repeating: 0, count: halfWidth * rows.count)
    for (i, row) in rows.enumerated() {
      for tap in 0..<4 {
        for x in 0..<halfWidth { details[i * halfWidth + x] += highPass[tap] * across[row[tap] * halfWidth + x] }
      }
    }
    return details
  }

  /// The four samples that make each detail along an axis of `length`: every second place, mirrored at the ends with the end
  /// sample repeated.
  private static func places(_ length: Int) -> [[Int]] {
    (0..<(length + 3) / 2).map { detail in
      (0..<4).map { tap in
        let place = 2 * detail + 1 - tap
        return place < 0 ? -1 - place : place >= length ? 2 * length - 1 - place : place
      }
    }
  }
}
