import Base
import Imaging

/// What cutting a picture into tiles changed: the tiled result against the same picture restored whole.
///
/// Both pictures are quantised, so the smallest change that counts is a step of the samples.
public struct TilingEffect: Sendable {
  public let whole: Image
  public let tiled: Image
  /// The largest change of a sample in 8-bit levels, 0...255, and the pixel where it is.
  public let maximum: Double
  public let place: (x: Int, y: Int)
  /// Mean change of a sample in 8-bit levels.
  public let mean: Double
  /// Gradient of the tiled picture across the lines where a tile begins or ends, over that of the whole one across the same
  /// lines: 1 where no seam was added, whatever the picture shows there. Nil where no such line lies in the picture or the
  /// whole one is flat along all of them.
  public let seamScore: Double?

  /// - Parameters:
  ///   - columns, rows: the lines with which tiles begin or end: `x` lies between pixels `x - 1` and `x`. Those outside the
  ///   pictures do not count.
  ///   - flag: looked at in every row; what is found once it is set means nothing.
  /// - Precondition: both pictures have one size and layout.
  public init(whole: Image, tiled: Image, columns: [Int], rows: [Int], heeding flag: CancelFlag? = nil) {
    precondition(whole.width == tiled.width && whole.height == tiled.height && whole.layout == tiled.layout)
    self.whole = whole
    self.tiled = tiled
    let columns = Set(columns).filter { (1..<whole.width).contains($0) }.sorted()
    let rows = Set(rows).filter { (1..<whole.height).contains($0) }.sorted()
    let channels = whole.layout.colourChannels
    let selection: Image.Planes = channels == 1 ? .gray : .rgb
    let (a, b) = (whole.floats(selection), tiled.floats(selection))
    var (largest, at, sum) = (Float(0), 0, 0.0)
    let pitch = whole.width * channels
    for row in stride(from: 0, to: a.count, by: pitch) {
      if flag?.isSet == true { break }
      for i in row..<row + pitch {
        let change = abs(b[i] - a[i])
        sum += Double(change)
        if change > largest { (largest, at) = (change, i) }
      }
    }
    maximum = Double(largest) * 255
    place = (at / channels % whole.width, at / channels / whole.width)
    mean = sum / Double(a.count) * 255

    func gradient(_ values: [Float]) -> Double {
      var sum = 0.0
      for y in rows where flag?.isSet != true {
        for i in y * pitch..<(y + 1) * pitch { sum += Double(abs(values[i] - values[i - pitch])) }
      }
      for x in columns where flag?.isSet != true {
        for y in 0..<whole.height {
          let pixel = y * pitch + x * channels
          for i in pixel..<pixel + channels { sum += Double(abs(values[i] - values[i - channels])) }
        }
      }
      return sum
    }
    let expected = gradient(a)
    seamScore = expected > 0 ? gradient(b) / expected : nil
  }
}

extension Restorer {
  /// The plan of the same restoration without tiles; nil where `plan` has a single tile already.
  ///
  /// - Throws: `overBudget` where the picture does not fit whole.
  public func wholePlan(of plan: RestorationPlan) throws(RestorationError) -> RestorationPlan? {
    guard plan.tiles.tileCount > 1 else { return nil }
    var options = plan.options
    options.tile = .whole
    return try self.plan(for: plan.input, request: plan.request, options: options)
  }

  /// Restores `image` whole and compares `tiled` with it, which came of `plan`.
  ///
  /// - Parameter wholePlan: of the same picture, from ``wholePlan(of:)``.
  /// - Throws: as `restore`.
  public func tilingEffect(
    on image: Image, right: Image? = nil, tiled: Image, plan: RestorationPlan, wholePlan: RestorationPlan,
    isCancelled: () -> Bool = { false }, onProgress: (RestorationProgress) -> Void = { _ in }
  ) throws(RestorationError) -> TilingEffect {
    let whole = try restore(image, right: right, plan: wholePlan, isCancelled: isCancelled, onProgress: onProgress)
    return TilingEffect(
      whole: whole.image, tiled: tiled, columns: plan.tiles.columns.seams(scale: plan.scale).map { $0 - plan.crop.x },
      rows: plan.tiles.rows.seams(scale: plan.scale).map { $0 - plan.crop.y })
  }
}
