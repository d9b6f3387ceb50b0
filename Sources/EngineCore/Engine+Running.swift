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
    guard running == nil, passCount == 0, !isShutDown else { return }
    for index in jobs.indices where jobs[index].folder != nil && [.waiting, .running].contains(jobs[index].state) {
      if let number = jobs[index].next { return start(number, of: index) }
      guard jobs[index].isSettled else { continue }
      conclude(index)
      return pump()
    }
  }

  private func start(_ number: Int, of index: Int) {
    guard let folder = jobs[index].folder else { return }
    let job = jobs[index]
    let order: PictureOrder
    do throws(JobError) {
      let settings = try JobSettings(job.job.request, budgetBytes: configuration.budgetBytes)
      order = PictureOrder(
        input: job.pictures[number].input, output: job.pictures[number].output, settings: settings,
        mayReplace: job.job.request.existing == .replace,
        threadCount: settings.threadCount ?? configuration.threadCount)
    } catch {
      finish(number, of: index, .failure(error))
      return pump()
    }
    let picture = RunningPicture(job: job.id, number: number)
    running = picture
    (runningBytes, runningBudget) = (0, 0)
    isHeldBack = false
    gate.reopen()
    if jobs[index].state != .running { set(.running, for: index) }
    jobs[index].pictures[number].state = .running
    tellPicture(number, of: jobs[index])

    let (news, continuation) = AsyncStream.makeStream(of: RunNews.self)
    let (gate, runner, queue) = (gate, runner, queues.pictures)
    let paths = job.job.pictures[number]
    Task {
      let result: Result<PictureOutcome, JobError>
      do throws(JobError) {
        let outcome = try await queue.run(for: 0, about: order.input, isHeld: { gate.isPaused }) {
          (_) throws(JobError) in
          let desk = NewsDesk(picture, paths) { continuation.yield($0) }
          let keeper = EngineKeeper(folder, picture: number, gate: gate, bell: picture.bell) { desk.pass($0) }
          return try runner.run { (runner) throws(JobError) in
            try runner.run(order, keeper: keeper, isCancelled: { gate.isCancelled }, onNews: { desk.pass($0) })
          }
        }
        result = .success(outcome)
      } catch {
        result = .failure(error)
      }
      continuation.yield(.ended(result))
      continuation.finish()
    }
    Task { [weak self] in
      for await item in news { await self?.take(item, from: picture) }
    }
  }

  private func take(_ news: RunNews, from picture: RunningPicture) {
    guard running === picture, let index = jobs.firstIndex(where: { $0.id == picture.job }) else { return }
    let number = picture.number
    let place = jobs[index].place(of: number)
    switch news {
    case .planned(var progress, let estimateBytes, let budgetBytes):
      (runningBytes, runningBudget) = (estimateBytes, budgetBytes)
      guard jobs[index].state != .cancelled else { return }
      progress.tilesDone = 0
      jobs[index].pictures[number] = progress
      tellPicture(number, of: jobs[index])
    case .progress(let progress):
      jobs[index].pictures[number].seconds = progress.secondsElapsed
      tell(.progress(wire(progress, picture.job, place)))
    case .tileBegan(let tile):
      tell(.tile(job: picture.job, picture: place, tile: tile, .running))
    case .tileFinished(let tile):
      jobs[index].pictures[number].tilesDone = tile + 1
      tell(.tile(job: picture.job, picture: place, tile: tile, .done))
    case .held(let reason):
      guard jobs[index].state == .running else { return }
      jobs[index].isHeld = true
      set(.paused, reason: reason, for: index)
      log(.warning, reason)
    case .released:
      guard jobs[index].isHeld else { return }
      jobs[index].isHeld = false
      set(.running, for: index)
    case .log(let level, let text):
      log(level, text)
    case .ended(let result):
      if case .failure(.noAnswer) = result { leaveRunnerBehind() }
      running = nil
      (runningBytes, runningBudget) = (0, 0)
      tellShortage()
      finish(number, of: index, result)
      pump()
    }
  }

  /// Logs, once, that the system refused threads.
  private func tellShortage() {
    let shortage = pool.shortage
    if let shortage, shortage != toldShortage { log(.warning, "\(shortage)") }
    toldShortage = shortage
  }

  /// Takes the end of a picture in.
  private func finish(_ number: Int, of index: Int, _ result: Result<PictureOutcome, JobError>) {
    jobs[index].isHeld = false
    switch result {
    case .success(let outcome):
      jobs[index].pictures[number].state = .done
      jobs[index].pictures[number].tilesDone = outcome.report.plan.tileCount
      jobs[index].pictures[number].seconds = outcome.seconds
      jobs[index].pictures[number].seamScore = outcome.report.seamScore
      jobs[index].pictures[number].notes = outcome.notes
    case .failure(.cancelled):
      note(.left(picture: number), in: jobs[index])
      if jobs[index].state == .cancelled {
        jobs[index].pictures[number].state = .cancelled
      } else {
        jobs[index].pictures[number].state = .waiting
      }
    case .failure(.resultExists(let path, _)) where jobs[index].job.request.existing == .skip:
      let reason = "\(path) exists already; another process made it meanwhile"
      log(.info, reason)
      note(.skipped(picture: number, reason: reason.printable), in: jobs[index])
      if jobs[index].state != .cancelled {
        (jobs[index].pictures[number].state, jobs[index].pictures[number].reason) = (.skipped, reason.printable)
      }
    case .failure(.resultClaimed(let path, let holder)) where jobs[index].job.request.existing == .skip:
      let reason = "waits for \(path), which \(holder), is making"
      log(.info, reason)
      if jobs[index].state != .cancelled {
        jobs[index].claimed.insert(number)
        (jobs[index].pictures[number].state, jobs[index].pictures[number].reason) = (.waiting, reason.printable)
      }
    case .failure(let error):
      let reason = error.description
      log(.error, reason)
      note(.failed(picture: number, status: error.kind.rawValue, reason: reason), in: jobs[index])
      if jobs[index].state != .cancelled {
        (jobs[index].pictures[number].state, jobs[index].pictures[number].reason) = (.failed, reason.printable)
      }
    }
    tellPicture(number, of: jobs[index])
    if jobs[index].isEnded {
      letGo(index)
    } else if jobs[index].isSettled && !isShutDown {
      conclude(index)
    } else if jobs[index].next == nil && jobs[index].state == .running && !isShutDown {
      set(.waiting, reason: jobs[index].pictures[number].reason, for: index)
    }
  }

  /// Ends a job whose pictures are all settled.
  private func conclude(_ index: Int) {
    let failed = jobs[index].pictures.filter { $0.state == .failed }.count
    let isCancelled = jobs[index].pictures.contains { $0.state == .cancelled }
    let state: JobState = failed > 0 ? .failed : isCancelled ? .cancelled : .done
    let reason = failed > 0 ? "\(failed) of \(jobs[index].pictures.count) pictures failed" : nil
    note(.state(state, reason: reason), in: jobs[index])
    set(state, reason: reason, for: index)
    letGo(index)
  }

  /// Lets go of an ended job's folder, without its tiles, and forgets the oldest ones.
  func letGo(_ index: Int) {
    guard let folder = jobs[index].folder else { return }
    jobs[index].folder = nil
    let store = store
    clerk.submit {
      CrashPoint.jobEnded.pass()
      withExtendedLifetime(folder) { folder.removeAllTiles() }
    }
    clerk.submit { _ = store.clean() }
  }

  /// Holds the computing thread while a trial runs or its job is paused.
  func setGate() {
    let isPaused = running.map { picture in jobs.contains { $0.id == picture.job && $0.state == .paused && !$0.isHeld }
    }
    let isHeld = passCount > 0 || isPaused == true
    if isHeld { gate.pause() } else { gate.resume() }
    guard running != nil, isHeld != isHeldBack else { return }
    isHeldBack = isHeld
    noteRunning { isHeld ? .left(picture: $0) : .attempt(picture: $0, process: .current) }
  }

  /// Puts a line about the running picture into its job's journal.
  func noteRunning(_ entry: (_ picture: Int) -> JournalEntry) {
    guard let running, let job = jobs.first(where: { $0.id == running.job }) else { return }
    note(entry(running.number), in: job)
  }

  private func wire(_ progress: RestorationProgress, _ job: String, _ place: Int) -> EngineWire.Progress {
    EngineWire.Progress(
      job: job, picture: place, tilesDone: progress.tilesDone, tileCount: progress.tileCount,
      tileFraction: progress.tileFraction, secondsElapsed: progress.secondsElapsed,
      secondsRemaining: progress.secondsRemaining, pixelsPerSecond: progress.pixelsPerSecond,
      residentBytes: ProcessUsage.residentBytes, budgetBytes: runningBudget, cpuPercent: usage.cpuPercent())
  }
}
