import Foundation
import Imaging
import Testing

/// Signals in the middle of the work.
@Suite(.serialized, .timeLimit(.minutes(10))) struct InterruptionTests {
  /// `grl` as a terminal starts it: `swift test` ignores some signals, and a child inherits that.
  private func start(_ arguments: [String], in folder: TemporaryFolder) throws -> GRLProcess.Running {
    try GRLProcess.start(
      executable: URL(filePath: "/usr/bin/env"), ["--default-signal=INT,TERM,HUP", GRLProcess.binary.path] + arguments,
      in: folder)
  }

  private func restore(_ inputs: [String], in folder: TemporaryFolder) throws -> GRLProcess.Running {
    let options = ["--task", "denoise", "--ensemble", "--threads", "1", "--events", "ndjson"]
    return try start(["restore"] + options + inputs, in: folder)
  }

  /// A restoration of several seconds that has begun.
  private func begin(in folder: TemporaryFolder) async throws -> GRLProcess.Running {
    try TestPicture.write(to: folder, "a.png", width: 320, height: 320)
    let running = try restore(["a.png"], in: folder)
    try await running.waitForOutput("\"event\":\"progress\"")
    return running
  }

  @Test(
    "Ctrl-C, kill and hang-up stop between blocks with 128 + n, say so in one line and leave nothing",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func interrupted(signal: Int32) async throws {
    let folder = try TemporaryFolder()
    let running = try await begin(in: folder)
    running.send(signal)
    let outcome = try await running.outcome()
    #expect(!outcome.wasKilledBySignal)
    #expect(outcome.status == 128 + signal)
    #expect(outcome.oneErrorLine().contains("interrupted; 0 of 1 pictures done"))
    #expect(outcome.outputLines.last?.contains("\"event\":\"end\"") == true)
    #expect(try folder.listing() == ["a.png"])
  }

  @Test("pictures that were done before Ctrl-C stay")
  func batchInterrupted() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "0.png", width: 16, height: 16)
    try TestPicture.write(to: folder, "a.png", width: 320, height: 320)
    let running = try restore(["0.png", "a.png"], in: folder)
    try await running.waitForOutput("\"index\":1")
    running.send(SIGINT)
    let outcome = try await running.outcome()
    #expect(outcome.status == 130)
    #expect(outcome.oneErrorLine().contains("1 of 2 pictures done"))
    #expect(try folder.listing() == ["0.png", "0_denoise.png", "a.png"])
    #expect(try TestPicture.read(folder, "0_denoise.png").width == 16)
  }

  @Test("kill -9 while computing or while writing never leaves a file under the final name that is not whole")
  func killed() async throws {
    let folder = try TemporaryFolder()
    let running = try await begin(in: folder)
    running.send(SIGKILL)
    let outcome = try await running.outcome()
    #expect(outcome.wasKilledBySignal && outcome.status == SIGKILL)
    // The claim is taken over by whoever makes that result next.
    #expect(try folder.listing() == [".a_denoise.png.claim", "a.png"])
    try FileManager.default.removeItem(atPath: folder.path(".a_denoise.png.claim"))

    // Degrading is almost only writing: killed at many moments, the result is either absent or whole.
    try TestPicture.write(to: folder, "large.png", width: 1200, height: 900)
    let arguments = ["degrade", "--task", "demosaic", "large.png", "-o", "result.png"]
    let clock = ContinuousClock()
    var whole: GRLProcess.Outcome?
    let duration = try await clock.measure { whole = try await GRLProcess.run(arguments, in: folder) }
    #expect(whole?.status == 0)
    let expected = try folder.bytes("result.png")
    var kills = 0
    for step in 1...12 {
      try FileManager.default.removeItem(atPath: folder.path("result.png"))
      let writing = try GRLProcess.start(arguments, in: folder)
      try await Task.sleep(for: duration * step / 12)
      writing.send(SIGKILL)
      if try await writing.outcome().wasKilledBySignal { kills += 1 }
      if folder.exists("result.png") {
        #expect(try folder.bytes("result.png") == expected)
      } else {
        try expected.write(to: folder.url.appending(path: "result.png"))
      }
    }
    #expect(kills > 0)
    // What they left goes with the next that is written.
    #expect(try await GRLProcess.run(arguments + ["--overwrite"], in: folder).status == 0)
    #expect(try folder.listing() == ["a.png", "large.png", "result.png"])
  }

  @Test(
    "a signal ends the wait for a stream that never ends at once, and nothing is left",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func stream(signal: Int32) async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 32, height: 32)
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    let running = try GRLProcess.start(
      executable: URL(filePath: "/usr/bin/env"),
      [
        "--default-signal=INT,TERM,HUP", "bash", "-c", "exec \"$0\" restore --task denoise - -o out.png < pipe",
        GRLProcess.binary.path,
      ], in: folder)
    // Opening waits for the reader.
    let pipe = open(folder.path("pipe"), O_WRONLY)
    try #require(pipe >= 0)
    defer { close(pipe) }
    let beginning = [UInt8](try folder.bytes("a.png").prefix(100))
    try #require(write(pipe, beginning, beginning.count) == beginning.count)
    // When it has taken what there is, it waits for more; a moment later at the latest.
    var unread = Int32(beginning.count)
    let deadline = ContinuousClock.now + .seconds(300)
    while unread > 0 {
      try #require(ioctl(pipe, UInt(FIONREAD), &unread) == 0)
      try #require(ContinuousClock.now < deadline)
      try await Task.sleep(for: .milliseconds(200))
    }
    running.send(signal)
    let outcome = try await running.outcome()
    // Nothing was begun that would have to be ended tidily.
    #expect(outcome.wasKilledBySignal && outcome.status == signal)
    #expect(outcome.output.isEmpty && outcome.errors.isEmpty)
    #expect(try folder.listing() == ["a.png", "pipe"])
  }

  @Test("Ctrl-C while a result is written waits for its end: no temporary file stays behind")
  func interruptedWriting() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "large.png", width: 1200, height: 900)
    let arguments = ["degrade", "--overwrite", "--task", "demosaic", "large.png", "-o", "result.png"]
    let duration = try await ContinuousClock().measure { _ = try await GRLProcess.run(arguments, in: folder) }
    let expected = try folder.bytes("result.png")
    var interruptions = 0
    for step in 1...8 {
      let writing = try start(arguments, in: folder)
      try await Task.sleep(for: duration * step / 8)
      writing.send(SIGINT)
      let outcome = try await writing.outcome()
      if outcome.status == 130 || outcome.wasKilledBySignal { interruptions += 1 }
      #expect(try folder.listing() == ["large.png", "result.png"])
      #expect(try folder.bytes("result.png") == expected)
    }
    #expect(interruptions > 0)
  }

  @Test("an ignored Ctrl-C stays ignored, as for a job that the shell put in the background")
  func ignored() async throws {
    let folder = try TemporaryFolder()
    try TestPicture.write(to: folder, "a.png", width: 96, height: 96)
    let running = try GRLProcess.start(
      executable: URL(filePath: "/bin/bash"),
      ["-c", "trap '' INT; exec \"$GRL\" restore --task denoise --threads 1 --events ndjson a.png"], in: folder,
      environment: ["GRL": GRLProcess.binary.path])
    try await running.waitForOutput("\"event\":\"picture\"")
    running.send(SIGINT)
    #expect(try await running.outcome().status == 0)
    #expect(folder.exists("a_denoise.png"))
  }
}
