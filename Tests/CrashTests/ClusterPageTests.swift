import Foundation
import TestSupport
import Testing

/// The lines of Docs/Cluster.md for Kubernetes and Snakemake, run as they stand there.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ClusterPageTests {
  /// The block of code in this language.
  private static func block(_ language: String) throws -> String {
    let page = try String(
      contentsOf: TestData.packageRoot.appending(path: "Docs/Cluster.md"), encoding: .utf8)
    let parts = page.components(separatedBy: "```\(language)\n")
    #expect(parts.count == 2, "one block of \(language)")
    return try #require(parts.last?.components(separatedBy: "```").first)
  }

  /// Where a program is; nil where it is not installed.
  private static func program(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  @Test("the command of the Kubernetes job, with the variable that it sets for each of its completions: the same bytes")
  func kubernetes() async throws {
    let yaml = try Self.block("yaml")
    let command = try #require(yaml.firstMatch(of: /command: \[(.*)\]/)?.1)
    let words = command.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let completions = try #require(yaml.firstMatch(of: /completions: ([0-9]+)/).flatMap { Int($0.1) })
    #expect(yaml.contains("completionMode: Indexed") && words.first == "grl" && words.contains("/data/job"))
    let shared = try await SharedJobFolder(small: completions, large: nil)
    #expect(try await shared.plan(shards: completions).status == 0)
    let own = words.dropFirst().map { $0 == "/data/job" ? shared.job : $0 }
    for index in 0..<completions {
      let outcome = try await shared.run(own, ["JOB_COMPLETION_INDEX": "\(index)"])
      #expect(outcome.status == 0 && outcome.errors.contains("JOB_COMPLETION_INDEX=\(index)"), "\(outcome.errors)")
    }
    #expect(try await shared.finish().status == 0)
    try shared.check()
    // One index more than there are shards fails at once, and the policy keeps it from being tried again.
    let beyond = try await shared.run(own, ["JOB_COMPLETION_INDEX": "\(completions)"])
    #expect(beyond.status == 2)
    #expect(yaml.firstMatch(of: /FailIndex, onExitCodes: \{operator: In, values: \[1, 2, 3, 4, 5\]\}/) != nil)
    #expect(yaml.firstMatch(of: /Ignore, onExitCodes: \{operator: In, values: \[75\]\}/) != nil)
  }

  @Test(
    "the Kubernetes job is what its schema says",
    .enabled(if: program("kubernetes-validate") != nil, "no kubernetes-validate here (PyPI)"))
  func schema() async throws {
    let folder = try CrashFolder()
    let file = folder.url.appending(path: "job.yaml")
    let yaml = try Self.block("yaml")
    for (text, isSound) in [(yaml, true), (yaml.replacing("completionMode:", with: "completionMod:"), false)] {
      try Data(text.utf8).write(to: file)
      let outcome = try await Child(
        ["--strict", file.path], ProcessInfo.processInfo.environment, shell: "exec kubernetes-validate \"$@\""
      ).outcome()
      #expect((outcome.status == 0) == isSound, "\(outcome.output)\(outcome.errors)")
    }
  }

  @Test(
    "the Snakefile, with one of its shards killed and tried again: the same bytes",
    .enabled(if: program("snakemake") != nil, "no snakemake here (PyPI)"))
  func snakemake() async throws {
    let snakefile = try Self.block("python")
    let shards = try #require(snakefile.firstMatch(of: /SHARDS = ([0-9]+)/).flatMap { Int($0.1) })
    let shared = try await SharedJobFolder(small: shards - 1, large: 300)
    #expect(try await shared.plan(shards: shards).status == 0)
    let folder = shared.folder
    try Data(snakefile.utf8).write(to: folder.url.appending(path: "Snakefile"))
    // The first process that works is killed at its second tile.
    let grl = """
      #!/bin/bash
      [ "$1" = work ] && mkdir '\(folder.path("once"))' 2>/dev/null && export GRL_CRASH_AT=tile-journaled:2
      exec '\(Child.binary.path)' "$@"

      """
    try FileManager.default.createDirectory(atPath: folder.path("bin"), withIntermediateDirectories: true)
    try Data(grl.utf8).write(to: folder.url.appending(path: "bin/grl"))
    chmod(folder.path("bin/grl"), 0o755)
    let path = folder.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
    let outcome = try await Child(
      ["--cores", "2", "--directory", folder.url.path, "--snakefile", folder.path("Snakefile")],
      folder.environment(["PATH": path]), shell: "exec snakemake \"$@\""
    ).outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(folder.exists("once") && outcome.errors.contains("taken over from grl work"), "\(outcome.errors)")
    #expect(try shared.tiles().count == Set(shared.tiles()).count)
    try shared.check()
  }
}
