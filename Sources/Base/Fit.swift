/// How a picture of `width` x `height` fits into a box: one place for the arithmetic of previews, sheets and screens.
package enum Fit {
  /// How much the picture is enlarged until it fills the box one way; below 1 where it is made smaller.
  package static func scale(_ width: Int, _ height: Int, within box: (width: Int, height: Int)) -> Double {
    min(Double(box.width) / Double(width), Double(box.height) / Double(height))
  }

  /// Pixels of the picture for each place of the box: the same the other way round.
  package static func step(_ width: Int, _ height: Int, within box: (width: Int, height: Int)) -> Double {
    max(Double(width) / Double(box.width), Double(height) / Double(box.height))
  }

  /// The sides that fill the box one way, rounded down; at least 1 x 1.
  package static func filled(_ width: Int, _ height: Int, within box: (width: Int, height: Int)) -> (
    width: Int, height: Int
  ) {
    let scale = scale(width, height, within: box)
    return (max(1, Int(Double(width) * scale)), max(1, Int(Double(height) * scale)))
  }

  /// The largest size of `width : height` within a box, never larger than the picture itself; at least 1 x 1. In whole numbers, rounded to
  /// the nearest.
  package static func shrunk(_ width: Int, _ height: Int, within box: (width: Int, height: Int)) -> (
    width: Int, height: Int
  ) {
    let (boxWidth, boxHeight) = (max(1, box.width), max(1, box.height))
    if width <= boxWidth && height <= boxHeight { return (width, height) }
    // Compare width / boxWidth with height / boxHeight without leaving whole numbers.
    if width * boxHeight >= height * boxWidth {
      return (boxWidth, max(1, (height * boxWidth + width / 2) / width))
    }
    return (max(1, (width * boxHeight + height / 2) / height), boxHeight)
  }

  /// The pixels that lie under place `index` of `count` on a line of `length`, one at least.
  package static func span(_ index: Int, of count: Int, over length: Int) -> Range<Int> {
    let first = index * length / count
    return first..<max(first + 1, (index + 1) * length / count)
  }
}
