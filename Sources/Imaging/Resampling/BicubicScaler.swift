import Base

/// Bicubic resizing of float samples, equal to Matlab's `imresize`, of a whole picture or of any part of the result.
///
/// A part has the values that the whole has there. Weights and sums are float64, what is stored is float32. Matlab's order
/// of axes: the one that shrinks more goes first, rows if both shrink alike.
package struct BicubicScaler: Sendable {
  private let rows: ResamplingWeights
  private let columns: ResamplingWeights
  private let channels: Int
  private let isRowsFirst: Bool
  private let rounding: Rounding

  /// - Parameters:
  ///   - scales: factors from source to target; nil takes those of the sizes.
  ///   - bitDepth: nil resizes numbers, which are neither clipped nor rounded. 1...16 resizes samples in 0...1 as Matlab
  ///     does integers: they are rounded (and clipped to 0...1) to that depth before, after the first axis and after the second.
  /// - Precondition: neither picture is empty.
  package init(
    from source: (width: Int, height: Int), to target: (width: Int, height: Int),
    scales: (vertical: Double, horizontal: Double)? = nil, channels: Int, bitDepth: Int? = nil
  ) {
    let scales =
      scales
      ?? (Double(target.height) / Double(source.height), Double(target.width) / Double(source.width))
    rows = ResamplingWeights(from: source.height, to: target.height, scale: scales.vertical)
    columns = ResamplingWeights(from: source.width, to: target.width, scale: scales.horizontal)
    isRowsFirst = scales.vertical <= scales.horizontal
    self.channels = channels
    rounding = Rounding(bitDepth: bitDepth)
  }

  /// What of the source makes `region` of the result.
  package func source(of region: Rectangle) -> Rectangle {
    let across = columns.inputs(of: region.x..<region.x + region.width)
    let down = rows.inputs(of: region.y..<region.y + region.height)
    return Rectangle(x: across.lowerBound, y: down.lowerBound, width: across.count, height: down.count)
  }

  /// `region` of the result: `[region.height, region.width, channels]`.
  ///
  /// - Parameter values: the source's samples in `source(of: region)`, row by row, channels last.
  package func scaled(_ values: [Float], region: Rectangle) -> [Float] {
    let source = source(of: region)
    precondition(values.count == source.pixels * channels)
    let (rows, columns) = (
      rows.part(region.y..<region.y + region.height), columns.part(region.x..<region.x + region.width)
    )
    let levels = rounding.levels(of: values)
    let scaled =
      isRowsFirst
      ? acrossRows(
        downColumns(levels, width: source.width, rows, region.height), source.width, columns, region.width)
      : downColumns(
        acrossRows(levels, source.width, columns, region.width), width: region.width, rows, region.height)
    return rounding.values(of: scaled)
  }

  /// Each row of the result is a weighted sum of whole rows.
  private func downColumns(_ values: [Float], width: Int, _ axis: ResamplingWeights, _ height: Int) -> [Float] {
    let rowCount = width * channels
    var result = [Float](repeating: 0, count: height * rowCount)
    var sums = [Double](repeating: 0, count: rowCount)
    values.withUnsafeBufferPointer { input in
      result.withUnsafeMutableBufferPointer { output in
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
    return result
  }

  /// Each pixel of the result is a weighted sum of pixels of its row.
  private func acrossRows(_ values: [Float], _ width: Int, _ axis: ResamplingWeights, _ newWidth: Int) -> [Float] {
    let (channels, taps) = (channels, axis.taps)
    let height = values.count / (width * channels)
    var result = [Float](repeating: 0, count: height * newWidth * channels)
    let offsets = axis.indices.map { $0 * channels }
    values.withUnsafeBufferPointer { input in
      result.withUnsafeMutableBufferPointer { output in
        offsets.withUnsafeBufferPointer { offsets in
          axis.weights.withUnsafeBufferPointer { weights in
            for y in 0..<height {
              let row = input.baseAddress! + y * width * channels
              let result = output.baseAddress! + y * newWidth * channels
              for x in 0..<newWidth {
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
    return result
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

  func levels(of values: [Float]) -> [Float] {
    guard let white else { return values }
    return values.map { stored(Double($0) * white) }
  }

  func values(of levels: [Float]) -> [Float] {
    guard let white else { return levels }
    return levels.map { $0 / Float(white) }
  }
}
