/// A rectangle of whole pixels; `x`, `y` is its top left corner.
public struct PixelRegion: Hashable, Sendable, CustomStringConvertible {
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

  /// Reads `X,Y,WIDTH,HEIGHT` in whole pixels; nil for anything else.
  public init?(_ text: String) {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2], let height = numbers[3]
    else { return nil }
    self.init(x: x, y: y, width: width, height: height)
  }

  public var description: String { "\(x),\(y),\(width),\(height)" }

  public var columns: Range<Int> { x..<x + width }
  public var rows: Range<Int> { y..<y + height }

  /// The same place on a picture enlarged `scale` times.
  func scaled(by scale: Int) -> PixelRegion {
    PixelRegion(x: x * scale, y: y * scale, width: width * scale, height: height * scale)
  }

  func offset(x dx: Int, y dy: Int) -> PixelRegion {
    PixelRegion(x: x + dx, y: y + dy, width: width, height: height)
  }

  /// Whether it is not empty and lies wholly in a picture of this size.
  func fits(width pictureWidth: Int, height pictureHeight: Int) -> Bool {
    x >= 0 && y >= 0 && width > 0 && height > 0 && x < pictureWidth && y < pictureHeight
      && width <= pictureWidth - x && height <= pictureHeight - y
  }
}
