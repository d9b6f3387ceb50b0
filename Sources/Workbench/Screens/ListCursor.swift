/// The chosen row of a list that may be longer than its room, and the first row that is shown.
struct ListCursor: Hashable, Sendable {
  private(set) var index = 0
  private(set) var top = 0

  /// Does a movement. False where `command` is none of a list's movements.
  mutating func perform(_ command: Command, count: Int, visible: Int) -> Bool {
    let page = max(1, visible - 1)
    switch command {
    case .up: move(to: index - 1, count: count, visible: visible)
    case .down: move(to: index + 1, count: count, visible: visible)
    case .top: move(to: 0, count: count, visible: visible)
    case .bottom: move(to: count - 1, count: count, visible: visible)
    case .halfPageUp: move(to: index - max(1, visible / 2), count: count, visible: visible)
    case .halfPageDown: move(to: index + max(1, visible / 2), count: count, visible: visible)
    case .pageUp: move(to: index - page, count: count, visible: visible)
    case .pageDown: move(to: index + page, count: count, visible: visible)
    default: return false
    }
    return true
  }

  /// Chooses a row and scrolls as far as it takes to show it; rows that are not there become the nearest.
  mutating func move(to row: Int, count: Int, visible: Int) {
    index = min(max(row, 0), max(count - 1, 0))
    top = firstRow(count: count, visible: visible)
  }

  /// Scrolls by rows; the cursor stays in sight.
  mutating func scroll(by rows: Int, count: Int, visible: Int) {
    top = min(max(top + rows, 0), max(count - visible, 0))
    index = min(max(index, top), max(min(top + visible, count) - 1, 0))
  }

  /// What stands in the first row where `visible` rows are shown: `top`, unless size or list have changed since.
  func firstRow(count: Int, visible: Int) -> Int {
    let visible = max(visible, 1)
    let index = min(index, max(count - 1, 0))
    let nearest = min(max(top, index - visible + 1), index)
    return max(0, min(nearest, count - visible))
  }
}
