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
  var line: LineEditor
  let completion: Completion

  init(screen: ScreenID?, tag: String, title: String, text: String = "", completion: Completion = .none) {
    self.screen = screen
    self.tag = tag
    self.title = title
    line = LineEditor(text)
    self.completion = completion
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
