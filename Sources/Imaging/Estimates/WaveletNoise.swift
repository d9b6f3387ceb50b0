/// Noise from the median of the finest diagonal details of a Daubechies-2 wavelet: in that band there is little but noise, and
/// the median does not mind the rest.
enum WaveletNoise {
  static let smallestSide = 4
  /// Details looked at, at most; of larger pictures whole rows are, spread evenly.
  static let mostDetails = 1 << 22
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
    let sum = (0..<rows.channels).reduce(0) { $0 + deviation(rows, channel: $1) }
    return sum / Double(rows.channels)
  }

  private static func deviation(_ rows: MeasuredRows, channel: Int) -> Double {
    var details = diagonalDetails(rows, channel)
    guard let median = details.median() else { return 0 }
    return median / quartile
  }

  /// Absolute values of the details, left out those of flat places and those that touch a sample at black or white, where part
  /// of the noise is cut off.
  private static func diagonalDetails(_ rows: MeasuredRows, _ channel: Int) -> [Double] {
    let (across, down) = (places(rows.width), places(rows.height))
    let step = max(1, (across.count * down.count + mostDetails - 1) / mostDetails)
    var details: [Double] = []
    details.reserveCapacity(across.count * ((down.count + step - 1) / step))
    var row = [Double](repeating: 0, count: rows.width)
    // Rows filtered along x. A row of details needs four and shares two with the next.
    var filtered = [Line](repeating: Line(count: across.count), count: 4)
    for detail in stride(from: 0, to: down.count, by: step) {
      if rows.isUnwanted { return [] }
      var line = Line(count: across.count)
      for tap in 0..<4 {
        let y = down[detail][tap]
        if filtered[y % 4].y != y {
          row.withUnsafeMutableBufferPointer { rows.read(y, channel, into: $0) }
          filtered[y % 4].filter(row, across, y)
        }
        line.add(filtered[y % 4], times: highPass[tap])
      }
      for (value, isClipped) in zip(line.values, line.isClipped) where !isClipped && abs(value) >= flat {
        details.append(abs(value))
      }
    }
    return details
  }

  /// A row of filtered values, and whether they touch a clipped sample.
  private struct Line {
    var y = -1
    var values: [Double]
    var isClipped: [Bool]

    init(count: Int) {
      values = [Double](repeating: 0, count: count)
      isClipped = [Bool](repeating: false, count: count)
    }

    mutating func filter(_ row: [Double], _ places: [[Int]], _ y: Int) {
      self.y = y
      for (i, place) in places.enumerated() {
        var sum = 0.0
        var touches = false
        for tap in 0..<4 {
          let value = row[place[tap]]
          sum += highPass[tap] * value
          if value <= 0 || value >= 255 { touches = true }
        }
        (values[i], isClipped[i]) = (sum, touches)
      }
    }

    mutating func add(_ other: Line, times weight: Double) {
      for i in values.indices {
        values[i] += weight * other.values[i]
        isClipped[i] = isClipped[i] || other.isClipped[i]
      }
    }
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

extension [Double] {
  /// The median, of an even number of values the mean of the two in the middle; nil where there are none. Changes the order.
  mutating func median() -> Double? {
    guard !isEmpty else { return nil }
    let middle = count / 2
    select(middle)
    guard count % 2 == 0 else { return self[middle] }
    // What lies before the middle is not larger.
    return (self[..<middle].max()! + self[middle]) / 2
  }

  /// Moves the values so that the one with `rank` smaller ones before it is in its place (Hoare's quickselect).
  private mutating func select(_ rank: Int) {
    withUnsafeMutableBufferPointer { values in
      var (low, high) = (0, values.count - 1)
      while low < high {
        let middle = (low + high) / 2
        // The median of three keeps sorted input fast.
        let (a, b, c) = (values[low], values[middle], values[high])
        let pivot = Swift.max(Swift.min(a, b), Swift.min(Swift.max(a, b), c))
        var (i, j) = (low, high)
        while i <= j {
          while values[i] < pivot { i += 1 }
          while values[j] > pivot { j -= 1 }
          if i <= j {
            values.swapAt(i, j)
            i += 1
            j -= 1
          }
        }
        if rank <= j { high = j } else if rank >= i { low = i } else { return }
      }
    }
  }
}
