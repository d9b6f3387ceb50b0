import Base

/// Where the tiles of a picture lie: one shape for all, row by row, the last of each axis flush with the border.
///
/// Along an axis the tiles start at `0, stride, 2 * stride, ...` with `stride = tile - overlap` while they end before the
/// border; one more ends at it (golden/configs.md, "Tiled inference as published"). An axis shorter than a tile has one
/// tile of the axis's length; the network pads it.
public struct TilePlan: Hashable, Sendable {
  /// The least side that may be asked for, in input pixels.
  public static let smallestSide = 16

  /// Size of what is covered, in input pixels.
  public let width: Int
  public let height: Int
  /// Size of every tile.
  public let tileWidth: Int
  public let tileHeight: Int
  /// Pixels that neighbours share at least, where an axis has more than one tile.
  public let overlap: Int
  public let blending: Blending
  /// One line on where tile and overlap come from.
  public let reason: String

  let columns: TileAxis
  let rows: TileAxis

  /// - Parameters:
  ///   - side: of the square tiles; nil for the whole picture in one.
  ///   - overlap: 0 or more; reduced to half the side where it is larger.
  /// - Precondition: all sizes at least 1.
  public init(
    width: Int, height: Int, side: Int?, overlap: Int, blending: Blending = .feathered, reason: String
  ) {
    // The published protocol uses one square side, the picture's shorter one at most.
    let side = side.map { blending == .average ? min($0, width, height) : $0 } ?? max(width, height)
    let overlap = min(overlap, side / 2)
    self.width = width
    self.height = height
    self.overlap = overlap
    self.blending = blending
    self.reason = reason
    columns = TileAxis(length: width, tile: side, overlap: overlap, blending: blending)
    rows = TileAxis(length: height, tile: side, overlap: overlap, blending: blending)
    tileWidth = columns.tile
    tileHeight = rows.tile
  }

  public var tileCount: Int { columns.count * rows.count }
  public var tilesPerRow: Int { columns.count }

  /// Tile `index`, counted row by row.
  public subscript(index: Int) -> Rectangle {
    let x = columns[index % columns.count]
    let y = rows[index / columns.count]
    return Rectangle(x: x.lowerBound, y: y.lowerBound, width: x.count, height: y.count)
  }
}

extension TilePlan {
  /// The pixels that lie best in tile `index`: farthest from its edges, those of the picture left aside. Each pixel is one tile's own.
  public func own(_ index: Int) -> Rectangle {
    let (x, y) = (columns.own(index % columns.count), rows.own(index / columns.count))
    return Rectangle(x: x.lowerBound, y: y.lowerBound, width: x.count, height: y.count)
  }

  /// The tile whose own a pixel is.
  ///
  /// - Precondition: the pixel lies in the plan.
  public func tile(around x: Int, _ y: Int) -> Int {
    let column = (0..<columns.count).first { columns.own($0).contains(x) }!
    let row = (0..<rows.count).first { rows.own($0).contains(y) }!
    return row * columns.count + column
  }
}

extension TilePlan: CustomStringConvertible {
  /// `12 tiles of 256 x 256, overlap 32 (published tile of jpeg)`
  public var description: String {
    tileCount == 1
      ? "1 tile of \(tileWidth) x \(tileHeight) (\(reason))"
      : "\(tileCount) tiles of \(tileWidth) x \(tileHeight), overlap \(overlap) (\(reason))"
  }
}
