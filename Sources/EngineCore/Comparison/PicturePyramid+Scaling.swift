import Imaging

extension PicturePyramid {
  /// A part in the picture's own pixels; it may reach over the picture.
  struct Part {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
  }

  /// What stands where there is no picture.
  static let outside: UInt8 = 40

  /// The part at `width` x `height`: means of what lies under each pixel, or the pixel in its middle where it is less than one.
  ///
  /// - Returns: `[height, width, 3]`.
  func scaled(_ part: Part, width: Int, height: Int) -> [UInt8] {
    let span = min(part.width / Double(width), part.height / Double(height))
    // At least four pixels of a level under each pixel of the result: what is cut at its border is told well enough by them.
    var level = 0
    while level < halves.count, span >= Double(8 << level) { level += 1 }
    let size = size(of: level)
    let unit = Double(1 << level)
    let across = AreaWeights(from: part.x / unit, to: (part.x + part.width) / unit, places: width, limit: size.width)
    let down = AreaWeights(from: part.y / unit, to: (part.y + part.height) / unit, places: height, limit: size.height)
    var result = [UInt8](repeating: Self.outside, count: width * height * 3)
    guard let columns = across.extent else { return result }

    var row = [UInt8](repeating: 0, count: columns.count * 3)
    var sums = [Float](repeating: 0, count: width * 3)
    for y in 0..<height where down.counts[y] > 0 {
      for place in sums.indices { sums[place] = 0 }
      for offset in 0..<down.counts[y] {
        row.withUnsafeMutableBufferPointer {
          read(level: level, down.firsts[y] + offset, columns.lowerBound, columns.count, into: $0)
        }
        across.add(row, from: columns.lowerBound, times: down.weights[down.starts[y] + offset], to: &sums)
      }
      for x in 0..<width where across.counts[x] > 0 {
        for c in 0..<3 { result[(y * width + x) * 3 + c] = UInt8(min(255, sums[x * 3 + c] + 0.5)) }
      }
    }
    return result
  }
}

extension AreaWeights {
  /// The pixels that any place needs; nil where none does.
  fileprivate var extent: Range<Int>? {
    let used = counts.indices.filter { counts[$0] > 0 }
    guard let first = used.map({ firsts[$0] }).min(), let end = used.map({ firsts[$0] + counts[$0] }).max() else {
      return nil
    }
    return first..<end
  }

  fileprivate func add(_ row: [UInt8], from origin: Int, times weight: Float, to sums: inout [Float]) {
    row.withUnsafeBufferPointer { row in
      for x in counts.indices {
        for tap in 0..<counts[x] {
          let share = weights[starts[x] + tap] * weight
          let pixel = (firsts[x] - origin + tap) * 3
          sums[x * 3] += Float(row[pixel]) * share
          sums[x * 3 + 1] += Float(row[pixel + 1]) * share
          sums[x * 3 + 2] += Float(row[pixel + 2]) * share
        }
      }
    }
  }
}
