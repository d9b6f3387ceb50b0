import EngineWire

extension PlanScreen {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    guard !trial.isOpen else { return trial.draw(on: &canvas, in: area, session, look) }
    let layout = layout(area, session)
    if layout.showsRows { drawRows(on: &canvas, layout, session, look) }
    if layout.showsPlan { drawPlan(on: &canvas, in: layout.plan, layout, session, look) }
  }

  private func drawRows(on canvas: inout Canvas, _ layout: PlanLayout, _ session: Session, _ look: Look) {
    let rows = rows(session)
    let first = cursor.firstRow(count: rows.count, visible: layout.visibleRows)
    for line in 0..<min(layout.visibleRows, rows.count - first) {
      let isCursor = first + line == min(cursor.index, rows.count - 1)
      draw(rows[first + line], isCursor, on: &canvas, in: layout.rows.dropTop(line).top(1), session, look)
    }
    if !layout.help.isEmpty, let row = row(session) { explain(row, on: &canvas, in: layout.help, session, look) }
  }

  private func draw(
    _ row: PlanRow, _ isCursor: Bool, on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look
  ) {
    let ground: Look.Role = isCursor ? (pane == .rows ? .cursor : .bar) : .text
    if isCursor { canvas.fill(area, look[ground]) }
    func style(_ role: Look.Role) -> Style { role == ground ? look[role] : look[role, on: ground] }
    let request = Self.request(session)
    let inner = area.dropLeft(area.columns > 30 ? 2 : 0)
    let titleColumns = area.columns > 30 ? 14 : 10
    canvas.write(row.title, in: inner.left(titleColumns - 1), style(.faint))
    let values = inner.dropLeft(titleColumns)
    let canStep = isCursor && pane == .rows
    if canStep { canvas.write("<", in: values, style(.accent)) }
    let value = row.value(request)
    let isChosen = row.isChosen(request)
    let used = canvas.write(
      value, in: values.dropLeft(2), style(isChosen || row == .task ? .title : .text), cut: .start)
    if canStep { canvas.write(">", in: values.dropLeft(3 + used), style(.accent)) }
    let note = row.note(request, looked(session), totals, session)
    let isProblem = row == .model && PlanModels.problem(request, session.models) != nil
    let notes = Self.noteRoom(values, used)
    guard notes.columns >= 8 else { return }
    canvas.write(note, in: notes, style(isProblem ? .error : .faint))
  }

  /// What is left behind a value of so many columns.
  private static func noteRoom(_ values: CanvasArea, _ used: Int) -> CanvasArea {
    values.dropLeft(max(25, used + 5)).dropRight(1)
  }

  /// What the row is for, and its note as a whole where there is room for both or the note was cut.
  private func explain(
    _ row: PlanRow, on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look
  ) {
    let request = Self.request(session)
    let note = row.note(request, looked(session), totals, session)
    let room = Self.noteRoom(area.dropLeft(area.columns > 30 ? 16 : 10), row.value(request).columns)
    let isCut = note.columns > room.columns
    let inner = area.inset(columns: area.columns > 30 ? 2 : 0)
    var lines = isCut && area.rows == 1 ? [note] : row.help.wrapped(columns: inner.columns)
    if isCut && area.rows > 1 { lines += note.wrapped(columns: inner.columns) }
    for (place, line) in lines.prefix(area.rows).enumerated() {
      canvas.write(line, in: inner.dropTop(place), look[.faint])
    }
  }

  private var totals: PlanTotals? {
    guard question.isCurrent, case .plan(_, let totals) = question.last else { return nil }
    return totals
  }

  /// The picture of the plan that is looked at.
  private func looked(_ session: Session) -> JobPlan.Picture? {
    guard let plan = session.plan, plan.pictures.indices.contains(pictures.index) else { return nil }
    return plan.pictures[pictures.index]
  }
}
