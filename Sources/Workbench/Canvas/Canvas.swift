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

  public init(area: CanvasArea, pixels: PixelBlock) {
    self.area = area
    self.pixels = pixels
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
