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
    let input = FilesTree.lastComponent(of: picture.input)
    if let problem = picture.problem { return ["\(input): \(problem)", "", "", "", "", "problem"] }
    let isLarger = picture.outputWidth != picture.width
    let size =
      "\(picture.width) x \(picture.height)" + (isLarger ? " x\(picture.outputWidth / max(1, picture.width))" : "")
    return [
      FilesTree.lastComponent(of: picture.output), size, String(picture.tileCount),
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

  /// Totals, and what is in the way; the most useful first.
  func summary(_ session: Session) -> [Line] {
    if let missing = missing(session) { return [Line(text: missing, role: .warning)] }
    guard question.isCurrent, let outcome = question.last else {
      return [Line(text: "the engine is working it out", role: .faint)]
    }
    switch outcome {
    case .failed(let reason): return [Line(text: reason, role: .error)]
    case .plan(let plan): return Self.totals(plan, problem(plan, session))
    }
  }

  /// Why the job cannot be queued, in the words of this screen where it can be settled here.
  func problem(_ plan: JobPlan, _ session: Session) -> String? {
    let clashes = plan.pictures.count { $0.outputExists }
    guard let problem = plan.problem, clashes > 0, Self.request(session).existing == .refuse else {
      return plan.problem
    }
    // Only where that is all: the engine's own words begin with the path of the result.
    guard plan.pictures.contains(where: { $0.outputExists && problem.hasPrefix($0.output) }) else { return problem }
    let what = clashes == 1 ? "a result exists" : "\(clashes) results exist"
    return "\(what) already: change 'if it exists'"
  }

  private static func totals(_ plan: JobPlan, _ problem: String?) -> [Line] {
    let todo = plan.pictures.filter { $0.problem == nil && !$0.isSkipped }
    let failing = plan.pictures.count { $0.problem != nil }
    let pixels = todo.reduce(0) { $0 + Double($1.width) * Double($1.height) }
    var first = "\(Quantity.count(todo.count, "picture")), \(Quantity.megapixels(pixels))"
    let skipped = plan.pictures.count(where: \.isSkipped)
    if skipped > 0 { first += ", \(skipped) skipped" }
    if failing > 0 { first += ", \(failing) cannot be restored" }
    var lines = [Line(text: first, role: .title)]
    if let problem { lines.append(Line(text: problem, role: .error)) }
    lines.append(Line(text: time(todo)))
    if let worst = todo.max(by: { $0.estimateBytes < $1.estimateBytes }), worst.budgetBytes > 0 {
      lines.append(
        Line(
          text: "memory", meter: Double(worst.estimateBytes) / Double(worst.budgetBytes),
          label: "\(Quantity.memory(worst.estimateBytes)) of \(Quantity.memory(worst.budgetBytes))"))
    }
    if let note = notes(todo) { lines.append(Line(text: note, role: .faint)) }
    return lines
  }

  /// Only what was measured here is told.
  private static func time(_ pictures: [JobPlan.Picture]) -> String {
    let known = pictures.compactMap(\.seconds)
    let sum = known.reduce(0, +)
    if pictures.isEmpty { return "nothing to restore" }
    if known.isEmpty { return "time not measured yet on this machine" }
    if known.count < pictures.count {
      return "over \(Quantity.duration(sum)); \(pictures.count - known.count) not measured yet on this machine"
    }
    return "about \(Quantity.duration(sum)), from this machine's speed"
  }

  private static func notes(_ pictures: [JobPlan.Picture]) -> String? {
    var counts: [(note: String, count: Int)] = []
    for note in pictures.lazy.flatMap(\.notes) {
      if let place = counts.firstIndex(where: { $0.note == note }) {
        counts[place].count += 1
      } else if counts.count < 8 {
        counts.append((note, 1))
      }
    }
    guard let first = counts.first else { return nil }
    let who = first.count == pictures.count ? "" : "\(first.count) of \(pictures.count): "
    return who + first.note + (counts.count > 1 ? "; and more, Enter on a picture tells" : "")
  }
}
