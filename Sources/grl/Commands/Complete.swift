import ArgumentParser

/// What completion scripts ask; not for people.
struct Complete: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "__complete", abstract: "Tell a shell what can stand here.", shouldDisplay: false)

  @Argument(parsing: .postTerminator) var words: [String] = []

  func run() {
    let lines = Completer().answer(words).lines
    writeToStandardOutput(Array(lines.map { $0 + "\n" }.joined().utf8))
  }
}
