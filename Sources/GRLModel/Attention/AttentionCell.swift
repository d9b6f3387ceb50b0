import Tensors

/// The keys of one window or stripe in picture coordinates, cyclic shifts undone.
///
/// Keys lie in `rows` x `columns`, row by row. A shifted cell at the end of the padded picture goes on at its beginning: it
/// has up to four parts.
public struct AttentionCell: Hashable, Sendable, Codable {
  public let rows: Int
  public let columns: Int
  /// Of the first key in the padded map, in keys.
  public let top: Int
  public let left: Int
  /// Extent of the padded map, in keys.
  public let mapRows: Int
  public let mapColumns: Int
  /// Side of the square of pixels that a key stands for: 1, or the anchor factor.
  public let pixelsPerKey: Int
  /// The unpadded pixels that went through the network: a tile or the whole picture.
  public let area: Area

  public struct Area: Hashable, Sendable, Codable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
      self.x = x
      self.y = y
      self.width = width
      self.height = height
    }

    public func contains(x: Int, y: Int) -> Bool {
      (self.x..<self.x + width).contains(x) && (self.y..<self.y + height).contains(y)
    }

    public func intersection(_ other: Area) -> Area? {
      let (left, top) = (max(x, other.x), max(y, other.y))
      let (right, bottom) = (min(x + width, other.x + other.width), min(y + height, other.y + other.height))
      return left < right && top < bottom ? Area(x: left, y: top, width: right - left, height: bottom - top) : nil
    }
  }

  public var count: Int { rows * columns }

  /// The key's pixels in the picture; beyond `area` where the key is padding.
  public func pixels(ofKey key: Int) -> Area {
    let (row, column) = ((top + key / columns) % mapRows, (left + key % columns) % mapColumns)
    return Area(
      x: area.x + column * pixelsPerKey, y: area.y + row * pixelsPerKey, width: pixelsPerKey, height: pixelsPerKey)
  }

  /// Whether the key holds nothing but mirrored or empty pixels added to fill the last cells.
  public func isPadding(_ key: Int) -> Bool { pixels(ofKey: key).intersection(area) == nil }

  /// The cell's outline in the picture: one to four rectangles, padding cut off.
  public var parts: [Area] {
    func spans(_ start: Int, _ count: Int, _ extent: Int) -> [Range<Int>] {
      start + count <= extent ? [start..<start + count] : [start..<extent, 0..<start + count - extent]
    }
    return spans(top, rows, mapRows).flatMap { vertical in
      spans(left, columns, mapColumns).compactMap { horizontal in
        Area(
          x: area.x + horizontal.lowerBound * pixelsPerKey, y: area.y + vertical.lowerBound * pixelsPerKey,
          width: horizontal.count * pixelsPerKey, height: vertical.count * pixelsPerKey
        ).intersection(area)
      }
    }
  }

  /// Whether a pixel of the picture lies in the cell.
  public func contains(x: Int, y: Int) -> Bool { parts.contains { $0.contains(x: x, y: y) } }

  package init(_ partition: Partition, cell: Int, pixelsPerKey: Int, area: Area) {
    (rows, columns) = (partition.cellHeight, partition.cellWidth)
    (top, left) = partition.corner(of: cell)
    (mapRows, mapColumns) = (partition.height, partition.width)
    self.pixelsPerKey = pixelsPerKey
    self.area = area
  }

  public init(
    rows: Int, columns: Int, top: Int, left: Int, mapRows: Int, mapColumns: Int, pixelsPerKey: Int, area: Area
  ) {
    (self.rows, self.columns, self.top, self.left) = (rows, columns, top, left)
    (self.mapRows, self.mapColumns, self.pixelsPerKey, self.area) = (mapRows, mapColumns, pixelsPerKey, area)
  }
}
