/// Where the plan's rows and the engine's word on it stand: beside or below each other where there is room, else the one that has
/// the focus.
struct PlanLayout: Hashable, Sendable {
  static let sideBySide = 110
  static let stacked = 20

  let rows: CanvasArea
  /// What the row under the cursor means, below the rows.
  let help: CanvasArea
  let plan: CanvasArea
  /// Lines of totals above the plan's pictures.
  let summaryRows: Int

  init(_ area: CanvasArea, rows count: Int, pane: PlanScreen.Pane) {
    let settings: CanvasArea
    if area.columns >= Self.sideBySide {
      let width = max(54, area.columns * 2 / 5)
      settings = area.left(width)
      plan = area.dropLeft(width)
    } else if area.rows >= Self.stacked {
      settings = area.top(min(count + 2, area.rows - 8))
      plan = area.dropTop(settings.rows)
    } else {
      settings = pane == .rows ? area : area.top(0)
      plan = pane == .plan ? area : area.top(0)
    }
    help = settings.bottom(settings.rows >= 8 ? 1 : 0)
    rows = settings.dropTop(settings.rows >= 12 ? 1 : 0).dropBottom(help.rows)
    summaryRows = plan.rows >= 8 ? 5 : plan.rows >= 4 ? 2 : 1
  }

  var visibleRows: Int { max(1, rows.rows) }
  var visiblePictures: Int { max(1, plan.rows - summaryRows) }
  var showsRows: Bool { !rows.isEmpty }
  var showsPlan: Bool { !plan.isEmpty }
}
