import Base

/// Scales by area: each value of the result is the mean of what lies under it, parts of pixels counted as such.
///
/// Works row by row, so the source is never held in float.
package struct AreaScaler {
  /// One row of the source in float.
  package struct Row {
    package var values: [Float]

    fileprivate mutating func take<Value: FixedWidthInteger & UnsignedInteger>(
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
  private let across: AreaWeights
  private let down: AreaWeights
  private let width: Int

  package init(from source: (width: Int, height: Int), to target: (width: Int, height: Int), channels: Int) {
    (width, height) = source
    (targetWidth, targetHeight) = target
    self.channels = channels
    across = AreaWeights(source: source.width, target: target.width)
    down = AreaWeights(source: source.height, target: target.height)
  }

  /// The samples of a part of a picture, 0...1: `[height, width, channels]`.
  package static func scaled(_ image: Image, _ region: Rectangle, width: Int, height: Int) -> [Float] {
    let channels = image.layout.channels
    return AreaScaler(from: (region.width, region.height), to: (width, height), channels: channels).scaled { y, row in
      let start = ((region.y + y) * image.width + region.x) * channels
      let count = region.width * channels
      switch image.samples {
      case .eight(let values): values.withUnsafeBufferPointer { row.take($0[start..<start + count], full: 255) }
      case .sixteen(let values): values.withUnsafeBufferPointer { row.take($0[start..<start + count], full: 65535) }
      case .float(let values): row.values.replaceSubrange(0..<count, with: values[start..<start + count])
      }
    }
  }

  /// - Parameter read: fills the row with `width * channels` values of source row `y`.
  /// - Returns: `[targetHeight, targetWidth, channels]`.
  package func scaled(_ read: (_ y: Int, _ row: inout Row) -> Void) -> [Float] {
    var result = [Float](repeating: 0, count: targetWidth * targetHeight * channels)
    var row = Row(values: [Float](repeating: 0, count: width * channels))
    var narrow = [Float](repeating: 0, count: targetWidth * channels)
    var narrowed = -1
    for y in 0..<targetHeight {
      for (offset, weight) in down.weights(of: y).enumerated() {
        let source = down.firsts[y] + offset
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
        let (first, weights) = (across.firsts[x], across.weights(of: x))
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
}
