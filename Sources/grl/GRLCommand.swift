import ArgumentParser
import Base
import EngineWire
import Glibc
import Restoration
import Tensors

/// The root command: with no verb it opens the workbench.
struct GRLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grl",
    abstract: "Restores images with GRL networks.",
    usage: """
      grl [<option> ...] [<FILE> ...]
      grl <verb> ...
      """,
    discussion: """
      Without a verb grl opens the workbench: pictures that are named are marked, a folder is opened.

      OPTIONS OF THE WORKBENCH
        --theme <name>     theme, of those that are installed
        --color <depth>    auto, none, 16, 256 or truecolor
        --graphics <kind>  auto, half, quarter, ascii, kitty or sixel
        --host <host>      the engine of another machine, [user@]host, by ssh
        --plain            lines of text, for screen readers and logs

      EXAMPLES
        grl
        grl scans/*.png
        grl --host me@server /data/photos
        grl restore --task denoise photo.png
        grl restore --task denoise --output-dir out *.png
        grl compare noisy.png restored.png --reference clean.png
        grl jobs

      Results go to standard output, everything else to standard error. Exit status: 0 done, 1 some pictures failed, \
      2 usage, 3 bad input, 4 model problem, 5 over the memory budget, 6 suspicious output, 7 the engine is lost, \
      75 a shard goes on later, 130 interrupted. 'man grl' and 'man grl-restore' say more where they are installed.
      """,
    version: "grl \(Version.current)",
    subcommands: [
      OpenWorkbench.self,
      Restore.self, Presets.self, Plan.self, Work.self, Finish.self, Submit.self, Attention.self, Jobs.self,
      Compare.self, Evaluate.self, Degrade.self, Train.self,
      Models.self,
      Bench.self, Devices.self,
      EngineCommand.self, Paths.self, Limits.self, Formats.self, Completions.self, Manual.self, Complete.self,
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
      tell(failure)
      return failure.status.rawValue
    }
    let text = GRLCommand.fullMessage(for: error)
    if GRLCommand.exitCode(for: error) == .success {
      writeToStandardOutput(Array((text + "\n").utf8))
      return ExitStatus.done.rawValue
    }
    let message = oneLine(GRLCommand.message(for: error))
    if let advice = restoreAdvice {
      let failure = Failure(.usage, advice)
      Console().error(failure.description)
      tell(failure)
      return failure.status.rawValue
    }
    let help = text.split(separator: "\n").last { $0.hasPrefix("  See ") }?.dropFirst(6).split(separator: " for ").first
    let failure = Failure(.usage, message + "; see \(help ?? "'grl --help'")")
    Console().error(failure.description)
    tell(failure)
    return failure.status.rawValue
  }

  /// What somebody wants who gives options of `grl restore` without the verb; nil for everybody else.
  private static var restoreAdvice: String? {
    let words = arguments
    let verbs = GRLCommand.configuration.subcommands.map { $0._commandName }
    guard let first = words.first, !verbs.contains(first) else { return nil }
    let options = words.prefix { $0 != "--" }.map { String($0.prefix { $0 != "=" }) }
    guard
      let option = options.first(where: { word in JobOption.all.contains { $0.word == word && word.hasPrefix("--") } })
    else {
      return nil
    }
    let line = ShellLine.text(["grl", "restore"] + words)
    return "\(option) is an option of a verb, and the workbench has none such: '\(line)'; see 'grl restore --help'"
      .printable
  }

  /// The last event, for whoever asked for events: a verb that cannot begin says so there too.
  private static func tell(_ failure: Failure) {
    guard EventStream.isWanted(arguments) else { return }
    EventStream(console: Console(), job: nil).send(
      EventStream.Error(status: failure.status.rawValue, code: failure.code, reason: failure.description.printable))
  }

  /// The parser's message without its line breaks; what it lists as bullets is separated by commas.
  private static func oneLine(_ message: String) -> String {
    let lines = message.split(separator: "\n")
    let bullets = lines.filter { $0.hasPrefix("  - ") }.map { $0.dropFirst(4) }
    let text = (lines.filter { !$0.hasPrefix("  - ") } + [bullets.joined(separator: ", ")[...]]).joined(separator: " ")
    return String(text.reversed().drop { $0 == "." || $0 == " " }.reversed())
  }
}
