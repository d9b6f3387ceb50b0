import EngineWire

extension State {
  mutating func press(_ key: Key, in prompt: Prompt) {
    var prompt = prompt
    switch key {
    case .escape, .control("c"):
      session.overlay = nil
      tell(nil, prompt)
      return
    case .enter:
      session.overlay = nil
      remember(prompt)
      deliver(prompt.line.text, to: prompt.tag, of: prompt.screen)
      keep(prompt)
      return
    case .tab: complete(&prompt)
    case .backTab: prompt.step(by: -1)
    case .up where prompt.showsWords: prompt.step(by: -1)
    case .down where prompt.showsWords: prompt.step(by: 1)
    case .up: recall(&prompt, -1)
    case .down: recall(&prompt, 1)
    default: guard prompt.type(key) else { return }
    }
    session.overlay = .prompt(prompt)
    tell(prompt.line.text, prompt)
  }

  /// What was refused stays in its prompt, with the reason: nobody types it twice.
  private mutating func keep(_ prompt: Prompt) {
    guard session.overlay == nil, !prompt.line.text.isEmpty, let notice = session.notice, notice.kind == .warning else {
      return
    }
    var prompt = prompt
    prompt.problem = notice.text
    session.overlay = .prompt(prompt)
  }

  /// Tells the screen that asked what its prompt holds now; nil: it was cancelled.
  mutating func tell(_ text: String?, _ prompt: Prompt) {
    guard let screen = prompt.screen else { return }
    screens[screen.rawValue - 1].edited(text, of: prompt.tag, &session)
  }

  /// Hands an answer to who asked.
  mutating func deliver(_ text: String, to tag: String, of screen: ScreenID?) {
    guard let screen else { return answered(text, to: tag) }
    screens[screen.rawValue - 1].answered(text, to: tag, &session)
  }

  // MARK: Completion

  private mutating func complete(_ prompt: inout Prompt) {
    switch prompt.completion {
    case .none: break
    case .words: prompt.completeWord()
    case .path where !prompt.candidates.isEmpty: prompt.step(by: 1)
    case .path:
      let folder = PathText(prompt.line.text).folder
      let whole = folder.isEmpty ? session.folder : session.absolute(folder)
      let path = whole.count > 1 && whole.hasSuffix("/") ? String(whole.dropLast()) : whole
      session.ask(.listFolder(path: path), for: nil, .completion)
    }
  }

  /// The engine's folder for a path that is being typed.
  mutating func complete(from listing: FolderListing) {
    guard case .prompt(var prompt) = session.overlay, prompt.completion == .path else { return }
    let path = PathText(prompt.line.text)
    let names = listing.entries.filter { entry in
      entry.kind != .unreadable && entry.name.hasPrefix(path.last)
        && (path.last.hasPrefix(".") || !entry.name.hasPrefix("."))
    }
    prompt.offer(names.map { path.folder + $0.name + ($0.kind == .folder ? "/" : "") })
    session.overlay = .prompt(prompt)
    tell(prompt.line.text, prompt)
  }

  // MARK: Past answers

  private mutating func remember(_ prompt: Prompt) {
    let text = prompt.line.text
    guard !text.isEmpty else { return }
    var past = pastAnswers[prompt.tag, default: []].filter { $0 != text }
    past.append(text)
    if past.count > 50 { past.removeFirst() }
    pastAnswers[prompt.tag] = past
  }

  private func recall(_ prompt: inout Prompt, _ step: Int) {
    let past = pastAnswers[prompt.tag, default: []]
    let place = (prompt.recalled ?? past.count) + step
    guard past.indices.contains(place) else { return }
    prompt.recalled = place
    prompt.line = LineEditor(past[place])
    prompt.candidates = []
  }
}

/// A path that is being typed, cut at its last slash.
struct PathText {
  /// With the slash; empty where there is none.
  let folder: String
  let last: String

  init(_ text: String) {
    let end = text.lastIndex(of: "/").map { text.index(after: $0) } ?? text.startIndex
    folder = String(text[..<end])
    last = String(text[end...])
  }
}
