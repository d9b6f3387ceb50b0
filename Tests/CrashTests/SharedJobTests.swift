import Base
import Foundation
import JobStore
import Testing

/// `grl plan`, `grl work` and `grl finish`: the bytes of `grl restore`, whatever happens to the processes.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SharedJobTests {
  @Test(
    "four processes at once, one picture among them divided, make what one makes; nothing else is left in the results' folder"
  )
  func together() async throws {
    let shared = try await SharedJobFolder()
    let plan = try await shared.plan(shards: 4)
    #expect(plan.status == 0 && plan.output == canonicalPath(shared.job) + "\n", "\(plan.errors)")
    let early = try await shared.finish()
    #expect(early.status == 75 && early.errors.contains("4 of 4 shards are not done (1, 2, 3, 4)"))
    let children = (1...4).map {
      Child(["work", "--job-dir", shared.job, "--shard", "\($0)/4"], shared.folder.environment())
    }
    for child in children {
      let outcome = try await child.outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(try shared.tiles().count == Set(shared.tiles()).count)
    let finish = try await shared.finish()
    #expect(finish.status == 0 && finish.errors.contains("5 done, 0 failed, 0 skipped"), "\(finish.errors)")
    try shared.check()
    let manifest = String(decoding: try shared.folder.bytes("job/manifest"), as: UTF8.self)
    #expect(manifest.split(separator: "\n").count == 5 && manifest.contains("\"rows\":[[0,"))
    let report = String(decoding: try shared.folder.bytes("job/report.json"), as: UTF8.self)
    #expect(report.contains("\"done\":5"))
    // Both are done; saying so again costs nothing and changes nothing.
    #expect(try await shared.work("2/4").status == 0)
    #expect(try await shared.finish().status == 0)
    try shared.check()
  }

  static let points = [
    "picture-begun", "tile-bytes:3", "tile-torn:2", "tile-journaled:9", "result-announced", "result-written",
    "picture-done",
  ]

  @Test(
    "killed at each step, the same command goes on and computes nothing again but the tile in flight", arguments: points
  )
  func killed(step: String) async throws {
    let shared = try await SharedJobFolder(small: 3, large: 120)
    #expect(try await shared.plan(shards: 2).status == 0)
    for shard in ["1/2", "2/2"] {
      let killed = try await shared.work(shard, [], ["GRL_CRASH_AT": step])
      // The one with a part of the large picture comes to no result if it has nothing else.
      #expect(killed.wasKilled || killed.status == 0, "\(killed.errors)")
      let again = try await shared.work(shard)
      #expect(again.status == 0, "\(again.errors)")
      if killed.wasKilled { #expect(again.errors.contains("taken over from grl work"), "\(again.errors)") }
    }
    let tiles = try shared.tiles()
    #expect(!tiles.isEmpty && tiles.count == Set(tiles).count)
    for crash in [step, nil] {
      let finish = try await shared.run(
        ["finish", "--job-dir", shared.job], crash.map { ["GRL_CRASH_AT": $0] } ?? [:])
      if crash == nil { #expect(finish.status == 0, "\(finish.errors)") }
    }
    try shared.check("\(step)")
  }

  @Test(
    "a signal of the scheduler ends the work between tiles with status 75, and nothing is computed twice",
    arguments: [SIGTERM, SIGUSR1, SIGUSR2])
  func announced(signal: Int32) async throws {
    let shared = try await SharedJobFolder(small: 1, large: 400)
    #expect(try await shared.plan(shards: 1).status == 0)
    let child = Child(["work", "--job-dir", shared.job, "--shard", "1/1"], shared.folder.environment())
    #expect(try await comesTrue { try shared.tiles().count > 3 })
    // Schedulers send several.
    for _ in 0..<3 { child.send(signal) }
    let stopped = try await child.outcome()
    #expect(stopped.status == 75 && !stopped.wasKilled, "\(stopped.errors)")
    #expect(stopped.errors.contains("of their tiles kept"))
    #expect(try shared.folder.names(in: "job/shards") == ["0001"])
    let done = try shared.tiles().count
    let again = try await shared.work("1/1")
    #expect(again.status == 0, "\(again.errors)")
    let tiles = try shared.tiles()
    #expect(tiles.count > done && tiles.count == Set(tiles).count)
    #expect(try await shared.finish().status == 0)
    try shared.check()
  }

  @Test("the time that is given ends the work by itself")
  func maxTime() async throws {
    let shared = try await SharedJobFolder(small: 2, large: nil)
    #expect(try await shared.plan(shards: 1).status == 0)
    let over = try await shared.work("1/1", ["--max-time", "1s", "--grace", "1s"])
    #expect(over.status == 75 && over.errors.contains("stopped: --max-time is over"), "\(over.errors)")
    #expect(try await shared.work("1/1", ["--max-time", "1:00:00"]).status == 0)
    #expect(try await shared.finish().status == 0)
    try shared.check()
    for wrong in ["soon", "-1", "3h5x"] {
      #expect(try await shared.work("1/1", ["--max-time", wrong]).status == 2)
    }
  }

  @Test("bad pictures fail alone: status 1 of their shard, again and of the whole; a folder of them is not planned")
  func badPictures() async throws {
    let shared = try await SharedJobFolder(small: 3, large: nil)
    try Data("no picture".utf8).write(to: shared.folder.url.appending(path: "in/broken.png"))
    let plan = try await shared.plan(shards: 2)
    #expect(plan.status == 0 && plan.errors.contains("1 of 4 pictures cannot be restored"), "\(plan.errors)")
    let statuses = [try await shared.work("1/2").status, try await shared.work("2/2").status]
    #expect(statuses.sorted() == [0, 1])
    #expect([try await shared.work("1/2").status, try await shared.work("2/2").status] == statuses)
    let finish = try await shared.finish()
    #expect(finish.status == 1 && finish.errors.contains("3 done, 1 failed") && finish.errors.contains("broken.png"))
    try shared.check()
    let none = try await shared.run(
      ["plan", "--job-dir", shared.folder.path("none"), "--task", "denoise", shared.folder.path("in/broken.png")])
    #expect(none.status == 3 && !shared.folder.exists("none"))
  }

  @Test("results that are gone or cut afterwards are told by finish")
  func checked() async throws {
    let shared = try await SharedJobFolder(small: 2, large: nil)
    #expect(try await shared.plan(shards: 1).status == 0)
    #expect(try await shared.work("1/1").status == 0)
    let results = try shared.folder.names(in: "out").filter { !$0.hasPrefix(".") }
    #expect(results.count == 2)
    truncate(shared.folder.path("out/" + results[0]), 50)
    unlink(shared.folder.path("out/" + results[1]))
    let finish = try await shared.finish()
    #expect(finish.status == 1 && finish.errors.contains("50 bytes") && finish.errors.contains("is gone"))
  }

  @Test(
    "a second plan for the same results is refused until the first is finished; a folder that is there is not written to"
  )
  func twoPlans() async throws {
    let shared = try await SharedJobFolder(small: 2, large: nil)
    #expect(try await shared.plan(shards: 1).status == 0)
    let same = try await shared.plan(shards: 1)
    #expect(same.status == 2 && same.errors.contains("is there already and not an empty folder"), "\(same.errors)")
    let other = [
      "plan", "--job-dir", shared.folder.path("second"), "--output-dir", shared.folder.path("out"), "--overwrite",
      "--shards", "1",
    ]
    let second = try await shared.run(other + SharedJobFolder.options + [shared.folder.path("in")])
    #expect(second.status == 2 && second.errors.contains("the job in \(canonicalPath(shared.job))"), "\(second.errors)")
    #expect(!shared.folder.exists("second"))
    #expect(try await shared.work("1/1").status == 0)
    #expect(try await shared.finish().status == 0)
    #expect(try await shared.run(other + SharedJobFolder.options + [shared.folder.path("in")]).status == 0)
  }

  @Test("the number of the shard is the scheduler's, and what it took is said")
  func automatic() async throws {
    let shared = try await SharedJobFolder(small: 3, large: nil)
    #expect(try await shared.plan(shards: 3).status == 0)
    for (variable, value, shard) in [
      ("SLURM_ARRAY_TASK_ID", "1", 1), ("JOB_COMPLETION_INDEX", "1", 2), ("PARALLEL_SEQ", "3", 3),
      ("PBS_ARRAY_INDEX", "3", 3),
    ] {
      let outcome = try await shared.work("auto", [], [variable: value])
      #expect(outcome.status == 0 && outcome.errors.contains("shard \(shard) of 3 (\(variable)=\(value))"))
    }
    #expect(try await shared.work("auto", ["--offset", "2"], ["SLURM_ARRAY_TASK_ID": "1"]).status == 0)
    for (text, environment) in [
      ("auto", [:]), ("auto", ["SLURM_ARRAY_TASK_ID": "0"]), ("auto", ["PARALLEL_SEQ": "4"]), ("4/3", [:]),
      ("1/2", [:]),
      ("0/3", [:]), ("x", [:]),
    ] {
      let outcome = try await shared.work(text, [], environment)
      #expect(outcome.status == 2, "\(text) \(environment): \(outcome.errors)")
    }
    #expect(try await shared.finish().status == 0)
    try shared.check()
  }

  @Test("names come from a file or standard input, ended by line feeds or zero bytes")
  func names() async throws {
    let shared = try await SharedJobFolder(small: 3, large: nil)
    let paths = (0..<3).map { shared.folder.path("in/p\($0).png") }
    for (job, separator, option) in [("lines", "\n", [String]()), ("zeros", "\0", ["-0"])] {
      let list = shared.folder.url.appending(path: job + ".txt")
      try Data((paths.joined(separator: separator) + separator).utf8).write(to: list)
      let shell = "exec \"$GRL_BINARY_UNDER_TEST\" \"$@\" < '\(list.path)'"
      let words = [
        "plan", "--job-dir", shared.folder.path(job), "--shards", "2", "--files-from", job == "lines" ? list.path : "-",
        "--output-dir", shared.folder.path("out-" + job),
      ]
      let outcome = try await Child(words + option + SharedJobFolder.options, shared.folder.environment(), shell: shell)
        .outcome()
      #expect(outcome.status == 0 && outcome.errors.contains("3 pictures"), "\(outcome.errors)")
    }
  }

  // MARK: Whose shard it is

  /// Makes shard 1 look as if a process of another machine had it, silent for so many seconds.
  private func strand(_ shared: SharedJobFolder, silentSeconds: Int, task: String? = nil) throws {
    let free = shared.folder.path("job/shards/0001")
    let taken = free + ".elsewhere"
    #expect(rename(free, taken) == 0)
    var process = ProcessIdentity.current
    (process.host, process.boot, process.process) = ("far-away", "another boot", 1)
    var worker = ShardWorker(program: "grl work", process: process, task: task, restarts: task.map { _ in 0 })
    worker.progress.done = 0
    try Data(jsonLine(worker).utf8).write(to: URL(filePath: taken + "/worker"))
    let times = [timespec(tv_sec: time(nil) - silentSeconds, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, taken + "/worker", times + times, 0) == 0)
  }

  @Test(
    "a shard of another machine is waited for while that gives signs of life, and taken over when it has been silent for long"
  )
  func otherMachine() async throws {
    let shared = try await SharedJobFolder(small: 2, large: nil)
    #expect(try await shared.plan(shards: 1).status == 0)
    try strand(shared, silentSeconds: 20)
    let child = Child(["work", "--job-dir", shared.job, "--shard", "1/1"], shared.folder.environment())
    try await Task.sleep(for: .seconds(2))
    child.send(SIGTERM)
    let waited = try await child.outcome()
    #expect(waited.status == 75 && waited.errors.contains("on far-away"), "\(waited.errors)")
    #expect(try shared.folder.names(in: "job/shards") == ["0001.elsewhere"])
    rename(shared.folder.path("job/shards/0001.elsewhere"), shared.folder.path("job/shards/0001"))
    try strand(shared, silentSeconds: 1000)
    let taken = try await shared.work("1/1")
    #expect(taken.status == 0 && taken.errors.contains("taken over from grl work, process 1 on far-away"))
    #expect(try await shared.finish().status == 0)
    try shared.check()
  }

  @Test("what the scheduler begins again is taken over at once, whatever machine had it")
  func requeued() async throws {
    let shared = try await SharedJobFolder(small: 2, large: nil)
    #expect(try await shared.plan(shards: 1).status == 0)
    try strand(shared, silentSeconds: 0, task: "slurm 17_1")
    let slurm = ["SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "1", "SLURM_RESTART_COUNT": "1"]
    let taken = try await shared.work("auto", [], slurm)
    #expect(taken.status == 0 && taken.errors.contains("taken over"), "\(taken.errors)")
    #expect(try await shared.finish().status == 0)
    try shared.check()
  }

  @Test("a process whose shard was taken over finds its journal gone, and stops")
  func lost() async throws {
    let shared = try await SharedJobFolder(small: 1, large: 400)
    #expect(try await shared.plan(shards: 1).status == 0)
    let child = Child(["work", "--job-dir", shared.job, "--shard", "1/1"], shared.folder.environment())
    #expect(try await comesTrue { try shared.tiles().count > 2 })
    child.send(SIGSTOP)
    let held = try #require(try shared.folder.names(in: "job/shards").first)
    #expect(rename(shared.folder.path("job/shards/" + held), shared.folder.path("job/shards/0001")) == 0)
    let again = Child(["work", "--job-dir", shared.job, "--shard", "1/1"], shared.folder.environment())
    let before = try shared.tiles().count
    #expect(try await comesTrue { try shared.tiles().count > before + 2 })
    child.send(SIGCONT)
    let lost = try await child.outcome()
    #expect(lost.status == 75 && lost.errors.contains("another process has taken it over"), "\(lost.errors)")
    let second = try await again.outcome()
    #expect(second.status == 0, "\(second.errors)")
    let tiles = try shared.tiles()
    #expect(tiles.count == Set(tiles).count)
    #expect(try await shared.finish().status == 0)
    try shared.check()
  }

  // MARK: Scratch disks

  @Test("inputs are read from a scratch disk, which is left empty")
  func scratch() async throws {
    let shared = try await SharedJobFolder(small: 3, large: 100)
    #expect(try await shared.plan(shards: 2).status == 0)
    try FileManager.default.createDirectory(atPath: shared.folder.path("scratch"), withIntermediateDirectories: true)
    let first = try await shared.work("1/2", ["--scratch", shared.folder.path("scratch")])
    let second = try await shared.work("2/2", ["--scratch", "auto"], ["SLURM_TMPDIR": shared.folder.path("scratch")])
    #expect(first.status == 0 && !first.errors.contains("no copy"), "\(first.errors)")
    #expect(second.status == 0 && second.errors.contains("(SLURM_TMPDIR)"), "\(second.errors)")
    #expect(try shared.folder.names(in: "scratch").isEmpty)
    #expect(try await shared.finish().status == 0)
    try shared.check()
    #expect(try await shared.work("1/2", ["--scratch", shared.folder.path("nowhere")]).status == 2)
  }

  private static let canMount: Bool = {
    let folder = "/tmp/grl-mount-\(getpid())"
    mkdir(folder, 0o700)
    defer { rmdir(folder) }
    guard mount("tmpfs", folder, "tmpfs", 0, "size=1m") == 0 else { return false }
    umount2(folder, 0)
    return true
  }()

  @Test("a full scratch disk costs the copies only", .enabled(if: canMount, "this process may not mount"))
  func fullScratch() async throws {
    let shared = try await SharedJobFolder(small: 3, large: nil)
    #expect(try await shared.plan(shards: 1).status == 0)
    let scratch = shared.folder.path("scratch")
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    try #require(mount("tmpfs", scratch, "tmpfs", 0, "size=4k") == 0)
    defer { umount2(scratch, 0) }
    try Data(repeating: 1, count: 4096).write(to: URL(filePath: scratch + "/full"))
    let outcome = try await shared.work("1/1", ["--scratch", scratch])
    #expect(
      outcome.status == 0 && outcome.errors.contains("no copy on the scratch disk (no space left"), "\(outcome.errors)")
    #expect(try shared.folder.names(in: "scratch") == ["full"])
    #expect(try await shared.finish().status == 0)
    try shared.check()
  }
}
