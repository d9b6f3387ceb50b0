extension Canvas {
  /// A bar of one row, filled from the left, with a few words on it. Coloured cells; `#` and `-` where there are no colours.
  ///
  /// - Parameter fraction: 0...1; anything else (not-a-number too) is brought there.
  package mutating func drawMeter(_ fraction: Double, _ label: String = "", in area: CanvasArea, _ look: Look) {
    let line = area.top(1).clipped(to: self.area)
    guard !line.isEmpty else { return }
    let share = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    // Full only when it is: the last cell is kept for the end.
    let filled = share >= 1 ? line.columns : min(line.columns - 1, Int((share * Double(line.columns)).rounded()))
    guard look.colours != .none else {
      fill(line.left(filled), look[.meter].withoutColours, "#")
      fill(line.dropLeft(filled), look[.meterRest].withoutColours, "-")
      if !label.isEmpty, line.columns >= label.columns + 4 {
        write(" \(label) ", in: line, .plain, .centre)
      }
      return
    }
    fill(line.left(filled), look[.meter])
    fill(line.dropLeft(filled), look[.meterRest])
    guard !label.isEmpty else { return }
    write(label, in: line, look[.meterRest], .centre)
    for column in line.column..<line.column + filled { self[column, line.row].style = look[.meter] }
  }
}

extension Style {
  fileprivate var withoutColours: Style { Style(.standard, on: .standard, attributes.subtracting(.reverse)) }
}
