import EngineWire
import Workbench

/// A workbench that is given whatever an engine may say.
struct FuzzWorkbench {
  private var state: State
  /// Questions that wait for an answer.
  private var asked: [Question] = []

  /// Most answers that one message stands for, and most keys that are taken from one.
  private static let (mostAnswers, mostKeys) = (3, 24)
  private static let engine = EngineInfo(
    version: WireProtocol.version, program: "0.2.0", host: "tower", processID: 4711, threadCount: 2,
    budgetBytes: 4 << 30, home: "/home/ada")

  /// Made once, since a look costs more than all that is done with it.
  private static let states = Graphics.allCases.map {
    State(files: ["/photos/a.png", "/photos/b.png"], graphics: $0, colours: .truecolour)
  }

  /// - Parameter screen: any number; it chooses screen, size and kind of terminal.
  init(screen: Int) {
    state = Self.states[screen % Self.states.count]
    let (columns, rows) = [(80, 24), (120, 40), (20, 5), (1, 1)][screen / 7 % 4]
    send(.resize(columns: columns, rows: rows))
    send(.engine(.connected(Self.engine)))
    send(.key(.character(Character(Unicode.Scalar(UInt8(ascii: "1") + UInt8(screen % 7))))))
  }

  /// News with a body stand for the keys that are pressed after them; any other message answers what was asked last.
  mutating func take(_ answer: Answer, _ body: [UInt8]) throws(FuzzFinding) {
    if case .event = answer.reply {
      send(.answer(answer, body: []))
      for byte in body.prefix(Self.mostKeys) { send(.key(Self.key(byte))) }
    } else {
      for _ in 0..<Self.mostAnswers {
        guard let question = asked.popLast() else { break }
        send(.answer(Answer(id: question.id, answer.reply), body: body))
      }
    }
    try FuzzTarget.requireCells(state.view())
  }

  private mutating func send(_ event: Event) {
    for case .send(let question) in state.update(event) { asked.append(question) }
  }

  private static func key(_ byte: UInt8) -> Key {
    let others: [Key] = [
      .enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left, .right, .home, .end, .pageUp, .pageDown,
    ]
    if byte < 0x20 { return others[Int(byte) % others.count] }
    return byte < 0x7F ? .character(Character(Unicode.Scalar(byte))) : .control("c")
  }
}

extension FuzzTarget {
  /// A canvas is whole, and holds nothing that a terminal would obey.
  static func requireCells(_ canvas: Canvas) throws(FuzzFinding) {
    try require(canvas.cells.count == canvas.columns * canvas.rows, "the canvas is not whole")
    for cell in canvas.cells {
      guard let glyph = cell.glyph else { continue }
      let isObeyed = glyph.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
      try require(!isObeyed, "a control character on the screen: \(glyph.debugDescription)")
    }
  }
}
