import Foundation
import Testing

/// What a shell offers where Tab is pressed, by the script that is installed.
@Suite struct CompletionTests {
  private static func offered(_ words: [String], in folder: TemporaryFolder) async throws -> [String] {
    let outcome = try await GRLProcess.run(
      ["__complete", "--"] + words, in: folder, environment: ["XDG_STATE_HOME": folder.url.path + "/state"])
    #expect(outcome.status == 0, "\(outcome.errorText)")
    return outcome.outputLines.map { String($0.prefix { $0 != "\t" }) }
  }

  @Test("a bare grl offers verbs and pictures, and its options are those of the workbench")
  func bare() async throws {
    let folder = try TemporaryFolder()
    let first = try await Self.offered([""], in: folder)
    #expect(first.contains("restore") && first.contains("jobs") && first.last == ":pictures")
    #expect(!first.contains("workbench") && !first.contains("__complete"))
    #expect(try await Self.offered(["res"], in: folder) == ["restore", ":pictures"])
    let options = try await Self.offered(["--"], in: folder)
    for option in ["--host", "--theme", "--plain", "--graphics", "--color", "--help"] {
      #expect(options.contains(option))
    }
    #expect(try await Self.offered(["--color", ""], in: folder) == ["auto", "none", "16", "256", "truecolor"])
    #expect(try await Self.offered(["--theme", "okabe"], in: folder) == ["okabe-ito"])
  }

  @Test("values are completed: words, models, presets, jobs, files")
  func values() async throws {
    let folder = try TemporaryFolder()
    #expect(
      try await Self.offered(["restore", "--task", "de"], in: folder) == ["denoise", "demosaic", "defocus-deblur"])
    #expect(try await Self.offered(["restore", "--task=de"], in: folder).first == "--task=denoise")
    // As bash takes it apart.
    #expect(try await Self.offered(["restore", "--task", "=", "sr"], in: folder) == ["sr"])
    #expect(try await Self.offered(["restore", "--task", "="], in: folder).first == "denoise")
    let models = try await Self.offered(["restore", "--model", "denoise-color"], in: folder)
    #expect(models == ["denoise-color-small", "denoise-color-tiny", ":files"])
    #expect(try await Self.offered(["models", "show", "sr-x4"], in: folder).first == "sr-x4-small")
    #expect(try await Self.offered(["restore", "--preset", "s"], in: folder) == ["scan"])
    #expect(try await Self.offered(["restore", "--output-dir", ""], in: folder) == [":folders"])
    #expect(try await Self.offered(["restore", "--task", "sr", "--scale", "2", ""], in: folder) == [":pictures"])
    #expect(try await Self.offered(["jobs", "p"], in: folder) == ["pause"])
    #expect(try await Self.offered(["jobs", "move", "x", ""], in: folder) == ["first", "last", "up", "down"])
    // What was given already is not offered again.
    #expect(try await !Self.offered(["restore", "--sigma", "5", "--"], in: folder).contains("--sigma"))
    #expect(try await Self.offered(["restore", "--", "-"], in: folder) == [":pictures"])
  }

  @Test("jobs are completed by their names")
  func jobs() async throws {
    let folder = try TemporaryFolder()
    let id = "20261122-215219-k3f9"
    let place = "state/grl/jobs/\(id)"
    for part in ["state", "state/grl", "state/grl/jobs", place] {
      try folder.makeFolder(part)
    }
    try folder.write(
      place + "/job.json",
      """
      {"version":1,"id":"\(id)","created":1,"owner":"restore","pictures":[{"input":"/a.png","output":"/b.png"}],"skipped":[],
      "request":{"inputs":["/a.png"],"isRecursive":false,"task":"denoise","filters":"rggb","tile":{"automatic":{}},"depth":"keep",
      "metadata":"keep","usesSelfEnsemble":false,"name":"{stem}_{task}.{ext}","existing":"refuse"}}
      """)
    try folder.write(place + "/journal", "")
    #expect(try await Self.offered(["jobs", "resume", "2026"], in: folder) == [id])
  }

  @Test("bash completes through its script: words, pictures and folders alone, names with blanks")
  func bash() async throws {
    let folder = try TemporaryFolder()
    for name in ["IMG 1.png", "IMG_2.JPG", "IMG_3.txt", "IMG_4.dng"] { try folder.write(name, "") }
    try folder.makeFolder("IMGs")
    func completed(_ words: String) async throws -> [String] {
      let outcome = try await GRLProcess.shell(
        """
        mkdir -p bin && ln -sf "$GRL" bin/grl && PATH=$PWD/bin:$PATH
        source <(grl completions bash)
        COMP_WORDS=(\(words)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _grl; printf '%s\\n' "${COMPREPLY[@]}"
        """, in: folder)
      #expect(outcome.status == 0, "\(outcome.errorText)")
      return outcome.outputLines.sorted()
    }
    #expect(try await completed("grl IMG") == ["IMG 1.png", "IMG_2.JPG", "IMG_4.dng", "IMGs"])
    #expect(try await completed(#"grl restore --task sr "IMG\ ""#) == ["IMG 1.png"])
    #expect(try await completed("grl restore --task den") == ["denoise"])
    #expect(try await completed("grl restore --output-dir IM") == ["IMGs"])
    #expect(try await completed("grl restore --verify-map IMG_3") == ["IMG_3.txt"])
  }

  @Test("zsh and fish take their scripts and offer the same, where they are installed", arguments: ["zsh", "fish"])
  func others(shell: String) async throws {
    let folder = try TemporaryFolder()
    guard try await GRLProcess.shell("command -v \(shell)", in: folder).status == 0 else { return }
    for name in ["IMG_1.png", "IMG_3.txt"] { try folder.write(name, "") }
    let script =
      shell == "fish"
      ? """
      mkdir -p bin && ln -sf "$GRL" bin/grl && PATH=$PWD/bin:$PATH
      grl completions fish > grl.fish
      fish -N -c 'source grl.fish; complete -C "grl restore --task den"; complete -C "grl IMG"; complete -C "grl jobs pau"'
      """
      : """
      mkdir -p bin && ln -sf "$GRL" bin/grl && PATH=$PWD/bin:$PATH
      grl completions zsh > _grl && zsh -n _grl && zsh -fc 'compdef() { print defined $1 }; source ./_grl'
      """
    let outcome = try await GRLProcess.shell(script, in: folder)
    #expect(outcome.status == 0 && outcome.errorText.isEmpty, "\(outcome.errorText)")
    let words = outcome.outputLines.map { String($0.prefix { $0 != "\t" }) }
    #expect(words == (shell == "fish" ? ["denoise", "IMG_1.png", "pause"] : ["defined _grl"]))
  }

  @Test("a manual page for grl and one for each verb, with every option, and man has nothing to complain of")
  func manuals() async throws {
    let folder = try TemporaryFolder()
    #expect(try await GRLProcess.run(["manual", "--output-dir", "man1"], in: folder).status == 0)
    let verbs = Set(HelpTests.verbs.map { $0[0] }).union(["jobs", "presets", "attention", "manual"])
    for verb in verbs {
      let page = try String(contentsOf: folder.url.appending(path: "man1/grl-\(verb).1"), encoding: .utf8)
      let printed = try await GRLProcess.run(["manual", verb], in: folder)
      #expect(printed.outputText == page)
      let options = try await Self.offered([verb, "--"], in: folder)
      for option in options {
        #expect(page.contains("\\fB" + option.replacing("-", with: "\\-") + "\\fR"), "\(verb) \(option)")
      }
      #expect(page.contains(".SH EXAMPLES\n.nf\ngrl") || page.contains(".SH EXAMPLES\n.nf\njob"), "\(verb)")
    }
    let root = try String(contentsOf: folder.url.appending(path: "man1/grl.1"), encoding: .utf8)
    for option in ["host", "theme", "plain", "graphics", "color"] { #expect(root.contains("\\fB\\-\\-\(option)\\fR")) }
    guard try await GRLProcess.shell("command -v man", in: folder).status == 0 else { return }
    let shown = try await GRLProcess.shell(
      "for page in man1/*.1; do MANWIDTH=80 man --warnings -l \"$page\" > /dev/null || exit 1; done", in: folder)
    #expect(shown.status == 0 && shown.errorText.isEmpty, "\(shown.errorText)")
    #expect(try await GRLProcess.run(["manual", "nosuch"], in: folder).status == 2)
  }
}
