/// Where the plan's rows and the engine's word on it stand: beside or below each other where there is room, else the one that has
/// the focus.
struct PlanLayout: Hashable, Sendable {
  /// From this width on both stand beside each other and nothing is cut; from `sideBySideIfLow` on where there are few rows.
  static let sideBySide = 150
  static let sideBySideIfLow = 110
  static let stacked = 20
  static let roomy = 30

  let rows: CanvasArea
  /// What the row under the cursor means, below the rows.
  let help: CanvasArea
  let plan: CanvasArea
  /// Lines of totals above the plan's pictures, a blank one and the titles included.
  let summaryRows: Int
  let showsTitles: Bool

  /// - Parameters:
  ///   - count: rows that can be changed.
  ///   - summary: lines of totals.
  init(_ area: CanvasArea, rows count: Int, summary: Int, pane: PlanScreen.Pane) {
    let settings: CanvasArea
    if Self.isSideBySide(area) {
      let width = max(54, area.columns / 2)
      settings = area.left(width)
      plan = area.dropLeft(width)
    } else if area.rows >= Self.stacked {
      settings = area.top(min(count + (area.rows >= Self.roomy ? 5 : 1), area.rows - 8))
      plan = area.dropTop(settings.rows)
    } else {
      settings = pane == .rows ? area : area.top(0)
      plan = pane == .plan ? area : area.top(0)
    }
    // One line to explain; all that is left where rows leave much.
    let explained = settings.rows >= count + 5 ? settings.rows - count - 1 : settings.rows >= 8 ? 1 : 0
    help = settings.bottom(explained).dropTop(explained > 1 ? 1 : 0)
    rows = settings.dropTop(explained > 1 ? 1 : 0).dropBottom(explained)
    showsTitles = plan.rows >= summary + 6
    summaryRows = min(summary, max(1, plan.rows - 2)) + (showsTitles ? 2 : plan.rows >= summary + 4 ? 1 : 0)
  }

  private static func isSideBySide(_ area: CanvasArea) -> Bool {
    area.columns >= sideBySide || (area.columns >= sideBySideIfLow && area.rows < stacked)
  }

  /// Columns for a line of the plan, borders left out.
  static func planColumns(_ area: CanvasArea) -> Int {
    let columns = isSideBySide(area) ? area.columns - max(54, area.columns / 2) : area.columns
    return columns > 20 ? columns - 4 : columns
  }

  var visibleRows: Int { max(1, rows.rows) }
  var visiblePictures: Int { max(1, plan.rows - summaryRows) }
  var showsRows: Bool { !rows.isEmpty }
  var showsPlan: Bool { !plan.isEmpty }
}
