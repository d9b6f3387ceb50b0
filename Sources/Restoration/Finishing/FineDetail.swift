/// Gives back the fine detail of luma that a restoration took away: the finest scales of an undecimated wavelet transform of what
/// the result lacks of the input's luma, added to all channels alike.
///
/// The transform is the `a trous` algorithm with the cubic B-spline, (1 4 6 4 1) / 16 with holes that double from scale to scale (Starck,
/// Murtagh: Astronomical Image and Data Analysis, section 2.3). Since it is linear and without decimation, its `levels` finest scales
/// together are `x - K * x`, K being the separable product of the smoothing filters: a sum over a few rows, which are all that is held.
/// Edges are mirrored with the edge repeated, as each of the filters would do it.
struct FineDetail {
  private let width: Int
  private let height: Int
  private let channels: Int
  private let share: Float
  private let kernel: [Float]
  private var radius: Int { kernel.count / 2 }

  private struct Row {
    let values: [Float]
    let loss: [Float]
    /// The loss smoothed along the row.
    let smooth: [Float]
  }
  /// The rows from `firstRow` on that are still needed.
  private var window: [Row] = []
  private var firstRow = 0
  private var taken = 0
  private var handedOn = 0

  /// Two scales are fine, up to four pixels or so; of an input that was enlarged its own fine scales lie higher.
  static func levels(scale: Int) -> Int { scale == 1 ? 2 : scale == 2 ? 3 : 4 }

  /// Rows held at a time.
  static func rowCount(scale: Int) -> Int { kernel(levels: levels(scale: scale)).count + 1 }

  init(width: Int, height: Int, channels: Int, levels: Int, share: Float) {
    (self.width, self.height, self.channels, self.share) = (width, height, channels, share)
    kernel = Self.kernel(levels: levels)
  }

  /// The smoothing filters of all levels, one after the other.
  private static func kernel(levels: Int) -> [Float] {
    let spline: [Float] = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]
    var kernel: [Float] = [1]
    for level in 0..<levels {
      let step = 1 << level
      var wider = [Float](repeating: 0, count: kernel.count + 4 * step)
      for (place, weight) in kernel.enumerated() {
        for (tap, factor) in spline.enumerated() { wider[place + tap * step] += weight * factor }
      }
      kernel = wider
    }
    return kernel
  }

  /// Takes the next row.
  ///
  /// - Parameters:
  ///   - values: `[width, channels]`.
  ///   - loss: `[width]`, the input's luma less that of `values`.
  ///   - body: gets the rows that are settled.
  mutating func add(
    _ values: [Float], loss: [Float], _ body: (_ y: Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    window.append(Row(values: values, loss: loss, smooth: smoothed(loss)))
    taken += 1
    while handedOn < taken, taken == height || handedOn + radius < taken {
      finished(handedOn).withUnsafeBufferPointer { body(handedOn, $0) }
      handedOn += 1
      while firstRow < handedOn - radius {
        window.removeFirst()
        firstRow += 1
      }
    }
  }

  private func finished(_ y: Int) -> [Float] {
    let row = window[y - firstRow]
    var smooth = [Float](repeating: 0, count: width)
    for (tap, weight) in kernel.enumerated() {
      let other = window[Self.mirrored(y + tap - radius, height) - firstRow].smooth
      for x in 0..<width { smooth[x] += weight * other[x] }
    }
    var values = row.values
    for x in 0..<width {
      let detail = share * (row.loss[x] - smooth[x])
      for i in x * channels..<(x + 1) * channels { values[i] += detail }
    }
    return values
  }

  private func smoothed(_ loss: [Float]) -> [Float] {
    let padded = (-radius..<width + radius).map { loss[Self.mirrored($0, width)] }
    var smooth = [Float](repeating: 0, count: width)
    for (tap, weight) in kernel.enumerated() {
      for x in 0..<width { smooth[x] += weight * padded[x + tap] }
    }
    return smooth
  }

  /// ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
  private static func mirrored(_ index: Int, _ count: Int) -> Int {
    let period = 2 * count
    let phase = ((index % period) + period) % period
    return phase < count ? phase : period - 1 - phase
  }
}
