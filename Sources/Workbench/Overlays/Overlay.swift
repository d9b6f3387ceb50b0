/// What lies over the screen and takes the keys first.
enum Overlay: Sendable {
  case prompt(Prompt)
  case question(Confirmation)
  case report(Report)
  /// Help and command palette.
  case finder(CommandFinder)
  case themes(ThemeChooser)
}

/// Lines to read.
struct Report: Sendable {
  let title: String
  let text: String
  private(set) var scroll = 0

  init(title: String, text: String) {
    self.title = title
    self.text = text
  }

  /// Columns and rows of its text on a screen of this size.
  static func room(_ session: Session) -> (columns: Int, rows: Int) {
    (max(1, min(100, session.columns - 4) - 4), max(1, session.rows - 6))
  }

  mutating func scroll(by count: Int, in session: Session) {
    let room = Self.room(session)
    let last = max(0, text.wrapped(columns: room.columns).count - room.rows)
    scroll = min(max(0, scroll + count), last)
  }
}

/// The list of themes; the chosen one is shown at once and kept by Enter.
struct ThemeChooser: Sendable {
  let names: [String]
  private(set) var choice: Int

  /// - Precondition: at least one name.
  init(names: [String], current: String) {
    precondition(!names.isEmpty)
    self.names = names
    choice = names.firstIndex(of: current) ?? 0
  }

  var name: String { names[choice] }

  mutating func move(by count: Int) { choice = min(max(0, choice + count), names.count - 1) }
}
