import EngineWire

extension LogScreen {
  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let layout = LogLayout(area, pane: pane)
    drawSettings(on: &canvas, layout, session, look)
    drawLog(on: &canvas, layout, session, look)
  }

  private func margin(_ area: CanvasArea) -> CanvasArea { area.inset(columns: area.columns > 20 ? 2 : 0) }

  private func drawSettings(on canvas: inout Canvas, _ layout: LogLayout, _ session: Session, _ look: Look) {
    let area = layout.settings
    guard !area.isEmpty else { return }
    let rows = layout.settingRows
    if rows.row > area.row {
      canvas.write("Settings", in: margin(area), look[pane == .settings ? .title : .faint])
      if let engine = session.engine, area.columns >= 50 {
        canvas.write(
          "engine \(engine.program) on \(engine.host), process \(engine.processID)", in: margin(area).dropLeft(10),
          look[.faint], .right)
      }
    }
    let all = SettingRow.allCases
    let first = setting.firstRow(count: all.count, visible: max(1, rows.rows))
    for (index, row) in all.enumerated().dropFirst(first).prefix(rows.rows) {
      let line = rows.dropTop(index - first).top(1)
      let isChosen = index == setting.index && pane == .settings
      let ground: Look.Role = isChosen ? .cursor : .text
      if isChosen { canvas.fill(line, look[.cursor]) }
      let inner = margin(line)
      let label = min(14, inner.columns / 2)
      canvas.write(row.title, in: inner.left(label), look[.faint, on: ground])
      canvas.write(row.value(session), in: inner.dropLeft(label), look[ground])
    }
    canvas.drawScrollMarks(first: first, count: all.count, in: rows, on: .text, look)
    let note = row == .terminal ? "\(session.terminal.text); Enter asks it again" : row.note
    let room = margin(layout.note)
    // Below the rows where the settings stand alone in their column, else in the one row that there is.
    let below = area.dropTop(layout.note.row - area.row)
    for (place, line) in note.wrapped(columns: max(1, room.columns)).prefix(max(1, below.rows)).enumerated() {
      canvas.write(line, in: margin(below.dropTop(place)), look[.faint])
    }
  }

  private func drawLog(on canvas: inout Canvas, _ layout: LogLayout, _ session: Session, _ look: Look) {
    let area = layout.log
    guard !area.isEmpty else { return }
    canvas.fill(area, look[.panel])
    let (lines, rows) = (lines(session), layout.logRows)
    if rows.row > area.row {
      let used = canvas.write("Log", in: margin(area), look[pane == .log ? .title : .faint, on: .panel])
      var what = least == .debug ? "" : "\(least.rawValue) and worse"
      if !filter.isEmpty { what += (what.isEmpty ? "" : ", ") + "with '\(filter)'" }
      let count = lines.isEmpty ? "" : "\(line.index + 1) of \(lines.count)"
      let text = [what, count].filter { !$0.isEmpty }.joined(separator: ", ")
      canvas.write(text, in: margin(area).dropLeft(used + 2), look[.faint, on: .panel], .right)
    }
    guard !lines.isEmpty else {
      let text = session.log.isEmpty ? "nothing was said yet" : "nothing of this level and filter; 0 shows all"
      canvas.write(text, in: margin(rows), look[.faint, on: .panel])
      return
    }
    let first = line.firstRow(count: lines.count, visible: max(1, rows.rows))
    for (index, entry) in lines.enumerated().dropFirst(first).prefix(rows.rows) {
      let place = rows.dropTop(index - first).top(1)
      let isChosen = index == line.index && pane == .log
      let ground: Look.Role = isChosen ? .cursor : .panel
      if isChosen { canvas.fill(place, look[.cursor]) }
      var inner = margin(place)
      if inner.columns >= 40 {
        canvas.write(LogText.time(entry.time, session.zoneSeconds), in: inner.left(8), look[.faint, on: ground])
        inner = inner.dropLeft(10)
      }
      let role: Look.Role =
        switch entry.level {
        case .debug: .faint
        case .info: ground
        case .warning: .warning
        case .error: .error
        }
      if inner.columns >= 40 {
        canvas.write(entry.level.rawValue, in: inner.left(7), look[role == ground ? .faint : role, on: ground])
        inner = inner.dropLeft(9)
      }
      canvas.write(entry.text, in: inner, look[role, on: ground])
    }
  }

  func plainLines(_ session: Session) -> [String] {
    let settings = SettingRow.allCases.enumerated().map { "\($0 + 1) \($1.title): \($1.value(session))" }
    let log = lines(session).suffix(20).map { "\($0.level.rawValue): \($0.text)" }
    return settings + (log.isEmpty ? ["the log is empty"] : ["the last lines of the log:"] + log)
  }

  mutating func choose(row: Int, _ session: inout Session) -> Bool {
    guard SettingRow.allCases.indices.contains(row - 1) else { return false }
    pane = .settings
    setting.move(to: row - 1, count: SettingRow.allCases.count, visible: SettingRow.allCases.count)
    return true
  }
}

enum LogText {
  /// `14:03:27` where the person is; blank where the time is not known.
  static func time(_ seconds: Double, _ zoneSeconds: Int) -> String {
    guard seconds.isFinite, seconds > 0, seconds < 1e12 else { return "" }
    let day = ((Int(seconds) + zoneSeconds) % 86400 + 86400) % 86400
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(two(day / 3600)):\(two(day / 60 % 60)):\(two(day % 60))"
  }
}
