import EngineWire

/// Everything that can happen to the workbench.
public enum Event: Hashable, Sendable {
  case key(Key)
  /// Text put in by the terminal at one go (bracketed paste).
  case paste(String)
  case mouse(MouseEvent)
  /// The terminal's size, at the start and whenever it changes; both at least 1.
  case resize(columns: Int, rows: Int)
  case engine(EngineLink)
  /// What the terminal said of itself: before the first frame, and again where more came late.
  case terminal(TerminalFacts)
  /// An answer with the raw bytes behind it, or an event (`answer.id` is 0).
  case answer(Answer, body: [UInt8])
  /// Monotonic seconds. Comes every 100 ms while `State.wantsTicks`, and with every other event before it.
  case time(Double)
  /// SIGINT from outside, treated as Ctrl-C; SIGTERM and SIGHUP end the loop without asking.
  case interrupt
  /// The main loop could not do what it was told (keep settings, reach a host), in one line.
  case problem(String)
  /// What `Effect.change` came to; nil: it is done.
  case changed(FileChange, problem: String?)
  /// A file that was to be written is there, or why not, in one line.
  case exported(file: String, problem: String?)
}

/// A change to files, asked for on the files screen.
public enum FileChange: Hashable, Sendable {
  /// `name` is the new last part of `path`.
  case rename(path: String, name: String)
  case trash([String])
  case makeFolder(String)

  /// What was done, for the person.
  var text: String {
    switch self {
    case .rename(_, let name): "renamed to \(name)"
    case .trash(let paths): "\(Quantity.count(paths.count, "file")) moved to the trash"
    case .makeFolder(let path): "made folder \(path.lastPathPart)"
    }
  }
}

/// What the main loop shall do.
public enum Effect: Hashable, Sendable {
  case send(Question)
  /// Leaves; jobs go on in the engine.
  case quit
  case suspend
  /// Clears the terminal and draws everything.
  case redraw
  case setMouse(Bool)
  /// Asks the terminal again what it can do.
  case askTerminal
  /// To the clipboard by OSC 52.
  case copy(String)
  /// Runs `grl` with these arguments beside the workbench; it writes `file`, and ``Event/exported(file:problem:)`` follows.
  case export(arguments: [String], file: String)
  /// Opens a picture in a program of the person's desktop.
  case view(path: String)
  /// Changes files of this machine; ``Event/changed(_:problem:)`` follows.
  case change(FileChange)
  /// To the settings file.
  case save(Settings)
  /// To a file of the user's.
  case savePreset(JobPreset)
  /// Drops the connection and reaches the engine on another host; nil is this machine.
  case connect(host: String?)
}
