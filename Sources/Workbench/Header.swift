import EngineWire

/// The first row: the screens, and what the engine does.
///
/// Its parts stand still while the words at the right change: which form the screens' names take depends on the width alone.
struct Header {
  struct Tab {
    let screen: ScreenID
    let column: Int
    let text: String
  }

  let tabs: [Tab]
  /// Room before the first tab for the program's name.
  let hasName: Bool
  let state: String
  let stateRole: Look.Role

  init(_ session: Session, retryTime: Double?) {
    let columns = session.columns
    let front = session.screen
    let full = ScreenID.allCases.map { " \($0.rawValue) \($0.title) " }
    let width = full.reduce(0) { $0 + $1.count }
    hasName = columns >= width + 5 + 28
    let texts: [String]
    if columns >= width + 12 {
      texts = full
    } else if columns >= 45 {
      texts = ScreenID.allCases.map { $0 == front ? full[$0.rawValue - 1] : " \($0.rawValue) " }
    } else {
      texts = ScreenID.allCases.map { $0 == front ? full[$0.rawValue - 1] : "" }
    }
    var column = hasName ? 5 : 0
    var tabs: [Tab] = []
    for (screen, text) in zip(ScreenID.allCases, texts) where !text.isEmpty {
      tabs.append(Tab(screen: screen, column: column, text: text))
      column += text.count
    }
    self.tabs = tabs
    let room = columns - column - 2
    let (forms, role) = Self.stateForms(session, retryTime)
    state = forms.first { $0.columns <= room } ?? forms.last ?? ""
    stateRole = role
  }

  func tab(at column: Int) -> ScreenID? {
    tabs.first { ($0.column..<$0.column + $0.text.count).contains(column) }?.screen
  }

  func draw(on canvas: inout Canvas, in area: CanvasArea, front: ScreenID, _ look: Look) {
    canvas.fill(area, look[.bar])
    if hasName { canvas.write(" GRL", in: area, look[.title, on: .bar]) }
    for tab in tabs {
      canvas.write(
        tab.text, in: area.dropLeft(tab.column), look[tab.screen == front ? .barActive : .bar], cut: .silently)
    }
    let used = tabs.last.map { $0.column + $0.text.count } ?? 0
    canvas.write(state, in: area.dropLeft(used + 1).dropRight(1), look[stateRole, on: .bar], .right)
  }

  /// What the engine does, in words: the longest form first.
  private static func stateForms(_ session: Session, _ retryTime: Double?) -> ([String], Look.Role) {
    switch session.link {
    case .connecting(let what): return ([what, "connecting"], .bar)
    case .lost(_, nil): return (["no engine", "lost"], .warning)
    case .lost:
      let seconds = max(0, (retryTime ?? session.time) - session.time)
      return (["engine lost, again in \(Int(seconds.rounded(.up))) s", "engine lost", "lost"], .warning)
    case .connected(let info):
      if let job = session.jobs.first(where: { $0.state == .running }) { return (runningForms(job, session), .accent) }
      if session.jobs.contains(where: { $0.state == .paused }) { return (["job paused", "paused"], .warning) }
      let cores = info.threadCount == 1 ? "1 core" : "\(info.threadCount) cores"
      let place = session.settings.host == nil ? "" : " on \(info.host)"
      return (["engine idle, \(cores)\(place)", "idle, \(cores)", "idle"], .bar)
    }
  }

  /// All that is left to do, not the picture alone: whoever leaves at "0:03 left" shall not come back too early.
  private static func runningForms(_ job: JobInfo, _ session: Session) -> [String] {
    let whole = WholeJob(job, session, queue: true)
    guard session.progress[job.id] != nil else {
      return [["restoring", whole.place].compactMap(\.self).joined(separator: " "), "running"]
    }
    return whole.forms
  }
}

extension Progress {
  /// Share of the running picture that is done, 0...1.
  var fraction: Double {
    guard tileCount > 0, tileFraction.isFinite else { return 0 }
    return min(max((Double(tilesDone) + tileFraction) / Double(tileCount), 0), 1)
  }
}

extension Double {
  /// Seconds as `0:41`, `12:05` or `3:20:00`; `?` where it is no such time.
  var clock: String {
    guard isFinite, self >= 0, self < 360_000 else { return "?" }
    let seconds = Int(rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
  }
}
