/// Which pixels of a line lie under each place of the same line in another size, and how much of each. The weights of one place sum to 1.
package struct AreaWeights: Sendable {
  package private(set) var firsts: [Int] = []
  /// 0: the place lies outside.
  package private(set) var counts: [Int] = []
  /// Where the weights of a place begin.
  package private(set) var starts: [Int] = []
  package private(set) var weights: [Float] = []

  /// A whole line of `source` pixels; parts of pixels count as such, where it is enlarged too.
  package init(source: Int, target: Int) {
    // Place i covers [i * source, (i + 1) * source) in units of 1 / target of a source pixel.
    for place in 0..<target {
      let (from, to) = (place * source, (place + 1) * source)
      append(
        from / target,
        weights: ((from / target)...(to - 1) / target).map { pixel in
          Float(min(to, (pixel + 1) * target) - max(from, pixel * target)) / Float(source)
        })
    }
  }

  /// The part from `start` to `end` of a line of `limit` pixels, which it may reach over; the pixel in the middle of a place that covers
  /// less than one.
  package init(from start: Double, to end: Double, places: Int, limit: Int) {
    let span = (end - start) / Double(places)
    for place in 0..<places {
      let (a, b) = (start + Double(place) * span, start + Double(place + 1) * span)
      let middle = Int(((a + b) / 2).rounded(.down))
      if middle < 0 || a >= Double(limit) {
        append(0, weights: [])
      } else if span <= 1 {
        append(min(middle, limit - 1), weights: [1])
      } else {
        let (first, last) = (max(0, Int(a.rounded(.down))), min(limit, Int(b.rounded(.up))))
        let covered = min(b, Double(limit)) - max(a, 0)
        append(
          first,
          weights: (first..<max(last, first + 1)).map { pixel in
            let share = min(b, Double(pixel + 1)) - max(a, Double(pixel))
            return covered > 0 ? Float(share / covered) : 1
          })
      }
    }
  }

  package func weights(of place: Int) -> ArraySlice<Float> { weights[starts[place]..<starts[place] + counts[place]] }

  private mutating func append(_ first: Int, weights: [Float]) {
    firsts.append(first)
    counts.append(weights.count)
    starts.append(self.weights.count)
    self.weights += weights
  }
}
