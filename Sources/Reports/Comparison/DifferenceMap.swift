import Imaging

/// How far each pixel of a picture lies from the reference, in 8-bit levels.
package struct DifferenceMap {
  package enum Kind: String, CaseIterable, Sendable {
    /// Luma of the picture less that of the reference: brighter or darker.
    case signed
    /// The largest difference of a colour channel.
    case absolute
  }

  package let kind: Kind
  package let width: Int
  package let height: Int
  package let levels: [Float]

  /// - Precondition: both pictures have one size.
  package init(_ picture: Image, _ reference: Image, kind: Kind) {
    precondition(picture.width == reference.width && picture.height == reference.height)
    self.kind = kind
    (width, height) = (picture.width, picture.height)
    switch kind {
    case .signed:
      levels = zip(picture.floats(.gray), reference.floats(.gray)).map { ($0 - $1) * 255 }
    case .absolute:
      let (a, b) = (picture.floats(.rgb), reference.floats(.rgb))
      levels = (0..<picture.width * picture.height).map { pixel in
        (0..<3).reduce(Float(0)) { max($0, abs(a[pixel * 3 + $1] - b[pixel * 3 + $1])) } * 255
      }
    }
  }

  /// The largest of 1, 2, 4 ... 64 that leaves all but one in fifty pixels within the colours.
  package var fittingGain: Double {
    var histogram = [Int](repeating: 0, count: 256)
    for level in levels { histogram[min(255, Int(abs(level)))] += 1 }
    var (above, bound) = (0, 255)
    while bound > 0, above + histogram[bound] <= levels.count / 50 {
      above += histogram[bound]
      bound -= 1
    }
    return [64, 32, 16, 8, 4, 2].first { 255 / $0 >= Double(bound + 1) } ?? 1
  }

  /// The largest difference and where it is.
  package var largest: (level: Float, x: Int, y: Int) {
    let place = levels.indices.max { abs(levels[$0]) < abs(levels[$1]) } ?? 0
    return (levels[place], place % width, place / width)
  }

  package var colours: ColourMap { kind == .signed ? .signed : .inferno }

  /// The place of a difference in the colours, 0...1 where it fits.
  package func place(_ level: Float, gain: Double) -> Float {
    let scaled = level * Float(gain) / 255
    return kind == .signed ? 0.5 + scaled / 2 : scaled
  }
}
