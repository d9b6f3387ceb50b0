import Foundation
import Testing

/// `grl restore` killed, interrupted, out of room; then resumed.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RestoreCrashTests {
  /// Each step at which a crash leaves the folder in another state; the second picture's steps too.
  static let points = [
    "job-created", "picture-begun", "picture-begun:2", "tile-bytes", "tile-bytes:5", "tile-torn", "tile-torn:7",
    "tile-journaled", "tile-journaled:20", "result-announced", "result-written", "result-written:2", "picture-done",
    "picture-done:2", "tiles-removed", "tiles-removed:2",
  ]

  private func arguments(_ folder: CrashFolder, _ more: [String] = []) -> [String] {
    ["restore", "--task", "denoise", "--tile", "16", "--overlap", "4", "--output-dir", folder.path("out")] + more
      + ["a.png", "b.png"].map { folder.path("in/" + $0) }
  }

  private func begin() async throws -> (CrashFolder, [String: Data]) {
    let folder = try CrashFolder()
    try folder.picture("a.png", width: 60, height: 50)
    try folder.picture("b.png", width: 40, height: 30)
    return (folder, try await folder.expected(["a.png", "b.png"]))
  }

  private func check(_ folder: CrashFolder, _ expected: [String: Data], _ comment: Comment) throws {
    #expect(try folder.names(in: "out") == expected.keys.sorted(), comment)
    for (name, bytes) in expected { #expect(try folder.bytes("out/" + name) == bytes, comment) }
    #expect(try folder.names(in: "state/grl/jobs") == [], comment)
  }

  @Test("killed at each step of the journal, --resume gives the same bytes and leaves nothing", arguments: points)
  func steps(step: String) async throws {
    let (folder, expected) = try await begin()
    let crashed = try await Child(arguments(folder), folder.environment(["GRL_CRASH_AT": step])).outcome()
    #expect(crashed.wasKilled && crashed.status == SIGKILL, "\(step): \(crashed.errors)")
    for name in try folder.names(in: "out") where expected[name] != nil {
      #expect(try folder.bytes("out/" + name) == expected[name])
    }
    let resumed = try await Child(arguments(folder, ["--resume"]), folder.environment()).outcome()
    #expect(resumed.status == 0, "\(step): \(resumed.errors)")
    #expect(resumed.errors.contains("resuming job"))
    try check(folder, expected, "\(step)")
  }

  @Test("Ctrl-C leaves a job that --resume or grl jobs resume goes on with", arguments: [true, false])
  func interrupted(byOption: Bool) async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png", width: 320, height: 300)
    try folder.picture("b.png", width: 40, height: 40)
    let expected = try await folder.expected(["a.png", "b.png"])
    let shell = "exec /usr/bin/env --default-signal=INT \"$GRL_BINARY_UNDER_TEST\" \"$@\""
    let child = Child(arguments(folder), folder.environment(), shell: shell)
    let jobs = folder.path("state/grl/jobs")
    #expect(
      try await comesTrue {
        guard let id = try? FileManager.default.contentsOfDirectory(atPath: jobs).first(where: { !$0.hasPrefix(".") })
        else { return false }
        return FileManager.default.fileExists(atPath: "\(jobs)/\(id)/tiles-0")
      })
    child.send(SIGINT)
    let outcome = try await child.outcome()
    #expect(outcome.status == 130 && outcome.errors.contains("0 of 2 pictures done"))
    #expect(outcome.errors.contains("--resume goes on"))
    #expect(try folder.names(in: "out").isEmpty)
    let id = try #require(try folder.names(in: "state/grl/jobs").first)
    let list = try await Child(["jobs", "list", "--json"], folder.environment()).outcome()
    #expect(list.output.contains("\"id\":\"\(id)\"") && list.output.contains("\"state\":\"paused\""))
    let show = try await Child(["jobs", "show", id], folder.environment()).outcome()
    #expect(show.status == 0 && show.output.contains("grl restore --task denoise --tile 16"))
    let again = byOption ? arguments(folder, ["--resume", "--threads", "1"]) : ["jobs", "resume", id]
    let resumed = try await Child(again, folder.environment()).outcome()
    #expect(resumed.status == 0, "\(resumed.errors)")
    try check(folder, expected, "resumed")
    let none = try await Child(arguments(folder, ["--resume", "--overwrite"]), folder.environment()).outcome()
    #expect(none.status == 0 && none.errors.contains("no interrupted run"))
  }

  @Test("a job that is worked on is left alone, and cancelling one that is not ends it")
  func lock() async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png", width: 400, height: 400)
    try folder.picture("b.png")
    let child = Child(arguments(folder), folder.environment())
    let isThere = try await comesTrue { !folder.jobs.isEmpty }
    #expect(isThere)
    let id = try #require(folder.jobs.first)
    let refused = try await Child(["jobs", "resume", id], folder.environment()).outcome()
    #expect(refused.status == 2 && refused.errors.contains("worked on by grl restore"))
    child.send(SIGKILL)
    _ = try await child.outcome()
    let cancelled = try await Child(["jobs", "cancel", id], folder.environment()).outcome()
    #expect(cancelled.status == 0)
    #expect(!folder.exists("state/grl/jobs/\(id)/tiles-0"))
    let clean = try await Child(["jobs", "clean"], folder.environment()).outcome()
    #expect(clean.errors.contains("1 job forgotten") && folder.jobs.isEmpty)
    let unknown = try await Child(["jobs", "show", "../x"], folder.environment()).outcome()
    #expect(unknown.status == 2)
  }

  @Test("where tiles cannot be kept the pictures are restored all the same, and a note says what that means")
  func noRoom() async throws {
    let (folder, expected) = try await begin()
    let shell = "ulimit -S -f 20; exec \"$GRL_BINARY_UNDER_TEST\" \"$@\""
    let outcome = try await Child(arguments(folder), folder.environment(), shell: shell).outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("file too large; this run cannot be resumed"))
    for (name, bytes) in expected { #expect(try folder.bytes("out/" + name) == bytes) }
    try FileManager.default.removeItem(atPath: folder.path("out"))
    try FileManager.default.removeItem(atPath: folder.path("state"))
    try Data().write(to: folder.url.appending(path: "state"))
    let blocked = try await Child(arguments(folder), folder.environment()).outcome()
    #expect(blocked.status == 0 && blocked.errors.contains("cannot be resumed"), "\(blocked.errors)")
    for (name, bytes) in expected { #expect(try folder.bytes("out/" + name) == bytes) }
  }
}

extension CrashFolder {
  /// IDs of the jobs on disk.
  var jobs: [String] {
    do { return try names(in: "state/grl/jobs").filter { !$0.hasPrefix(".") } } catch { return [] }
  }
}
