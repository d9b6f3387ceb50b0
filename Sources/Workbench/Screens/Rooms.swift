import EngineWire

// Rooms of screens that are still being built: empty, and calm about it.

/// A screen that shows a page of text and does nothing.
protocol Room: Screen {
  static var page: [String] { get }
}

extension Room {
  static var commands: [Command] { [] }
  mutating func perform(_ command: Command, _ session: inout Session) -> Bool { false }
  mutating func receive(_ reply: Reply, body: [UInt8], to purpose: Purpose, _ session: inout Session) {}
  mutating func answered(_ text: String, to tag: String, _ session: inout Session) {}
  mutating func refresh(_ session: inout Session) {}

  func draw(on canvas: inout Canvas, in area: CanvasArea, _ session: Session, _ look: Look) {
    for (row, line) in Self.page.enumerated() where row + 1 < area.rows {
      canvas.write(line, in: area.dropTop(row + 1).dropLeft(2), row == 0 ? look[.title] : look[.text])
    }
  }
}

struct FilesRoom: Room { static let page = ["Files"] }
struct PlanRoom: Room { static let page = ["Plan"] }
struct RunRoom: Room { static let page = ["Run"] }
struct AttentionScreen: Room { static let page = ["Attention"] }
struct CompareScreen: Room { static let page = ["Compare"] }
struct ModelsScreen: Room { static let page = ["Models"] }
struct LogScreen: Room { static let page = ["Log"] }
