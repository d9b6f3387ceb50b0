/// What the program tells the shell. `Docs/Guide.md` lists these for the user.
enum ExitStatus: Int32 {
  case done = 0
  /// Some of several pictures failed (the others are done), a picture could not be written, or `--fail-below` was not met.
  case someFailed = 1
  case usage = 2
  case badInput = 3
  case modelProblem = 4
  case overMemoryBudget = 5
  case verificationFailed = 6
  /// The engine cannot be started or reached, or is gone.
  case engineLost = 7
  case interrupted = 130
}
