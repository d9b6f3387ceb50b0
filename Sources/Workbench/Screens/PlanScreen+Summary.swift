import Base
import EngineWire

// What the engine says to the plan: totals, and its pictures one by one.

extension PlanScreen {
  private static let table = Table([
    Table.Column("result", least: 14, most: 120),
    Table.Column("size", least: 11, most: 24, rank: 2),
    Table.Column("tiles", .right, least: 5, rank: 3),
    Table.Column("memory", .right, least: 8, rank: 1),
    Table.Column("time", .right, least: 11, rank: 4),
    Table.Column("", least: 7, rank: 5),
  ])

  func drawPlan(
    on canvas: inout Canvas, in area: CanvasArea, _ layout: PlanLayout, _ session: Session, _ look: Look
  ) {
    canvas.fill(area, look[.panel])
    let inner = area.inset(columns: area.columns > 20 ? 2 : 0)
    let lines = summary(session)
    for (row, line) in lines.prefix(layout.summaryRows).enumerated() {
      let place = inner.dropTop(row).top(1)
      if let fraction = line.meter {
        let used = canvas.write(line.text, in: place.left(9), look[.faint, on: .panel])
        canvas.drawMeter(fraction, line.label, in: place.dropLeft(max(9, used + 1)).left(44), look)
      } else {
        canvas.write(line.text, in: place, look[line.role, on: .panel])
      }
    }
    guard let plan = session.plan, !plan.pictures.isEmpty else { return }
    drawPictures(plan, on: &canvas, in: inner.dropTop(layout.summaryRows), layout, look)
  }

  private func drawPictures(
    _ plan: JobPlan, on canvas: inout Canvas, in area: CanvasArea, _ layout: PlanLayout, _ look: Look
  ) {
    let places = Self.table.places(in: area.columns)
    if layout.showsTitles {
      let titles = CanvasArea(column: area.column, row: area.row - 1, columns: area.columns, rows: 1)
      canvas.write(
        Self.table.columns.map(\.title), of: Self.table, at: places, in: titles, look[.faint, on: .panel])
    }
    let visible = min(layout.visiblePictures, area.rows)
    let first = pictures.firstRow(count: plan.pictures.count, visible: visible)
    for line in 0..<max(0, min(visible, plan.pictures.count - first)) {
      let picture = plan.pictures[first + line]
      let isCursor = pane == .plan && first + line == pictures.index
      let row = area.dropTop(line).top(1)
      if isCursor { canvas.fill(row, look[.cursor]) }
      let role: Look.Role =
        picture.problem != nil ? .error : picture.isSkipped ? .faint : picture.outputExists ? .warning : .text
      canvas.write(
        Self.texts(picture), of: Self.table, at: places, in: row, look[role, on: isCursor ? .cursor : .panel])
    }
  }

  private static func texts(_ picture: JobPlan.Picture) -> [String] {
    let input = lastComponent(picture.input)
    if let problem = picture.problem { return ["\(input): \(problem)", "", "", "", "", "problem"] }
    let isLarger = picture.outputWidth != picture.width
    let size =
      "\(picture.width) x \(picture.height)" + (isLarger ? " x\(picture.outputWidth / max(1, picture.width))" : "")
    return [
      lastComponent(picture.output), size, String(picture.tileCount),
      Quantity.memory(picture.estimateBytes),
      picture.seconds.map(Quantity.duration) ?? "",
      picture.isSkipped ? "skipped" : picture.outputExists ? "exists" : "",
    ]
  }

  struct Line: Hashable {
    var text: String
    var role = Look.Role.text
    /// A bar after the text, with words on it.
    var meter: Double?
    var label = ""
  }

  /// Totals, and what is in the way; the most useful first. Long lines go on in the next one, three at most.
  func summary(_ session: Session) -> [Line] {
    unwrapped(session).flatMap { line in
      guard line.meter == nil else { return [line] }
      let parts = line.text.wrapped(columns: PlanLayout.planColumns(session.area))
      return parts.prefix(3).map { Line(text: $0, role: line.role) }
    }
  }

  private func unwrapped(_ session: Session) -> [Line] {
    if let missing = missing(session) { return [Line(text: missing, role: .warning)] }
    guard question.isCurrent, let outcome = question.last else {
      let far = session.planning.map { ": \($0.text)" } ?? ""
      return [Line(text: "the engine is working it out" + far, role: .faint)]
    }
    switch outcome {
    case .failed(let reason): return [Line(text: reason, role: .error)]
    case .plan(let plan, let totals): return Self.lines(plan, totals, problem(plan, totals, session))
    }
  }

  /// Why the job cannot be queued, in the words of this screen where it can be settled here.
  private func problem(_ plan: JobPlan, _ totals: PlanTotals, _ session: Session) -> String? {
    guard totals.isClash, Self.request(session).existing == .refuse else { return plan.problem }
    let what = totals.clashes == 1 ? "a result exists" : "\(totals.clashes) results exist"
    return "\(what) already: change 'if it exists'"
  }

  /// The same for the plan that is shown; nil where it can be queued or is not known.
  func problem(_ session: Session) -> (text: String, isClash: Bool)? {
    guard question.isCurrent, case .plan(let plan, let totals) = question.last else { return nil }
    return problem(plan, totals, session).map { ($0, $0 != plan.problem) }
  }

  private static func lines(_ plan: JobPlan, _ totals: PlanTotals, _ problem: String?) -> [Line] {
    if totals.pictures == 0, let problem { return [Line(text: problem, role: .error)] }
    var lines = [Line(text: totals.text, role: .title)]
    if let problem { lines.append(Line(text: problem, role: .error)) }
    lines.append(Line(text: totals.time))
    if totals.budgetBytes > 0 {
      let label = "\(Quantity.memory(totals.estimateBytes)) of \(Quantity.memory(totals.budgetBytes))"
      lines.append(
        Line(text: "memory", meter: Double(totals.estimateBytes) / Double(totals.budgetBytes), label: label))
    }
    if let note = totals.note { lines.append(Line(text: note, role: .faint)) }
    if let passedOver = plan.passedOver { lines.append(Line(text: passedOver.summary, role: .faint)) }
    return lines
  }
}
