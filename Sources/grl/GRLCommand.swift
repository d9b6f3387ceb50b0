import ArgumentParser
import Base
import Glibc
import Restoration
import Tensors

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
      Restore.self, Presets.self, Attention.self, Jobs.self, Compare.self, Evaluate.self, Degrade.self, Train.self,
      Models.self,
      Bench.self,
      EngineCommand.self, Paths.self, Limits.self, Formats.self, Completions.self,
    ],
    defaultSubcommand: OpenWorkbench.self)
}

/// A limit on addresses (`ulimit -v`), under which arrays that do not fit end the process without a word.
private enum AddressSpace {
  /// What the verbs take before they ask: help texts, options, headers, the text of messages.
  private static let leastBytes = 48 << 20

  /// Refuses to work where hardly anything is left, and keeps the allocator from reserving 64 MiB for every thread.
  static func prepare() throws(Failure) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, Int(exactly: limit.rlim_cur) != nil else {
      return
    }
    shareOneHeap()
    do throws(OutOfMemory) { try OutOfMemory.check(leastBytes) } catch {
      throw Failure(
        .overMemoryBudget,
        "the limit on address space (ulimit -v \(limit.rlim_cur / 1024)) leaves less than \(MemoryBudget.text(leastBytes)): raise it"
      )
    }
  }
}

@main
enum Program {
  static func main() {
    // A closed pipe shall be an error of `write`, so that a half-written picture can be taken back.
    signal(SIGPIPE, SIG_IGN)
    // So shall a limit on the size of files.
    signal(SIGXFSZ, SIG_IGN)
    do {
      try RepeatedOption.check(arguments)
      let words = try PresetFiles().expanded(arguments)
      var command = try GRLCommand.parseAsRoot(words)
      try AddressSpace.prepare()
      try FileSystems.awaitAnswers(arguments)
      try command.run()
    } catch {
      exit(report(error))
    }
  }

  /// The words behind the program's name; those of `CommandLine` have lost what is no UTF-8.
  private static var arguments: [String] {
    (0..<Int(CommandLine.argc)).dropFirst().compactMap { CommandLine.unsafeArgv[$0].map { String(cFileName: $0) } }
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
