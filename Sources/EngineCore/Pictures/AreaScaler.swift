/// Scales by area: each value of the result is the mean of what lies under it, parts of pixels counted as such.
///
/// Works row by row, so the source is never held in float.
struct AreaScaler {
  /// One row of the source in float.
  struct Row {
    var values: [Float]

    mutating func take<Value: FixedWidthInteger & UnsignedInteger>(
      _ samples: Slice<UnsafeBufferPointer<Value>>, full: Float
    ) {
      let scale = 1 / full
      for (index, sample) in samples.enumerated() { values[index] = Float(UInt32(truncatingIfNeeded: sample)) * scale }
    }
  }

  private let height: Int
  private let channels: Int
  private let targetWidth: Int
  private let targetHeight: Int
  private let across: Axis
  private let down: Axis
  private let width: Int

  init(from source: (width: Int, height: Int), to target: (width: Int, height: Int), channels: Int) {
    (width, height) = source
    (targetWidth, targetHeight) = target
    self.channels = channels
    across = Axis(source: source.width, target: target.width)
    down = Axis(source: source.height, target: target.height)
  }

  /// - Parameter read: fills the row with `width * channels` values of source row `y`.
  /// - Returns: `[targetHeight, targetWidth, channels]`.
  func scaled(_ read: (_ y: Int, _ row: inout Row) -> Void) -> [Float] {
    var result = [Float](repeating: 0, count: targetWidth * targetHeight * channels)
    var row = Row(values: [Float](repeating: 0, count: width * channels))
    var narrow = [Float](repeating: 0, count: targetWidth * channels)
    var narrowed = -1
    for y in 0..<targetHeight {
      for (offset, weight) in down.weights(of: y).enumerated() {
        let source = down.first(of: y) + offset
        if source != narrowed {
          read(source, &row)
          narrowRow(row.values, into: &narrow)
          narrowed = source
        }
        let start = y * targetWidth * channels
        for index in narrow.indices { result[start + index] += weight * narrow[index] }
      }
    }
    return result
  }

  private func narrowRow(_ row: [Float], into narrow: inout [Float]) {
    row.withUnsafeBufferPointer { row in
      for x in 0..<targetWidth {
        let (first, weights) = (across.first(of: x), across.weights(of: x))
        for channel in 0..<channels {
          var sum: Float = 0
          var index = first * channels + channel
          for weight in weights {
            sum += weight * row[index]
            index += channels
          }
          narrow[x * channels + channel] = sum
        }
      }
    }
  }

  /// What of the source lies under each place of the target, along one axis.
  private struct Axis {
    private var starts: [Int] = []
    private var offsets: [Int] = [0]
    private var all: [Float] = []

    init(source: Int, target: Int) {
      // Place i covers [i * source, (i + 1) * source) in units of 1 / target of a source pixel.
      for place in 0..<target {
        let (from, to) = (place * source, (place + 1) * source)
        let (first, last) = (from / target, (to - 1) / target)
        starts.append(first)
        for pixel in first...last {
          let covered = min(to, (pixel + 1) * target) - max(from, pixel * target)
          all.append(Float(covered) / Float(source))
        }
        offsets.append(all.count)
      }
    }

    func first(of place: Int) -> Int { starts[place] }
    func weights(of place: Int) -> ArraySlice<Float> { all[offsets[place]..<offsets[place + 1]] }
  }
}
