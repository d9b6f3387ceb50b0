import Base
import EngineTransport
import EngineWire
import Foundation
import JobStore
import Restoration

// Jobs that a cluster works on: planned and submitted here, then looked at. They stand behind the queue and never take its threads.

extension Engine {
  /// Plans a job and gives it to Slurm.
  ///
  /// - Returns: its name.
  func submit(
    _ request: JobRequest, to order: ClusterOrder, _ requester: Requester
  ) async throws(JobError) -> String {
    if let fault = order.fault { throw .badRequest(fault) }
    let (models, speeds, configuration) = (models, speeds, configuration)
    let notes = Locked<[String]>([])
    let id = try await queues.submissions.run(
      for: requester.number, about: request.inputs.first ?? "", isHeld: { true }
    ) { (flag) throws(JobError) in
      // Before the headers are read: is there a cluster?
      let maxArraySize = try Slurm.maxArraySize()
      let settings = try JobSettings(request)
      let outputs = try OutputPlan(request, settings, onLook: JobPlanner.look(flag))
      guard !outputs.items.isEmpty else { throw .badRequest("no picture is left to restore: every result exists") }
      guard request.right == nil || outputs.items.count == 1 else {
        throw .badRequest("the right view goes with exactly one picture, the left view")
      }
      try outputs.refuseExisting()
      try outputs.prepareFolders()
      let cpus = order.cpus ?? ClusterOrder.standardCPUs
      let threads = configuration.threadCount
      let planner = SharedJobPlanner(models: models, speeds: speeds, threadCount: threads, workerThreads: cpus)
      let job = try planner.make(
        request, settings, outputs,
        order.shards.map { .count($0) } ?? .time(3600, speed: Double(cpus) / Double(threads)), in: nil,
        isCancelled: { flag.isSet }, onNote: { note in notes.withLock { $0.append(note) } },
        onProgress: { requester.tell(.planning(files: 0, pictures: $0, count: outputs.items.count)) })
      do throws(JobError) {
        _ = try SlurmSubmission(order, job.plan).begin(job, maxArraySize: maxArraySize)
        try JobError.storing { () throws(StoreError) in
          try SharedJobList(stateFolder: configuration.stateFolder).add(job)
        }
      } catch {
        // Nobody was told of it.
        job.discard(marked: Set(outputs.items.map { canonicalPath(parentFolder($0.output)) }))
        throw error
      }
      return job.plan.id
    }
    for note in notes.withLock({ $0 }) { log(.info, note) }
    await lookAtClusters()
    return id
  }

  /// Looks how the clusters' jobs are, and tells what has changed.
  func lookAtClusters() async {
    guard !isShutDown else { return }
    let looker = clusterJobs
    let seen: (jobs: [JobInfo], problems: [String])
    do throws(JobError) {
      seen = try await queues.clusters.run(for: 0, about: "squeue", isHeld: { true }) { _ in looker.look() }
    } catch {
      return
    }
    guard !isShutDown else { return }
    for problem in seen.problems where !clusterProblems.contains(problem) { log(.warning, problem) }
    clusterProblems = Set(seen.problems)
    let before = clusters
    clusters = seen.jobs
    guard before.map(\.id) == clusters.map(\.id) else { return tellJobs() }
    for (old, new) in zip(before, clusters) where old != new {
      for (place, picture) in new.pictures.enumerated() where old.pictures[place] != picture {
        tell(.picture(job: new.id, picture: place, picture))
      }
      if let cluster = new.cluster, old.cluster != cluster || old.estimate != new.estimate {
        tell(.cluster(job: new.id, cluster, new.estimate))
      }
      if (old.state, old.reason) != (new.state, new.reason) {
        tell(.job(job: new.id, state: new.state, reason: new.reason))
      }
    }
  }

  /// The answer to a request about a job that a cluster works on; nil where it is about another one.
  func clusterReply(to request: Request, _ requester: Requester) async throws(JobError) -> (Reply, [UInt8])? {
    func found(_ id: String) -> JobInfo? { clusters.first { $0.id == id } }
    switch request {
    case .pause(let id) where found(id) != nil:
      throw .badRequest("a cluster's job does not pause; c cancels it, and R goes on where it was")
    case .resume(let id) where found(id) != nil, .retry(let id) where found(id) != nil:
      try await change(id) { (job) throws(JobError) in
        if case .missing(let shards) = try job.resume(onRepair: { _ in }) {
          throw .badRequest(
            "no scheduler has this job; start its \(shards.count) missing shards: grl jobs resume \(ShellLine.quoted(job.folder)) "
              + "names the commands")
        }
      }
    case .cancel(let id) where found(id) != nil:
      try await change(id) { (job) throws(JobError) in try job.end() }
    case .remove(let id):
      guard let job = found(id) else { return nil }
      guard [.done, .failed, .cancelled].contains(job.state) else {
        throw .jobState(id: id, state: job.state.rawValue, wanted: "ended")
      }
      clusterJobs.forget(id)
      await lookAtClusters()
    case .keep(let id) where found(id) != nil, .move(let id, _, _) where found(id) != nil,
      .moveJob(let id, _) where found(id) != nil:
      throw .badRequest("job \(id): the cluster's scheduler has its own order")
    case .jobPreview(let id, let place, let width, let height):
      guard let job = found(id) else { return nil }
      guard job.pictures.indices.contains(place) else { throw .badRequest("job \(id): no picture at place \(place)") }
      let picture = job.pictures[place]
      let path = picture.state == .done ? picture.output : picture.input
      return try await preview(path, nil, try Self.box(width, height, pictures: 1), requester)
    default: return nil
    }
    return (.done, [])
  }

  private func change(
    _ id: String, _ body: @escaping @Sendable (SharedJob) throws(JobError) -> Void
  ) async throws(JobError) {
    guard let job = clusterJobs.job(id) else { throw .store(.noSuchJob(id: id)) }
    try await queues.clusters.run(for: 0, about: job.folder, isHeld: { true }) { (_) throws(JobError) in try body(job) }
    await lookAtClusters()
  }
}
