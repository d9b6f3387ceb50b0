import Workbench

/// Few colours for a picture: median cut (Heckbert 1982) on its colours, counted in steps of 8.
package enum ColourReduction {
  /// One step of the count: how many pixels, and the sum of each channel.
  private struct Bin {
    var count = 0
    var sums = SIMD3<Int>.zero
    var key = 0
    /// Mean of channel `axis`.
    func mean(_ axis: Int) -> Int { sums[axis] / max(count, 1) }
  }

  /// At most `limit` (1...256) colours, and which of them each pixel gets.
  package static func reduce(_ pixels: PixelBlock, to limit: Int) -> (
    palette: [(UInt8, UInt8, UInt8)], indices: [UInt8]
  ) {
    var bins = [Bin](repeating: Bin(), count: 1 << 15)
    var keys = [UInt16](repeating: 0, count: pixels.width * pixels.height)
    for pixel in keys.indices {
      let (red, green, blue) = (pixels.bytes[pixel * 3], pixels.bytes[pixel * 3 + 1], pixels.bytes[pixel * 3 + 2])
      let key = Int(red >> 3) << 10 | Int(green >> 3) << 5 | Int(blue >> 3)
      keys[pixel] = UInt16(key)
      bins[key].count += 1
      bins[key].sums &+= SIMD3(Int(red), Int(green), Int(blue))
      bins[key].key = key
    }
    let boxes = cut(bins.filter { $0.count > 0 }, into: limit)
    var numbers = [UInt8](repeating: 0, count: 1 << 15)
    var palette: [(UInt8, UInt8, UInt8)] = []
    for (number, box) in boxes.enumerated() {
      var total = Bin()
      for bin in box {
        total.count += bin.count
        total.sums &+= bin.sums
        numbers[bin.key] = UInt8(number)
      }
      palette.append((UInt8(total.mean(0)), UInt8(total.mean(1)), UInt8(total.mean(2))))
    }
    return (palette, keys.map { numbers[Int($0)] })
  }

  /// Halves, again and again, the box whose spread matters most: its widest channel times the root of its pixels.
  private static func cut(_ bins: [Bin], into limit: Int) -> [[Bin]] {
    guard !bins.isEmpty else { return [] }
    var boxes = [(bins: bins, spread: spread(bins))]
    while boxes.count < limit {
      guard let index = boxes.indices.max(by: { boxes[$0].spread.weight < boxes[$1].spread.weight }),
        boxes[index].spread.weight > 0
      else { break }
      let axis = boxes[index].spread.axis
      let sorted = boxes[index].bins.sorted { ($0.mean(axis), $0.key) < ($1.mean(axis), $1.key) }
      let half = sorted.reduce(0) { $0 + $1.count } / 2
      var (sum, middle) = (0, 0)
      while middle < sorted.count - 1 && (middle == 0 || sum + sorted[middle].count <= half) {
        sum += sorted[middle].count
        middle += 1
      }
      let (low, high) = (Array(sorted[..<middle]), Array(sorted[middle...]))
      boxes[index] = (low, spread(low))
      boxes.append((high, spread(high)))
    }
    return boxes.map(\.bins)
  }

  private static func spread(_ bins: [Bin]) -> (axis: Int, weight: Double) {
    guard bins.count > 1 else { return (0, 0) }
    let pixels = bins.reduce(0) { $0 + $1.count }
    let ranges = (0..<3).map { axis in
      let means = bins.map { $0.mean(axis) }
      return (means.max() ?? 0) - (means.min() ?? 0)
    }
    // Two colours of equal means in every channel cannot be told apart further, but their box is not empty.
    let axis = (0..<3).max { ranges[$0] < ranges[$1] } ?? 0
    return (axis, Double(max(ranges[axis], 1)) * Double(pixels).squareRoot())
  }
}
