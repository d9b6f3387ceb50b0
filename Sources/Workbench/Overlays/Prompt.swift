/// A line of text that a screen asks for.
struct Prompt: Sendable {
  enum Completion: Hashable, Sendable {
    case none
    /// Paths of the engine's machine.
    case path
    case words([String])
  }
  /// Who gets the text, with `tag` to tell prompts apart. nil is the workbench itself.
  let screen: ScreenID?
  let tag: String
  let title: String
  let completion: Completion
  var line: LineEditor
  /// What the text could become, after Tab; the chosen one stands in the line already.
  var candidates: [String] = []
  private(set) var candidate: Int?
  /// Which past answer stands in the line.
  var recalled: Int?

  init(screen: ScreenID?, tag: String, title: String, text: String = "", completion: Completion = .none) {
    self.screen = screen
    self.tag = tag
    self.title = title
    line = LineEditor(text)
    self.completion = completion
  }

  /// Takes what the text could become: goes on as far as all agree, and shows them where they do not.
  mutating func offer(_ candidates: [String]) {
    candidate = nil
    self.candidates = []
    guard var common = candidates.first else { return }
    for other in candidates.dropFirst() { common = String(zip(common, other).prefix { $0 == $1 }.map(\.0)) }
    if common.count > line.text.count { line = LineEditor(common) }
    if candidates.count > 1 { self.candidates = candidates }
  }

  /// To the next candidate, or the one before.
  mutating func step(by count: Int) {
    guard !candidates.isEmpty else { return }
    let next = candidate.map { $0 + count } ?? (count > 0 ? 0 : -1)
    let place = (next % candidates.count + candidates.count) % candidates.count
    candidate = place
    line = LineEditor(candidates[place])
  }
}

/// A question with few answers, each a key.
struct Confirmation: Sendable {
  struct Choice: Sendable {
    let key: Character
    let title: String
  }
  let screen: ScreenID?
  let tag: String
  let text: String
  /// The first is what Enter means; Esc means none.
  let choices: [Choice]
}
