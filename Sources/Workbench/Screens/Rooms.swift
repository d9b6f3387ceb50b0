import EngineWire

/// A screen that is not built yet: a page that says what will be there. Replace the type behind its `ScreenID` in `makeScreen`.
protocol Room: Screen {
  static var title: String { get }
  static var state: String { get }
  static var plan: [String] { get }
  static var keys: String { get }
}

extension Room {
  static var commands: [Command] { [] }
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool { false }
  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {}
  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {}
  mutating func refresh(_ session: inout Session) {}

  private static var page: [(String, Look.Role)] {
    [(title, .title), (state, .faint), ("", .text)] + plan.map { ($0, .text) } + [("", .text), (keys, .faint)]
  }

  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    let inner = area.inset(columns: area.columns > 20 ? 2 : 0)
    let width = min(inner.columns, 78)
    var rest = inner.centred(columns: width, rows: inner.rows).dropTop(area.rows > 16 ? 2 : area.rows > 10 ? 1 : 0)
    for (text, role) in Self.page {
      for line in text.wrapped(columns: max(1, width)) {
        canvas.write(line, in: rest, look[role])
        rest = rest.dropTop(1)
      }
    }
  }

  func plainLines(_ session: Session) -> [String] { Self.page.map(\.0).filter { !$0.isEmpty } }
}

struct RunRoom: Room {
  static let title = "Run"
  static let state = ""
  static let plan: [String] = []
  static let keys = ""
}
