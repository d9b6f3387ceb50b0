import Base
import EngineWire

/// A picture, or part of one, with rectangles to be drawn over it.
package struct ShownPicture: Hashable, Sendable {
  package struct Outline: Hashable, Sendable {
    /// In the whole picture's pixels.
    package let rectangle: Rectangle
    /// Its text colour (or its background, where it has one of its own) is the line's.
    package let role: Look.Role
    /// The line stands around the rectangle and covers nothing of it.
    package let isAround: Bool

    package init(rectangle: Rectangle, role: Look.Role, isAround: Bool = false) {
      self.rectangle = rectangle
      self.role = role
      self.isAround = isAround
    }
  }

  package let pixels: PixelBlock
  /// The part of the picture that `pixels` show, in the picture's pixels.
  package let region: Rectangle
  package var outlines: [Outline] = []
  /// Most columns that a pixel of the picture may take; nil for as many as there are.
  package var enlargement: Int?
  /// Where the pixels come from, where the same ones may be shown again at another place.
  package var source: PlacedPicture.Source?

  package init(_ pixels: PixelBlock, region: Rectangle? = nil, outlines: [Outline] = [], enlargement: Int? = nil) {
    self.pixels = pixels
    self.region = region ?? Rectangle(x: 0, y: 0, width: pixels.width, height: pixels.height)
    self.outlines = outlines
    self.enlargement = enlargement
  }

  /// Where it stands in `area`. Places of the result are pixels of `region`, counted from its corner.
  func placement(in area: CanvasArea, cell: CellSize?) -> PicturePlacement {
    PicturePlacement(width: region.width, height: region.height, in: area, enlargement: enlargement, cell: cell)
  }

  /// An outline in a raster that shows the region with `width` x `height` places: first and last column and row, nil outside.
  func edges(of outline: Outline, width: Int, height: Int) -> (left: Int, top: Int, right: Int, bottom: Int)? {
    guard region.width > 0, region.height > 0 else { return nil }
    func scale(_ value: Int, _ origin: Int, _ size: Int, _ room: Int) -> Double {
      (Double(value) - Double(origin)) / Double(size) * Double(room)
    }
    let box = outline.rectangle
    let left = scale(box.x, region.x, region.width, width)
    let top = scale(box.y, region.y, region.height, height)
    let right = left + Double(box.width) / Double(region.width) * Double(width)
    let bottom = top + Double(box.height) / Double(region.height) * Double(height)
    guard right > 0, bottom > 0, left < Double(width), top < Double(height) else { return nil }
    func place(_ value: Double, _ room: Int) -> Int { Int(min(max(value.rounded(), -1), Double(room))) }
    let (first, line) = (place(left, width), place(top, height))
    let (last, end) = (max(first, place(right, width) - 1), max(line, place(bottom, height) - 1))
    return outline.isAround ? (first - 1, line - 1, last + 1, end + 1) : (first, line, last, end)
  }
}
