/// Looks over a sensor's samples for what no exposure leaves: LibRaw returns zeros, or runs away from all bounds, where compressed
/// samples are damaged, and says success.
struct SensorInspection {
  /// Up to this share of guessed samples a picture is made, and told of.
  static let mostGuessed = 0.03
  /// Sides of the cells that are looked at for constancy: noise makes each of their thousand samples differ in any real exposure.
  private static let cell = (width: 64, height: 16)

  /// Of each row, samples that are missing or guessed.
  private(set) var guessedOfRow: [Int]
  private let width: Int
  /// All samples of each colour are the same.
  private(set) var isConstant = false

  /// - Parameters:
  ///   - largest: largest sample that the file can hold; nil where that is not known.
  ///   - damage: of compressed samples. Where it does not tell the place, the first row that looks dead is where it begins.
  init(_ samples: [UInt16], _ header: SensorHeader, largest: Int?, damage: RawDirectory.Damage?) {
    let (width, height) = (header.storedWidth, header.storedHeight)
    self.width = width
    guessedOfRow = damage?.guessedOfRow ?? [Int](repeating: 0, count: height)
    let saturated = header.white * 0.98
    let bound = UInt16(clamping: largest ?? 65_535)
    // Left edges of the cells of a row of them, the last one wide enough to hold what is left.
    let lefts = (0..<max(1, width / Self.cell.width)).map { $0 * Self.cell.width }
    let edges = lefts.dropFirst() + [width]

    samples.withUnsafeBufferPointer { samples in
      /// Even and odd column's sample where all of them are one; nil where they are not, or saturated.
      func constant(_ y: Int, _ left: Int, _ right: Int) -> (UInt16, UInt16)? {
        let row = y * width
        guard right - left >= 16 else { return nil }
        let (even, odd) = (samples[row + left], samples[row + left + 1])
        for x in stride(from: left + 2, to: right - 1, by: 2)
        where samples[row + x] != even || samples[row + x + 1] != odd {
          return nil
        }
        if (right - left) % 2 == 1, samples[row + right - 1] != even { return nil }
        return (even, odd)
      }
      func isSaturated(_ pair: (UInt16, UInt16)) -> Bool { Float(pair.0) >= saturated && Float(pair.1) >= saturated }

      var dead = [Int](repeating: 0, count: height)
      for top in stride(from: 0, to: height, by: Self.cell.height) {
        let bottom = min(top + Self.cell.height, height)
        for (left, right) in zip(lefts, edges) {
          guard bottom - top >= 4, let first = constant(top, left, right), let second = constant(top + 1, left, right),
            !isSaturated(first) || !isSaturated(second)
          else { continue }
          let isDead = (top + 2..<bottom).allSatisfy { y in
            constant(y, left, right).map { $0 == ((y - top) % 2 == 0 ? first : second) } ?? false
          }
          if isDead { for y in top..<bottom { dead[y] += right - left } }
        }
      }
      for y in 0..<height {
        if let pair = constant(y, 0, width), !isSaturated(pair) { dead[y] = width }
        var over = 0
        if bound < .max {
          for x in y * width..<(y + 1) * width where samples[x] > bound { over += 1 }
        }
        guessedOfRow[y] = min(width, max(guessedOfRow[y], dead[y] + over))
      }
      for (rows, across) in damage?.unplaced ?? [] {
        for y in (rows.first { dead[$0] > 0 } ?? rows.lowerBound)..<rows.upperBound {
          guessedOfRow[y] = min(width, max(guessedOfRow[y], across))
        }
      }
      isConstant = Self.isConstant(samples, width, height)
    }
  }

  private static func isConstant(_ samples: UnsafeBufferPointer<UInt16>, _ width: Int, _ height: Int) -> Bool {
    guard width * height >= 64 else { return false }
    for y in 0..<height {
      for x in 0..<width where samples[y * width + x] != samples[(y & 1) * width + (x & 1)] { return false }
    }
    return true
  }

  var guessed: Int { guessedOfRow.reduce(0, +) }
  var share: Double { Double(guessed) / Double(max(1, width * guessedOfRow.count)) }

  /// `12.5 % of the samples are missing or guessed, in rows 12 to 15 and 40 of the sensor's 1000`.
  var text: String {
    var ranges: [ClosedRange<Int>] = []
    for (row, count) in guessedOfRow.enumerated() where count > 0 {
      if let last = ranges.last, last.upperBound == row - 1 {
        ranges[ranges.count - 1] = last.lowerBound...row
      } else {
        ranges.append(row...row)
      }
    }
    let shown = ranges.prefix(3).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound)" }
    let more = ranges.count > 3 ? " and \(ranges.count - 3) more places" : ""
    let percent = max(1, Int((share * 1000).rounded()))
    return "\(percent / 10).\(percent % 10) % of the samples are missing or guessed, in rows "
      + shown.joined(separator: ", ") + more + " of the sensor's \(guessedOfRow.count)"
  }
}
