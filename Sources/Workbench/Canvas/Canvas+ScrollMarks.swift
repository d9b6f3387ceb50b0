extension Canvas {
  /// Where rows of a list are out of sight: how many above its first row, how many below its last, at the right.
  ///
  /// - Parameters:
  ///   - first: the row that is shown first, of `count`.
  ///   - area: where the rows stand.
  ///   - ground: the background of the list.
  mutating func drawScrollMarks(first: Int, count: Int, in area: CanvasArea, on ground: Look.Role, _ look: Look) {
    guard area.rows > 0, area.columns >= 8 else { return }
    let below = count - first - area.rows
    func mark(_ text: String, _ row: CanvasArea) {
      let place = row.right(text.columns)
      fill(place, look[ground])
      write(text, in: place, ground == .text ? look[.accent] : look[.accent, on: ground])
    }
    if first > 0 && (below <= 0 || area.rows > 1) { mark(" \(look[.moreUp]) \(first) more", area.top(1)) }
    if below > 0 { mark(" \(look[.moreDown]) \(below) more", area.bottom(1)) }
  }
}
