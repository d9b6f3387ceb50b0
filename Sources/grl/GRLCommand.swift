import ArgumentParser
import Glibc

/// The root command: with no verb it opens the workbench.
struct GRLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grl",
    abstract: "Restores images with GRL networks.",
    discussion: """
      EXAMPLES
        grl                                               opens the workbench
        grl restore --task denoise photo.png              writes photo_denoise.png
        grl restore --task denoise --output-dir out *.png
        grl compare noisy.png restored.png --reference clean.png
        grl models list

      Results go to standard output, everything else to standard error. Exit status: 0 done, 1 some pictures failed, \
      2 usage, 3 bad input, 4 model problem, 5 over the memory budget, 6 suspicious output, 130 interrupted.
      """,
    version: "grl \(Version.current)",
    subcommands: [
      OpenWorkbench.self,
      Restore.self, Attention.self, Jobs.self, Compare.self, Evaluate.self, Degrade.self, Models.self, Bench.self,
      EngineCommand.self, Paths.self, Limits.self, Completions.self,
    ],
    defaultSubcommand: OpenWorkbench.self)
}

@main
enum Program {
  static func main() {
    // A closed pipe shall be an error of `write`, so that a half-written picture can be taken back.
    signal(SIGPIPE, SIG_IGN)
    // So shall a limit on the size of files.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try GRLCommand.parseAsRoot()
      try command.run()
    } catch {
      exit(report(error))
    }
  }

  /// Says what went wrong in one line on standard error (or prints the help that was asked for) and returns the exit status.
  private static func report(_ error: any Error) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    if let failure = Failure(libraryError: error) {
      if failure.status != .interrupted || !failure.description.isEmpty { Console().error(failure.description) }
      return failure.status.rawValue
    }
    let text = GRLCommand.fullMessage(for: error)
    if GRLCommand.exitCode(for: error) == .success {
      writeToStandardOutput(Array((text + "\n").utf8))
      return ExitStatus.done.rawValue
    }
    let message = oneLine(GRLCommand.message(for: error))
    let help = text.split(separator: "\n").last { $0.hasPrefix("  See ") }?.dropFirst(6).split(separator: " for ").first
    Console().error(message + "; see \(help ?? "'grl --help'")")
    return ExitStatus.usage.rawValue
  }

  /// The parser's message without its line breaks; what it lists as bullets is separated by commas.
  private static func oneLine(_ message: String) -> String {
    let lines = message.split(separator: "\n")
    let bullets = lines.filter { $0.hasPrefix("  - ") }.map { $0.dropFirst(4) }
    let text = (lines.filter { !$0.hasPrefix("  - ") } + [bullets.joined(separator: ", ")[...]]).joined(separator: " ")
    return String(text.reversed().drop { $0 == "." || $0 == " " }.reversed())
  }
}
