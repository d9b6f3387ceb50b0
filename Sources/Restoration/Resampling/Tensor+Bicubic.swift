import Tensors

extension Tensor {
  /// Bicubic resizing to any size, equal to Matlab's `imresize(x, [height width])`.
  ///
  /// Shape `[H, W, C]` to `[height, width, C]`, every channel alike. Weights and sums are float64, what is stored is float32.
  /// Source: the protocol of the super-resolution test sets, whose small pictures were made with this function.
  ///
  /// - Parameter bitDepth: nil resizes numbers: values are neither clipped nor rounded, and overshoot at edges by a few
  ///   percent of their height. 1...16 resizes integer samples as Matlab does: values are rounded (and clipped to 0...1)
  ///   to that depth before, after the first axis and after the second, which gives the published test pictures exactly.
  /// - Precondition: neither picture is empty.
  public func bicubicResized(height: Int, width: Int, bitDepth: Int? = nil) -> Tensor {
    bicubicResized(
      height: height, width: width,
      scales: (Double(height) / Double(shape.height), Double(width) / Double(shape.width)), bitDepth)
  }

  /// Bicubic resizing by one factor, equal to Matlab's `imresize(x, scale)`: sides are `scale` times as long, rounded up.
  public func bicubicResized(scale: Double, bitDepth: Int? = nil) -> Tensor {
    bicubicResized(
      height: Int((scale * Double(shape.height)).rounded(.up)), width: Int((scale * Double(shape.width)).rounded(.up)),
      scales: (scale, scale), bitDepth)
  }

  /// The top left part whose sides are multiples of `factor`, as the super-resolution test sets are cropped before shrinking.
  ///
  /// A side shorter than `factor` leaves nothing: the result is empty.
  public func cropped(toMultipleOf factor: Int) -> Tensor {
    let height = shape.height / factor * factor
    let width = shape.width / factor * factor
    if height == shape.height && width == shape.width { return self }
    var cropped = [Float]()
    cropped.reserveCapacity(height * width * shape.channels)
    for y in 0..<height {
      let start = y * shape.width * shape.channels
      cropped += values[start..<start + width * shape.channels]
    }
    return Tensor(shape: Shape(height: height, width: width, channels: shape.channels), values: cropped)
  }

  private func bicubicResized(
    height: Int, width: Int, scales: (vertical: Double, horizontal: Double), _ bitDepth: Int?
  ) -> Tensor {
    let vertical = ResamplingWeights(from: shape.height, to: height, scale: scales.vertical)
    let horizontal = ResamplingWeights(from: shape.width, to: width, scale: scales.horizontal)
    let rounding = Rounding(bitDepth: bitDepth)
    let source = rounding.levels(of: self)
    // Matlab's order of axes: the one that shrinks more goes first, rows if both shrink alike.
    let resized =
      scales.vertical <= scales.horizontal
      ? source.resampledRows(vertical, height: height, rounding).resampledColumns(horizontal, width: width, rounding)
      : source.resampledColumns(horizontal, width: width, rounding).resampledRows(vertical, height: height, rounding)
    return rounding.values(of: resized)
  }

  /// Each output row is a weighted sum of whole input rows.
  private func resampledRows(_ axis: ResamplingWeights, height: Int, _ rounding: Rounding) -> Tensor {
    let rowCount = shape.width * shape.channels
    var output = Tensor(shape: Shape(height: height, width: shape.width, channels: shape.channels))
    var sums = [Double](repeating: 0, count: rowCount)
    values.withUnsafeBufferPointer { input in
      output.values.withUnsafeMutableBufferPointer { output in
        sums.withUnsafeMutableBufferPointer { sums in
          for y in 0..<height {
            sums.update(repeating: 0)
            for tap in y * axis.taps..<(y + 1) * axis.taps {
              let weight = axis.weights[tap]
              let row = input.baseAddress! + axis.indices[tap] * rowCount
              for i in 0..<rowCount { sums[i] += weight * Double(row[i]) }
            }
            let row = output.baseAddress! + y * rowCount
            for i in 0..<rowCount { row[i] = rounding.stored(sums[i]) }
          }
        }
      }
    }
    return output
  }

  /// Each output pixel is a weighted sum of pixels of its row.
  private func resampledColumns(_ axis: ResamplingWeights, width: Int, _ rounding: Rounding) -> Tensor {
    let channels = shape.channels
    let taps = axis.taps
    var output = Tensor(shape: Shape(height: shape.height, width: width, channels: channels))
    let offsets = axis.indices.map { $0 * channels }
    values.withUnsafeBufferPointer { input in
      output.values.withUnsafeMutableBufferPointer { output in
        offsets.withUnsafeBufferPointer { offsets in
          axis.weights.withUnsafeBufferPointer { weights in
            for y in 0..<shape.height {
              let row = input.baseAddress! + y * shape.width * channels
              let result = output.baseAddress! + y * width * channels
              for x in 0..<width {
                for channel in 0..<channels {
                  var sum = 0.0
                  for tap in x * taps..<(x + 1) * taps { sum += weights[tap] * Double(row[offsets[tap] + channel]) }
                  result[x * channels + channel] = rounding.stored(sum)
                }
              }
            }
          }
        }
      }
    }
    return output
  }
}

/// What happens to a number before it is stored. Integer samples are counted in levels, where float64 sums are exact enough
/// to round halves as Matlab does.
private struct Rounding {
  /// The highest level, or nil for numbers that are left as they are.
  let white: Double?

  init(bitDepth: Int?) {
    white = bitDepth.map { Double((1 << $0) - 1) }
  }

  @inline(__always)
  func stored(_ sum: Double) -> Float {
    guard let white else { return Float(sum) }
    return Float((min(max(sum, 0), white) + 0.5).rounded(.down))
  }

  func levels(of picture: Tensor) -> Tensor {
    guard let white else { return picture }
    return Tensor(shape: picture.shape, values: picture.values.map { stored(Double($0) * white) })
  }

  func values(of levels: Tensor) -> Tensor {
    guard let white else { return levels }
    return Tensor(shape: levels.shape, values: levels.values.map { $0 / Float(white) })
  }
}
