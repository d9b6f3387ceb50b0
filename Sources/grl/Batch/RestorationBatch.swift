import EngineCore
import Foundation
import Imaging
import Logging
import Restoration

/// Restores one picture after the other; a failure of one is reported and the others go on.
struct RestorationBatch {
  let plan: OutputPlan
  let settings: JobSettings
  let library: ModelLibrary
  let threadCount: Int
  let console: Console
  let events: EventStream?
  let logger: Logger

  /// The last model used; a batch mostly needs one.
  private(set) var restorer: Restorer?

  /// Refuses a named model that cannot be read before any picture is.
  func checkModel() throws(JobError) {
    let anyShape = PictureShape(width: 1, height: 1, layout: .rgb)
    do { _ = try settings.card(in: library, for: anyShape) } catch { throw .restoration(error, picture: nil) }
  }

  /// Works through the plan and returns the exit status: 0; that of the failure if all failed alike; 1 if only some failed.
  mutating func run() -> Int32 {
    let started = ContinuousClock.now
    var done = 0
    var failures: [ExitStatus] = []
    events?.send(EventStream.Start(pictures: plan.items.count, skipped: plan.skipped.count))
    for item in plan.skipped { console.note("\(item.output): exists already, left as it is") }
    for (index, item) in plan.items.enumerated() where !Interruption.isRequested {
      do {
        try restore(item, index: index)
        done += 1
      } catch  where error.status == .interrupted {
        break
      } catch {
        console.error(error.description)
        events?.send(
          EventStream.Failed(index: index, input: item.input, status: error.status.rawValue, reason: error.description))
        failures.append(error.status)
      }
    }
    console.endProgress()

    let status: Int32 =
      if Interruption.isRequested {
        Interruption.exitCode
      } else if let first = failures.first {
        (done == 0 && failures.allSatisfy { $0 == first } ? first : .someFailed).rawValue
      } else {
        ExitStatus.done.rawValue
      }
    let seconds = (ContinuousClock.now - started).seconds
    events?.send(
      EventStream.End(
        done: done, failed: failures.count, skipped: plan.skipped.count, status: status, seconds: seconds))
    if Interruption.isRequested {
      console.error("interrupted; \(done) of \(plan.items.count) pictures done, nothing half-written was left")
    } else if plan.items.count + plan.skipped.count > 1 {
      console.note(
        "\(done) done, \(failures.count) failed, \(plan.skipped.count) skipped in \(clockTime(seconds))")
    }
    return status
  }

  private mutating func restore(_ item: OutputPlan.Item, index: Int) throws(Failure) {
    do {
      let decoded = try ImageFile.read(item.input, limits: settings.limits)
      Interruption.watch()  // From here on; before, Ctrl-C shall end a wait for standard input at once.
      let shape = PictureShape(decoded.image)
      let restorer = try restorer(for: shape)
      let plan = try restorer.plan(for: shape, request: settings.request, options: settings.options)
      announce(plan, of: item, index: index, model: restorer.model.card.name)

      let rightView = try settings.right.map { try ImageFile.read($0, limits: settings.limits).image }
      var lastEvent = ContinuousClock.now
      let restored = try restorer.restore(
        decoded.image, right: rightView, plan: plan, isCancelled: { Interruption.isRequested },
        onProgress: { progress in
          report(progress, of: item, index: index, lastEvent: &lastEvent)
        })
      console.endProgress()
      let format = item.output == "-" ? .png : try pictureFormat(of: item.output)
      let lost = try ImageFile.write(restored.image, to: item.output, format: format)
      finish(restored.report, of: item, index: index, notes: decoded.warnings + restored.report.notes + lost)
    } catch {
      guard let failure = Failure(libraryError: error, picture: item.input) else {
        preconditionFailure("an error that no library throws: \(error)")
      }
      throw failure
    }
  }

  private mutating func restorer(for picture: PictureShape) throws(RestorationError) -> Restorer {
    let card = try settings.card(in: library, for: picture)
    if let restorer, restorer.model.card == card { return restorer }
    logger.info("loading the model", metadata: ["name": "\(card.name)", "path": "\(card.path)"])
    let loaded = Restorer(model: try library.load(card), threadCount: threadCount)
    restorer = loaded
    return loaded
  }

  private func announce(_ plan: RestorationPlan, of item: OutputPlan.Item, index: Int, model: String) {
    logger.info(
      "restoring",
      metadata: [
        "picture": "\(item.input)", "model": "\(model)", "tiles": "\(plan.tiles)", "threads": "\(threadCount)",
        "memory":
          "\(MemoryBudget.text(plan.estimate.totalBytes)) of \(MemoryBudget.text(settings.options.budgetBytes))",
      ])
    logger.debug("memory estimate", metadata: ["parts": "\(plan.estimate)"])
    events?.send(
      EventStream.Picture(
        index: index, input: item.input, output: item.output, width: plan.input.width, height: plan.input.height,
        model: model, tiles: plan.tiles.tileCount, tileWidth: plan.tiles.tileWidth, tileHeight: plan.tiles.tileHeight,
        overlap: plan.tiles.overlap, reason: plan.tiles.reason, estimatedBytes: plan.estimate.totalBytes,
        budgetBytes: settings.options.budgetBytes))
  }

  private func report(
    _ progress: RestorationProgress, of item: OutputPlan.Item, index: Int, lastEvent: inout ContinuousClock.Instant
  ) {
    let tile = min(progress.tilesDone + 1, progress.tileCount)
    let place = plan.items.count > 1 ? "\(index + 1)/\(plan.items.count)  " : ""
    let left = progress.secondsRemaining.map { "  " + clockTime($0) + " left" } ?? ""
    console.progress(
      lastComponent(item.input), done: progress.fraction, detail: "\(place)tile \(tile)/\(progress.tileCount)\(left)")
    let now = ContinuousClock.now
    guard let events, now - lastEvent >= .milliseconds(100) else { return }
    lastEvent = now
    events.send(
      EventStream.Progress(
        index: index, fraction: progress.fraction, tilesDone: progress.tilesDone, tiles: progress.tileCount,
        pixelsPerSecond: progress.pixelsPerSecond, secondsRemaining: progress.secondsRemaining))
  }

  private func finish(_ report: RestorationReport, of item: OutputPlan.Item, index: Int, notes: [String]) {
    for note in notes { console.note("\(item.input): \(note)") }
    if let events {
      events.send(
        EventStream.Done(
          index: index, input: item.input, output: item.output, seconds: report.seconds, seamScore: report.seamScore,
          notes: notes))
      return
    }
    let seam = report.seamScore.map { ", seam score " + $0.fixed(3) } ?? ""
    let line =
      "\(item.input) -> \(item.output): \(report.model), \(report.plan), \(report.seconds.fixed(1)) s\(seam)"
    // Standard output is the picture's if it takes one.
    if plan.items.contains(where: { $0.output == "-" }) { console.note(line) } else { console.result(line.printable) }
  }
}
