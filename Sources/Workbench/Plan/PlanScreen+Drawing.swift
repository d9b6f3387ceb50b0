import Base
import EngineWire

extension PlanScreen {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    guard !training.isOpen else { return training.draw(on: &canvas, in: area, session, look) }
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
    canvas.drawScrollMarks(
      first: first, count: rows.count, in: layout.rows.top(layout.visibleRows), on: .text, look)
    if !layout.help.isEmpty, let row = row(session) { explain(row, on: &canvas, in: layout.help, session, look) }
  }

  private func draw(
    _ row: PlanLine, _ isCursor: Bool, on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look
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
    let value = row.value(request, session)
    let isChosen = row.isChosen(request, session)
    let isIgnored = row.isIgnored(looked(session))
    let used = canvas.write(
      row.isPath ? value.relative(to: "", home: session.engine?.home).shortened(to: values.columns - 4) : value,
      in: values.dropLeft(2), style(isIgnored ? .faint : isChosen || row == .option(.task) ? .title : .text),
      cut: .start)
    if canStep { canvas.write(">", in: values.dropLeft(3 + used), style(.accent)) }
    let note = row.note(request, looked(session), totals, session)
    let isProblem = row == .option(.model) && PlanModels.problem(request, session.models) != nil
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
    _ row: PlanLine, on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look
  ) {
    let request = Self.request(session)
    let note = row.note(request, looked(session), totals, session)
    let room = Self.noteRoom(area.dropLeft(area.columns > 30 ? 16 : 10), row.value(request, session).columns)
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
    let visible = min(layout.visiblePictures, area.rows)
    let first = pictures.firstRow(count: plan.pictures.count, visible: visible)
    let shown = plan.pictures.dropFirst(first).prefix(visible).filter { $0.problem == nil }.map(Self.texts)
    let places = Self.table.places(in: area.columns, texts: shown)
    if layout.showsTitles {
      let titles = CanvasArea(column: area.column, row: area.row - 1, columns: area.columns, rows: 1)
      canvas.write(
        Self.table.columns.map(\.title), of: Self.table, at: places, in: titles, look[.faint, on: .panel])
    }
    for line in 0..<max(0, min(visible, plan.pictures.count - first)) {
      let picture = plan.pictures[first + line]
      let isCursor = pane == .plan && first + line == pictures.index
      let row = area.dropTop(line).top(1)
      if isCursor { canvas.fill(row, look[.cursor]) }
      let role: Look.Role =
        picture.problem != nil ? .error : picture.isSkipped ? .faint : picture.outputExists ? .warning : .text
      let style = look[role, on: isCursor ? .cursor : .panel]
      if picture.problem != nil {
        // The reason needs the row; columns of figures have nothing to say.
        canvas.write(Self.texts(picture)[0], in: row, style)
      } else {
        canvas.write(Self.texts(picture), of: Self.table, at: places, in: row, style)
      }
    }
    canvas.drawScrollMarks(
      first: first, count: plan.pictures.count, in: area.top(visible), on: .panel, look)
  }

  private static func texts(_ picture: JobPlan.Picture) -> [String] {
    let input = lastComponent(picture.input)
    if let problem = picture.problem {
      return ["\(problem.reason(at: [picture.input, picture.output])): \(input)", "", "", "", "", "problem"]
    }
    var size = "\(picture.width) x \(picture.height)"
    let scale = picture.outputWidth / max(1, picture.width)
    if picture.outputWidth == picture.width * scale && picture.outputHeight == picture.height * scale {
      if scale > 1 { size += " x\(scale)" }
    } else {
      size += " to \(picture.outputWidth) x \(picture.outputHeight)"
    }
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
    if totals.collisions > 0 {
      let what = totals.collisions == 1 ? "1 result would" : "\(totals.collisions) results would"
      return "\(what) replace a picture to read: r goes to row 'if it exists', 'choose another name' settles it"
    }
    guard totals.isClash, Self.request(session).existing == .refuse else { return plan.problem }
    let what = totals.clashes == 1 ? "a result exists" : "\(totals.clashes) results exist"
    return "\(what) already: r goes to row 'if it exists', which settles it"
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
    if problem == nil, let failure = totals.firstFailure { lines.append(Line(text: failure, role: .error)) }
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
  ///   - pictures: of the plan.
  init(_ area: CanvasArea, rows count: Int, summary: Int, pictures: Int, pane: PlanScreen.Pane) {
    let settings: CanvasArea
    if Self.isSideBySide(area) {
      let width = max(54, area.columns / 2)
      settings = area.left(width)
      plan = area.dropLeft(width)
    } else if area.rows >= Self.stacked {
      // Where there is room, the plan keeps its titles and some pictures; the rows scroll.
      let least = min(8, summary + 1 + max(1, pictures))
      settings = area.top(
        area.rows >= Self.roomy ? min(count + 5, area.rows - summary - 8) : min(count + 1, area.rows - least))
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
