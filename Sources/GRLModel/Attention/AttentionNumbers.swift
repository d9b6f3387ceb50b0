import Foundation

/// A row of attention in a few numbers.
public struct AttentionNumbers: Hashable, Sendable, Codable {
  public struct Key: Hashable, Sendable, Codable {
    /// The pixel, or the middle of an anchor's square.
    public let x: Int
    public let y: Int
    public let weight: Double
  }

  /// Shannon entropy of the weights in bits; 0 where one key has all.
  public let entropyBits: Double
  /// Entropy of equal weights on all keys that are not masked.
  public let entropyLimitBits: Double
  /// Mean distance from the query to its keys, in pixels.
  public let meanDistance: Double
  /// Mean distance to the side, and up or down, in pixels.
  public let meanHorizontal: Double
  public let meanVertical: Double
  /// `(horizontal - vertical) / (horizontal + vertical)` of the two before: -1 up and down only, 0 alike, 1 to the sides only.
  public let anisotropy: Double
  /// The same if all keys that are not masked weighed alike: what the cell's shape alone would give.
  public let anisotropyOfCell: Double
  /// Distance within which nine tenths of the weight lie, in pixels.
  public let radius90: Double
  /// Share of the weight on pixels of the query's square window, 0...1.
  public let massInWindow: Double
  /// Share of the weight on padding, 0...1.
  public let massOnPadding: Double
  /// The keys of the largest weights, largest first.
  public let topKeys: [Key]

  public init(_ row: AttentionRow, topCount: Int = 5) {
    var entropy = 0.0
    var window = 0.0
    var padding = 0.0
    var reach = Reach()
    var alike = Reach()
    var distances: [(distance: Double, weight: Double)] = []
    distances.reserveCapacity(row.weights.count)
    let windowParts = row.window.parts
    for (key, weight) in row.weights.enumerated() {
      let (p, pixels) = (Double(weight), row.cell.pixels(ofKey: key))
      if p > 0 { entropy -= p * log2(p) }
      let dx = Double(pixels.x) + Double(pixels.width - 1) / 2 - Double(row.x)
      let dy = Double(pixels.y) + Double(pixels.height - 1) / 2 - Double(row.y)
      reach.add(dx, dy, p)
      if !row.isMasked(key) { alike.add(dx, dy, 1) }
      distances.append(((dx * dx + dy * dy).squareRoot(), p))
      if pixels.intersection(row.cell.area) == nil {
        padding += p
      } else {
        let shared = windowParts.reduce(0) { sum, part in
          sum + (part.intersection(pixels).map { $0.width * $0.height } ?? 0)
        }
        window += p * Double(shared) / Double(pixels.width * pixels.height)
      }
    }
    entropyBits = max(0, entropy)
    entropyLimitBits = log2(alike.total)
    (meanHorizontal, meanVertical) = (reach.horizontal / reach.total, reach.vertical / reach.total)
    meanDistance = reach.distance / reach.total
    (anisotropy, anisotropyOfCell) = (reach.anisotropy, alike.anisotropy)
    (massInWindow, massOnPadding) = (window, padding)
    radius90 = Self.radius(of: 0.9, distances)
    topKeys = Self.top(topCount, row)
  }

  /// Sums over keys.
  private struct Reach {
    var total = 0.0
    var distance = 0.0
    var horizontal = 0.0
    var vertical = 0.0

    mutating func add(_ dx: Double, _ dy: Double, _ weight: Double) {
      total += weight
      distance += weight * (dx * dx + dy * dy).squareRoot()
      horizontal += weight * abs(dx)
      vertical += weight * abs(dy)
    }

    var anisotropy: Double {
      horizontal + vertical > 0 ? (horizontal - vertical) / (horizontal + vertical) : 0
    }
  }

  private static func radius(of share: Double, _ keys: [(distance: Double, weight: Double)]) -> Double {
    let total = keys.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    for key in keys.sorted(by: { $0.distance < $1.distance }) {
      sum += key.weight
      if sum >= share * total { return key.distance }
    }
    return 0
  }

  private static func top(_ count: Int, _ row: AttentionRow) -> [Key] {
    var best: [Int] = []
    for key in row.weights.indices where best.count < count || row.weights[key] > row.weights[best[best.count - 1]] {
      let place = best.firstIndex { row.weights[$0] < row.weights[key] } ?? best.count
      best.insert(key, at: place)
      if best.count > count { best.removeLast() }
    }
    return best.map { key in
      let pixels = row.cell.pixels(ofKey: key)
      return Key(x: pixels.x + pixels.width / 2, y: pixels.y + pixels.height / 2, weight: Double(row.weights[key]))
    }
  }
}

extension AttentionRow {
  public var numbers: AttentionNumbers { AttentionNumbers(self) }

  /// Correlation (Pearson) of this row with that of the same query on the picture at half scale, over the pixels of the smaller
  /// picture that both can see. This row's weights are added up over squares of 2 x 2 pixels. Nil where fewer than four pixels
  /// are seen by both, or one of the rows is flat there.
  public func correlation(withHalfScale half: AttentionRow) -> Double? {
    var sums: [SIMD2<Int>: Double] = [:]
    for (key, weight) in weights.enumerated() where !isMasked(key) {
      let pixels = cell.pixels(ofKey: key)
      guard pixels.intersection(cell.area) != nil else { continue }
      let share = Double(weight) / Double(pixels.width * pixels.height)
      for y in pixels.y..<pixels.y + pixels.height {
        for x in pixels.x..<pixels.x + pixels.width { sums[SIMD2(x / 2, y / 2), default: 0] += share }
      }
    }
    var pairs: [(Double, Double)] = []
    for (key, weight) in half.weights.enumerated() where !half.isMasked(key) {
      let pixels = half.cell.pixels(ofKey: key)
      guard pixels.intersection(half.cell.area) != nil else { continue }
      for y in pixels.y..<pixels.y + pixels.height {
        for x in pixels.x..<pixels.x + pixels.width {
          if let sum = sums[SIMD2(x, y)] { pairs.append((sum, Double(weight))) }
        }
      }
    }
    return pairs.count < 4 ? nil : Self.correlation(pairs)
  }

  /// Correlation (Pearson) of this row with another of the same query, over the pixels of the picture that both can see: those of another
  /// model, or of another tile. Nil where fewer than four are seen by both, or one of the rows is flat there.
  public func correlation(with other: AttentionRow) -> Double? {
    func forEachPixel(of row: AttentionRow, _ body: (SIMD2<Int>, Double) -> Void) {
      for (key, weight) in row.weights.enumerated() where !row.isMasked(key) {
        let pixels = row.cell.pixels(ofKey: key)
        guard let seen = pixels.intersection(row.cell.area) else { continue }
        let share = Double(weight) / Double(pixels.width * pixels.height)
        for y in seen.y..<seen.y + seen.height {
          for x in seen.x..<seen.x + seen.width { body(SIMD2(x, y), share) }
        }
      }
    }
    var own: [SIMD2<Int>: Double] = [:]
    forEachPixel(of: self) { own[$0] = $1 }
    var pairs: [(Double, Double)] = []
    forEachPixel(of: other) { place, share in if let mine = own[place] { pairs.append((mine, share)) } }
    return pairs.count < 4 ? nil : Self.correlation(pairs)
  }

  private static func correlation(_ pairs: [(Double, Double)]) -> Double? {
    let n = Double(pairs.count)
    let a = pairs.reduce(0) { $0 + $1.0 } / n
    let b = pairs.reduce(0) { $0 + $1.1 } / n
    var (aa, bb, ab) = (0.0, 0.0, 0.0)
    for pair in pairs {
      let (u, v) = (pair.0 - a, pair.1 - b)
      aa += u * u
      bb += v * v
      ab += u * v
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : nil
  }
}
