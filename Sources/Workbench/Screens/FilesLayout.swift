/// Where list and preview stand: side by side where there is room, else the one that has the focus.
struct FilesLayout: Hashable, Sendable {
  /// Below this width there is one pane.
  static let twoPanes = 72

  let list: CanvasArea
  let side: CanvasArea
  /// Lines above the rows: path and column heads.
  let heads: Int
  /// Room for the picture.
  let picture: CanvasArea
  /// Lines of facts below the picture.
  let facts: CanvasArea

  init(_ area: CanvasArea, pane: FilesScreen.Pane) {
    if area.columns < Self.twoPanes {
      list = pane == .list ? area : area.left(0)
      side = pane == .preview ? area : area.left(0)
    } else {
      // Enough for the list's columns; the preview takes the rest.
      let wanted = min(76, max(43, area.columns / 2 - 4))
      list = area.left(wanted)
      side = area.dropLeft(wanted)
    }
    heads = area.rows >= 6 ? 2 : area.rows >= 3 ? 1 : 0
    let inner = side.inset(columns: side.columns >= 20 ? 1 : 0)
    let factRows = area.rows >= 20 ? 5 : area.rows >= 12 ? 4 : area.rows >= 6 ? 2 : 0
    facts = inner.bottom(factRows)
    picture = inner.dropTop(area.rows >= 3 ? 1 : 0).dropBottom(factRows)
  }

  var showsList: Bool { !list.isEmpty }
  var showsSide: Bool { !side.isEmpty }
  /// Rows of the list that are in sight, at least 1.
  var listRows: Int { max(1, list.rows - heads) }
  var rows: CanvasArea { list.dropTop(heads) }
}
