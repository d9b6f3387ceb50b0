/// Where the pixels of a padded picture come from: padding lies below and to the right, and mirrors the picture without repeating its edge
/// where both pads are smaller than the sides that they extend; otherwise it is empty (Docs/Network.md section 2).
package struct Padding: Sendable {
  private let height: Int
  private let width: Int
  private let mirrors: Bool

  /// - Parameter shape: of the picture.
  package init(_ shape: Shape, paddedHeight: Int, paddedWidth: Int) {
    (height, width) = (shape.height, shape.width)
    mirrors = paddedHeight - height < height && paddedWidth - width < width
  }

  /// The picture's pixel, row by row, that stands at a place of the padded one; nil where nothing does.
  package func source(y: Int, x: Int) -> Int? {
    guard mirrors || y < height && x < width else { return nil }
    return (y < height ? y : 2 * height - 2 - y) * width + (x < width ? x : 2 * width - 2 - x)
  }
}
