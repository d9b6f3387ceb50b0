import Base
import EngineTransport
import EngineWire
import Foundation
import JobStore
import Restoration
import Trainer

// Trainings stand in the queue like other jobs, and one job computes at a time. Restorations that are queued come before the trainings at its
// end, and a training that runs gives way behind its step: it keeps its state, holds neither threads nor memory, and goes on later.

extension Engine {
  var trainingPlanner: TrainingPlanner {
    TrainingPlanner(
      library: models.library, budgetBytes: configuration.budgetBytes, threadCount: configuration.threadCount)
  }

  func planTraining(_ request: TrainingRequest, _ requester: Requester) async throws(JobError) -> TrainingPlan {
    let planner = trainingPlanner
    var plan = try await queues.plans.run(for: requester.number, about: request.data.first ?? "") {
      (flag) throws(JobError) in try planner.plan(request, flag)
    }
    if plan.problem == nil { plan.problem = clash(plan.request) }
    return plan
  }

  func train(_ request: TrainingRequest, _ requester: Requester) async throws(JobError) -> String {
    try checkRoom()
    let planner = trainingPlanner
    let request = try await queues.submissions.run(for: requester.number, about: request.data.first ?? "") {
      (flag) throws(JobError) in
      let request = try planner.checked(request, flag).request
      guard parentFolder(request.output) == planner.library.userFolder else { return request }
      do {
        try FileManager.default.createDirectory(
          atPath: planner.library.userFolder, withIntermediateDirectories: true)
      } catch {
        throw .folderNotMade(folder: planner.library.userFolder)
      }
      return request
    }
    if let clash = clash(request) { throw .badRequest(clash.message) }
    var job = JobRequest(inputs: request.data, task: request.task)
    (job.model, job.output) = (request.model, request.output)
    let paths = StoredJob.Picture(input: request.data[0], output: request.output)
    let folder = try await inStore { [job] (store) throws(StoreError) in
      try store.create(job, training: request, pictures: [paths], owner: .engine)
    }
    return try takeIn(folder)
  }

  /// Two trainings into one file.
  private func clash(_ request: TrainingRequest) -> TrainingPlan.Problem? {
    let other = jobs.first { job in !job.isEnded && job.record.job.training?.output == request.output }
    return other.map {
      TrainingPlan.Problem(
        kind: .usage, option: "output",
        message: "\(request.output): job \($0.id) is to write it; give another -o, or cancel that job".printable)
    }
  }

  /// Ends a training with what it has come to.
  func keep(_ id: String) async throws(JobError) {
    let index = try await taken(id)
    let job = jobs[index]
    guard job.isTraining else { throw .badRequest("job \(id) is no training: cancel it, finished pictures stay") }
    guard !job.isEnded else { throw state(of: index, wanted: "waiting, running or paused") }
    guard running?.job == id || job.record.pictures[0].curve.savedStep > 0 else {
      throw .badRequest("job \(id) has not begun to learn, so there is nothing to keep; cancel it instead")
    }
    note(.keep(picture: 0), in: index)
    if let running, running.job == id {
      running.keep.set()
      running.stop.set()
    }
    if jobs[index].state == .paused { return try await resume(id) }
    tellPicture(0, of: jobs[index])
    pump()
  }

  /// Puts the trainings at the end of the queue behind a job that is about to be put there.
  func moveTrainings(behind rank: Double) {
    let live = jobs.filter { !$0.isEnded && !$0.isElsewhere && $0.folder != nil }
    let trailing = live.suffix(from: live.lastIndex { !$0.isTraining }.map { $0 + 1 } ?? live.startIndex)
    for (place, job) in trailing.enumerated() {
      guard let index = jobs.firstIndex(where: { $0.id == job.id }) else { continue }
      note(.rank(rank + 0.001 * Double(place + 1)), in: index)
      insert(jobs.remove(at: index))
    }
  }

  /// Ends a training behind its step, where the queue has another job before it that can run.
  func giveWay() {
    guard let running, running.isTraining else { return }
    let first = jobs.first { $0.id == running.job || ($0.isReady && $0.next != nil) }
    if let first, first.id != running.job { running.stop.set() }
  }

  /// How far a training is, as clients see it.
  func wire(_ progress: TrainingProgress, _ phase: TrainingPreset.Phase, _ job: String) -> EngineWire.Progress {
    let left = progress.secondsLeft
    return EngineWire.Progress(
      job: job, picture: 0, tilesDone: 0, tileCount: 1, tileFraction: progress.share,
      secondsElapsed: progress.seconds, secondsRemaining: left.isFinite ? left : nil, pixelsPerSecond: 0,
      residentBytes: ProcessUsage.residentBytes, budgetBytes: runningBudget, cpuPercent: usage.cpuPercent(),
      training: TrainingFigures(
        step: progress.step, share: progress.share, loss: progress.loss, psnr: progress.psnr, rate: progress.rate,
        stepsPerSecond: progress.stepsPerSecond, patch: phase.patch, batch: phase.batch, window: phase.windowSize,
        stripeRows: phase.stripe.rows, stripeColumns: phase.stripe.columns))
  }
}
