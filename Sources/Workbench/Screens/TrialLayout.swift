/// Where a trial's pictures stand.
struct TrialLayout: Hashable, Sendable {
  let head: CanvasArea
  /// One or two areas of the same size, each with a line for its caption above it.
  let panes: [CanvasArea]
  let captions: [CanvasArea]

  init(_ area: CanvasArea, isFlipped: Bool) {
    head = area.top(area.rows >= 4 ? 1 : 0)
    let rest = area.dropTop(head.rows)
    let captionRows = rest.rows >= 3 ? 1 : 0
    let halves: [CanvasArea]
    if isFlipped || area.columns < 24 {
      halves = [rest]
    } else {
      let width = (rest.columns - 1) / 2
      halves = [rest.left(width), rest.dropLeft(width + 1).left(width)]
    }
    panes = halves.map { $0.dropTop(captionRows) }
    captions = halves.map { $0.top(captionRows) }
  }
}
