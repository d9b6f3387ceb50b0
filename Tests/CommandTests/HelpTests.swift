import Foundation
import Testing

@Suite struct HelpTests {
  static let verbs = [
    ["restore"], ["plan"], ["work"], ["finish"], ["submit"], ["compare"], ["evaluate"], ["degrade"], ["train"],
    ["models"], ["models", "list"], ["models", "show"],
    ["models", "import"],
    ["models", "verify"], ["bench"], ["engine"], ["paths"], ["limits"], ["formats"], ["completions"], ["manual"],
    ["jobs", "list"], ["jobs", "show"], ["jobs", "watch"], ["jobs", "wait"], ["jobs", "pause"], ["jobs", "resume"],
    ["jobs", "move"], ["jobs", "cancel"], ["jobs", "clean"], ["presets"], ["attention"],
  ]

  @Test("each verb explains itself with examples on standard output", arguments: verbs)
  func verbHelp(verb: [String]) async throws {
    let outcome = try await GRLProcess.run(verb + ["--help"], in: TemporaryFolder())
    #expect(outcome.status == 0)
    #expect(outcome.errorText.isEmpty)
    #expect(outcome.outputText.contains("USAGE: grl " + verb.joined(separator: " ")))
    #expect(outcome.outputText.contains("EXAMPLES\n  grl " + verb[0]))
  }

  @Test("the help names every verb")
  func rootHelp() async throws {
    for arguments in [["--help"], ["help"]] {
      let outcome = try await GRLProcess.run(arguments, in: TemporaryFolder())
      #expect(outcome.status == 0)
      for verb in Self.verbs { #expect(outcome.outputText.contains("  " + verb[0])) }
    }
  }

  @Test("every help fits 80 columns, and its examples can be pasted", arguments: verbs + [[], ["jobs"]])
  func pasted(verb: [String]) async throws {
    let folder = try TemporaryFolder()
    let text = try await GRLProcess.run(verb + ["--help"], in: folder).outputText
    for line in text.split(separator: "\n") where line.count > 80 {
      // The parser's summary of all options is on one line; what can be pasted is not.
      #expect(line.hasPrefix("USAGE: "), "\(line)")
    }
    let examples = text.split(separator: "\n", omittingEmptySubsequences: false).drop { $0 != "EXAMPLES" }.dropFirst()
      .prefix { $0.hasPrefix("  ") }
    #expect(!examples.isEmpty)
    // A line that goes on ends in a backslash, so that a shell takes several for one.
    let script = examples.map { $0.dropFirst(2) }.joined(separator: "\n")
    let commands = script.replacing(/\ \\\n\s+/, with: " ").split(separator: "\n")
    for command in commands {
      #expect(command.firstMatch(of: /^(grl|ssh host grl|job=\$\(grl)( |$)/) != nil, "\(command)")
    }
    try folder.write("examples.sh", script + "\n")
    #expect(try await GRLProcess.shell("bash -n examples.sh", in: folder).status == 0, "\(script)")
    // The options are those of their verb.
    var known: [[String]: Set<String>] = [:]
    for command in commands {
      let words = command.split(separator: " ").map(String.init).drop { $0 != "grl" && !$0.hasSuffix("(grl") }
        .dropFirst()
      let own = words.prefix { $0.first?.isLetter == true }.prefix(2)
      for option in words.prefix(while: { !["|", "&&"].contains($0) }) where option.hasPrefix("--") && option != "--" {
        let name = String(option.prefix { $0 != "=" && $0 != ")" })
        if known[Array(own)] == nil {
          let offered = try await GRLProcess.run(["__complete", "--"] + own + ["--"], in: folder)
          known[Array(own)] = Set(offered.outputLines.map { String($0.prefix { $0 != "\t" }) })
        }
        #expect(known[Array(own)]?.contains(name) == true, "\(command): \(name)")
      }
    }
  }

  @Test("options of restore without the verb name the command line that was meant")
  func withoutVerb() async throws {
    let outcome = try await GRLProcess.run(["--task", "denoise", "x y.png"], in: TemporaryFolder())
    #expect(outcome.status == 2)
    #expect(outcome.oneErrorLine().contains("'grl restore --task denoise 'x y.png''"), "\(outcome.errorText)")
  }

  @Test("without a verb and without a terminal it is said what to do")
  func noTerminal() async throws {
    let outcome = try await GRLProcess.run([], in: TemporaryFolder())
    #expect(outcome.status == 2)
    #expect(outcome.outputText.isEmpty)
    #expect(outcome.oneErrorLine().contains("terminal"))
  }

  @Test("--version prints a version number")
  func version() async throws {
    let outcome = try await GRLProcess.run(["--version"], in: TemporaryFolder())
    #expect(outcome.status == 0)
    #expect(outcome.outputText.wholeMatch(of: /grl \d+\.\d+\.\d+\n/) != nil)
  }

  @Test("a reader that goes away ends the program without a word", arguments: ["completions bash", "restore --help"])
  func closedPipe(command: String) async throws {
    let outcome = try await GRLProcess.shell(
      "{ sleep 0.2; exec $GRL \(command); } | true; echo ${PIPESTATUS[0]}", in: TemporaryFolder())
    #expect(outcome.outputText == "141\n")
    #expect(outcome.errorText.isEmpty)
  }
}
