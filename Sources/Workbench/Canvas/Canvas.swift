/// What a terminal shows: cells in rows, and pictures that a graphics protocol lays over them.
public struct Canvas: Hashable, Sendable {
  public let columns: Int
  public let rows: Int
  /// `rows * columns` cells, row by row.
  public internal(set) var cells: [Cell]
  /// Where the terminal's cursor stands (in a prompt); nil hides it.
  public var cursor: CanvasPoint?
  /// Pictures for terminals with a graphics protocol; empty otherwise. The cells under them are blank.
  public var pictures: [PlacedPicture] = []

  /// - Precondition: both sizes at least 1.
  public init(columns: Int, rows: Int, style: Style = .plain) {
    precondition(columns >= 1 && rows >= 1)
    self.columns = columns
    self.rows = rows
    cells = [Cell](repeating: Cell(" ", style), count: rows * columns)
  }

  public subscript(column: Int, row: Int) -> Cell {
    get { cells[row * columns + column] }
    set { cells[row * columns + column] = newValue }
  }
}

/// One character cell.
public struct Cell: Hashable, Sendable {
  /// A base character with its combining marks. A wide one is followed by a cell whose glyph is empty.
  public var glyph: Character?
  public var style: Style

  public init(_ glyph: Character?, _ style: Style) {
    self.glyph = glyph
    self.style = style
  }
}

public struct CanvasPoint: Hashable, Sendable {
  public var column: Int
  public var row: Int

  public init(column: Int, row: Int) {
    self.column = column
    self.row = row
  }
}

/// A rectangle of cells.
public struct CanvasArea: Hashable, Sendable {
  public var column: Int
  public var row: Int
  public var columns: Int
  public var rows: Int

  public init(column: Int, row: Int, columns: Int, rows: Int) {
    self.column = column
    self.row = row
    self.columns = columns
    self.rows = rows
  }
}

/// A picture that the terminal draws itself (Kitty, Sixel).
public struct PlacedPicture: Hashable, Sendable {
  public var area: CanvasArea
  public var pixels: PixelBlock
  /// Frames of one pixel's width to be drawn over it.
  public var frames: [Frame] = []
  /// nil where the pixels are no part of something larger.
  public var source: Source?

  public init(area: CanvasArea, pixels: PixelBlock) {
    self.area = area
    self.pixels = pixels
  }

  /// First and last column and row, in the picture's pixels, with the colour.
  public struct Frame: Hashable, Sendable {
    public var left: Int
    public var top: Int
    public var right: Int
    public var bottom: Int
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8

    public init(left: Int, top: Int, right: Int, bottom: Int, red: UInt8, green: UInt8, blue: UInt8) {
      (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
      (self.red, self.green, self.blue) = (red, green, blue)
    }
  }

  /// A plane of pixels of which the picture shows a part: where `plane` is the same, so is each pixel at its place on it.
  public struct Source: Hashable, Sendable {
    public var plane: String
    /// Place of the picture's first pixel.
    public var x: Int
    public var y: Int

    public init(plane: String, x: Int, y: Int) {
      self.plane = plane
      self.x = x
      self.y = y
    }
  }
}

/// Pixels to show: `width * height * 3` bytes, sRGB, row by row.
public struct PixelBlock: Hashable, Sendable {
  public let width: Int
  public let height: Int
  public let bytes: [UInt8]

  /// - Precondition: as many bytes as the sides ask for.
  public init(width: Int, height: Int, bytes: [UInt8]) {
    precondition(width >= 0 && height >= 0 && bytes.count == width * height * 3)
    self.width = width
    self.height = height
    self.bytes = bytes
  }
}

extension CanvasArea {
  var isEmpty: Bool { columns <= 0 || rows <= 0 }
  /// The column and row behind the last.
  var endColumn: Int { column + columns }
  var endRow: Int { row + rows }

  func contains(column: Int, row: Int) -> Bool {
    (self.column..<max(endColumn, self.column)).contains(column) && (self.row..<max(endRow, self.row)).contains(row)
  }

  // Parts never reach over the whole: asked for more than there is, they are all of it or empty.

  func top(_ count: Int) -> CanvasArea {
    CanvasArea(column: column, row: row, columns: columns, rows: min(max(count, 0), max(rows, 0)))
  }

  func bottom(_ count: Int) -> CanvasArea { dropTop(rows - min(max(count, 0), max(rows, 0))) }

  func left(_ count: Int) -> CanvasArea {
    CanvasArea(column: column, row: row, columns: min(max(count, 0), max(columns, 0)), rows: rows)
  }

  func right(_ count: Int) -> CanvasArea { dropLeft(columns - min(max(count, 0), max(columns, 0))) }

  func dropTop(_ count: Int) -> CanvasArea {
    let cut = min(max(count, 0), max(rows, 0))
    return CanvasArea(column: column, row: row + cut, columns: columns, rows: rows - cut)
  }

  func dropBottom(_ count: Int) -> CanvasArea { top(rows - max(count, 0)) }

  func dropLeft(_ count: Int) -> CanvasArea {
    let cut = min(max(count, 0), max(columns, 0))
    return CanvasArea(column: column + cut, row: row, columns: columns - cut, rows: rows)
  }

  func dropRight(_ count: Int) -> CanvasArea { left(columns - max(count, 0)) }

  func inset(columns: Int, rows: Int = 0) -> CanvasArea {
    dropLeft(columns).dropRight(columns).dropTop(rows).dropBottom(rows)
  }

  /// An area of this size in the middle, smaller where there is not so much room.
  func centred(columns: Int, rows: Int) -> CanvasArea {
    let (columns, rows) = (min(max(columns, 0), self.columns), min(max(rows, 0), self.rows))
    return CanvasArea(
      column: column + (self.columns - columns) / 2, row: row + (self.rows - rows) / 2, columns: columns, rows: rows)
  }

  /// The part that lies within `other`.
  func clipped(to other: CanvasArea) -> CanvasArea {
    let (left, top) = (max(column, other.column), max(row, other.row))
    return CanvasArea(
      column: left, row: top, columns: max(0, min(endColumn, other.endColumn) - left),
      rows: max(0, min(endRow, other.endRow) - top))
  }
}

extension Canvas {
  /// All of it.
  package var area: CanvasArea { CanvasArea(column: 0, row: 0, columns: columns, rows: rows) }
}
