import EngineWire
import Testing
import Workbench

@Suite("Help, palette, prompts and themes")
struct OverlayTests {
  @Test("the help lists the keys of the screen first, typing finds, Enter runs the entry")
  func help() {
    var desk = Desk()
    desk.press("6", "?")
    #expect(desk.text.contains("Help: Models"))
    #expect(desk.text.contains("use this model in the plan"))
    desk.type("models again")
    #expect(desk.text.contains("look for models again"))
    #expect(!desk.text.contains("use this model in the plan"))
    desk.engine.asked = []
    desk.press("Enter")
    #expect(!desk.state.hasOverlay)
    #expect(desk.engine.asked == [.listModels])
  }

  @Test("what no command holds leaves nothing to run")
  func nothingFound() {
    var desk = Desk()
    for opener in ["?", ":"] {
      desk.press(opener)
      desk.type("zzzzqqq")
      #expect(desk.text.contains("nothing of that name"))
      desk.press("Enter", "Down", "PgDn", "Tab")
      #expect(desk.state.hasOverlay)
      desk.press("Esc")
    }
  }

  @Test("the palette finds by letters, takes arguments, and does what another screen does there")
  func palette() {
    var desk = Desk()
    desk.press(":")
    desk.type("them")
    desk.press("Enter")
    #expect(desk.text.contains("Enter keep  Esc back"))
    desk.press("Esc", ":")
    desk.type("theme light")
    desk.press("Enter")
    #expect(desk.state.session.settings.theme == "light")
    desk.press(":")
    desk.type("set-threads 2")
    desk.press("Enter")
    #expect(desk.state.session.screen == .log && desk.state.session.settings.threadCount == 2)
    desk.press(":")
    desk.type("theme nosuch")
    desk.press("Enter")
    #expect(desk.footer.contains("no theme 'nosuch'") && desk.state.session.settings.theme == "light")
    desk.press(":")
    desk.type("redraw now")
    desk.press("Enter")
    #expect(desk.footer.contains("redraw takes no argument; 'now' was not used"))
  }

  @Test("Tab puts the chosen name into the palette's line")
  func paletteCompletion() {
    var desk = Desk()
    desk.press(":")
    desk.type("suspe")
    desk.press("Tab")
    #expect(desk.text.contains("Command  suspend"))
  }

  @Test("every command has a key or stands in the palette, under one name")
  func reachable() {
    let state = State()
    for (screen, commands) in state.commandsByScreen {
      #expect(Set(commands.map(\.name)).count == commands.count, "\(screen) has a name twice")
      for command in commands {
        #expect(!command.title.isEmpty && !command.name.contains(" ") && command.name.utf8.allSatisfy { $0 < 0x80 })
        var desk = Desk()
        desk.press(":")
        desk.type(command.name + " ")
        #expect(desk.text.contains(command.name), "\(command.name)")
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
    var desk = Desk(colours: .truecolour)
    desk.press("6")
    let dark = desk.state.view()[0, 0].style
    desk.press("T", "Down")
    #expect(desk.state.view()[0, 0].style != dark)
    #expect(desk.state.session.settings.theme == "dark")
    desk.press("Esc")
    #expect(desk.state.view()[0, 0].style == dark)
    desk.press("T", "End", "Enter")
    #expect(desk.state.session.settings.theme == "light")
    #expect(desk.effects.contains { if case .save(let settings) = $0 { settings.theme == "light" } else { false } })
    desk.press("T", "q")
    #expect(!desk.state.hasOverlay && desk.state.session.settings.theme == "light")
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
    var desk = Desk()
    desk.send(.paste("q\nq"))
    #expect(!desk.effects.contains(.quit))
    #expect(desk.footer.contains("pasted text goes into prompts only"))
    desk.press(":")
    desk.send(.paste("the\nme"))
    #expect(desk.text.contains("Command  the me"))
  }

  @Test("paths are completed from the engine's folders")
  func paths() {
    var desk = Desk()
    desk.press("1", ":")
    desk.type("go-to")
    desk.press("Enter", "Ctrl-u")
    desk.type("/home/ada/ph")
    desk.press("Tab")
    #expect(desk.footer.contains("/home/ada/photos/"))
    desk.press("Tab")
    #expect(desk.text.contains("harbour-01.png") && desk.text.contains("album/"))
    #expect(!desk.text.contains(".hidden.png"))
    desk.press("Tab")
    #expect(desk.footer.contains("/home/ada/photos/album/"))
    desk.press("Esc")
    #expect(!desk.state.hasOverlay)
  }

  @Test("words are completed, and a past answer comes back with Up")
  func words() {
    var desk = Desk()
    desk.press("7", "j", "Enter", "Ctrl-u")
    desk.type("true")
    desk.press("Tab", "Enter")
    #expect(desk.state.session.settings.colours == "truecolor")
    desk.press("Enter", "Ctrl-u", "Tab", "Tab", "Tab")
    #expect(desk.footer.contains("colours: none"))
    desk.press("Up")
    #expect(desk.footer.contains("colours: truecolor"))
    desk.press("Esc")
  }
}
