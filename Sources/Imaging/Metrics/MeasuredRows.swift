/// Rows of a shaved picture as doubles in 0...255, as a metric takes them.
struct MeasuredRows {
  let width: Int
  let height: Int
  /// 1 (gray or luma) or 3.
  let channels: Int

  private let image: Image
  private let metric: Metric
  private let isLuma: Bool

  /// - Parameter isColour: whether the pair is measured as colour.
  init(of image: Image, as metric: Metric, isColour: Bool) {
    width = image.width - 2 * metric.shave
    height = image.height - 2 * metric.shave
    isLuma = isColour && (metric.quantity == .psnrY || metric.quantity == .ssimY)
    channels = isColour && !isLuma ? 3 : 1
    self.image = image
    self.metric = metric
  }

  /// Writes `width` values of row `y` (0 is the first after shaving) to the beginning of `row`.
  func read(_ y: Int, _ channel: Int, into row: UnsafeMutableBufferPointer<Double>) {
    switch image.samples {
    case .eight(let values): read(values, y, channel, row) { Double($0) }
    case .sixteen(let values) where metric.convention == .grl:
      read(values, y, channel, row) { (Double($0) / 257).rounded() }
    case .sixteen(let values): read(values, y, channel, row) { Double($0) / 257 }
    }
  }

  private func read<Value>(
    _ values: [Value], _ y: Int, _ channel: Int, _ row: UnsafeMutableBufferPointer<Double>, _ scale: (Value) -> Double
  ) {
    let step = image.layout.channels
    let isColour = image.layout.isColour
    values.withUnsafeBufferPointer { values in
      var from = ((y + metric.shave) * image.width + metric.shave) * step
      guard isLuma else {
        from += isColour ? channel : 0
        for x in 0..<width { row[x] = scale(values[from + x * step]) }
        return
      }
      let (green, blue) = isColour ? (1, 2) : (0, 0)
      let rounds = metric.convention != .basicsr
      let steps = metric.convention == .matlab && image.bitDepth == 16 ? 257.0 : 1
      for x in 0..<width {
        let pixel = from + x * step
        let weighted =
          65.481 * scale(values[pixel]) + 128.553 * scale(values[pixel + green]) + 24.966 * scale(values[pixel + blue])
        let luma = 16 + weighted / 255
        row[x] = rounds ? (luma * steps).rounded() / steps : luma
      }
    }
  }
}
