import Base
import EngineWire

/// A row of attention as the engine sent it, ready to be drawn.
struct ShownAttention: Hashable, Sendable {
  let info: AttentionInfo
  /// `255 * sqrt(weight / largest)` of each key.
  let shares: [UInt8]

  /// Nil where the answer does not hold together.
  init?(_ info: AttentionInfo, _ body: [UInt8]) {
    guard info.rows > 0, info.columns > 0, info.mapRows >= info.rows, info.mapColumns >= info.columns,
      info.pixelsPerKey > 0, info.rows <= 1 << 16, info.columns <= 1 << 16, info.keyCount == body.count
    else { return nil }
    (self.info, shares) = (info, body)
  }

  /// What a pixel of the picture weighs, 0...1 of the largest (as a square root); nil outside the cell.
  func share(x: Int, y: Int) -> Double? {
    let (localX, localY) = (x - info.tile.x, y - info.tile.y)
    guard (0..<info.tile.width).contains(localX), (0..<info.tile.height).contains(localY) else { return nil }
    func wrapped(_ position: Int, _ start: Int, _ extent: Int) -> Int {
      let shifted = (position / info.pixelsPerKey - start) % extent
      return shifted < 0 ? shifted + extent : shifted
    }
    let row = wrapped(localY, info.top, info.mapRows)
    let column = wrapped(localX, info.left, info.mapColumns)
    guard row < info.rows, column < info.columns else { return nil }
    return Double(shares[row * info.columns + column]) / 255
  }

  /// The map of a region as pixels, over `backdrop` where there is one.
  func pixels(of region: Rectangle, width: Int, height: Int, over backdrop: PixelBlock?, _ look: Look) -> PixelBlock {
    let ground = backdrop?.scaled(width: width, height: height)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(width * height * 3)
    for y in 0..<height {
      let rows = Self.span(y, height, region.height, region.y)
      for x in 0..<width {
        var best: Double?
        for sourceY in rows {
          for sourceX in Self.span(x, width, region.width, region.x) {
            if let share = share(x: sourceX, y: sourceY) { best = max(best ?? 0, share) }
          }
        }
        let below = ground.map { $0[x, y] }
        let colour = Self.colour(best, over: below, look)
        bytes += [colour.red, colour.green, colour.blue]
      }
    }
    return PixelBlock(width: width, height: height, bytes: bytes)
  }

  /// Largest of at most four places along an axis: maps of large pictures stay quick.
  private static func span(_ index: Int, _ count: Int, _ size: Int, _ start: Int) -> StrideTo<Int> {
    let first = index * size / count
    let end = max(first + 1, (index + 1) * size / count)
    return stride(from: start + first, to: start + end, by: max(1, (end - first) / 4))
  }

  /// The cell with a margin of a quarter of its side, and the query: in pixels of the picture that was asked about.
  func surroundings(in picture: (width: Int, height: Int)) -> Rectangle {
    let extent = max(info.rows, info.columns) * info.pixelsPerKey
    let scale = info.order.isHalfScale ? 2 : 1
    let (x, y) = (info.order.x / scale, info.order.y / scale)
    var (left, top) = (info.parts.map(\.x).min() ?? x, info.parts.map(\.y).min() ?? y)
    var (right, bottom) = (
      info.parts.map { $0.x + $0.width }.max() ?? x + 1, info.parts.map { $0.y + $0.height }.max() ?? y + 1
    )
    // Parts of a shifted cell may lie at both ends of the picture: then what is around the query.
    if right - left > 2 * extent || bottom - top > 2 * extent {
      (left, top, right, bottom) = (x - extent / 2, y - extent / 2, x + extent / 2, y + extent / 2)
    }
    (left, top, right, bottom) = (min(left, x), min(top, y), max(right, x + 1), max(bottom, y + 1))
    let margin = max(2, max(right - left, bottom - top) / 4)
    let (width, height) = (
      min(picture.width, right - left + 2 * margin), min(picture.height, bottom - top + 2 * margin)
    )
    return Rectangle(
      x: min(max(0, left - margin), picture.width - width), y: min(max(0, top - margin), picture.height - height),
      width: width, height: height)
  }

  private static func colour(_ share: Double?, over below: RGB?, _ look: Look) -> RGB {
    let dim = below.map { RGB($0.red / 2, $0.green / 2, $0.blue / 2) }
    guard let share else { return dim ?? RGB(0x101114) }
    let gray = UInt8(min(max(share, 0), 1) * 255)
    let heat = look.heat(share).usualRGB ?? RGB(gray, gray, gray)
    guard let below else { return heat }
    return RGB(below.red / 4, below.green / 4, below.blue / 4).mixed(with: heat, 0.5 + 0.5 * share)
  }
}

/// What the overview shows of each head.
enum AttentionFigure: Hashable, Sendable, CaseIterable {
  case entropy, distance, window, anisotropy

  var next: AttentionFigure {
    let all = Self.allCases
    return all[(all.firstIndex(of: self)! + 1) % all.count]
  }

  var title: String {
    switch self {
    case .entropy: "entropy, of what is possible"
    case .distance: "mean distance"
    case .window: "share inside the window"
    case .anisotropy: "anisotropy, up and down to sideways"
    }
  }

  /// 0...1 for the colour.
  func share(_ figures: AttentionFigures, largestDistance: Double) -> Double {
    switch self {
    case .entropy: figures.entropyBits / max(1e-9, figures.entropyLimitBits)
    case .distance: figures.meanDistance / max(1e-9, largestDistance)
    case .window: figures.massInWindow
    case .anisotropy: (figures.anisotropy + 1) / 2
    }
  }
}

/// Where the panes stand.
package struct AttentionLayout: Hashable {
  let heading: CanvasArea
  /// Picture, and map or what stands in its place.
  package let panes: [CanvasArea]
  let numbers: CanvasArea
  /// What the colours mean.
  let scale: CanvasArea
  /// Numbers stand at the right, otherwise below.
  let isWide: Bool

  package init(_ area: CanvasArea, isSplit: Bool) {
    heading = area.top(1)
    var rest = area.dropTop(1)
    isWide = area.columns >= 100
    if isWide {
      numbers = rest.right(36).inset(columns: 1)
      rest = rest.dropRight(36)
    } else {
      let lines = rest.rows >= 16 ? 6 : rest.rows >= 10 ? 3 : 0
      numbers = rest.bottom(lines).inset(columns: area.columns > 20 ? 1 : 0)
      rest = rest.dropBottom(lines)
    }
    scale = rest.bottom(rest.rows >= 8 ? 1 : 0).inset(columns: area.columns > 20 ? 1 : 0)
    rest = rest.dropBottom(scale.rows)
    if isSplit, rest.columns >= 30 {
      // Of one size, so that the same region has the same scale in both.
      let width = (rest.columns - 1) / 2
      panes = [rest.left(width), rest.dropLeft(width + 1).left(width)]
    } else {
      panes = [rest]
    }
  }
}
