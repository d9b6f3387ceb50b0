/// Something a person can do: by key, from the help, from the palette, and by name in plain mode.
public struct Command: Hashable, Sendable {
  /// As the palette and plain mode know it: `zoom-in`.
  public let name: String
  /// In the help: what it does, in a few words.
  public let title: String
  /// In the footer, one or two words; nil keeps it out of the footer.
  public let short: String?
  /// The keys that do it; several keys in one entry are pressed one after the other (`g g`).
  public let keys: [[Key]]

  public init(_ name: String, _ title: String, short: String? = nil, keys: [[Key]] = []) {
    self.name = name
    self.title = title
    self.short = short
    self.keys = keys
  }

  /// Keys by their names: `Command("top", "to the beginning", "g g", "Home")`.
  init(_ name: String, _ title: String, short: String? = nil, _ keys: String...) {
    self.init(name, title, short: short, keys: keys.map(Key.sequence))
  }

  /// The same command in a screen's own words.
  func called(_ title: String, short: String? = nil) -> Command {
    Command(name, title, short: short, keys: keys)
  }

  /// It means something only while a preview is shown.
  var isForPreview: Bool { title.hasPrefix("after a preview") }

  /// The first way to press it: `g g`.
  public var keyName: String? { keys.first.map { $0.map(\.name).joined(separator: " ") } }

  /// The same command, wherever it is offered.
  public static func == (a: Command, b: Command) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

// The one key map. What stands here means the same on every screen.

extension Command {
  // Movement: every screen gets these through `perform` without listing them.
  static let up = Command("up", "up", "k", "Up")
  static let down = Command("down", "down", "j", "Down")
  static let left = Command("left", "left", "h", "Left")
  static let right = Command("right", "right", "l", "Right")
  static let top = Command("top", "to the beginning", "g g", "Home")
  static let bottom = Command("bottom", "to the end", "g e", "End")
  static let halfPageUp = Command("half-page-up", "half a page up", "Ctrl-u")
  static let halfPageDown = Command("half-page-down", "half a page down", "Ctrl-d")
  static let pageUp = Command("page-up", "a page up", "PgUp", "Ctrl-b")
  static let pageDown = Command("page-down", "a page down", "PgDn", "Ctrl-f")
  static let open = Command("open", "open", "Enter")
  static let nextPane = Command("next-pane", "next pane", "Tab")
  static let previousPane = Command("previous-pane", "previous pane", "Shift-Tab")
  package static let movements: [Command] = [
    .up, .down, .left, .right, .top, .bottom, .halfPageUp, .halfPageDown, .pageUp, .pageDown, .open, .nextPane,
    .previousPane,
  ]

  // What screens offer where it makes sense: they list these among their `commands`, with `called` where other words say it better.
  static let find = Command("find", "find", short: "find", "/")
  static let nextMatch = Command("next-match", "next match", "n")
  static let previousMatch = Command("previous-match", "previous match", "N")
  static let filter = Command("filter", "show only what matches; * and ? as in a shell", short: "filter", "f")
  static let mark = Command("mark", "mark or unmark", short: "mark", "Space")
  static let range = Command("range", "mark a range: here, then at its other end", short: "range", "v")
  static let zoomIn = Command("zoom-in", "zoom in", "+")
  static let zoomOut = Command("zoom-out", "zoom out", "-")
  static let fit = Command("fit", "fit the whole picture", "0")
  static let actualSize = Command("actual-size", "one pixel to one", "=")
  static let trial = Command("preview", "preview: restore only the framed part", short: "preview", "p")
  static let run = Command("run", "run", short: "run", "r")
  static let undo = Command("undo", "undo the last edit", short: "undo", "u")
  static let edit = Command("edit", "edit", short: "edit", "e")
  static let export = Command("export", "export", short: "export", "e")
  static let pause = Command("pause", "pause or go on", short: "pause", "Space")
  static let cancel = Command("cancel", "cancel", short: "cancel", "c")
  static let compare = Command("compare", "compare side by side", short: "compare", "B")
  static let nextInput = Command(
    "next-input", "use the results as the next input", short: "next input", "g n")
  static let moveUp = Command("move-up", "earlier in the queue", "K")
  static let moveDown = Command("move-down", "later in the queue", "J")

  // The workbench's own. A screen that answers true to one of these has done it; otherwise the workbench does it.
  static let help = Command("help", "help for this screen", short: "help", "?", "F1")
  static let palette = Command("palette", "any command by name", ":", "Ctrl-p")
  static let back = Command("back", "back; at the top, quit", "q")
  static let quit = Command("quit", "leave; jobs go on in the engine")
  static let escape = Command("escape", "put away what is half done", "Esc")
  static let stop = Command("stop", "stop what runs; quit when nothing does", "Ctrl-c")
  static let suspend = Command("suspend", "to the shell; fg comes back", "Ctrl-z")
  static let redraw = Command("redraw", "draw everything anew", "Ctrl-l")
  static let showCommand = Command("show-command", "show and copy the same as a command line", "y")
  static let mouse = Command("mouse", "mouse on or off", "m")
  static let graphics = Command(
    "graphics", "pictures in the next way: blocks, then real pixels where the terminal can", "G")
  static let theme = Command("theme", "choose a theme", "T")
  static let host = Command("host", "use the engine of another machine")
  static let reconnect = Command("reconnect", "try to reach the engine now")
  static let screens: [Command] = ScreenID.allCases.map {
    Command($0.name, "screen \($0.rawValue): \($0.title)", "\($0.rawValue)")
  }
  package static let workbench: [Command] =
    screens + [
      .help, .palette, .back, .quit, .escape, .stop, .suspend, .redraw, .showCommand, .mouse, .graphics, .theme, .host,
      .reconnect,
    ]
}

extension ScreenID {
  /// What brings the screen to the front, with the footer's words for it.
  func command(short: String) -> Command { Command.screens[rawValue - 1].called(title, short: short) }

  /// For the header.
  public var title: String {
    switch self {
    case .files: "Files"
    case .plan: "Plan"
    case .run: "Run"
    case .attention: "Attention"
    case .compare: "Compare"
    case .models: "Models"
    case .log: "Log"
    }
  }

  /// As the palette knows it.
  public var name: String { "go-\(title.lowercased())" }
}
