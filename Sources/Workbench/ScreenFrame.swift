/// Where header, screen and footer stand.
struct ScreenFrame: Hashable {
  let header: CanvasArea
  let body: CanvasArea
  let footer: CanvasArea
  /// Below what everything is made for.
  let isSmall: Bool

  init(columns: Int, rows: Int) {
    let all = CanvasArea(column: 0, row: 0, columns: columns, rows: rows)
    footer = all.bottom(1)
    header = all.dropBottom(1).top(1)
    body = all.dropTop(1).dropBottom(1)
    isSmall = columns < 60 || rows < 15
  }
}
