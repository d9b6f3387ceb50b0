import Base

/// What part of both pictures is shown, and how large.
struct TrialView: Hashable, Sendable {
  /// Pixels of the result for one pixel of the screen; nil: all of it.
  private(set) var step: Double?
  /// Middle of what is shown, in shares of the picture.
  private(set) var centreX = 0.5
  private(set) var centreY = 0.5
  /// One picture at a time, in turn.
  private(set) var isFlipped = false
  /// Which one is in front then.
  private(set) var showsAfter = true

  private static let steps = [8.0, 4, 2, 1, 0.5, 0.25, 0.125]

  mutating func perform(
    _ command: Command, before: PixelBlock, after: PixelBlock, room: (width: Int, height: Int)
  ) -> Bool {
    let now = self.step(after, room)
    let (shareX, shareY) = share(after, room)
    switch command {
    case .zoomIn: step = Self.steps.first { $0 < now * 0.99 } ?? now
    case .zoomOut: step = Self.steps.last { $0 > now * 1.01 } ?? now
    case .fit: step = Self.fitting(after, room)
    case .actualSize: step = 1
    case .left: centreX -= shareX / 8
    case .right: centreX += shareX / 8
    case .up: centreY -= shareY / 8
    case .down: centreY += shareY / 8
    case FilesScreen.flip:
      if isFlipped { showsAfter.toggle() } else { (isFlipped, showsAfter) = (true, false) }
    case .nextPane, .previousPane: isFlipped.toggle()
    default: return false
    }
    let (halfX, halfY) = (share(after, room).0 / 2, share(after, room).1 / 2)
    centreX = min(max(centreX, halfX), 1 - halfX)
    centreY = min(max(centreY, halfY), 1 - halfY)
    return true
  }

  /// All of the result in the room.
  static func fitting(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> Double {
    Fit.step(after.width, after.height, within: (max(1, room.width), max(1, room.height)))
  }

  /// One to one, unless all of it has room at little loss.
  func step(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> Double {
    let fit = Self.fitting(after, room)
    return step ?? (fit <= 1.5 ? fit : 1)
  }

  /// How much of the picture is in sight, 0...1.
  private func share(_ after: PixelBlock, _ room: (width: Int, height: Int)) -> (Double, Double) {
    let step = step(after, room)
    return (
      min(1, Double(room.width) * step / Double(max(1, after.width))),
      min(1, Double(room.height) * step / Double(max(1, after.height)))
    )
  }

  /// The part in sight of `picture` (before or after), as large as the room shows it.
  func part(of picture: PixelBlock, after: PixelBlock, room: (width: Int, height: Int)) -> PixelBlock {
    let step = step(after, room)
    let (shareX, shareY) = share(after, room)
    let (left, top) = (
      min(max(centreX, shareX / 2), 1 - shareX / 2) - shareX / 2,
      min(max(centreY, shareY / 2), 1 - shareY / 2) - shareY / 2
    )
    let (columns, rows) = (
      min(room.width, max(1, Int((shareX * Double(after.width) / step).rounded()))),
      min(room.height, max(1, Int((shareY * Double(after.height) / step).rounded())))
    )
    return picture.cropped(
      x: Int((left * Double(picture.width)).rounded()), y: Int((top * Double(picture.height)).rounded()),
      width: Int((shareX * Double(picture.width)).rounded()), height: Int((shareY * Double(picture.height)).rounded())
    ).scaled(width: columns, height: rows)
  }
}
