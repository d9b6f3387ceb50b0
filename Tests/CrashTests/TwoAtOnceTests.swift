import EngineWire
import Foundation
import Testing

/// Two processes that want the same results.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TwoAtOnceTests {
  private static let names = ["a.png", "b.png", "c.png", "d.png", "e.png", "f.png"]

  private func arguments(_ folder: CrashFolder, _ more: [String], _ inputs: [String]) -> [String] {
    ["restore", "--task", "denoise", "--tile", "16", "--overlap", "4", "--events", "ndjson", "--output-dir"]
      + [folder.path("out")] + more + inputs.map { folder.path("in/" + $0) }
  }

  private struct Event: Decodable {
    let event: String
    let input: String?
    let done: Int?
    let failed: Int?
    let skipped: Int?
  }

  private func events(_ outcome: Child.Outcome) throws -> [Event] {
    try outcome.output.split(separator: "\n").map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
  }

  private func claim(_ folder: CrashFolder, _ name: String) -> String {
    folder.path("out/." + name.replacing(".png", with: "_denoise.png") + ".claim")
  }

  /// A `grl restore` at work on a picture that takes it a while.
  private func worker(_ folder: CrashFolder, _ more: [String] = []) async throws -> Child {
    try folder.picture("large.png", width: 700, height: 600)
    let shell = "exec /usr/bin/env --default-signal=INT,TERM,HUP \"$GRL_BINARY_UNDER_TEST\" \"$@\""
    let child = Child(arguments(folder, more, ["large.png"]), folder.environment(), shell: shell)
    #expect(try await comesTrue { FileManager.default.fileExists(atPath: claim(folder, "large.png")) })
    return child
  }

  @Test("--skip-existing twice at once: each picture is computed once, both end with 0, and nothing else is left")
  func together() async throws {
    let folder = try CrashFolder()
    for (place, name) in Self.names.enumerated() { try folder.picture(name, width: 60 + 40 * place, height: 90) }
    let expected = try await folder.expected(Self.names)
    let children = (0..<3).map { _ in Child(arguments(folder, ["--skip-existing"], Self.names), folder.environment()) }
    var computed: [String] = []
    for child in children {
      let outcome = try await child.outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      let events = try events(outcome)
      let end = try #require(events.last)
      #expect(end.event == "end" && end.failed == 0)
      #expect((end.done ?? 0) + (end.skipped ?? 0) == Self.names.count, "\(end)")
      #expect(events.filter { $0.event == "done" }.count == end.done)
      computed += events.filter { $0.event == "done" }.compactMap(\.input)
    }
    #expect(computed.map { $0.split(separator: "/").last! }.sorted() == Self.names.map { Substring($0) })
    #expect(try folder.names(in: "out") == expected.keys.sorted())
    for (name, bytes) in expected { #expect(try folder.bytes("out/" + name) == bytes) }
    #expect(folder.jobs.isEmpty)
  }

  @Test(
    "without --skip-existing the second one is told who makes the result, and computes nothing",
    arguments: [[], ["--overwrite"]])
  func refused(options: [String]) async throws {
    let folder = try CrashFolder()
    let first = try await worker(folder)
    let second = try await Child(arguments(folder, options, ["large.png"]), folder.environment()).outcome()
    #expect(second.status == 2 && second.output.contains(#""code":"claimed""#))
    #expect(
      second.errors.contains(
        "large_denoise.png: grl restore, process \(first.identifier), is making this result; wait until it has ended, add "
          + "--skip-existing"))
    let renamed = try await Child(
      arguments(folder, ["--rename-existing", "--region", "0,0,16,16"], ["large.png"]), folder.environment()
    )
    .outcome()
    #expect(renamed.status == 0 && folder.exists("out/large_denoise-2.png"))
    first.send(SIGINT)
    #expect(try await first.outcome().status == 130)
    #expect(try folder.names(in: "out") == ["large_denoise-2.png"])
  }

  @Test("who waits for another's result takes the work over when that is killed", arguments: [SIGKILL, SIGINT])
  func takenOver(signal: Int32) async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png")
    let expected = try await folder.expected(["a.png"])
    let first = try await worker(folder)
    let second = Child(arguments(folder, ["--skip-existing"], ["large.png", "a.png"]), folder.environment())
    // It does what it can meanwhile.
    #expect(try await comesTrue { folder.exists("out/a_denoise.png") })
    #expect(!folder.exists("out/large_denoise.png"))
    first.send(signal)
    _ = try await first.outcome()
    let outcome = try await second.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("grl restore, process \(first.identifier), is making its result"))
    #expect(try events(outcome).last?.done == 2)
    #expect(try folder.names(in: "out") == ["a_denoise.png", "large_denoise.png"])
    #expect(try folder.bytes("out/a_denoise.png") == expected["a_denoise.png"])
  }

  @Test("kill -9 leaves a claim that holds nobody up, Ctrl-C and a full disk leave none")
  func leftBehind() async throws {
    let folder = try CrashFolder()
    let interrupted = try await worker(folder)
    interrupted.send(SIGINT)
    #expect(try await interrupted.outcome().status == 130)
    #expect(try folder.names(in: "out").isEmpty)

    // A limit on the size of files stands for the disk.
    try folder.picture("a.png", width: 300, height: 300)
    let full = try await Child(
      arguments(folder, [], ["a.png"]), folder.environment(),
      shell: "ulimit -S -f 16; exec \"$GRL_BINARY_UNDER_TEST\" \"$@\""
    ).outcome()
    #expect(
      full.status == 1 && full.errors.contains("a_denoise.png: cannot be written: file too large"), "\(full.errors)")
    #expect(try folder.names(in: "out").isEmpty)

    let killed = try await worker(folder)
    killed.send(SIGKILL)
    _ = try await killed.outcome()
    #expect(try folder.names(in: "out") == [".large_denoise.png.claim"])
    let next = try await Child(
      arguments(folder, ["--region", "0,0,32,32"], ["large.png", "a.png"]), folder.environment()
    ).outcome()
    #expect(next.status == 0, "\(next.errors)")
    #expect(try folder.names(in: "out") == ["a_denoise.png", "large_denoise.png"])

    // Beside a result that is there it is tidied away.
    try Data().write(to: URL(filePath: claim(folder, "a.png")))
    let skipped = try await Child(arguments(folder, ["--skip-existing"], ["a.png"]), folder.environment()).outcome()
    #expect(skipped.status == 0)
    #expect(try folder.names(in: "out") == ["a_denoise.png", "large_denoise.png"])
  }

  @Test(
    "a result that appears while it is computed is kept: skipped with --skip-existing, an error without",
    arguments: [true, false])
  func appeared(skips: Bool) async throws {
    let folder = try CrashFolder()
    let child = try await worker(folder, skips ? ["--skip-existing"] : [])
    try Data("theirs".utf8).write(to: URL(filePath: folder.path("out/large_denoise.png")))
    let outcome = try await child.outcome()
    #expect(outcome.status == (skips ? 0 : 2), "\(outcome.errors)")
    #expect(outcome.errors.contains(skips ? "appeared meanwhile, left as it is" : "exists already; add --overwrite"))
    #expect(try events(outcome).contains { $0.event == (skips ? "skipped" : "failed") })
    #expect(try folder.bytes("out/large_denoise.png") == Data("theirs".utf8))
    #expect(try folder.names(in: "out") == ["large_denoise.png"])
  }

  @Test("a job that was killed behind its writing does not take another's result for its own")
  func notItsOwn() async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png", width: 60, height: 50)
    try folder.picture("b.png", width: 40, height: 30)
    let names = ["a.png", "b.png"]
    let crashed = try await Child(
      arguments(folder, ["--skip-existing"], names), folder.environment(["GRL_CRASH_AT": "result-announced"])
    ).outcome()
    #expect(crashed.wasKilled)
    try Data("theirs".utf8).write(to: URL(filePath: folder.path("out/a_denoise.png")))
    let resumed = try await Child(arguments(folder, ["--skip-existing", "--resume"], names), folder.environment())
      .outcome()
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resuming job"))
    #expect(try folder.bytes("out/a_denoise.png") == Data("theirs".utf8))
    #expect(try folder.names(in: "out") == ["a_denoise.png", "b_denoise.png"])
  }

  @Test("an engine's job waits for a result that grl restore is making, does the rest, and skips it when it is there")
  func engine() async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png")
    let first = try await worker(folder)
    var request = folder.request(["large.png", "a.png"])
    request.existing = .skip
    let engine = folder.engine()
    let client = try #require(try await folder.client(of: engine))
    _ = try client.ask(.submit(request))
    var seen: JobInfo?
    #expect(
      try await comesTrue {
        guard case .jobs(let jobs)? = try client.ask(.watch) else { return false }
        seen = jobs.first { !$0.isElsewhere }
        return seen?.pictures.last?.state == .done
      })
    let job = try #require(seen)
    if !folder.exists("out/large_denoise.png") {
      #expect(job.pictures[0].state == .waiting)
      #expect(job.pictures[0].reason?.contains("grl restore, process \(first.identifier), is making") == true)
    }
    #expect(try await first.outcome().status == 0)
    #expect(
      try await comesTrue {
        guard case .jobs(let jobs)? = try client.ask(.watch) else { return false }
        seen = jobs.first { $0.id == job.id }
        return seen?.state == .done
      })
    #expect(seen?.pictures.map(\.state) == [.skipped, .done])
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
    #expect(try folder.names(in: "out") == ["a_denoise.png", "large_denoise.png"])
  }

  @Test("a folder that nobody can write to is an error before anything is computed")
  func unwritable() async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png")
    // What even root cannot write to: a folder of the kernel's.
    let outcome = try await Child(
      ["restore", "--task", "denoise", "-o", "/proc/self/a.png", folder.path("in/a.png")], folder.environment()
    ).outcome()
    #expect(outcome.status == 2 && outcome.errors.contains("cannot write to this folder"), "\(outcome.errors)")
  }

  @Test("so is one on a read-only file system", .enabled(if: EngineCrashTests.canMount))
  func readOnly() async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png")
    let out = folder.path("out")
    try #require(mount("tmpfs", out, "tmpfs", UInt(MS_RDONLY), "size=1m") == 0)
    defer { umount2(out, Int32(MNT_DETACH)) }
    let refused = try await Child(arguments(folder, [], ["a.png"]), folder.environment()).outcome()
    #expect(refused.status == 2 && refused.errors.contains("read-only file system"), "\(refused.errors)")
  }
}
