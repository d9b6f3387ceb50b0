import Imaging

public typealias PixelRegion = Imaging.PixelRegion
public typealias ColourFilterArray = Imaging.ColourFilterArray

extension PixelRegion {
  /// Reads `X,Y,WIDTH,HEIGHT` in whole pixels, none negative; nil for anything else.
  public init?(_ text: String) {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Int($0) }
    guard numbers.count == 4, numbers.allSatisfy({ $0 >= 0 }), text.filter({ $0 == "," }).count == 3 else { return nil }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// `X,Y,WIDTH,HEIGHT`.
  var text: String { "\(x),\(y),\(width),\(height)" }

  package var columns: Range<Int> { x..<x + width }
  package var rows: Range<Int> { y..<y + height }

  /// The same place on a picture enlarged `scale` times.
  func scaled(by scale: Int) -> PixelRegion {
    PixelRegion(x: x * scale, y: y * scale, width: width * scale, height: height * scale)
  }

  func offset(x dx: Int, y dy: Int) -> PixelRegion {
    PixelRegion(x: x + dx, y: y + dy, width: width, height: height)
  }

  /// Whether it is not empty and lies wholly in a picture of this size.
  func fits(width pictureWidth: Int, height pictureHeight: Int) -> Bool {
    width > 0 && height > 0 && x < pictureWidth && y < pictureHeight && width <= pictureWidth - x
      && height <= pictureHeight - y
  }
}
