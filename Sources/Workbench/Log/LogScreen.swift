import EngineWire

/// The settings, changed in place, and what the engine said.
struct LogScreen: Screen {
  enum Pane: Hashable, Sendable { case settings, log }

  static let level = Command("level", "show debug, info, warnings or errors and worse", short: "level", "L")
  static let clearFilter = Command("all", "show all of the log again", "0")

  static let commands: [Command] =
    [
      .open.called("change the setting; read the line of the log", short: "change or read"),
      .nextPane.called("settings or log", short: "settings or log"), .filter, level, clearFilter, .find, .nextMatch,
      .previousMatch,
    ] + SettingRow.allCases.filter { $0.hasCommand }.map(\.command)

  var pane = Pane.settings
  var setting = ListCursor()
  var line = ListCursor()
  /// The cursor stays on the last line while new ones come.
  var follows = true
  var search = ""
  var filter = ""
  /// Less than this is not shown.
  var least = LogLine.Level.info

  /// Lines that level and filter leave.
  func lines(_ session: Session) -> [LogLine] {
    let query = TextQuery(filter)
    return session.log.filter { $0.level.rank >= least.rank && (filter.isEmpty || query.isIn($0.text)) }
  }

  var row: SettingRow { SettingRow.allCases[min(setting.index, SettingRow.allCases.count - 1)] }

  mutating func perform(_ command: Command, _ session: inout Session) -> Bool {
    switch command {
    case .nextPane, .previousPane: pane = pane == .settings ? .log : .settings
    case .open where pane == .settings: change(row, &session)
    case .open: read(&session)
    case .left where pane == .settings: row.step(-1, &session)
    case .right where pane == .settings: row.step(1, &session)
    case .left: step(level: -1, &session)
    case .right: step(level: 1, &session)
    case .filter: session.prompt("show only lines with", tag: "filter", for: .log, text: filter)
    case .find: session.prompt("find in the log", tag: "find", for: .log, text: search)
    case .nextMatch: find(1, &session)
    case .previousMatch: find(-1, &session)
    case Self.level:
      session.prompt(
        "least level", tag: "level", for: .log, completion: .words(LogLine.Level.inOrder.map(\.rawValue)))
    case Self.clearFilter:
      (filter, least) = ("", .debug)
      session.say("all of the log")
    default:
      if let row = SettingRow.allCases.first(where: { $0.command == command && $0.hasCommand }) {
        askFor(row, &session)
        return true
      }
      return move(command, session)
    }
    settle(session)
    return true
  }

  private mutating func move(_ command: Command, _ session: Session) -> Bool {
    let layout = LogLayout(session.area, pane: pane)
    if pane == .settings {
      return setting.perform(command, count: SettingRow.allCases.count, visible: layout.settingRows.rows)
    }
    let count = lines(session).count
    let isDone = line.perform(command, count: count, visible: max(1, layout.logRows.rows))
    if isDone { follows = line.index >= count - 1 }
    return isDone
  }

  private mutating func settle(_ session: Session) {
    let layout = LogLayout(session.area, pane: pane)
    setting.move(to: setting.index, count: SettingRow.allCases.count, visible: max(1, layout.settingRows.rows))
    let count = lines(session).count
    line.move(to: follows ? count - 1 : line.index, count: count, visible: max(1, layout.logRows.rows))
  }

  // MARK: Settings

  private func change(_ row: SettingRow, _ session: inout Session) {
    if row.isSwitch { return row.step(1, &session) }
    if row == .terminal {
      session.effects.append(.askTerminal)
      return session.say("asking the terminal")
    }
    if row == .theme {
      session.overlay = .themes(ThemeChooser(names: session.themeNames, current: session.themeName))
      return
    }
    askFor(row, &session)
  }

  private func askFor(_ row: SettingRow, _ session: inout Session) {
    let (text, completion) = row.prompt(session)
    session.prompt(
      row.title, tag: "set-\(row.rawValue)", for: .log, text: text, completion: completion,
      replaces: row == .memory || row == .threads)
  }

  // MARK: Log

  private func read(_ session: inout Session) {
    let lines = lines(session)
    guard lines.indices.contains(line.index) else { return }
    let chosen = lines[line.index]
    let time = LogText.time(chosen.time, session.zoneSeconds)
    session.overlay = .report(Report(title: "\(chosen.level.rawValue) \(time)", text: chosen.text))
  }

  private mutating func step(level step: Int, _ session: inout Session) {
    let levels = LogLine.Level.inOrder
    let place = min(max(0, (levels.firstIndex(of: least) ?? 1) + step), levels.count - 1)
    least = levels[place]
    session.say("log from level \(least.rawValue)")
  }

  private mutating func find(_ direction: Int, _ session: inout Session) {
    guard !search.isEmpty else { return session.say("nothing was looked for yet: /") }
    let (lines, query) = (lines(session), TextQuery(search))
    for offset in 1...max(1, lines.count) where !lines.isEmpty {
      let place = ((line.index + direction * offset) % lines.count + lines.count) % lines.count
      guard query.isIn(lines[place].text) else { continue }
      follows = place == lines.count - 1
      line.move(to: place, count: lines.count, visible: max(1, LogLayout(session.area, pane: pane).logRows.rows))
      return
    }
    session.say("no line with '\(search)'")
  }

  // MARK: Answers

  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {}

  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {
    switch tag {
    case "filter": filter = text.trimmed
    case "find":
      search = text.trimmed
      pane = .log
      find(1, &session)
    case "level":
      guard let level = LogLine.Level(rawValue: text.trimmed) else {
        return session.say("levels are \(LogLine.Level.inOrder.map(\.rawValue).joined(separator: ", "))", .error)
      }
      least = level
    default:
      guard let row = SettingRow.allCases.first(where: { "set-\($0.rawValue)" == tag }) else { return }
      if let problem = row.set(text, &session) { session.say(problem, .error) }
    }
    settle(session)
  }

  mutating func edited(_ text: String?, of tag: String, _ session: inout Session) {
    guard tag == "filter", let text else { return }
    filter = text.trimmed
    settle(session)
  }

  mutating func refresh(_ session: inout Session) { settle(session) }

  mutating func mouse(_ event: MouseEvent, in area: CanvasArea, _ session: inout Session) {
    let layout = LogLayout(area, pane: pane)
    let isInLog = layout.log.contains(column: event.column, row: event.row)
    let count = lines(session).count
    switch event.action {
    case .press where isInLog:
      pane = .log
      let row = line.firstRow(count: count, visible: max(1, layout.logRows.rows)) + event.row - layout.logRows.row
      guard layout.logRows.contains(column: event.column, row: event.row), row < count else { return }
      line.move(to: row, count: count, visible: max(1, layout.logRows.rows))
      follows = row == count - 1
    case .press:
      pane = .settings
      guard layout.settingRows.contains(column: event.column, row: event.row) else { return }
      let first = setting.firstRow(count: SettingRow.allCases.count, visible: max(1, layout.settingRows.rows))
      setting.move(
        to: first + event.row - layout.settingRows.row, count: SettingRow.allCases.count,
        visible: max(1, layout.settingRows.rows))
    case .scrollUp where isInLog, .scrollDown where isInLog:
      line.scroll(by: event.action == .scrollUp ? -3 : 3, count: count, visible: max(1, layout.logRows.rows))
      follows = line.index >= count - 1
    default: break
    }
  }
}

extension LogLine.Level {
  static let inOrder: [LogLine.Level] = [.debug, .info, .warning, .error]

  var rank: Int { Self.inOrder.firstIndex(of: self) ?? 0 }
}

/// Where settings and log stand: side by side, one above the other, or one at a time.
struct LogLayout: Hashable, Sendable {
  let settings: CanvasArea
  let log: CanvasArea

  init(_ area: CanvasArea, pane: LogScreen.Pane) {
    let needed = SettingRow.allCases.count + 3
    if area.columns >= 120 {
      settings = area.left(52)
      log = area.dropLeft(52)
    } else if area.rows >= needed + 6 {
      settings = area.top(needed)
      log = area.dropTop(needed)
    } else {
      settings = pane == .settings ? area : area.top(0)
      log = pane == .log ? area : area.top(0)
    }
  }

  private func heads(_ area: CanvasArea) -> Int { area.rows >= 3 ? 1 : 0 }
  /// The last row of the settings tells what the chosen one is about.
  var hasNote: Bool { settings.rows >= 5 }
  var settingRows: CanvasArea {
    settings.dropTop(heads(settings)).dropBottom(hasNote ? 2 : 0).top(SettingRow.allCases.count)
  }
  /// Where that is told: below the rows.
  var note: CanvasArea { settings.dropTop(settingRows.endRow - settings.row + 1).top(hasNote ? 1 : 0) }
  var logRows: CanvasArea { log.dropTop(heads(log)) }
}
