import ArgumentParser

struct Completions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a completion script for a shell.",
    discussion: """
      It completes verbs, options and their values, models, jobs, themes, presets, and pictures for a bare grl. 'make install' \
      installs all three.

      EXAMPLES
        grl completions bash > ~/.local/share/bash-completion/completions/grl
        grl completions zsh > "${fpath[1]}/_grl"
        grl completions fish > ~/.config/fish/completions/grl.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  @Argument(help: "Which shell.") var shell: Shell

  func run() {
    let script =
      switch shell {
      case .bash: CompletionScript.bash
      case .zsh: CompletionScript.zsh
      case .fish: CompletionScript.fish
      }
    writeToStandardOutput(Array(script.utf8))
  }
}
