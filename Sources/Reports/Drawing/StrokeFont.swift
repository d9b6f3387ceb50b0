/// Letters made of pen strokes, smooth at any size, for labels on pictures. ASCII only; anything else is an empty box.
///
/// A glyph stands on a grid in which capitals are 12 high (y = 0 at their top, 12 on the baseline, 16 the deepest) and small
/// letters begin at y = 4. It is written as strokes, each a kind and points of two base-36 digits: `l` straight lines,
/// `s` a quadratic spline that begins and ends in its end points, `o` a closed one.
package struct StrokeFont {
  /// Height of a capital in pixels.
  package let size: Float
  /// Pixels across a stroke.
  package let weight: Float

  package init(size: Float, weight: Float? = nil) {
    self.size = size
    self.weight = weight ?? max(1.1, size * 0.115)
  }

  private var scale: Float { size / 12 }
  private static let gap: Float = 3.4

  package struct Glyph: Sendable {
    package let width: Float
    /// Each a line through points on the grid.
    package let strokes: [[SIMD2<Float>]]
  }

  /// Pixels from the beginning of the text to its end.
  package func width(of text: String) -> Int {
    Int((text.reduce(Float(0)) { $0 + (Self.glyph($1).width + Self.gap) * scale } - Self.gap * scale).rounded(.up))
  }

  /// `text`, shortened in its middle where it would be wider than `limit` pixels.
  package func fitted(_ text: String, to limit: Int) -> String {
    guard width(of: text) > limit else { return text }
    var (head, tail) = (Array(text.prefix(text.count / 2)), Array(text.suffix(text.count - text.count / 2)))
    while width(of: String(head) + "..." + String(tail)) > limit, !head.isEmpty || !tail.isEmpty {
      if head.count > tail.count { head.removeLast() } else { tail.removeFirst() }
    }
    return String(head) + "..." + String(tail)
  }

  /// The strokes of `text` in pixels, its first letter beginning at `x` on the baseline `y`.
  package func strokes(of text: String, x: Float, y: Float) -> [[SIMD2<Float>]] {
    var pen = x
    var result: [[SIMD2<Float>]] = []
    for character in text {
      let glyph = Self.glyph(character)
      for stroke in glyph.strokes {
        result.append(stroke.map { SIMD2(pen + $0.x * scale, y + ($0.y - 12) * scale) })
      }
      pen += (glyph.width + Self.gap) * scale
    }
    return result
  }

  private static func glyph(_ character: Character) -> Glyph {
    guard let value = character.asciiValue, let glyph = glyphs[value] else { return unknown }
    return glyph
  }

  private static let unknown = parse("l 00 60 6c 0c 00")
  private static let glyphs: [UInt8: Glyph] = {
    var glyphs: [UInt8: Glyph] = [UInt8(ascii: " "): Glyph(width: 2, strokes: [])]
    for line in StrokeFont.alphabet.split(separator: "\n") {
      glyphs[line.utf8.first!] = parse(String(line.dropFirst(2)))
    }
    return glyphs
  }()

  private static func parse(_ text: String) -> Glyph {
    var strokes: [[SIMD2<Float>]] = []
    for stroke in text.split(separator: ";") {
      let words = stroke.split(separator: " ")
      let points = words.dropFirst().map { word in
        let digits = word.map { Float(Int(String($0), radix: 36)!) }
        return SIMD2<Float>(digits[0], digits[1])
      }
      switch words[0] {
      case "l": strokes.append(points)
      case "s": strokes.append(spline(points, isClosed: false))
      default: strokes.append(spline(points, isClosed: true))
      }
    }
    return Glyph(width: strokes.flatMap { $0 }.map(\.x).max() ?? 0, strokes: strokes)
  }

  /// The quadratic B-spline with these control points, as a line.
  private static func spline(_ points: [SIMD2<Float>], isClosed: Bool) -> [SIMD2<Float>] {
    let count = points.count
    var result: [SIMD2<Float>] = []
    for i in isClosed ? 0..<count : 1..<count - 1 {
      let (before, control, after) = (points[(i + count - 1) % count], points[i], points[(i + 1) % count])
      let start = !isClosed && i == 1 ? before : (before + control) / 2
      let end = !isClosed && i == count - 2 ? after : (control + after) / 2
      for step in 0...8 {
        let t = Float(step) / 8
        result.append(start * ((1 - t) * (1 - t)) + control * (2 * t * (1 - t)) + end * (t * t))
      }
    }
    return result
  }
}

extension Drawing {
  mutating func put(_ points: [SIMD2<Float>], weight: Float, _ colour: Colour) {
    let reach = weight / 2 + 0.5
    let (xs, ys) = (points.map(\.x), points.map(\.y))
    guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else { return }
    for y in Int((top - reach).rounded(.down))...Int((bottom + reach).rounded(.up)) {
      for x in Int((left - reach).rounded(.down))...Int((right + reach).rounded(.up)) {
        let centre = SIMD2(Float(x) + 0.5, Float(y) + 0.5)
        var nearest = Float.infinity
        for i in points.indices.dropLast(points.count > 1 ? 1 : 0) {
          nearest = min(nearest, squaredDistance(centre, points[i], points[min(i + 1, points.count - 1)]))
        }
        blend(x, y, colour, min(1, max(0, reach - nearest.squareRoot())))
      }
    }
  }

  private func squaredDistance(_ point: SIMD2<Float>, _ a: SIMD2<Float>, _ b: SIMD2<Float>) -> Float {
    let (along, to) = (b - a, point - a)
    let length = (along * along).sum()
    let t = length == 0 ? 0 : min(1, max(0, (along * to).sum() / length))
    let off = to - along * t
    return (off * off).sum()
  }
}
