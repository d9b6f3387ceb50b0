import Base

/// Why the workbench cannot be shown here. `description` says what to do.
public enum TerminalError: Error, Hashable, CustomStringConvertible {
  case notATerminal
  /// `TERM` is `dumb`, empty or not set.
  case dumb(String)
  case unknown(String)
  /// No terminfo at all.
  case noDatabase(String)
  /// A terminal that does not speak ECMA-48.
  case unsuitable(String)
  case system(action: String, errno: Int32)

  public var description: String {
    switch self {
    case .notATerminal:
      "the workbench needs a terminal on standard input and output; see 'grl restore --help' for work without one"
    case .dumb(let name):
      "TERM is \(name.isEmpty ? "not set" : "'\(name)'"): this terminal cannot place a cursor; set TERM to what it is "
        + "(TERM=xterm-256color fits most), or use 'grl --plain' or 'grl restore'"
    case .unknown(let name):
      "TERM '\(name)' is not known on this machine; try TERM=xterm-256color grl, or install ncurses-term"
    case .noDatabase(let name):
      "no terminal descriptions (terminfo) are installed, so TERM '\(name)' means nothing; install ncurses-base"
    case .unsuitable(let name):
      "TERM '\(name)' does not understand ANSI sequences, which the workbench needs; use 'grl --plain' or 'grl restore'"
    case .system(let action, let errno):
      "the terminal cannot be \(action): \(systemReason(errno))"
    }
  }
}
