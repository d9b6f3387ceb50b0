import EngineWire

extension State {
  /// Does a command: the screen in front first, then the workbench.
  mutating func perform(_ command: Command) {
    if withFront({ $0.perform(command, &$1) }) { return }
    switch command {
    case .back where session.screen != .files: session.screen = .files
    case .back, .quit: leave()
    case .stop: stop()
    case .suspend: session.effects.append(.suspend)
    case .redraw: session.effects.append(.redraw)
    case .showCommand: showCommand()
    case .mouse: toggleMouse()
    default:
      if let screen = ScreenID.allCases.first(where: { $0.name == command.name }) { session.screen = screen }
    }
  }

  /// Answers to the workbench's own questions.
  mutating func answered(_ text: String, to tag: String) {
    switch (tag, text) {
    case ("quit", "q"): session.effects.append(.quit)
    default: break
    }
  }

  private mutating func leave() {
    guard session.jobs.contains(where: { $0.state == .running }) else {
      session.effects.append(.quit)
      return
    }
    session.confirm(
      "A job is running. It goes on in the engine when you leave.", tag: "quit", for: nil,
      choices: [("q", "leave"), ("s", "stay")])
  }

  private mutating func stop() {
    let running = session.jobs.filter { $0.state == .running && !$0.isElsewhere }
    guard running.isEmpty else {
      for job in running { session.ask(.pause(job: job.id), for: nil, .other("pause \(job.id)")) }
      session.say("pausing; finished tiles are kept, Space on screen 3 goes on")
      return
    }
    session.confirm("Leave the workbench?", tag: "quit", for: nil, choices: [("q", "leave"), ("s", "stay")])
  }

  private mutating func showCommand() {
    guard let plan = session.plan else { return session.say("nothing is planned yet: mark pictures, then 2") }
    session.show(command: plan.command)
  }

  private mutating func toggleMouse() {
    session.settings.usesMouse.toggle()
    session.effects += [.setMouse(session.settings.usesMouse), .save(session.settings)]
    session.say(session.settings.usesMouse ? "mouse on; m turns it off" : "mouse off: the terminal selects text")
  }
}
