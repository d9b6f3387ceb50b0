/// Where the parts of the run screen stand: all of them where there is room, else the one that has the focus.
struct RunLayout: Hashable, Sendable {
  static let twoColumns = 72
  static let fullRows = 17

  /// Name and state of the picture, and how far it is.
  let head: CanvasArea
  let picture: CanvasArea
  /// Tiles and figures.
  let tiles: CanvasArea
  let queue: CanvasArea
  let log: CanvasArea
  let isWhole: Bool

  /// - Parameter tileRows: rows of tiles that there are to show; 0 where there are none.
  init(_ area: CanvasArea, tileRows: Int, pane: RunScreen.Pane) {
    isWhole = area.columns >= Self.twoColumns && area.rows >= Self.fullRows
    head = area.top(area.rows >= 5 ? 2 : area.rows >= 2 ? 1 : 0)
    let rest = area.dropTop(head.rows)
    guard isWhole else {
      queue = pane == .queue ? rest : rest.top(0)
      log = pane == .log ? rest : rest.top(0)
      // The picture, with its figures in a line or two below.
      let figures = pane == .picture && rest.rows >= 6 ? 2 : 0
      picture = pane == .picture ? rest.dropBottom(figures) : rest.top(0)
      tiles = pane == .picture ? rest.bottom(figures) : rest.top(0)
      return
    }
    log = rest.bottom(rest.rows >= 34 ? 6 : rest.rows >= 20 ? 3 : 2)
    let middle = rest.dropBottom(log.rows)
    let side = min(max(34, area.columns * 2 / 5), 76)
    picture = middle.dropRight(side)
    let right = middle.right(side)
    // Tiles, their counts, two lines of figures and a blank one; larger tiles where there is room.
    let wanted = min(tileRows, 16) * (right.rows >= 30 ? 3 : right.rows >= 24 ? 2 : 1) + 4
    tiles = right.top(min(max(7, wanted), right.rows * 11 / 20))
    queue = right.dropTop(tiles.rows)
  }

  /// Rows of the queue below its head.
  var queueRows: Int { max(1, queue.rows - (queue.rows >= 3 ? 1 : 0)) }
}
