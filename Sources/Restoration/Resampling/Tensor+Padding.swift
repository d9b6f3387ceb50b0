import Tensors

/// What lies beyond the edge of a picture.
enum Border {
  /// The edge pixel again and again: a a | a b c.
  case replicate
  /// The picture mirrored about its edge pixel: c b | a b c. Keeps the parity of rows and columns, so a colour filter array
  /// goes on as it should.
  case mirror

  /// The index inside 0..<`count` that stands for `index`.
  func index(_ index: Int, count: Int) -> Int {
    if index >= 0 && index < count { return index }
    switch self {
    case .replicate: return index < 0 ? 0 : count - 1
    case .mirror:
      if count == 1 { return 0 }
      let period = 2 * (count - 1)
      let phase = ((index % period) + period) % period
      return phase < count ? phase : period - phase
    }
  }
}

extension Tensor {
  /// The picture with `margin` more pixels on each side: `[H + 2 margin, W + 2 margin, C]`.
  func padded(by margin: Int, _ border: Border) -> Tensor {
    let channels = shape.channels
    var output = Tensor(
      shape: Shape(height: shape.height + 2 * margin, width: shape.width + 2 * margin, channels: channels))
    let rowCount = output.shape.width * channels
    let left = (-margin..<0).map { border.index($0, count: shape.width) * channels }
    let right = (shape.width..<shape.width + margin).map { border.index($0, count: shape.width) * channels }
    values.withUnsafeBufferPointer { input in
      output.values.withUnsafeMutableBufferPointer { output in
        for y in 0..<shape.height + 2 * margin {
          let source = input.baseAddress! + border.index(y - margin, count: shape.height) * shape.width * channels
          var target = output.baseAddress! + y * rowCount
          func copy(_ from: UnsafePointer<Float>, _ count: Int) {
            target.update(from: from, count: count)
            target += count
          }
          for offset in left { copy(source + offset, channels) }
          copy(source, shape.width * channels)
          for offset in right { copy(source + offset, channels) }
        }
      }
    }
    return output
  }
}
