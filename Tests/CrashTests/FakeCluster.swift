import Foundation

/// A shared job's folder with `sbatch`, `squeue`, `scancel` and `scontrol` in front of `PATH`.
final class FakeCluster {
  let shared: SharedJobFolder
  private var bin: String { shared.folder.path("bin") }

  init(small: Int = 3, large: Int? = nil, maxArraySize: Int = 1001) async throws {
    shared = try await SharedJobFolder(small: small, large: large)
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    try command("scontrol", "echo 'MaxArraySize            = \(maxArraySize)'")
    try command("squeue", "true")
    try command("scancel", "true")
    // Numbers that count up, from 41 on.
    try command("sbatch", "n=$(cat \(bin)/number 2>/dev/null || echo 40); echo $((n + 1)) | tee \(bin)/number")
  }

  func command(_ name: String, _ body: String) throws {
    let text = "#!/bin/bash\necho \"\(name) $*\" >> \(bin)/calls\n\(body)\n"
    try Data(text.utf8).write(to: URL(filePath: bin + "/" + name))
    chmod(bin + "/" + name, 0o755)
  }

  /// With these commands before all others.
  var environment: [String: String] {
    ["PATH": bin + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
  }

  func run(_ words: [String]) async throws -> Child.Outcome { try await shared.run(words, environment) }

  func submit(_ more: [String] = [], job: String? = nil) async throws -> Child.Outcome {
    try await run(
      ["submit", "--slurm", "--job-dir", job ?? shared.job, "--output-dir", shared.folder.path("out")]
        + SharedJobFolder.options + more + [shared.folder.path("in")])
  }

  /// The calls since the last question.
  func calls() throws -> [String] {
    let file = bin + "/calls"
    defer { unlink(file) }
    guard FileManager.default.fileExists(atPath: file) else { return [] }
    return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }
}
