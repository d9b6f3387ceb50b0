import EngineWire

extension PlanRow {
  /// Sets the row by name, from the palette and in plain mode: `task sr`, `scale 4`.
  var command: Command {
    // `right` is the way to move there.
    Command(self == .right ? "right-view" : rawValue, "plan: \(title), \(help)")
  }

  /// Values that stepping leads through, each with the request that has it.
  func choices(_ request: JobRequest, _ session: Session) -> [(text: String, request: JobRequest)] {
    var choices = [(text: value(request), request: request)]
    var next = request
    for _ in 0..<40 {
      step(&next, by: 1, session)
      let text = value(next)
      guard !choices.contains(where: { $0.text == text }) else { break }
      choices.append((text, next))
    }
    return choices
  }
}

extension PlanScreen {
  /// Asks for a row's value, or offers those it can have.
  mutating func ask(for row: PlanRow, _ session: inout Session) {
    let rows = rows(session)
    guard let place = rows.firstIndex(of: row) else {
      return session.say("\(row.title) means nothing for \(session.draft.request.task)", .warning)
    }
    pane = .rows
    cursor.move(to: place, count: rows.count, visible: layout(session).visibleRows)
    if let prompt = row.prompt(session.draft.request, session) {
      session.prompt(
        row.title, tag: "row \(row.rawValue)", for: .plan, text: prompt.text, completion: prompt.completion)
    } else {
      let words = row.choices(session.draft.request, session).map(\.text)
      session.prompt(row.title, tag: "pick \(row.rawValue)", for: .plan, completion: .words(words))
    }
  }

  /// Takes one of the values of a row that is not typed otherwise; `4` will do for `x4`.
  mutating func pick(_ text: String, _ row: PlanRow, _ session: inout Session) {
    let wanted = text.trimmed.lowercased()
    let choices = row.choices(session.draft.request, session)
    let match =
      choices.first { $0.text.lowercased() == wanted } ?? choices.first { $0.text.lowercased() == "x" + wanted }
      ?? choices.first { !wanted.isEmpty && $0.text.lowercased().hasPrefix(wanted) }
    guard let match else {
      return session.say("\(row.title) is one of \(choices.map(\.text).joined(separator: ", "))", .warning)
    }
    session.draft.edit { $0 = match.request }
  }

  func plainLines(_ session: Session) -> [String] {
    let request = Self.request(session)
    let rows = rows(session)
    var lines = rows.enumerated().map { place, row in
      let note = row.note(request, session.plan?.pictures.first, session.plan.map { PlanTotals($0) }, session)
      return "\(place + 1) \(row.title): \(row.value(request))" + (note.isEmpty ? "" : ", \(note)")
    }
    if let missing = missing(session) { lines.append(missing) }
    guard let plan = session.plan else { return lines }
    if let problem = plan.problem { lines.append("problem: \(problem)") }
    for picture in plan.pictures.prefix(100) {
      let name = picture.input.lastPathPart
      if let problem = picture.problem {
        lines.append("\(name): \(problem)")
      } else if picture.isSkipped {
        lines.append("\(name): skipped, \(picture.output.lastPathPart) exists")
      } else {
        let time = picture.seconds.map { ", about \(Quantity.duration($0))" } ?? ""
        let exists = picture.outputExists ? ", which exists" : ""
        lines.append(
          "\(name) to \(picture.output.lastPathPart)\(exists): \(Quantity.count(picture.tileCount, "tile")), "
            + "\(Quantity.memory(picture.estimateBytes))\(time)")
      }
    }
    if plan.pictures.count > 100 { lines.append("and \(plan.pictures.count - 100) more pictures") }
    return lines
  }

  mutating func choose(row: Int, _ session: inout Session) -> Bool {
    let count = rows(session).count
    guard (1...max(1, count)).contains(row) else { return false }
    pane = .rows
    cursor.move(to: row - 1, count: count, visible: layout(session).visibleRows)
    return true
  }
}
