import Foundation
import Testing

@Suite struct HelpTests {
  static let verbs = [
    ["restore"], ["compare"], ["evaluate"], ["degrade"], ["train"], ["models"], ["models", "list"], ["models", "show"],
    ["models", "import"],
    ["models", "verify"], ["bench"], ["engine"], ["paths"], ["limits"], ["formats"], ["completions"],
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

  @Test("completion scripts offer the verbs and options, and bash accepts its own", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) async throws {
    let folder = try TemporaryFolder()
    let outcome = try await GRLProcess.run(["completions", shell], in: folder)
    #expect(outcome.status == 0)
    for word in ["restore", "output-dir", "motion-deblur"] { #expect(outcome.outputText.contains(word)) }
    if shell == "bash" {
      try folder.write("grl.bash", outcome.outputText)
      #expect(try await GRLProcess.shell("bash -n grl.bash", in: folder).status == 0)
    }
  }

  @Test("a reader that goes away ends the program without a word", arguments: ["completions bash", "restore --help"])
  func closedPipe(command: String) async throws {
    let outcome = try await GRLProcess.shell(
      "{ sleep 0.2; exec $GRL \(command); } | true; echo ${PIPESTATUS[0]}", in: TemporaryFolder())
    #expect(outcome.outputText == "141\n")
    #expect(outcome.errorText.isEmpty)
  }
}
