import Base
import EngineWire
import Foundation
import Testing

/// Jobs that the engine gives to a cluster, against commands of one that only write down how they were called.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ClusterEngineTests {
  private func job(_ client: EngineClient) throws -> JobInfo? {
    guard case .jobs(let jobs)? = try client.ask(.watch) else { return nil }
    return jobs.first
  }

  @Test(
    "submitted from a client it is seen through to its end: queued, at work, cancelled, resumed, done; another engine knows it too"
  )
  func life() async throws {
    let cluster = try await FakeCluster(small: 4)
    let folder = cluster.shared.folder
    var engine = folder.engine(cluster.environment)
    var client = try #require(try await folder.client(of: engine))
    try cluster.command("squeue", "echo '41_1|PENDING|'; echo '41_2|RUNNING|n7'; echo '42|PENDING|'")
    let order = ClusterOrder(partition: "fast", account: "lab", time: "10", shards: 2, cpus: 1)
    let names = (0..<4).map { "p\($0).png" }
    guard case .submitted(let id)? = try client.ask(.submitToCluster(folder.request(names), order)) else {
      Issue.record("not submitted")
      return
    }
    let place = folder.path("out/grl-" + id)
    let script = String(decoding: try Data(contentsOf: URL(filePath: place + "/shard.sbatch")), as: UTF8.self)
    for line in ["--partition=fast", "--account=lab", "--time=10", "--cpus-per-task=1"] {
      #expect(script.contains("#SBATCH \(line)\n"), "\(line)")
    }
    let calls = try cluster.calls()
    #expect(calls.filter { $0.hasPrefix("sbatch") }.map { $0.contains("--array=1-2 ") } == [true, false], "\(calls)")
    let queued = try #require(try job(client))
    #expect(queued.id == id && queued.state == .running && queued.pictures.count == 4)
    #expect(queued.cluster?.shards.map(\.state) == [.queued, .starting] && queued.cluster?.scheduler == ["41", "42"])
    // A second one for the same results is refused, and leaves nothing.
    guard case .failure(let failure)? = try client.ask(.submitToCluster(folder.request(names), order)) else {
      Issue.record("submitted twice")
      return
    }
    #expect(failure.message.contains("is to make this result"), "\(failure.message)")
    #expect(try folder.names(in: "out").filter { $0.hasPrefix("grl-") }.count == 1)

    #expect(try await cluster.shared.run(["work", "--job-dir", place, "--shard", "1/2"]).status == 0)
    #expect(try await comesTrue { try job(client)?.cluster?.shards[0].state == .done })
    let half = try #require(try job(client))
    let done = try #require(half.pictures.firstIndex { $0.state == .done })
    #expect(half.pictures.count { $0.state == .done } == half.cluster?.shards[0].pieces)
    #expect(half.estimate.map { (0.2..<0.8).contains($0.fraction) } == true)
    guard case .pixels(let shown)? = try client.ask(.jobPreview(job: id, picture: done, width: 200, height: 200)) else {
      Issue.record("no preview")
      return
    }
    #expect(shown.pictureWidth == half.pictures[done].width)
    guard case .failure? = try client.ask(.pause(job: id)), case .failure? = try client.ask(.remove(job: id)) else {
      Issue.record("a job on a cluster was paused, or forgotten at work")
      return
    }

    _ = try cluster.calls()
    #expect(try client.ask(.cancel(job: id)) == .done)
    #expect(try cluster.calls().contains("scancel 41 42"))
    #expect(try job(client)?.state == .cancelled)
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
    engine = folder.engine(cluster.environment)
    client = try #require(try await folder.client(of: engine))
    #expect(try await comesTrue { try job(client)?.state == .cancelled })
    try cluster.command("squeue", "true")
    #expect(try client.ask(.retry(job: id)) == .done)
    let array = try #require(try cluster.calls().first { $0.contains("shard.sbatch") })
    #expect(array.contains("--array=2 "), "\(array)")

    #expect(try await cluster.shared.run(["work", "--job-dir", place, "--shard", "2/2"]).status == 0)
    #expect(try await cluster.shared.run(["finish", "--job-dir", place]).status == 0)
    #expect(try await comesTrue { try job(client)?.state == .done })
    #expect(try client.ask(.remove(job: id)) == .done)
    #expect(try job(client) == nil && folder.exists("out/grl-\(id)/report.json"))
    for (name, bytes) in cluster.shared.expected { #expect(try folder.bytes("out/" + name) == bytes) }
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
  }

  @Test("what sbatch refuses is told, and leaves neither a folder nor a mark")
  func refused() async throws {
    let cluster = try await FakeCluster(small: 1)
    let folder = cluster.shared.folder
    try cluster.command("sbatch", "echo 'error: no such partition' >&2; exit 1")
    let engine = folder.engine(cluster.environment)
    let client = try #require(try await folder.client(of: engine))
    let request = folder.request(["p0.png"])
    guard case .failure(let failure)? = try client.ask(.submitToCluster(request, ClusterOrder(shards: 1))) else {
      Issue.record("submitted")
      return
    }
    #expect(failure.kind == .scheduler && failure.message.contains("sbatch: error: no such partition"))
    guard case .failure(let fault)? = try client.ask(.submitToCluster(request, ClusterOrder(partition: "a\nb"))) else {
      Issue.record("submitted")
      return
    }
    #expect(fault.kind == .badRequest)
    #expect(try folder.names(in: "out").isEmpty && job(client) == nil)
    _ = try client.ask(.shutDown)
    _ = try await engine.outcome()
  }
}
