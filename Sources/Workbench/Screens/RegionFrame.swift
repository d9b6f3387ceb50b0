import Base
import EngineWire

/// The part of a picture that is framed for a trial: how it begins, moves and grows, always within the picture.
enum RegionFrame {
  /// Sides that + and - go through, in pixels of the picture.
  static let sides = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
  static let standardSide = 96

  /// In the middle, or all of a picture that is smaller.
  static func standard(width: Int, height: Int) -> Rectangle {
    within(width, height, centreX: width / 2, centreY: height / 2, standardSide, standardSide)
  }

  static func moved(_ frame: Rectangle, x: Int, y: Int, width: Int, height: Int) -> Rectangle {
    var moved = frame
    moved.x = min(max(frame.x + x, 0), max(0, width - frame.width))
    moved.y = min(max(frame.y + y, 0), max(0, height - frame.height))
    return moved
  }

  /// The next larger (`by` 1) or smaller (-1) square around the same middle.
  static func resized(_ frame: Rectangle, by step: Int, width: Int, height: Int) -> Rectangle {
    let side = max(frame.width, frame.height)
    let next = step > 0 ? sides.first { $0 > side } : sides.last { $0 < side }
    guard let next else { return frame }
    return within(
      width, height, centreX: frame.x + frame.width / 2, centreY: frame.y + frame.height / 2, next, next)
  }

  /// From corner to corner, at least the smallest and at most the largest side.
  static func spanning(_ a: (x: Int, y: Int), _ b: (x: Int, y: Int), width: Int, height: Int) -> Rectangle {
    let clampedWidth = min(max(abs(a.x - b.x), sides[0]), sides[sides.count - 1])
    let clampedHeight = min(max(abs(a.y - b.y), sides[0]), sides[sides.count - 1])
    return within(
      width, height, centreX: (a.x + b.x) / 2, centreY: (a.y + b.y) / 2, clampedWidth, clampedHeight)
  }

  private static func within(
    _ width: Int, _ height: Int, centreX: Int, centreY: Int, _ frameWidth: Int, _ frameHeight: Int
  ) -> Rectangle {
    let (columns, rows) = (min(frameWidth, max(width, 1)), min(frameHeight, max(height, 1)))
    return Rectangle(
      x: min(max(centreX - columns / 2, 0), max(0, width - columns)),
      y: min(max(centreY - rows / 2, 0), max(0, height - rows)), width: columns, height: rows)
  }
}
