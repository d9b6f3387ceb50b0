extension State {
  mutating func press(_ key: Key) {
    session.notice = nil
    if session.overlay != nil { return pressInOverlay(key) }
    // A key that does not go on with what was begun is looked at alone.
    let candidates = begun.isEmpty ? [[key]] : [begun + [key], [key]]
    let wasBegun = !begun.isEmpty
    begun = []
    if key == .escape, wasBegun { return }
    for keys in candidates {
      switch keyMap.match(keys) {
      case .command(let command): return perform(command)
      case .begun:
        begun = keys
        return
      case .none: continue
      }
    }
    session.say("\(key.name) does nothing here; ? shows what does")
  }

  /// What keys mean on the screen in front.
  var keyMap: KeyMap { KeyMap(tables: [type(of: front).commands, Command.movements, Command.workbench]) }

  private mutating func pressInOverlay(_ key: Key) {
    switch session.overlay {
    case nil: break
    case .report(let report): press(key, in: report)
    case .question(let question): press(key, in: question)
    case .prompt(let prompt): press(key, in: prompt)
    case .finder(let finder): press(key, in: finder)
    case .themes(let chooser): press(key, in: chooser)
    case .picture:
      if [.escape, .enter, .character("q"), .character("O"), .control("c")].contains(key) { session.overlay = nil }
    }
  }

  private mutating func press(_ key: Key, in report: Report) {
    var report = report
    switch key {
    case .down, .character("j"): report.scroll(by: 1, in: session)
    case .up, .character("k"): report.scroll(by: -1, in: session)
    case .pageDown, .character(" "): report.scroll(by: max(1, session.rows - 6), in: session)
    case .pageUp: report.scroll(by: -max(1, session.rows - 6), in: session)
    case .escape, .enter, .character("q"), .control("c"):
      session.overlay = nil
      return
    default: return
    }
    session.overlay = .report(report)
  }

  private mutating func press(_ key: Key, in question: Confirmation) {
    let choice: Confirmation.Choice?
    switch key {
    // Ctrl-C at the question whether to leave means it.
    case .control("c") where question.tag == "leave": choice = question.choices.first
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

  private mutating func press(_ key: Key, in chooser: ThemeChooser) {
    var chooser = chooser
    switch key {
    case .up, .character("k"): chooser.move(by: -1)
    case .down, .character("j"): chooser.move(by: 1)
    case .home: chooser.move(by: -chooser.names.count)
    case .end: chooser.move(by: chooser.names.count)
    case .enter:
      session.overlay = nil
      choose(theme: chooser.name)
      return
    case .escape, .character("q"), .control("c"):
      session.overlay = nil
      return
    default: return
    }
    session.overlay = .themes(chooser)
  }

  private mutating func press(_ key: Key, in finder: CommandFinder) {
    var finder = finder
    switch key {
    case .escape, .control("c"):
      session.overlay = nil
      return
    case .enter:
      guard let offer = finder.chosen else { return }
      session.overlay = nil
      run(offer, argument: finder.argument)
      return
    case .up, .control("p"): finder.move(by: -1)
    case .down, .control("n"): finder.move(by: 1)
    case .pageUp: finder.move(by: -10)
    case .pageDown: finder.move(by: 10)
    case .home: finder.move(by: -finder.found.count)
    case .end: finder.move(by: finder.found.count)
    case .tab: finder.complete()
    default: guard finder.handle(key) else { return }
    }
    session.overlay = .finder(finder)
  }

  mutating func paste(_ text: String) {
    switch session.overlay {
    case .prompt(var prompt):
      prompt.insert(text)
      session.overlay = .prompt(prompt)
      tell(prompt.line.text, prompt)
    case .finder(var finder):
      finder.insert(text)
      session.overlay = .finder(finder)
    default: session.say("pasted text goes into prompts only")
    }
  }

  mutating func point(_ event: MouseEvent) {
    guard session.settings.usesMouse, session.overlay == nil else { return }
    session.notice = nil
    let frame = ScreenFrame(columns: session.columns, rows: session.rows)
    if frame.header.contains(column: event.column, row: event.row) {
      guard event.action == .press else { return }
      let header = Header(session, retryTime: retryTime)
      if let screen = header.tab(at: event.column) { session.go(to: screen) }
    } else if frame.body.contains(column: event.column, row: event.row) {
      withFront { $0.mouse(event, in: frame.body, &$1) }
    }
  }
}
