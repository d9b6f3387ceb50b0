import EngineWire

extension State {
  /// Does a command: the screen in front first, then the workbench.
  mutating func perform(_ command: Command) {
    if withFront({ $0.perform(command, &$1) }) { return }
    switch command {
    case .help: showHelp()
    case .palette: session.overlay = .finder(CommandFinder(.palette, title: "Command", offers: allOffers + values))
    case .back where session.screen != .files: session.go(to: .files)
    case .back, .quit: leave()
    case .stop: stop()
    case .suspend: session.effects.append(.suspend)
    case .redraw: session.effects.append(.redraw)
    case .showCommand: showCommand()
    case .graphics: nextGraphics()
    case .mouse:
      session.settings.usesMouse.toggle()
      session.say(session.settings.usesMouse ? "mouse on; m turns it off" : "mouse off: the terminal selects text")
    case .theme: session.overlay = .themes(ThemeChooser(names: session.themeNames, current: session.themeName))
    case .host:
      session.prompt(
        "engine on [user@]host, empty for this machine", tag: "host", for: nil, text: session.settings.host ?? "")
    case .reconnect: session.effects.append(.connect(host: session.settings.host))
    case .escape: break
    default:
      if let screen = ScreenID.allCases.first(where: { $0.name == command.name }) {
        session.go(to: screen)
      } else if !Command.movements.contains(command) {
        session.say("\(command.name) means nothing here")
      }
    }
  }

  /// Answers to the workbench's own questions.
  mutating func answered(_ text: String, to tag: String) {
    switch (tag, text) {
    case ("leave", "q"), ("leave-running", "q"): session.effects.append(.quit)
    case ("leave-running", "c"):
      for job in runningJobs { session.ask(.cancel(job: job.id), for: nil, .other("cancel \(job.id)")) }
      session.effects.append(.quit)
    case ("host", _):
      if let problem = SettingRow.host.set(text, &session) { session.say(problem, .error) }
    default: break
    }
  }

  mutating func choose(theme name: String) {
    if let problem = SettingRow.theme.set(name, &session) { return session.say(problem, .error) }
    // It may be what the settings said all along, under a flag.
    flags.theme = nil
  }

  // MARK: Leaving and stopping

  /// Jobs that run in this engine.
  private var runningJobs: [JobInfo] {
    session.jobs.filter { $0.state == .running && !$0.isElsewhere && $0.cluster == nil }
  }

  private mutating func leave() {
    guard !runningJobs.isEmpty else {
      session.effects.append(.quit)
      return
    }
    session.confirm(
      "A job is running. It goes on in the engine when you leave, and is here when you come back.",
      tag: "leave-running", for: nil,
      choices: [("q", "leave, the job goes on"), ("c", "cancel the job and leave"), ("s", "stay")])
  }

  private mutating func stop() {
    if session.isTrying {
      session.ask(.stopTrying, for: nil, .control)
      return session.say("stopping the preview")
    }
    let running = runningJobs
    guard running.isEmpty else {
      for job in running { session.ask(.pause(job: job.id), for: nil, .other("pause \(job.id)")) }
      return session.say("pausing; finished tiles are kept, Space on screen 3 goes on")
    }
    session.confirm("Leave the workbench?", tag: "leave", for: nil, choices: [("q", "leave"), ("s", "stay")])
  }

  private mutating func showCommand() {
    guard let plan = session.plan else { return session.say("nothing is planned yet: mark pictures, then 2") }
    session.show(command: plan.command)
  }

  // MARK: Help and palette

  private mutating func showHelp() {
    let own = front.helped(session).map { CommandFinder.Offer(command: $0, screen: session.screen) }
    let others = (Command.workbench + Command.movements).map { CommandFinder.Offer(command: $0, screen: nil) }
    let names = Set(own.map(\.command.name))
    session.overlay = .finder(
      CommandFinder(
        .help, title: "Help: \(session.screen.title)", offers: own + others.filter { !names.contains($0.command.name) })
    )
  }

  /// Every command of every screen, those of the one in front first.
  var allOffers: [CommandFinder.Offer] {
    let order = [session.screen] + ScreenID.allCases.filter { $0 != session.screen }
    var offers: [CommandFinder.Offer] = []
    for screen in order {
      offers += type(of: screens[screen.rawValue - 1]).commands.map { CommandFinder.Offer(command: $0, screen: screen) }
    }
    offers += (Command.workbench + Command.movements).map { CommandFinder.Offer(command: $0, screen: nil) }
    return offers
  }

  /// What commands can be given, to be found by its name alone: tasks, models, presets, themes, the files that are listed.
  private var values: [CommandFinder.Offer] {
    func offer(_ command: Command, _ screen: ScreenID?, _ argument: String, _ title: String) -> CommandFinder.Offer {
      CommandFinder.Offer(command: command, screen: screen, argument: argument, title: title)
    }
    let tasks = JobOption.task.values.map { offer(PlanRow.task.command, .plan, $0, PlanRow.about[$0] ?? "") }
    let models = session.models.map {
      offer(ModelsScreen.use, .models, $0.name, "model for \($0.task)\($0.isExperimental ? ", experimental" : "")")
    }
    let presets = session.presets.map { offer(PlanScreen.choosePreset, .plan, $0.name, "preset: \($0.about)") }
    let themes = (["auto"] + session.themeNames).map { offer(.theme, nil, $0, "theme") }
    return tasks + models + presets + themes + files
  }

  private var files: [CommandFinder.Offer] {
    guard let files = screens[ScreenID.files.rawValue - 1] as? FilesScreen else { return [] }
    return files.tree.rows.prefix(2000).compactMap { row in
      files.tree.entry(row).map { entry in
        CommandFinder.Offer(
          command: .find, screen: .files, argument: entry.name, title: entry.kind == .folder ? "folder" : "file")
      }
    }
  }

  /// Does what was chosen, on its screen, and answers the prompt or question it opens with `argument`.
  mutating func run(_ offer: CommandFinder.Offer, argument: String) {
    if let screen = offer.screen, screen != session.screen {
      session.go(to: screen)
      refresh()
    }
    session.notice = nil
    perform(offer.command)
    guard !argument.isEmpty else { return }
    switch session.overlay {
    case .prompt(let prompt):
      session.overlay = nil
      deliver(argument, to: prompt.tag, of: prompt.screen)
    case .question(let question):
      let choice = question.choices.first { String($0.key) == argument || $0.title.hasPrefix(argument) }
      guard let choice else {
        return session.say("'\(argument)' is none of \(question.choices.map(\.title).joined(separator: ", "))", .error)
      }
      session.overlay = nil
      deliver(String(choice.key), to: question.tag, of: question.screen)
    case .themes:
      session.overlay = nil
      choose(theme: argument)
    // What it said itself says why it asked for nothing.
    case _ where session.notice != nil: break
    default: session.say("\(offer.command.name) takes no argument; '\(argument)' was not used", .warning)
    }
  }
}
