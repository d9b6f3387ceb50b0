import EngineWire
import Foundation
import Testing
import Workbench

/// A workbench with an engine behind it and hands on its keys.
struct WorkbenchDriver {
  var state: State
  var engine: FakeEngine
  var time = 100.0
  /// Answers are kept back until `deliver`.
  var holdsAnswers = false
  private(set) var waiting: [Question] = []
  private(set) var effects: [Effect] = []

  init(
    _ engine: FakeEngine = .photographs, columns: Int = 80, rows: Int = 24, graphics: Graphics = .half,
    colours: ColourDepth = .indexed, settings: Settings = Settings(), files: [String] = [], presets: [JobPreset] = [],
    isConnected: Bool = true
  ) {
    self.engine = engine
    state = State(settings: settings, presets: presets, files: files, graphics: graphics, colours: colours)
    send(.resize(columns: columns, rows: rows))
    if isConnected { send(.engine(.connected(FakeEngine.info))) }
  }

  /// Feeds an event, and the engine's answers until nothing more is asked.
  mutating func send(_ event: Event) {
    var events: [Event] = [.time(time), event]
    while !events.isEmpty {
      let new = state.update(events.removeFirst())
      effects += new
      for case .send(let question) in new { waiting.append(question) }
      if !holdsAnswers { events += takeAnswers() }
    }
  }

  private mutating func takeAnswers() -> [Event] {
    let questions = waiting
    waiting = []
    return questions.map { question in
      let (reply, body) = engine.answer(question.request)
      return .answer(Answer(id: question.id, reply), body: body)
    }
  }

  /// Gives the answers that were kept back; those that come of them are kept back again.
  mutating func deliver(_ isWanted: (Request) -> Bool = { _ in true }) {
    let now = waiting.filter { isWanted($0.request) }
    waiting.removeAll { isWanted($0.request) }
    for question in now {
      let (reply, body) = engine.answer(question.request)
      send(.answer(Answer(id: question.id, reply), body: body))
    }
  }

  /// The connection breaks: what was asked is never answered.
  mutating func loseEngine() {
    waiting = []
    send(.engine(.lost(reason: "the engine ended", retrySeconds: 1)))
  }

  mutating func findEngine() { send(.engine(.connected(FakeEngine.info))) }

  /// Presses keys by their names: `press("j", "Space", "Enter")`.
  mutating func press(_ names: String...) {
    for name in names { send(.key(Key(named: name)!)) }
  }

  mutating func type(_ text: String) {
    for character in text { send(.key(.character(character))) }
  }

  mutating func tell(_ event: EngineEvent) { send(.answer(Answer(id: 0, .event(event)), body: [])) }

  /// Lets time go by in the steps in which the main loop tells it.
  mutating func rest(_ seconds: Double) {
    let end = time + seconds
    while time < end - 1e-9 {
      time = min(end, time + 0.1)
      send(.time(time))
    }
  }

  var lines: [String] { state.view().lines }
  var text: String { lines.joined(separator: "\n") }
  /// Between header and footer.
  var body: [String] { Array(lines.dropFirst().dropLast()) }
  /// What is said below.
  var footer: String { lines.last ?? "" }

  /// Requests that match, in the order in which the engine got them.
  func asked<Value>(_ pick: (Request) -> Value?) -> [Value] { engine.asked.compactMap(pick) }

  /// The row of the body that holds `text`.
  func row(_ text: String) -> String? { body.first { $0.contains(text) } }
}

/// Compares what a screen shows with a file beside these tests. `GRL_RECORD=1` writes the files anew.
func expectScreen(_ driver: WorkbenchDriver, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Screens/\(name).txt")
  let shown = driver.body.joined(separator: "\n") + "\n"
  if ProcessInfo.processInfo.environment["GRL_RECORD"] == "1" {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try shown.write(to: file, atomically: true, encoding: .utf8)
    return
  }
  let expected = try String(contentsOf: file, encoding: .utf8)
  #expect(shown == expected, "the screen \(name) looks otherwise:\n\(shown)", sourceLocation: sourceLocation)
}
