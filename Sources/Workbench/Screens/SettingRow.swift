import Base
import EngineWire

/// One setting that can be changed on screen 7.
enum SettingRow: String, Hashable, Sendable, CaseIterable {
  case theme, colours, graphics, memory, threads, mouse, hidden, terminal, host

  var title: String {
    switch self {
    case .theme: "theme"
    case .colours: "colours"
    case .graphics: "pictures"
    case .memory: "memory"
    case .threads: "threads"
    case .mouse: "mouse"
    case .hidden: "hidden files"
    case .terminal: "terminal"
    case .host: "engine"
    }
  }

  /// As the palette and plain mode know it.
  var command: Command {
    switch self {
    case .theme: .theme
    case .host: .host
    default: Command("set-\(rawValue)", "set \(title): \(note)")
    }
  }

  /// It has a command of screen 7; the others have one of the workbench, or none.
  var hasCommand: Bool { ![.theme, .host, .terminal].contains(self) }

  /// What it is about, in a few words.
  var note: String {
    switch self {
    case .theme: "colours of everything; auto: as the terminal; own ones: see grl paths"
    case .colours: "how many the terminal shows; auto: as it tells"
    case .graphics: "how pictures are drawn; auto: half blocks; G on any screen changes it"
    case .memory: "what new jobs may hold, such as 4G; auto: the engine decides"
    case .threads: "cores for new jobs; the result is the same for any number"
    case .mouse: "on: clicks and wheel; off: the terminal selects text"
    case .hidden: "names that begin with a dot on screen 1"
    case .terminal: "what it said it can show; Enter asks it again"
    case .host: "whose engine computes, through ssh; empty: this machine"
    }
  }

  /// As it stands now.
  func value(_ session: Session) -> String {
    let settings = session.settings
    return switch self {
    case .theme: settings.theme == "auto" ? "auto (\(session.themeName))" : session.themeName
    case .colours: settings.colours ?? "auto (\(session.colours.rawValue))"
    case .graphics:
      settings.graphics.map { $0 == session.graphics.rawValue ? $0 : "\($0) (not here: \(session.graphics.rawValue))" }
        ?? "auto (\(session.graphics.rawValue))"
    case .memory:
      settings.memoryBytes.map(Quantity.memory) ?? "auto"
        + (session.engine.map { " (\(Quantity.memory($0.budgetBytes)))" } ?? "")
    case .threads:
      settings.threadCount.map(String.init) ?? "auto" + (session.engine.map { " (\($0.threadCount))" } ?? "")
    case .mouse: settings.usesMouse ? "on" : "off"
    case .hidden: settings.showsHidden ? "shown" : "not shown"
    case .terminal: session.terminal.text
    case .host: settings.host ?? "this machine"
    }
  }

  /// What can be chosen, where that is a short list; nil is auto.
  private func choices(_ session: Session) -> [String?]? {
    switch self {
    case .theme: ["auto"] + session.themeNames
    case .colours: [nil] + ColourDepth.allCases.map(\.rawValue)
    case .graphics: [nil] + Graphics.allCases.map(\.rawValue)
    case .threads: [nil] + (1...max(1, min(session.engine?.threadCount ?? 1, 64))).map(String.init)
    case .memory: [nil, "512M", "1G", "2G", "4G", "8G", "16G"]
    case .mouse: ["off", "on"]
    case .hidden: ["off", "on"]
    case .terminal, .host: nil
    }
  }

  /// The text that stands for the value now, as `set` takes it; nil is auto.
  private func text(_ settings: Settings) -> String? {
    switch self {
    case .theme: settings.theme
    case .colours: settings.colours
    case .graphics: settings.graphics
    case .memory: settings.memoryBytes.map(JobOption.sizeText)
    case .threads: settings.threadCount.map(String.init)
    case .mouse: settings.usesMouse ? "on" : "off"
    case .hidden: settings.showsHidden ? "on" : "off"
    case .terminal: nil
    case .host: settings.host
    }
  }

  /// The next choice, or the one before, going round.
  func step(_ count: Int, _ session: inout Session) {
    guard let choices = choices(session), !choices.isEmpty else { return }
    let place = choices.firstIndex(of: text(session.settings)) ?? (count > 0 ? -1 : 0)
    let next = ((place + count) % choices.count + choices.count) % choices.count
    _ = set(choices[next] ?? "auto", &session)
  }

  /// Whether Enter changes it at once.
  var isSwitch: Bool { self == .mouse || self == .hidden }

  /// What a prompt begins with and offers.
  func prompt(_ session: Session) -> (text: String, completion: Prompt.Completion) {
    let words = (choices(session) ?? []).map { $0 ?? "auto" }
    return (text(session.settings) ?? (self == .host ? "" : "auto"), words.isEmpty ? .none : .words(words))
  }

  /// Takes a value as it is typed.
  ///
  /// - Returns: what is wrong with it; nil where it was taken.
  func set(_ typed: String, _ session: inout Session) -> String? {
    let text = typed.trimmed
    let isAuto = text.isEmpty || text == "auto"
    switch self {
    case .theme:
      guard text == "auto" || session.themeNames.contains(text) else {
        return "no theme '\(text)'; there are auto, \(session.themeNames.joined(separator: ", "))"
      }
      session.settings.theme = text
    case .colours:
      guard isAuto || ColourDepth(rawValue: text) != nil else { return "colours are auto, none, 16, 256 or truecolor" }
      session.settings.colours = isAuto ? nil : text
    case .graphics:
      guard isAuto || Graphics(rawValue: text) != nil else {
        return "pictures are \(Graphics.allowed)"
      }
      session.settings.graphics = isAuto ? nil : text
    case .memory:
      guard isAuto || byteCount(text) != nil else { return "memory is a size such as 4G or 512M, or auto" }
      session.settings.memoryBytes = isAuto ? nil : byteCount(text)
    case .threads:
      guard isAuto || Int(text).map((1...1024).contains) == true else { return "threads is 1 to 1024, or auto" }
      session.settings.threadCount = isAuto ? nil : Int(text)
    case .mouse, .hidden:
      guard ["on", "off"].contains(text) else { return "\(title) is on or off" }
      if self == .mouse {
        session.settings.usesMouse = text == "on"
      } else {
        session.settings.showsHidden = text == "on"
      }
    case .terminal: return "the terminal itself tells what it can show"
    case .host:
      // What begins with a dash would be an option of ssh.
      guard !text.hasPrefix("-"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
        return "'\(text)' is no host: give [user@]host as ssh takes it"
      }
      session.settings.host = text.isEmpty ? nil : text
    }
    return nil
  }
}
