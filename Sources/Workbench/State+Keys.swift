extension State {
  mutating func press(_ key: Key) {
    session.notice = nil
    if session.overlay != nil { return pressInOverlay(key) }
    let map = KeyMap(tables: [type(of: front).commands, Command.movements, Command.workbench])
    // A key that does not go on with what was begun is looked at alone.
    let candidates = begun.isEmpty ? [[key]] : [begun + [key], [key]]
    begun = []
    for keys in candidates {
      switch map.match(keys) {
      case .command(let command): return perform(command)
      case .begun:
        begun = keys
        return
      case .none: continue
      }
    }
  }

  mutating func pressInOverlay(_ key: Key) {
    switch session.overlay {
    case nil: break
    case .report: session.overlay = nil
    case .question(let question): press(key, in: question)
    case .prompt(let prompt): press(key, in: prompt)
    }
  }

  private mutating func press(_ key: Key, in question: Confirmation) {
    let choice: Confirmation.Choice?
    switch key {
    case .escape, .control("c"):
      session.overlay = nil
      return
    case .enter: choice = question.choices.first
    case .character(let character): choice = question.choices.first { $0.key == character }
    default: choice = nil
    }
    guard let choice else { return }
    session.overlay = nil
    deliver(String(choice.key), to: question.tag, of: question.screen)
  }

  private mutating func press(_ key: Key, in prompt: Prompt) {
    var prompt = prompt
    switch key {
    case .escape, .control("c"):
      session.overlay = nil
      tell(nil, prompt)
    case .enter:
      session.overlay = nil
      deliver(prompt.line.text, to: prompt.tag, of: prompt.screen)
    default:
      guard prompt.line.handle(key) else { return }
      session.overlay = .prompt(prompt)
      tell(prompt.line.text, prompt)
    }
  }

  /// Tells the screen that asked what its prompt holds now.
  private mutating func tell(_ text: String?, _ prompt: Prompt) {
    guard let screen = prompt.screen else { return }
    screens[screen.rawValue - 1].edited(text, of: prompt.tag, &session)
  }

  /// Hands an answer to who asked.
  mutating func deliver(_ text: String, to tag: String, of screen: ScreenID?) {
    guard let screen else { return answered(text, to: tag) }
    screens[screen.rawValue - 1].answered(text, to: tag, &session)
  }

  mutating func paste(_ text: String) {
    guard case .prompt(var prompt) = session.overlay else { return }
    prompt.line.insert(text)
    session.overlay = .prompt(prompt)
    tell(prompt.line.text, prompt)
  }

  mutating func point(_ event: MouseEvent) {
    guard session.settings.usesMouse, session.overlay == nil else { return }
    let area = session.area
    guard area.contains(column: event.column, row: event.row) else { return }
    withFront { $0.mouse(event, in: area, &$1) }
  }
}
