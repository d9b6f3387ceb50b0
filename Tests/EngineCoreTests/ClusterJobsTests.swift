import Base
import EngineCore
import EngineWire
import Foundation
import JobStore
import Restoration
import Testing

@Suite("jobs of clusters, as the engine sees them", .timeLimit(.minutes(5))) struct ClusterJobsTests {
  /// A planned job of two shards that was submitted as 41, to be finished by 42.
  private static func job(_ folder: EngineFolder) throws -> SharedJob {
    try folder.picture("a.png")
    try folder.picture("b.png")
    let request = folder.request("a.png", "b.png")
    let settings = try JobSettings(request)
    let outputs = try OutputPlan(request, settings)
    try outputs.prepareFolders()
    let planner = SharedJobPlanner(
      models: ModelCatalogue(library: folder.library), speeds: SpeedProfile(path: nil, threadCount: 1), threadCount: 1,
      workerThreads: 1)
    let job = try planner.make(request, settings, outputs, .count(2), in: nil, onNote: { _ in }, onProgress: { _ in })
    let submission = "{\"arrays\":[{\"job\":\"41\",\"offset\":0,\"indices\":[1,2]}],\"finish\":\"42\"}"
    try Data(submission.utf8).write(to: URL(filePath: job.folder + "/submission.json"))
    try SharedJobList(stateFolder: folder.path("state")).add(job)
    return job
  }

  @Test(
    "the scheduler is asked once for all jobs, and not again before five seconds have passed; not at all where nothing is left"
  )
  func pace() throws {
    let folder = try EngineFolder()
    let job = try Self.job(folder)
    let asked = Locked<[[String]]>([])
    let clusters = ClusterJobs(stateFolder: folder.path("state")) { jobs in
      asked.withLock { $0.append(jobs) }
      return [:]
    }
    for time in [100, 101, 104.9, 105, 107, 110.5] { #expect(clusters.look(at: time).jobs.count == 1) }
    #expect(asked.withLock { $0 } == [["41", "42"], ["41", "42"], ["41", "42"]])
    try Data().write(to: URL(filePath: job.folder + "/cancelled"))
    #expect(clusters.look(at: 200).jobs.first?.state == .cancelled)
    #expect(asked.withLock { $0.count } == 3)
    try FileManager.default.removeItem(atPath: job.folder)
    #expect(clusters.look(at: 300).jobs.isEmpty && clusters.look(at: 300).problems.isEmpty)
  }

  private static let pending = Slurm.Task(state: "pending", node: "")
  private static let running = Slurm.Task(state: "running", node: "n1")

  @Test("what the queue has says how the job is; without an answer nothing is said to be missing")
  func states() throws {
    let folder = try EngineFolder()
    _ = try Self.job(folder)
    let tasks = Locked<[String: Slurm.Task]?>([:])
    let clusters = ClusterJobs(stateFolder: folder.path("state")) { _ in tasks.withLock { $0 } }
    func seen(_ now: [String: Slurm.Task]?, at time: Double) throws -> JobInfo {
      tasks.withLock { $0 = now }
      return try #require(clusters.look(at: time).jobs.first)
    }
    let waiting = try seen(["41_1": Self.pending, "41_2": Self.pending, "42": Self.pending], at: 10)
    #expect(waiting.state == .waiting && waiting.cluster?.shards.map(\.state) == [.queued, .queued])
    #expect(waiting.pictures.map(\.state) == [.waiting, .waiting] && waiting.estimate?.fraction == 0)
    let begun = try seen(["41_1": Self.running, "41_2": Self.pending], at: 20)
    #expect(begun.state == .running && begun.cluster?.shards.map(\.state) == [.starting, .queued])
    let silent = try seen(nil, at: 30)
    #expect(silent.state == .waiting && silent.reason == "the scheduler does not answer")
    let gone = try seen([:], at: 40)
    #expect(gone.state == .paused && gone.reason == "2 of 2 shards are neither done nor in a queue")
  }
}
