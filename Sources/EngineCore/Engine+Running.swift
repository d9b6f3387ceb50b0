import Base
import EngineWire
import Foundation
import JobStore
import Restoration
import Tensors

extension Engine {
  /// Starts the next picture, if nothing is in its way.
  ///
  /// A paused job that has a picture in flight keeps the computing thread: that is what it was paused for. Waiting jobs that
  /// are paused are passed over.
  func pump() {
    guard passCount == 0, !isShutDown else { return }
    guard running == nil else { return giveWay() }
    for index in jobs.indices where jobs[index].isReady {
      if let number = jobs[index].next { return start(number, of: index) }
      guard jobs[index].isSettled else { continue }
      conclude(index)
      return pump()
    }
  }

  private func start(_ number: Int, of index: Int) {
    guard let folder = jobs[index].folder else { return }
    let job = jobs[index]
    let picture = RunningPicture(job: job.id, number: number, isTraining: job.isTraining)
    let work: RunWork
    do throws(JobError) { work = try self.work(for: job, picture) } catch {
      finish(number, of: index, .failure(error))
      return pump()
    }
    running = picture
    (runningBytes, runningBudget) = (0, 0)
    trialCache.clear()
    isHeldBack = false
    gate.reopen()
    if jobs[index].state != .running {
      jobs[index].activity = .running
      tellState(of: jobs[index])
    }
    jobs[index].current = number
    tellPicture(number, of: jobs[index])

    let (events, continuation) = AsyncStream.makeStream(of: RunEvent.self)
    let (gate, queue, input) = (gate, queues.pictures, job.record.job.pictures[number].input)
    Task {
      let result: Result<Void, JobError>
      do throws(JobError) {
        try await queue.run(for: 0, about: input, isHeld: { gate.isPaused }) { (_) throws(JobError) in
          let reporter = RunReporter(picture) { continuation.yield($0) }
          let journal = EnginePictureJournal(folder, picture: number, gate: gate, wakeUp: picture.wakeUp) {
            reporter.pass($0)
          }
          try work(journal, reporter)
        }
        result = .success(())
      } catch {
        result = .failure(error)
      }
      continuation.yield(.ended(result))
      continuation.finish()
    }
    Task { [weak self] in
      for await event in events { await self?.take(event, from: picture) }
    }
  }

  /// What the computing thread does for a picture or a training.
  private typealias RunWork = @Sendable (EnginePictureJournal, RunReporter) throws(JobError) -> Void

  private func work(for job: QueuedJob, _ picture: RunningPicture) throws(JobError) -> RunWork {
    let (gate, runner) = (gate, runner)
    if let request = job.record.job.training {
      let runner = TrainingRunner(
        planner: trainingPlanner, pool: pool, gate: gate, program: "the engine", crashLog: crashLog)
      return { (journal, reporter) throws(JobError) in
        try runner.run(request, picture, journal: journal, send: reporter.send)
      }
    }
    let paths = job.record.job.pictures[picture.number]
    let settings = try JobSettings(job.request, budgetBytes: configuration.budgetBytes)
    let order = PictureOrder(
      input: paths.input, output: paths.output, settings: settings, mayReplace: job.request.existing == .replace,
      threadCount: settings.threadCount ?? configuration.threadCount)
    return { (journal, reporter) throws(JobError) in
      try runner.run { (runner) throws(JobError) in
        _ = try runner.run(order, journal: journal, isCancelled: { gate.isCancelled }, onEvent: { reporter.pass($0) })
      }
    }
  }

  private func take(_ event: RunEvent, from picture: RunningPicture) {
    guard running === picture, let index = jobs.firstIndex(where: { $0.id == picture.job }) else { return }
    let number = picture.number
    let place = jobs[index].place(of: number)
    switch event {
    case .journal(let entry):
      jobs[index].apply(entry)
      if picture.isTraining { tellPicture(number, of: jobs[index]) }
    case .estimated(let bytes, let budgetBytes):
      (runningBytes, runningBudget) = (bytes, budgetBytes)
    case .trained(let progress, let phase):
      let left = progress.secondsLeft.isFinite ? progress.secondsLeft : nil
      jobs[index].trained = JobEstimate(settled: 0, count: 1, fraction: progress.share, secondsRemaining: left)
      tell(.progress(placed(wire(progress, phase, picture.job), in: jobs[index])))
    case .planned(let plan, let estimateBytes, let budgetBytes):
      (runningBytes, runningBudget) = (estimateBytes, budgetBytes)
      guard jobs[index].state != .cancelled else { return }
      jobs[index].planned(plan, of: number)
      tellPicture(number, of: jobs[index])
    case .progress(let progress):
      jobs[index].computed(seconds: progress.secondsElapsed, of: number)
      jobs[index].pace.advance(number, share: progress.fraction, at: clockSeconds())
      if let pace = jobs[index].pace.measuredPace { paces[jobs[index].request.work] = pace }
      tell(.progress(placed(wire(progress, picture.job, place), in: jobs[index])))
    case .tileBegan(let tile):
      tell(.tile(job: picture.job, picture: place, tile: tile, .running))
    case .tileFinished(let tile):
      jobs[index].finished(tile: tile, of: number)
      tell(.tile(job: picture.job, picture: place, tile: tile, .done))
    case .held(let reason):
      jobs[index].pace.rest()
      guard jobs[index].state == .running else { return }
      jobs[index].activity = .held(reason: reason)
      tellState(of: jobs[index])
      log(.warning, reason)
    case .released:
      guard jobs[index].isHeld else { return }
      jobs[index].activity = .running
      tellState(of: jobs[index])
    case .log(let level, let text):
      log(level, text)
    case .ended(let result):
      if case .failure(.noAnswer) = result { leaveRunnerBehind() }
      running = nil
      (runningBytes, runningBudget) = (0, 0)
      reportShortage()
      finish(number, of: index, result)
      pump()
    }
  }

  /// Logs, once, that the system refused threads.
  private func reportShortage() {
    let shortage = pool.shortage
    if let shortage, shortage != reportedShortage { log(.warning, "\(shortage)") }
    reportedShortage = shortage
  }

  /// What follows from the end of a picture; that of a finished one is in the journal already.
  private func finish(_ number: Int, of index: Int, _ result: Result<Void, JobError>) {
    jobs[index].current = nil
    switch result {
    case .failure(.cancelled): jobs[index].pace.rest()
    case .success, .failure: jobs[index].pace.settle(number, at: clockSeconds())
    }
    if jobs[index].isHeld { jobs[index].activity = .running }
    let skips = jobs[index].request.existing == .skip
    switch result {
    case .success:
      break
    case .failure(.cancelled):
      note(.left(picture: number), in: index)
      // It gave way to another job, or was paused.
      if jobs[index].isTraining && !jobs[index].isEnded {
        jobs[index].activity = .none
        tellState(of: jobs[index])
      }
    case .failure(.resultExists(let path, _)) where skips:
      let reason = "\(path) exists already; another process made it meanwhile"
      log(.info, reason)
      note(.skipped(picture: number, reason: reason.printable), in: index)
    case .failure(.resultClaimed(let path, let holder)) where skips:
      let reason = "waits for \(path), which \(holder), is making"
      log(.info, reason)
      jobs[index].pace.reopen(number)
      if jobs[index].state != .cancelled { jobs[index].claimed[number] = reason }
    case .failure(let error):
      let reason = error.description
      log(.error, reason)
      note(.failed(picture: number, status: error.kind.exitStatus, reason: reason), in: index)
    }
    tellPicture(number, of: jobs[index])
    if jobs[index].isEnded {
      letGo(index)
    } else if jobs[index].isSettled && !isShutDown {
      conclude(index)
    } else if jobs[index].next == nil && jobs[index].state == .running && !isShutDown {
      jobs[index].activity = .blocked(reason: jobs[index].progress(number).reason)
      tellState(of: jobs[index])
    }
  }

  /// Ends a job whose pictures are all settled.
  private func conclude(_ index: Int) {
    let failed = jobs[index].pictures(in: .failed).count
    let isCancelled = !jobs[index].pictures(in: .cancelled).isEmpty
    let state: JobState = failed > 0 ? .failed : isCancelled ? .cancelled : .done
    let reason = failed > 0 ? "\(failed) of \(jobs[index].record.order.count) pictures failed" : nil
    note(.state(state, reason: reason), in: index)
    tellState(of: jobs[index])
    letGo(index)
  }

  /// Lets go of an ended job's folder, without its tiles, and forgets the oldest ones.
  func letGo(_ index: Int) {
    guard let folder = jobs[index].folder else { return }
    jobs[index].folder = nil
    let store = store
    storeWorker.submit {
      CrashPoint.jobEnded.pass()
      withExtendedLifetime(folder) { folder.removeAllTiles() }
    }
    storeWorker.submit { _ = store.clean() }
  }

  /// Holds the computing thread while a trial runs or its job is paused.
  func setGate() {
    // A training that is paused leaves instead.
    let isPaused = running.map { picture in
      !picture.isTraining && jobs.contains { $0.id == picture.job && $0.state == .paused && !$0.isHeld }
    }
    let isHeld = passCount > 0 || isPaused == true
    if isHeld { gate.pause() } else { gate.resume() }
    if isHeld, let index = jobs.firstIndex(where: { $0.id == running?.job }) { jobs[index].pace.rest() }
    guard running != nil, isHeld != isHeldBack else { return }
    isHeldBack = isHeld
    noteRunning { isHeld ? .left(picture: $0) : .attempt(picture: $0, process: .current) }
  }

  /// Puts a line about the running picture into its job's journal.
  func noteRunning(_ entry: (_ picture: Int) -> JournalEntry) {
    guard let running, let index = jobs.firstIndex(where: { $0.id == running.job }) else { return }
    note(entry(running.number), in: index)
  }

  private func wire(_ progress: RestorationProgress, _ job: String, _ place: Int) -> EngineWire.Progress {
    EngineWire.Progress(
      job: job, picture: place, tilesDone: progress.tilesDone, tileCount: progress.tileCount,
      tileFraction: progress.tileFraction, secondsElapsed: progress.secondsElapsed,
      secondsRemaining: progress.secondsRemaining, pixelsPerSecond: progress.pixelsPerSecond,
      residentBytes: ProcessUsage.residentBytes, budgetBytes: runningBudget, cpuPercent: usage.cpuPercent())
  }
}
