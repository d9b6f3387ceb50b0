import ArgumentParser

struct Completions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a completion script for a shell.",
    discussion: """
      EXAMPLES
        grl completions bash > ~/.local/share/bash-completion/completions/grl
        grl completions zsh > "${fpath[1]}/_grl"
        grl completions fish > ~/.config/fish/completions/grl.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish

    var shell: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "Which shell.") var shell: Shell

  func run() {
    writeToStandardOutput(Array((GRLCommand.completionScript(for: shell.shell) + "\n").utf8))
  }
}
