import Base
import Imaging
import Tensors

/// Takes blended rows from the top and turns them into the samples of the output picture, alpha beside the colours; gives out the rows that are
/// there, or all at the end.
struct SampleSink {
  /// Part of the blended rows that is kept, in output pixels.
  private let crop: Rectangle
  private let layout: Image.Layout
  private let bitDepth: Int
  private var alpha: AlphaRows?
  private var samples: Image.Samples
  /// Rows in `samples`.
  private var count = 0

  /// - Parameter rowCount: rows that are taken before they are given out, for which room is kept.
  init(_ plan: RestorationPlan, rowCount: Int) {
    (layout, bitDepth, crop) = (plan.output.layout, plan.output.bitDepth, plan.crop)
    alpha = layout.hasAlpha ? AlphaRows(plan) : nil
    samples = .init(reserving: min(rowCount, crop.height) * crop.width * layout.channels, bitDepth: bitDepth)
  }

  /// Takes row `y` of the blended picture: its colours in float, clamped to 0...1 and rounded to the nearest sample here, unless the output
  /// is float too.
  ///
  /// - Parameter picture: the input, with the rows around this one (``SourceBands/margin``).
  mutating func add(row y: Int, _ row: UnsafeBufferPointer<Float>, _ picture: ImageBand) {
    guard crop.rows.contains(y) else { return }
    let colours = layout.colourChannels
    let kept = UnsafeBufferPointer(rebasing: row[crop.x * colours..<(crop.x + crop.width) * colours])
    let alpha = self.alpha?.row(y, picture)
    count += 1
    // Taking the array out of the enumeration keeps it unique, so that it is changed in place.
    switch samples {
    case .eight(var values):
      samples = .eight([])
      write(kept, alpha, behind: &values, 0) { UInt8((min(max($0, 0), 1) * 255).rounded()) }
      samples = .eight(values)
    case .sixteen(var values):
      samples = .sixteen([])
      write(kept, alpha, behind: &values, 0) { UInt16((min(max($0, 0), 1) * 65_535).rounded()) }
      samples = .sixteen(values)
    case .float(var values):
      samples = .float([])
      write(kept, alpha, behind: &values, 0) { $0 }
      samples = .float(values)
    }
  }

  /// The rows that were added since the last call; nil where there are none.
  mutating func take() -> Image? {
    guard count > 0 else { return nil }
    let image = Image(width: crop.width, height: count, layout: layout, samples: samples)
    (samples, count) = (.init(reserving: 0, bitDepth: bitDepth), 0)
    return image
  }

  private func write<Sample>(
    _ row: UnsafeBufferPointer<Float>, _ alpha: ArraySlice<Float>?, behind samples: inout [Sample], _ zero: Sample,
    _ quantised: (Float) -> Sample
  ) {
    let (colours, stored) = (layout.colourChannels, layout.channels)
    var target = samples.count
    samples.append(contentsOf: repeatElement(zero, count: crop.width * stored))
    samples.withUnsafeMutableBufferPointer { samples in
      for x in 0..<crop.width {
        for channel in 0..<colours { samples[target + channel] = quantised(row[x * colours + channel]) }
        if let alpha { samples[target + colours] = quantised(alpha[alpha.startIndex + x]) }
        target += stored
      }
    }
  }
}

/// Alpha of the output's rows, 0...1: the input's own, or that enlarged by Matlab's bicubic.
private struct AlphaRows {
  private let plan: RestorationPlan
  private let scaler: BicubicScaler?
  private var band: [Float] = []
  private var rows = 0..<0

  init(_ plan: RestorationPlan) {
    self.plan = plan
    let (area, scale) = (plan.area, plan.scale)
    scaler =
      scale == 1
      ? nil
      : BicubicScaler(
        from: (area.width, area.height), to: (area.width * scale, area.height * scale), channels: 1)
  }

  /// Of row `y` of the enlarged area the part that is kept.
  mutating func row(_ y: Int, _ picture: ImageBand) -> ArraySlice<Float> {
    let crop = plan.crop
    if !rows.contains(y) {
      rows = y..<min(y + SourceBands.rowsAhead, crop.y + crop.height)
      let region = Rectangle(x: crop.x, y: y, width: crop.width, height: rows.count)
      let source = (scaler?.source(of: region) ?? region).offset(x: plan.area.x, y: plan.area.y)
      let values = picture.floats(.alpha, of: source)
      band = scaler?.scaled(values, region: region) ?? values
    }
    let start = (y - rows.lowerBound) * crop.width
    return band[start..<start + crop.width]
  }
}

extension MemoryEstimate {
  /// Bytes of the rows of alpha that are held in float: a band, what it is made of, and what lies between.
  static func alphaBytes(width: Int) -> Int { 3 * SourceBands.rowsAhead * width * MemoryLayout<Float>.stride }
}

extension Image.Samples {
  /// None, with room for `count`.
  fileprivate init(reserving count: Int, bitDepth: Int) {
    func room<Sample>() -> [Sample] {
      var values: [Sample] = []
      values.reserveCapacity(count)
      return values
    }
    switch bitDepth {
    case 8: self = .eight(room())
    case 16: self = .sixteen(room())
    default: self = .float(room())
    }
  }
}
