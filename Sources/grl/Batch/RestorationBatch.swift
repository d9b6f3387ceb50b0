import Base
import EngineCore
import EngineWire
import Foundation
import Imaging
import JobStore
import Logging
import Restoration
import Tensors

/// Restores one picture after the other; a failure of one is reported and the others go on.
struct RestorationBatch {
  /// The pictures to restore, as they are shown; numbers are those of the job's folder.
  let items: [(number: Int, item: OutputPlan.Item)]
  /// Results that exist and stay.
  let skipped: [OutputPlan.Item]
  let settings: JobSettings
  /// What folders hold besides.
  let passedOver: [PassedOver]
  /// What becomes of results that exist.
  let existing: JobRequest.Existing
  let threadCount: Int
  let console: Console
  let events: EventStream?
  let logger: Logger
  let store: JobStore
  /// Restores each picture without tiles too and says what these changed.
  var verifies = false
  /// File for a picture of the changes.
  var verificationMap: String?
  let folder: BatchFolder
  /// Of the whole job, what earlier runs settled included.
  let progress: BatchProgress

  var pictureCount: Int { progress.pictureCount }

  /// How the pictures ended.
  private struct Tally {
    var done = 0
    var skipped: Int
    var failures: [ExitStatus] = []

    var status: ExitStatus {
      guard let first = failures.first else { return .done }
      return done == 0 && failures.allSatisfy { $0 == first } ? first : .someFailed
    }
  }

  /// Works through the pictures and returns the exit status: 0; that of the failure if all failed alike; 1 if only some did.
  func run(_ models: ModelCatalogue) -> Int32 {
    let started = ContinuousClock.now
    let speeds = SpeedProfile(path: StateFolder.path() + "/speeds.json", threadCount: threadCount)
    let pool = ThreadPool()
    let runner = PictureRunner(
      models: models, speeds: speeds, pool: pool, gate: Interruption.gate, program: "grl restore")
    var tally = Tally(skipped: skipped.count)
    events?.send(
      EventStream.Start(
        task: settings.request.task.rawValue, pictures: items.count, skipped: skipped.count, jobPictures: pictureCount))
    progress.measure(settings, models, speeds)
    tellPassedOver()
    for item in skipped {
      console.note("\(item.output): exists already, left as it is")
      ResultClaim.tidy(item.output)
    }
    // A claim is taken back behind Ctrl-C. A wait for standard input shall end at once, and nothing is claimed before it.
    if !items.contains(where: { ImageFile.isStream($0.item.input) }) { Interruption.watch() }
    // A batch is worth keeping from its first picture on; a single picture from its second tile on.
    if pictureCount > 1 { folder.made() }
    var elsewhere: [(number: Int, item: OutputPlan.Item)] = []
    for (number, item) in items where !Interruption.isRequested {
      if let holder = settle(item, number, runner, &tally) {
        console.note("\(item.input): \(holder), is making its result; looked at again at the end")
        elsewhere.append((number, item))
      }
      if let shortage = pool.shortage { logger.info("fewer threads", metadata: ["reason": "\(shortage)"]) }
    }
    waitForOthers(elsewhere, runner, &tally)
    console.endProgress()
    let isResumable = leave()

    let status = Interruption.isRequested ? Interruption.exitCode : tally.status.rawValue
    let seconds = (ContinuousClock.now - started).seconds
    events?.send(
      EventStream.End(
        done: tally.done, failed: tally.failures.count, skipped: tally.skipped, status: status, seconds: seconds))
    if Interruption.isRequested {
      let advice = isResumable ? "; --resume goes on from here" : ""
      console.error(
        "interrupted; \(tally.done) of \(items.count) pictures done, nothing half-written was left\(advice)")
    } else if items.count + skipped.count > 1 {
      console.note(
        "\(tally.done) done, \(tally.failures.count) failed, \(tally.skipped) skipped in \(clockTime(seconds))")
    }
    return status
  }

  /// Once for all together; each by its name for whoever asks.
  private func tellPassedOver() {
    for item in passedOver {
      logger.info("passed over", metadata: ["path": "\(item.path)", "reason": "\(item.reason)"])
      events?.send(EventStream.PassedOver(path: EventStream.absolute(item.path), reason: item.reason))
    }
    if let summary = PassedOver.summary(passedOver) { console.note("\(summary); -v names them") }
  }

  /// Takes one picture to its end, if that is for this process to do.
  ///
  /// - Returns: with `--skip-existing`, who is making the result elsewhere; nil where the picture is settled.
  private func settle(
    _ item: OutputPlan.Item, _ number: Int, _ runner: PictureRunner, _ tally: inout Tally
  ) -> String? {
    do throws(JobError) {
      try restore(item, number, runner)
      tally.done += 1
      return nil
    } catch .cancelled {
      return nil
    } catch .resultClaimed(_, let holder) where existing == .skip {
      progress.rest()
      return holder
    } catch .resultExists(let path, _) where existing == .skip {
      let reason = "\(path): appeared meanwhile, left as it is"
      console.note(reason)
      events?.send(
        EventStream.Skipped(
          index: number, input: EventStream.absolute(item.input), output: EventStream.absolute(item.output),
          reason: reason))
      folder.note(.skipped(picture: number, reason: reason.printable))
      tally.skipped += 1
    } catch {
      let status = ExitStatus(error.kind)
      let reason = "\(error)"
      console.error(reason)
      events?.send(
        EventStream.Failed(
          index: number, input: EventStream.absolute(item.input), status: status.rawValue, code: error.code,
          reason: reason))
      folder.note(.failed(picture: number, status: status.rawValue, reason: reason.printable))
      tally.failures.append(status)
    }
    progress.settle(number)
    return nil
  }

  /// Waits for the results that other processes are making, so that status 0 means that all are there. What they leave undone
  /// is done here.
  private func waitForOthers(
    _ pictures: [(number: Int, item: OutputPlan.Item)], _ runner: PictureRunner, _ tally: inout Tally
  ) {
    var waiting = pictures
    while !waiting.isEmpty && !Interruption.isRequested {
      waiting.removeAll { number, item in
        !Interruption.isRequested && settle(item, number, runner, &tally) == nil
      }
      if let first = waiting.first {
        console.progress(lastComponent(first.item.input), done: 0, detail: "waits for another process")
        progress.rest()
        usleep(200_000)
      }
    }
  }

  /// Leaves the job's folder for `--resume` where the batch was interrupted, and takes it away where it was not.
  ///
  /// - Returns: whether there is something to resume.
  private func leave() -> Bool {
    guard let made = folder.folder else { return false }
    if Interruption.isRequested {
      folder.note(.state(.paused, reason: "interrupted"))
      return folder.folder != nil
    }
    do throws(StoreError) {
      try store.remove(made.id, held: made)
    } catch {
      logger.info("the job's folder stays behind", metadata: ["reason": "\(error)"])
    }
    return false
  }

  private func restore(_ item: OutputPlan.Item, _ number: Int, _ runner: PictureRunner) throws(JobError) {
    let order = PictureOrder(
      input: item.input, output: item.output, settings: settings, mayReplace: existing == .replace,
      threadCount: threadCount)
    let journal = BatchPictureJournal(folder, picture: number) { [console] in console.note("\(item.input): \($0)") }
    var lastEvent = ContinuousClock.now
    var current: JobStep?
    let outcome = try runner.run(
      order, journal: journal, isCancelled: { Interruption.isRequested },
      // From here on; before, Ctrl-C shall end a wait for standard input at once.
      onRead: { Interruption.watch() },
      onVerify: verifies ? { report($0, ofVerifying: item, number) } : nil,
      onEvent: { event in
        switch event {
        case .planned(let plan, let model, _, let reason, let step):
          announce(plan, reason, of: item, number, model, runner.models, step)
          if number == items.first?.number { tellAlternatives(to: model, plan, runner) }
          current = step
        case .progress(let progress): report(progress, of: item, number, current, lastEvent: &lastEvent)
        case .log(_, let text): console.note(text)
        case .journal, .tile, .held, .released: break
        }
      })
    console.endProgress()
    finish(outcome, of: item, number)
    if let tiling = outcome.tiling, let verificationMap {
      try draw(tiling, of: outcome.report.plan, to: verificationMap)
    }
  }

  private func announce(
    _ plan: RestorationPlan, _ reason: String, of item: OutputPlan.Item, _ number: Int, _ model: ModelCard,
    _ models: ModelCatalogue, _ step: JobStep?
  ) {
    logger.info(
      "restoring",
      metadata: [
        "picture": "\(item.input)", "model": "\(model.name)", "tiles": "\(plan.tiles)", "at once": "\(plan.lanes)",
        "threads": "\(threadCount)",
        "memory": "\(MemoryBudget.text(plan.estimate.totalBytes)) of \(MemoryBudget.text(plan.options.budgetBytes))",
      ])
    logger.debug("memory estimate", metadata: ["parts": "\(plan.estimate)"])
    guard let events else { return }
    let hash: String
    // The model was read a moment ago; one that has gone since has no hash.
    do { hash = try models.hash(model) } catch { hash = "" }
    let request = plan.request
    events.send(
      EventStream.Picture(
        index: number, input: EventStream.absolute(item.input), output: EventStream.absolute(item.output),
        width: plan.input.width, height: plan.input.height, task: request.task.rawValue, model: model.name,
        modelHash: hash, sigma: request.sigma, quality: request.quality, scale: request.scale,
        tiles: plan.tiles.tileCount, tileWidth: plan.tiles.tileWidth, tileHeight: plan.tiles.tileHeight,
        overlap: plan.tiles.overlap, reason: reason, estimatedBytes: plan.estimate.totalBytes,
        budgetBytes: plan.options.budgetBytes, step: step))
  }

  private func report(
    _ picture: RestorationProgress, of item: OutputPlan.Item, _ number: Int, _ step: JobStep?,
    lastEvent: inout ContinuousClock.Instant
  ) {
    // Steps count alike. The second restoration, without tiles, takes as long as the first.
    let share = step.map { (Double($0.number - 1) + picture.fraction) / Double($0.count) } ?? picture.fraction
    progress.advance(number, share: share * (verifies ? 0.5 : 1))
    let estimate = progress.estimate
    let tile = "tile \(min(picture.tilesDone + 1, picture.tileCount))/\(picture.tileCount)"
    showProgress(
      of: item, picture.fraction, (step.map { $0.text + "  " } ?? "") + tile, seconds: picture.secondsRemaining,
      estimate)
    let now = ContinuousClock.now
    guard let events, now - lastEvent >= .milliseconds(100) else { return }
    lastEvent = now
    events.send(
      EventStream.Progress(
        index: number, fraction: picture.fraction, tilesDone: picture.tilesDone, tiles: picture.tileCount,
        pixelsPerSecond: picture.pixelsPerSecond, secondsRemaining: picture.secondsRemaining, step: step,
        jobFraction: estimate.fraction, jobSecondsRemaining: estimate.secondsRemaining, jobSettled: estimate.settled,
        jobPictures: estimate.count))
  }

  /// The bar: of the whole job, with the picture's own share in its place; of a job of one picture that one's.
  func showProgress(
    of item: OutputPlan.Item, _ fraction: Double, _ stage: String, seconds: Double?, _ estimate: JobEstimate
  ) {
    let name = lastComponent(item.input)
    guard pictureCount > 1 else {
      let left = seconds.map { "  " + ProgressBar.left($0) } ?? ""
      return console.progress(name, done: fraction, detail: stage + left)
    }
    let left = estimate.secondsRemaining.map { ProgressBar.left($0) + "  " } ?? ""
    console.progress(
      "\(min(estimate.settled + 1, estimate.count))/\(estimate.count)", done: estimate.fraction,
      detail: "\(left)\(ProgressBar.shortened(name)) \(Int(fraction * 100)) %")
  }

  private func finish(_ outcome: PictureOutcome, of item: OutputPlan.Item, _ number: Int) {
    for note in outcome.notes { console.note("\(item.input): \(note)") }
    let report = outcome.report
    progress.settle(number)
    if let events {
      let estimate = progress.estimate
      events.send(
        EventStream.Done(
          index: number, input: EventStream.absolute(item.input), output: EventStream.absolute(item.output),
          seconds: outcome.seconds, seamScore: report.seamScore, consistency: report.consistency, notes: outcome.notes,
          tiling: outcome.tiling.map(EventStream.Tiling.init), jobFraction: estimate.fraction,
          jobSecondsRemaining: estimate.secondsRemaining))
      return
    }
    let line = outcome.line(input: item.input, output: item.output)
    // Standard output is the picture's if it takes one.
    if items.contains(where: { $0.item.output == "-" }) { console.note(line) } else { console.report(line.printable) }
    guard verifies else { return }
    let text = outcome.tiling.map(Self.text) ?? "one tile, so tiling changed nothing"
    console.note("\(item.output): \(text)")
  }
}
