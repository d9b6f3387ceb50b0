/// Photosites that tell of light where there is none. A network takes one for detail and makes a coloured cross of it.
///
/// A hot photosite stands out from all of its own colour around it, and its neighbours of other colours know nothing of it. A lens
/// spreads even a star over more than one photosite, so what is a real point shows in the neighbours too; edges and lines show in
/// photosites of the same colour.
enum HotPhotosites {
  /// It stands out by so many times the range of its eight neighbours of the same colour: seven times the noise.
  private static let contrast: Float = 2.4
  /// And by so much of the sensor's range.
  private static let leastShare: Float = 0.02
  /// A point of light raises the photosites beside it by more than this share of what it raises its own; and where one of the
  /// eight around it differs by more than `unrest`, there is detail.
  private static let spread: Float = 0.08
  private static let unrest: Float = 0.15

  /// Replaces them by the median of their neighbours of the same colour.
  ///
  /// - Returns: how many there were.
  static func replace(in samples: inout [UInt16], _ header: SensorHeader) -> Int {
    let (width, height) = (header.storedWidth, header.storedHeight)
    guard width >= 7, height >= 7 else { return 0 }
    let least = Self.leastShare * (header.white - (header.black.min() ?? 0))
    var found: [(place: Int, value: UInt16)] = []
    samples.withUnsafeBufferPointer { samples in
      for y in 0..<height {
        for x in 0..<width {
          let value = Float(samples[y * width + x])
          // Most photosites end here.
          let left = samples[y * width + (x >= 2 ? x - 2 : x + 2)]
          guard value - Float(left) > least else { continue }
          if let replacement = judge(samples, x, y, width, height, least) { found.append((y * width + x, replacement)) }
        }
      }
    }
    for (place, value) in found { samples[place] = value }
    return found.count
  }

  /// What stands for the photosite at `x`, `y` where it is hot.
  private static func judge(
    _ samples: UnsafeBufferPointer<UInt16>, _ x: Int, _ y: Int, _ width: Int, _ height: Int, _ least: Float
  ) -> UInt16? {
    func sample(_ dx: Int, _ dy: Int) -> Float? {
      let (column, row) = (x + dx, y + dy)
      guard column >= 0, row >= 0, column < width, row < height else { return nil }
      return Float(samples[row * width + column])
    }
    let value = Float(samples[y * width + x])
    let around = [(-2, -2), (0, -2), (2, -2), (-2, 0), (2, 0), (-2, 2), (0, 2), (2, 2)].compactMap {
      sample($0.0, $0.1)
    }
    .sorted()
    let (lowest, highest) = (around[0], around[around.count - 1])
    let excess = value - highest
    guard excess > least, excess > contrast * (highest - lowest) else { return nil }

    /// By how much a photosite differs from those of its own colour that lie further out.
    func raised(_ dx: Int, _ dy: Int, _ outer: [(Int, Int)]) -> Float? {
      let further = outer.compactMap { sample($0.0, $0.1) }
      guard let beside = sample(dx, dy), !further.isEmpty else { return nil }
      return beside - further.reduce(0, +) / Float(further.count)
    }
    let beside = [(-1, 0), (1, 0), (0, -1), (0, 1)].compactMap { dx, dy in
      raised(dx, dy, [(3 * dx, 3 * dy), (dx + 2 * dy, dy + 2 * dx), (dx - 2 * dy, dy - 2 * dx)])
    }.sorted()
    let aslant = [(-1, -1), (1, -1), (-1, 1), (1, 1)].compactMap { dx, dy in
      raised(dx, dy, [(3 * dx, dy), (dx, 3 * dy), (3 * dx, 3 * dy)])
    }
    let middle = beside.count / 2
    guard middle > 0, (beside[middle - (beside.count + 1) % 2] + beside[middle]) / 2 < spread * excess,
      (beside + aslant).allSatisfy({ abs($0) < unrest * excess })
    else { return nil }
    let half = around.count / 2
    return UInt16((around.count % 2 == 1 ? around[half] : (around[half - 1] + around[half]) / 2).rounded())
  }
}
