extension PlainSession {
  /// Commands of plain mode's own.
  static let own: [(name: String, does: String)] = [
    ("help", "lists commands; help WORD those that mention it"), ("show", "tells the whole screen"),
    ("go N", "to row N"), ("1 to 7", "to a screen"), ("esc", "answers a question with nothing"),
  ]

  /// Does what a line says.
  ///
  /// - Returns: what it has to say itself; the caller prints what changed.
  mutating func perform(_ line: String) -> [String] {
    guard !line.isEmpty else { return [] }
    switch state.session.overlay {
    case .prompt(let prompt):
      withState { state in
        state.session.overlay = nil
        if line == "esc" { state.tell(nil, prompt) } else { state.deliver(line, to: prompt.tag, of: prompt.screen) }
      }
      return []
    case .question(let question):
      return answer(question, line)
    default: break
    }
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    let (name, argument) = (words[0], words.count > 1 ? words[1].trimmed : "")
    switch name {
    case "help", "?": return help(argument)
    case "show": return show()
    case "esc": return []
    case "go":
      guard let row = Int(argument), choose(row) else { return ["no row '\(argument)'; show tells them"] }
      return []
    default: break
    }
    if let number = Int(name), let screen = ScreenID(rawValue: number) {
      withState { state in
        state.session.go(to: screen)
        state.refresh()
      }
      return []
    }
    guard let offer = offer(name) else { return [unknown(name)] }
    // A number behind a command of the screen in front is a row, unless the command asks for something.
    let isRowCommand = offer.screen == nil || offer.screen == state.session.screen
    if let row = Int(argument), isRowCommand, !asks(offer), choose(row) {
      withState { $0.run(offer, argument: "") }
    } else {
      withState { $0.run(offer, argument: argument) }
    }
    return []
  }

  private mutating func answer(_ question: Confirmation, _ line: String) -> [String] {
    let choice = question.choices.first { String($0.key) == line || $0.title.hasPrefix(line) }
    guard choice != nil || line == "esc" else { return ["'\(line)' is none of the answers"] }
    withState { state in
      state.session.overlay = nil
      if let choice { state.deliver(String(choice.key), to: question.tag, of: question.screen) }
    }
    return []
  }

  /// Whether a command opens a prompt; found out on a copy.
  private func asks(_ offer: CommandFinder.Offer) -> Bool {
    var copy = state
    copy.run(offer, argument: "")
    if case .prompt = copy.session.overlay { return true }
    return false
  }

  private mutating func choose(_ row: Int) -> Bool {
    withState { state in state.withFront { $0.choose(row: row, &$1) } }
  }

  /// The command of that name, of the screen in front first; a beginning that only one command has will do.
  private func offer(_ name: String) -> CommandFinder.Offer? {
    let offers = state.allOffers
    if let offer = offers.first(where: { $0.command.name == name }) { return offer }
    let begun = offers.filter { $0.command.name.hasPrefix(name) }
    return Set(begun.map(\.command.name)).count == 1 ? begun.first : nil
  }

  private func unknown(_ name: String) -> String {
    let near = state.allOffers.filter {
      $0.command.name.hasPrefix(name) || FuzzyMatch(name, in: $0.command.name) != nil
    }
    var names: [String] = []
    for offer in near where !names.contains(offer.command.name) { names.append(offer.command.name) }
    guard !names.isEmpty else { return "no command '\(name)'; help lists them" }
    return "no command '\(name)'; perhaps \(names.prefix(5).joined(separator: ", "))"
  }

  private func help(_ word: String) -> [String] {
    let own = Self.own.map { "\($0.name): \($0.does)" }
    let offers = state.allOffers.filter { offer in
      // Movement by keys means nothing to lines; go does it.
      !Command.movements.contains(offer.command) || offer.command == .open
    }
    let all = own + offers.map { "\($0.command.name): \($0.command.title)\($0.screen.map { ", \($0.title)" } ?? "")" }
    guard !word.isEmpty else { return all }
    let found = all.filter { $0.lowercased().contains(word.lowercased()) }
    return found.isEmpty ? ["no command mentions '\(word)'"] : found
  }
}
