/// Whole pixels; `x` to the right, `y` down. On the wire and in files an array: `[x, y, width, height]`.
public struct Rectangle: Codable, Hashable, Sendable {
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

  // A job carries thousands of these: an array is a third of what an object with four keys takes.
  public init(from decoder: any Decoder) throws {
    var sides = try decoder.unkeyedContainer()
    /// No picture reaches further, and products of two are still numbers.
    func side() throws -> Int { Int(try sides.decode(Int32.self)) }
    (x, y, width, height) = (try side(), try side(), try side(), try side())
  }

  public func encode(to encoder: any Encoder) throws {
    var sides = encoder.unkeyedContainer()
    for side in [x, y, width, height] { try sides.encode(side) }
  }

  /// Reads `X,Y,WIDTH,HEIGHT` in whole pixels, none negative; nil for anything else.
  public init?(_ text: String) {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Int($0) }
    guard numbers.count == 4, numbers.allSatisfy({ $0 >= 0 }), text.filter({ $0 == "," }).count == 3 else { return nil }
    self.init(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// `X,Y,WIDTH,HEIGHT`.
  package var text: String { "\(x),\(y),\(width),\(height)" }

  public var pixels: Int { width * height }
  package var columns: Range<Int> { x..<x + width }
  package var rows: Range<Int> { y..<y + height }

  /// Whether both have a pixel in common.
  public func overlaps(_ other: Rectangle) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }

  /// Whether it is not empty and lies wholly in a picture of this size, whatever its numbers.
  package func fits(width pictureWidth: Int, height pictureHeight: Int) -> Bool {
    x >= 0 && y >= 0 && width > 0 && height > 0 && x < pictureWidth && y < pictureHeight && width <= pictureWidth - x
      && height <= pictureHeight - y
  }

  /// The same place on a picture enlarged `scale` times.
  /// What both share; nil where that is nothing.
  package func intersection(_ other: Rectangle) -> Rectangle? {
    let (left, top) = (max(x, other.x), max(y, other.y))
    let (right, bottom) = (min(x + width, other.x + other.width), min(y + height, other.y + other.height))
    return left < right && top < bottom ? Rectangle(x: left, y: top, width: right - left, height: bottom - top) : nil
  }

  package func scaled(by scale: Int) -> Rectangle {
    Rectangle(x: x * scale, y: y * scale, width: width * scale, height: height * scale)
  }

  package func offset(x dx: Int, y dy: Int) -> Rectangle {
    Rectangle(x: x + dx, y: y + dy, width: width, height: height)
  }
}
