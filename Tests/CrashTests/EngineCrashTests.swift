import EngineWire
import Foundation
import Testing

/// `grl engine` killed at every step and at any moment; the next one goes on by itself.
@Suite(.serialized, .timeLimit(.minutes(10))) struct EngineCrashTests {
  static let points = RestoreCrashTests.points + ["job-ended"]
  private static let pictures = ["a.png", "b.png"]

  private func begin(width: Int = 60, height: Int = 50) async throws -> (CrashFolder, [String: Data]) {
    let folder = try CrashFolder()
    try folder.picture("a.png", width: width, height: height)
    try folder.picture("b.png", width: 40, height: 30)
    return (folder, try await folder.expected(Self.pictures))
  }

  /// The results are those of an undisturbed run, no tile was computed twice, and nothing is left but the job's record.
  private func check(_ folder: CrashFolder, _ expected: [String: Data], _ comment: Comment) throws {
    #expect(try folder.names(in: "out") == expected.keys.sorted(), comment)
    for (name, bytes) in expected { #expect(try folder.bytes("out/" + name) == bytes, comment) }
    let journal = try folder.journal()
    let tiles = journal.compactMap { $0["tile"] as? [String: Any] }.map { "\($0["picture"] ?? "") \($0["tile"] ?? "")" }
    #expect(tiles.count == Set(tiles).count, comment)
    #expect(journal.filter { $0["began"] != nil }.count == 2, comment)
    let id = try #require(folder.jobs.first)
    #expect(try folder.names(in: "state/grl/jobs/\(id)") == ["job.json", "journal", "lock"], comment)
  }

  /// Starts engines, and lets `disturb` end them, until the job is done. The last one is told to end.
  private func finish(_ folder: CrashFolder) async throws {
    let engine = folder.engine()
    let client = try #require(try await folder.client(of: engine))
    let isDone = try await comesTrue { try folder.job(client)?.state == .done }
    #expect(isDone)
    _ = try client.ask(.shutDown)
    #expect(try await engine.outcome().status == 0)
  }

  @Test("killed at each step of the journal, a new engine goes on by itself to the same bytes", arguments: points)
  func steps(step: String) async throws {
    let (folder, expected) = try await begin()
    let engine = folder.engine(["GRL_CRASH_AT": step])
    let client = try #require(try await folder.client(of: engine))
    _ = try client.ask(.submit(folder.request(Self.pictures)))
    let crashed = try await engine.outcome()
    #expect(crashed.wasKilled && crashed.status == SIGKILL, "\(step): \(crashed.errors)")
    try await finish(folder)
    try check(folder, expected, "\(step)")
  }

  @Test("killed again and again at any moment, the results have the same bytes")
  func anyMoment() async throws {
    let wanted = ProcessInfo.processInfo.environment["GRL_CRASH_RUNS"].flatMap { Int($0) } ?? 10
    var state: UInt64 = 20_231
    var kills = 0
    var jobs = 0
    while kills < wanted {
      let (folder, expected) = try await begin(width: 300, height: 200)
      jobs += 1
      var isSubmitted = false
      var isDone = false
      var isFirst = true
      while kills < wanted && !isDone {
        let before = try folder.progress()
        let engine = folder.engine()
        let client = try #require(try await folder.client(of: engine))
        if !isSubmitted {
          guard case .submitted? = try client.ask(.submit(folder.request(Self.pictures))) else {
            Issue.record("not queued")
            return
          }
          isSubmitted = true
        }
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Two deaths without a tile between them make a picture fail, so that a tile comes before all but the first.
        if !isFirst {
          #expect(
            try await comesTrue { try folder.progress() > before || folder.job(client)?.state == .done })
        }
        try await Task.sleep(for: .milliseconds(Int(state >> 33) % 300))
        isDone = try folder.job(client)?.state == .done
        engine.send(SIGKILL)
        #expect(try await engine.outcome().wasKilled)
        isFirst = false
        kills += 1
      }
      try await finish(folder)
      try check(folder, expected, "job \(jobs) after \(kills) kills")
    }
    print("note: \(kills) kills of the engine, \(jobs) jobs, each with the bytes of an undisturbed run")
  }

  @Test("on a full disk the job pauses with the reason, keeps its tiles, and goes on by itself when there is room")
  func noRoom() async throws {
    let (folder, expected) = try await begin(width: 120, height: 90)
    // A limit on the size of files stands for the disk: the tiles of a picture reach it after the first few.
    let engine = folder.engine(shell: "ulimit -S -f 40; exec \"$GRL_BINARY_UNDER_TEST\" \"$@\"")
    let client = try #require(try await folder.client(of: engine))
    _ = try client.ask(.submit(folder.request(Self.pictures)))
    let isHeld = try await comesTrue { try folder.job(client)?.state == .paused }
    #expect(isHeld)
    let job = try #require(try folder.job(client))
    #expect(job.reason?.contains("file too large") == true && job.reason?.contains("by itself") == true)
    let done = job.pictures[0].tilesDone
    #expect(done >= 5 && done < 20)
    _ = try client.ask(.resume(job: job.id))
    try await Task.sleep(for: .milliseconds(200))
    #expect(try folder.job(client)?.state == .paused)
    let lifted = try await Child(
      ["\(engine.identifier)"], folder.environment(), shell: "prlimit --pid \"$1\" --fsize=unlimited"
    ).outcome()
    #expect(lifted.status == 0, "\(lifted.errors)")
    let isDone = try await comesTrue { try folder.job(client)?.state == .done }
    #expect(isDone)
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
    try check(folder, expected, "no room")
  }

  @Test("no room for a result: the job pauses, can be cancelled or goes on, and no part of a file stays")
  func noRoomForResult() async throws {
    let folder = try CrashFolder()
    try folder.picture("a.png", width: 200, height: 200)
    var request = folder.request(["a.png"])
    request.tile = .whole
    request.overlap = nil
    let engine = folder.engine(shell: "ulimit -S -f 16; exec \"$GRL_BINARY_UNDER_TEST\" \"$@\"")
    let client = try #require(try await folder.client(of: engine))
    _ = try client.ask(.submit(request))
    #expect(try await comesTrue { try folder.job(client)?.state == .paused })
    #expect(try folder.names(in: "out") == [".a_denoise.png.claim"])
    let lifted = try await Child(
      ["\(engine.identifier)"], folder.environment(), shell: "prlimit --pid \"$1\" --fsize=unlimited"
    ).outcome()
    #expect(lifted.status == 0)
    let id = try #require(try folder.job(client)?.id)
    _ = try client.ask(.resume(job: id))
    #expect(try await comesTrue { try folder.job(client)?.state == .done })
    #expect(try folder.names(in: "out") == ["a_denoise.png"])
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
  }

  /// Whether this process may mount a file system of its own, as root outside a container may.
  static let canMount: Bool = {
    let folder = NSTemporaryDirectory() + "grl-mount-\(getpid())"
    guard mkdir(folder, 0o700) == 0 else { return false }
    defer { rmdir(folder) }
    guard mount("tmpfs", folder, "tmpfs", 0, "size=1m") == 0 else { return false }
    return umount(folder) == 0
  }()

  @Test(
    "a file system that is really full: tiles and journal wait, and go on when a file is removed",
    .enabled(if: canMount))
  func full() async throws {
    let (folder, expected) = try await begin(width: 120, height: 90)
    let state = folder.path("state")
    try #require(mount("tmpfs", state, "tmpfs", 0, "size=512k") == 0)
    defer { umount2(state, Int32(MNT_DETACH)) }
    let filler = URL(filePath: state + "/filler")
    try Data(count: 400 << 10).write(to: filler)
    let engine = folder.engine()
    let client = try #require(try await folder.client(of: engine))
    _ = try client.ask(.submit(folder.request(Self.pictures)))
    #expect(try await comesTrue { try folder.job(client)?.state == .paused })
    #expect(try folder.job(client)?.reason?.contains("no space left") == true)
    // Killed while it waits, the next one waits too.
    engine.send(SIGKILL)
    _ = try await engine.outcome()
    let second = folder.engine()
    let again = try #require(try await folder.client(of: second))
    #expect(try await comesTrue { try folder.job(again)?.state == .paused })
    try FileManager.default.removeItem(at: filler)
    #expect(try await comesTrue { try folder.job(again)?.state == .done })
    _ = try again.ask(.shutDown)
    _ = try await second.outcome()
    try check(folder, expected, "full")
  }
}

extension CrashFolder {
  /// Tiles, pictures and ends in the journal of the only job.
  fileprivate func progress() throws -> Int {
    guard let id = jobs.first, exists("state/grl/jobs/\(id)/journal") else { return 0 }
    return try journal().filter { $0["tile"] != nil || $0["done"] != nil || $0["state"] != nil }.count
  }
}
