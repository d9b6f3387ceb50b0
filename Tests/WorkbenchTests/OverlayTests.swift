import EngineWire
import Testing
import Workbench

@Suite("Help, palette, prompts and themes")
struct OverlayTests {
  @Test("the help lists the keys of the screen first, typing finds, Enter runs the entry")
  func help() {
    var driver = WorkbenchDriver()
    driver.press("6", "?")
    #expect(driver.text.contains("Help: Models"))
    #expect(driver.text.contains("use this model in the plan"))
    driver.type("models again")
    #expect(driver.text.contains("look for models again"))
    #expect(!driver.text.contains("use this model in the plan"))
    driver.engine.asked = []
    driver.press("Enter")
    #expect(!driver.state.hasOverlay)
    #expect(driver.engine.asked == [.listModels])
  }

  @Test("what no command holds leaves nothing to run")
  func nothingFound() {
    var driver = WorkbenchDriver()
    for opener in ["?", ":"] {
      driver.press(opener)
      driver.type("zzzzqqq")
      #expect(driver.text.contains("nothing of that name"))
      driver.press("Enter", "Down", "PgDn", "Tab")
      #expect(driver.state.hasOverlay)
      driver.press("Esc")
    }
  }

  @Test("the palette finds by letters, takes arguments, and does what another screen does there")
  func palette() {
    var driver = WorkbenchDriver()
    driver.press(":")
    driver.type("them")
    driver.press("Enter")
    #expect(driver.text.contains("Enter keep  Esc back"))
    driver.press("Esc", ":")
    driver.type("theme light")
    driver.press("Enter")
    #expect(driver.state.session.settings.theme == "light")
    driver.press(":")
    driver.type("set-threads 2")
    driver.press("Enter")
    #expect(driver.state.session.screen == .log && driver.state.session.settings.threadCount == 2)
    driver.press(":")
    driver.type("theme nosuch")
    driver.press("Enter")
    #expect(driver.footer.contains("no theme 'nosuch'") && driver.state.session.settings.theme == "light")
    driver.press(":")
    driver.type("redraw now")
    driver.press("Enter")
    #expect(driver.footer.contains("redraw takes no argument; 'now' was not used"))
  }

  @Test("Tab puts the chosen name into the palette's line")
  func paletteCompletion() {
    var driver = WorkbenchDriver()
    driver.press(":")
    driver.type("suspe")
    driver.press("Tab")
    #expect(driver.text.contains("Command  suspend"))
  }

  @Test("every command has a key or stands in the palette, under one name")
  func reachable() {
    let state = State()
    for (screen, commands) in state.commandsByScreen {
      #expect(Set(commands.map(\.name)).count == commands.count, "\(screen) has a name twice")
      for command in commands {
        #expect(!command.title.isEmpty && !command.name.contains(" ") && command.name.utf8.allSatisfy { $0 < 0x80 })
        var driver = WorkbenchDriver()
        driver.press(":")
        driver.type(command.name + " ")
        #expect(driver.text.contains(command.name), "\(command.name)")
      }
    }
  }

  @Test("no key means two things on one screen, and a screen takes none of the workbench's")
  func keys() {
    let state = State()
    let shared = Command.workbench + Command.movements
    for (screen, commands) in state.commandsByScreen {
      var meaning: [[Key]: String] = [:]
      for command in commands + shared where command.short != "" {
        for keys in command.keys {
          let known = meaning[keys]
          #expect(known == nil || known == command.name, "\(screen): \(keys) is \(known ?? "") and \(command.name)")
          meaning[keys] = command.name
        }
      }
      for longer in meaning.keys where longer.count > 1 {
        #expect(meaning[[longer[0]]] == nil, "\(screen): \(longer) can never be pressed")
      }
    }
  }

  @Test("the same command has the same keys on every screen")
  func sameKeys() {
    var keys: [String: [[Key]]] = [:]
    for commands in State().commandsByScreen.values {
      for command in commands {
        if let known = keys[command.name] { #expect(known == command.keys, "\(command.name)") }
        keys[command.name] = command.keys
      }
    }
  }

  @Test("themes are shown while one moves through them, kept by Enter, put back by Esc")
  func themes() {
    var driver = WorkbenchDriver(colours: .truecolour)
    driver.press("6")
    let dark = driver.state.view()[0, 0].style
    driver.press("T", "Down")
    #expect(driver.state.view()[0, 0].style != dark)
    #expect(driver.state.session.settings.theme == "auto")
    driver.press("Esc")
    #expect(driver.state.view()[0, 0].style == dark)
    driver.press("T", "End", "Enter")
    #expect(driver.state.session.settings.theme == "light")
    #expect(driver.effects.contains { if case .save(let settings) = $0 { settings.theme == "light" } else { false } })
    driver.press("T", "q")
    #expect(!driver.state.hasOverlay && driver.state.session.settings.theme == "light")
  }

  @Test("a flag counts more than the settings until the person chooses")
  func flags() {
    var settings = Settings()
    settings.theme = "light"
    settings.colours = "16"
    var state = State(settings: settings, colours: .indexed, flags: .init(theme: "dark", colours: .truecolour))
    #expect(state.colours == .truecolour)
    #expect(state.view()[0, 0].style == State(colours: .truecolour).view()[0, 0].style)
    _ = state.update(.key(.character("7")))
    for key in ["j", "l"] { _ = state.update(.key(Key(named: key)!)) }
    #expect(state.session.settings.colours == "256" && state.colours == .indexed)
    let flagged = state.view()[0, 0].style
    for key in ["T", "Down", "Enter"] { _ = state.update(.key(Key(named: key)!)) }
    #expect(state.session.settings.theme == "light" && state.view()[0, 0].style != flagged)
  }

  @Test("a line is edited as in a shell")
  func lineEditor() {
    var line = LineEditor("one two")
    for key in [Key.home, .character("x"), .right, .delete] { _ = line.handle(key) }
    #expect(line.text == "xoe two")
    _ = line.handle(.end)
    _ = line.handle(.control("w"))
    #expect(line.text == "xoe ")
    _ = line.handle(.control("a"))
    _ = line.handle(.control("k"))
    #expect(line.text == "" && line.position == 0)
    for key in [Key.backspace, .delete, .left, .right, .control("u"), .control("w")] {
      let isTaken = line.handle(key)
      #expect(isTaken)
    }
    for key in [Key.up, .function(3)] {
      let isTaken = line.handle(key)
      #expect(!isTaken)
    }
    line.insert("a\nb\tc")
    #expect(line.text == "a b c")
    line.insert(String(repeating: "x", count: 10_000))
    #expect(line.text.count == LineEditor.limit)
    var path = LineEditor("/home/ada/photos")
    _ = path.handle(.control("w"))
    #expect(path.text == "/home/ada/")
  }

  @Test("letters of a name in their order are found, beginnings of words first")
  func fuzzy() throws {
    #expect(FuzzyMatch("xz", in: "theme") == nil)
    #expect(FuzzyMatch("", in: "theme")?.score == 0)
    let start = try #require(FuzzyMatch("zi", in: "zoom-in")).score
    let middle = try #require(FuzzyMatch("oi", in: "zoom-in")).score
    #expect(start > middle)
    #expect(try #require(FuzzyMatch("the", in: "theme")).score > #require(FuzzyMatch("the", in: "t-h-e")).score - 100)
    #expect(FuzzyMatch(String(repeating: "a", count: 500), in: String(repeating: "a", count: 500)) != nil)
  }

  @Test("pasted text goes into a prompt as one line, and nowhere else")
  func paste() {
    var driver = WorkbenchDriver()
    driver.send(.paste("q\nq"))
    #expect(!driver.effects.contains(.quit))
    #expect(driver.footer.contains("pasted text goes into prompts only"))
    driver.press(":")
    driver.send(.paste("the\nme"))
    #expect(driver.text.contains("Command  the me"))
  }

  @Test("paths are completed from the engine's folders")
  func paths() {
    var driver = WorkbenchDriver()
    driver.press("1", ":")
    driver.type("go-to")
    driver.press("Enter", "Ctrl-u")
    driver.type("/home/ada/ph")
    driver.press("Tab")
    #expect(driver.footer.contains("/home/ada/photos/"))
    driver.press("Tab")
    #expect(driver.text.contains("harbour-01.png") && driver.text.contains("album/"))
    #expect(!driver.text.contains(".hidden.png"))
    driver.press("Tab")
    #expect(driver.footer.contains("/home/ada/photos/album/"))
    driver.press("Esc")
    #expect(!driver.state.hasOverlay)
  }

  @Test("words are in sight, completed, and chosen by Tab and arrows; elsewhere a past answer comes back with Up")
  func words() {
    var driver = WorkbenchDriver()
    driver.press("7", "j", "Enter", "Ctrl-u")
    driver.type("true")
    driver.press("Tab", "Enter")
    #expect(driver.state.session.settings.colours == "truecolor")
    driver.press("Enter", "Ctrl-u", "Tab", "Tab")
    #expect(driver.footer.contains("colours: none"))
    driver.press("Up")
    #expect(driver.footer.contains("colours: auto"))
    driver.press("Esc", "1", "/")
    driver.type("scans")
    driver.press("Enter", "/", "Up")
    #expect(driver.footer.contains("find: scans"))
    driver.press("Esc")
  }
}
