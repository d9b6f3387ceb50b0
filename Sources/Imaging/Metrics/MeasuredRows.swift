import Base

/// Rows of numbers that a measure reads one by one.
protocol RowSource {
  var width: Int { get }
  var height: Int { get }
  /// Writes `width` values of row `y` of a channel to the beginning of `row`.
  func read(_ y: Int, _ channel: Int, into row: UnsafeMutableBufferPointer<Double>)
}

/// Rows of a shaved picture as doubles in 0...255, as a metric takes them.
struct MeasuredRows: RowSource {
  let width: Int
  let height: Int
  /// 1 (gray or luma) or 3.
  let channels: Int

  private let image: Image
  private let metric: Metric
  private let luma: Luma?
  private let flag: CancelFlag?

  /// - Parameters:
  ///   - isColour: whether the pair is measured as colour.
  ///   - flag: for `isUnwanted`.
  init(of image: Image, as metric: Metric, isColour: Bool, heeding flag: CancelFlag? = nil) {
    width = image.width - 2 * metric.shave
    height = image.height - 2 * metric.shave
    luma = isColour ? metric.quantity.luma : nil
    channels = isColour && luma == nil ? 3 : 1
    self.image = image
    self.metric = metric
    self.flag = flag
  }

  /// Nobody wants what is measured any more; looked at in every row.
  var isUnwanted: Bool { flag?.isSet == true }

  func read(_ y: Int, _ channel: Int, into row: UnsafeMutableBufferPointer<Double>) {
    switch image.samples {
    case .eight(let values): read(values, y, channel, row) { Double($0) }
    case .sixteen(let values) where metric.convention == .grl:
      read(values, y, channel, row) { (Double($0) / 257).rounded() }
    case .sixteen(let values): read(values, y, channel, row) { Double($0) / 257 }
    case .float(let values) where metric.convention == .grl:
      read(values, y, channel, row) { (Double($0) * 255).rounded() }
    case .float(let values): read(values, y, channel, row) { Double($0) * 255 }
    }
  }

  private func read<Value>(
    _ values: [Value], _ y: Int, _ channel: Int, _ row: UnsafeMutableBufferPointer<Double>, _ scale: (Value) -> Double
  ) {
    let step = image.layout.channels
    let isColour = image.layout.isColour
    values.withUnsafeBufferPointer { values in
      var from = ((y + metric.shave) * image.width + metric.shave) * step
      guard let luma else {
        from += isColour ? channel : 0
        for x in 0..<width { row[x] = scale(values[from + x * step]) }
        return
      }
      let (green, blue) = isColour ? (1, 2) : (0, 0)
      let weights = luma.weights
      let rounds = metric.convention != .basicsr && luma != .bt709
      let steps = metric.convention == .matlab && image.bitDepth == 16 ? 257.0 : 1
      for x in 0..<width {
        let pixel = from + x * step
        let weighted =
          weights.red * scale(values[pixel]) + weights.green * scale(values[pixel + green])
          + weights.blue * scale(values[pixel + blue])
        let value = weights.offset + weighted / 255
        row[x] = rounds ? (value * steps).rounded() / steps : value
      }
    }
  }
}

/// One channel of numbers, kept whole: for measures that look at a picture more than once.
struct Plane: RowSource {
  let width: Int
  let height: Int
  /// Row by row.
  var values: [Double]

  init(width: Int, height: Int, values: [Double]) {
    precondition(values.count == width * height)
    self.width = width
    self.height = height
    self.values = values
  }

  init(_ rows: MeasuredRows, channel: Int) {
    self.init(width: rows.width, height: rows.height, values: [Double](repeating: 0, count: rows.width * rows.height))
    values.withUnsafeMutableBufferPointer { values in
      for y in 0..<rows.height {
        rows.read(y, channel, into: UnsafeMutableBufferPointer(rebasing: values[y * rows.width..<(y + 1) * rows.width]))
      }
    }
  }

  func read(_ y: Int, _ channel: Int, into row: UnsafeMutableBufferPointer<Double>) {
    for x in 0..<width { row[x] = values[y * width + x] }
  }

  /// Means over 2 x 2 pixels: half the size, rounded up. What lies beyond an odd side is the edge again, or zero.
  func halved(repeatsEdge: Bool) -> Plane {
    let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
    var half = Plane(
      width: halfWidth, height: halfHeight, values: [Double](repeating: 0, count: halfWidth * halfHeight))
    values.withUnsafeBufferPointer { values in
      half.values.withUnsafeMutableBufferPointer { half in
        for y in 0..<halfHeight {
          let hasBelow = 2 * y + 1 < height
          let (above, below) = (2 * y * width, (hasBelow ? 2 * y + 1 : 2 * y) * width)
          let belowWeight = hasBelow || repeatsEdge ? 0.25 : 0
          for x in 0..<halfWidth {
            let hasRight = 2 * x + 1 < width
            let (left, right) = (2 * x, hasRight ? 2 * x + 1 : 2 * x)
            let rightWeight = hasRight || repeatsEdge ? 1.0 : 0
            half[y * halfWidth + x] =
              0.25 * (values[above + left] + rightWeight * values[above + right])
              + belowWeight * (values[below + left] + rightWeight * values[below + right])
          }
        }
      }
    }
    return half
  }
}
