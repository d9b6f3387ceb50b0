import EngineWire
import Foundation
import JobStore
import TestSupport
import Testing

/// Why there can be no Slurm of one's own; nil where there can.
private enum SlurmLoopback {
  static let obstacle: String? = {
    guard ProcessInfo.processInfo.environment["GRL_CLUSTER_TESTS"] == "1" else {
      return "Slurm has a run of its own: GRL_CLUSTER_TESTS=1"
    }
    if getuid() != 0 { return "a Slurm of one's own needs root" }
    let missing = ["/usr/bin/sbatch", "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged"].filter {
      !FileManager.default.isExecutableFile(atPath: $0)
    }
    return missing.isEmpty ? nil : "no Slurm here (slurm-wlm, munge)"
  }()
}

/// Two nodes of a real Slurm on this machine's loopback (`Tests/Cluster/slurm-loopback.sh`): a node that dies, a shard that is preempted,
/// a job that is cancelled and goes on.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: SlurmLoopback.obstacle == nil, Comment(rawValue: SlurmLoopback.obstacle ?? "")))
struct SlurmTests {
  /// A cluster of two nodes with two processors each; gone when the test is over.
  private final class Cluster {
    let shared: SharedJobFolder
    private let script = TestData.packageRoot.appending(path: "Tests/Cluster/slurm-loopback.sh").path
    private var place: String { shared.folder.path("slurm") }

    init(small: Int, large: Int?) async throws {
      shared = try await SharedJobFolder(small: small, large: large)
      let started = try await loopback("start")
      #expect(started.status == 0, "\(started.errors)")
    }

    /// `defer` cannot wait.
    func stop() async throws { _ = try await loopback("stop") }

    func loopback(_ verb: String, _ node: String? = nil) async throws -> Child.Outcome {
      try await Child(
        [script, verb, place] + [node].compactMap { $0 }, environment, shell: "exec \"$@\""
      ).outcome()
    }

    private lazy var port = "\(20_000 + Int.random(in: 0..<10_000))"
    var environment: [String: String] {
      shared.folder.environment([
        "SLURM_CONF": place + "/slurm.conf", "SLURM_LOOPBACK_PORT": port, "GRL_SLOW_TILES": "20",
      ])
    }

    func run(_ words: [String]) async throws -> Child.Outcome { try await Child(words, environment).outcome() }

    func slurm(_ words: String...) async throws -> String {
      try await Child(words, environment, shell: "exec \"$@\"").outcome().output
    }

    func submit(shards: Int) async throws -> Child.Outcome {
      try await run(
        [
          "submit", "--slurm", "--job-dir", shared.job, "--shards", "\(shards)", "--cpus", "1", "--time", "10",
          "--output-dir",
          shared.folder.path("out"),
        ] + SharedJobFolder.options + [shared.folder.path("in")])
    }

    /// The tasks in the queue, as `ID STATE NODE`.
    func queue() async throws -> [String] {
      try await slurm("squeue", "-h", "-r", "-o", "%i %T %N").split(separator: "\n").map(String.init)
    }

    func waitUntil(_ comment: Comment, _ condition: () async throws -> Bool) async throws {
      let deadline = ContinuousClock.now + .seconds(240)
      while try await !condition() {
        guard ContinuousClock.now < deadline else {
          let queue = try await queue()
          Issue.record("\(comment) did not come: \(queue) \(try self.logs())")
          return
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }

    func logs() throws -> String {
      try shared.folder.names(in: "job/log").map { name in
        name + ":\n" + String(decoding: try shared.folder.bytes("job/log/" + name), as: UTF8.self)
      }.joined(separator: "\n")
    }
  }

  @Test(
    "an array of 8 with 60 pictures and a divided one: a node dies, a shard is preempted, a picture is bad; all else has its bytes, no tile twice"
  )
  func nodeDies() async throws {
    let cluster = try await Cluster(small: 60, large: 800)
    let shared = cluster.shared
    try Data("no picture".utf8).write(to: shared.folder.url.appending(path: "in/broken.png"))
    let submitted = try await cluster.submit(shards: 8)
    #expect(submitted.status == 0, "\(submitted.errors)")
    let second = try await cluster.run(
      [
        "submit", "--slurm", "--job-dir", shared.folder.path("second"), "--shards", "2", "--output-dir",
        shared.folder.path("out"), "--overwrite",
      ] + SharedJobFolder.options + [shared.folder.path("in")])
    #expect(second.status == 2 && second.errors.contains("this result"), "\(second.errors)")

    try await cluster.waitUntil("work on both nodes") {
      let queue = try await cluster.queue()
      let nodes = ["n1", "n2"].filter { node in queue.contains { $0.hasSuffix("RUNNING " + node) } }
      let count = try shared.tiles().count
      return nodes.count == 2 && count > 40
    }
    let victims = try await cluster.queue().filter { $0.hasSuffix("RUNNING n2") }.compactMap {
      $0.split(separator: " ").first
    }
    // As a preemption does it: to the batch script.
    let preempted = try #require(victims.first.map(String.init))
    _ = try await cluster.slurm("scancel", "--batch", "--signal=TERM", preempted)
    let killed = try await cluster.loopback("kill-node", "n1")
    #expect(killed.status == 0, "\(killed.errors)")
    try await cluster.waitUntil("the requeue") {
      let logs = try cluster.logs()
      return logs.contains("stopped: SIGUSR1") || logs.contains("stopped: SIGTERM")
    }
    _ = try await cluster.loopback("start-node", "n1")
    try await cluster.waitUntil("the end") { try await cluster.queue().isEmpty }

    let logs = try cluster.logs()
    #expect(logs.contains("taken over from grl work"), "\(logs)")
    let tiles = try shared.tiles()
    #expect(tiles.count > 1000 && tiles.count == Set(tiles).count)
    try shared.check()
    let report = String(decoding: try shared.folder.bytes("job/report.json"), as: UTF8.self)
    #expect(report.contains("\"done\":61") && report.contains("broken.png"), "\(report)")
    try await cluster.stop()
  }

  @Test("a job that is cancelled in the middle goes on where it was")
  func cancelled() async throws {
    let cluster = try await Cluster(small: 4, large: 500)
    let shared = cluster.shared
    #expect(try await cluster.submit(shards: 4).status == 0)
    try await cluster.waitUntil("tiles") { try shared.tiles().count > 20 }
    #expect(try await cluster.run(["jobs", "cancel", shared.job]).status == 0)
    try await cluster.waitUntil("an empty queue") { try await cluster.queue().isEmpty }
    let show = try await cluster.run(["jobs", "show", shared.job])
    #expect(show.status == 0 && show.output.contains("cancelled"), "\(show.output)")
    let before = try shared.tiles().count
    let resumed = try await cluster.run(["jobs", "resume", shared.job])
    #expect(resumed.status == 0, "\(resumed.errors)")
    try await cluster.waitUntil("the end") { try await cluster.queue().isEmpty }
    let tiles = try shared.tiles()
    #expect(tiles.count > before && tiles.count == Set(tiles).count)
    try shared.check()
    let end = try await cluster.run(["jobs", "show", shared.job])
    #expect(end.output.contains("4: 4 done"), "\(end.output)")
    try await cluster.stop()
  }

  @Test("what the workbench asks of its engine: submitted, seen at work with its nodes, cancelled, resumed, done")
  func workbench() async throws {
    let cluster = try await Cluster(small: 6, large: 500)
    let folder = cluster.shared.folder
    // A shard takes some 15 s: the engine asks the cluster every 5.
    let engine = folder.engine(cluster.environment.merging(["GRL_SLOW_TILES": "200"]) { $1 })
    let client = try #require(try await folder.client(of: engine))
    func job() throws -> JobInfo {
      guard case .jobs(let jobs)? = try client.ask(.watch) else { throw CancellationError() }
      return try #require(jobs.first)
    }
    let request = folder.request((0..<6).map { "p\($0).png" } + ["large.png"])
    let order = ClusterOrder(partition: "batch", time: "10", shards: 4, cpus: 1)
    guard case .submitted(let id)? = try client.ask(.submitToCluster(request, order)) else {
      Issue.record("not submitted")
      return
    }
    try await cluster.waitUntil("a shard at work, with its machine") {
      try job().cluster?.shards.contains { $0.state == .running && $0.host != nil } == true
    }
    #expect(try job().state == .running && job().pictures.count == 7)
    #expect(try client.ask(.cancel(job: id)) == .done)
    try await cluster.waitUntil("an empty queue") { try await cluster.queue().isEmpty }
    #expect(try job().state == .cancelled)
    #expect(try client.ask(.retry(job: id)) == .done)
    try await cluster.waitUntil("the end") { try job().state == .done }
    let end = try job()
    #expect(end.pictures.allSatisfy { $0.state == .done } && end.estimate?.fraction == 1)
    #expect(end.cluster?.shards.map(\.state) == [.done, .done, .done, .done])
    for (name, bytes) in cluster.shared.expected { #expect(try folder.bytes("out/" + name) == bytes) }
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
    try await cluster.stop()
  }
}
