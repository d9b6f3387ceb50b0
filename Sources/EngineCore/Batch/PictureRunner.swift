import Base
import EngineTransport
import EngineWire
import Imaging
import JobStore
import Restoration
import Tensors

/// Restores one picture after the other, from file to file; what an engine and `grl restore` have in common.
///
/// Lives on the thread that computes.
package final class PictureRunner {
  package let models: ModelCatalogue
  private let speeds: SpeedProfile
  private let pool: ThreadPool
  private let gate: WorkGate
  private let program: String
  private let crashLog: String?
  /// The last one used; a batch mostly needs one.
  private var restorer: Restorer?
  /// Shorter runs are too short to tell a speed.
  private static let fewestSeconds = 0.5

  /// - Parameters:
  ///   - pool: whose threads compute.
  ///   - gate: heeded by them.
  ///   - program: what this process is called in messages: `the engine`, `grl restore`.
  ///   - crashLog: the log in which a process of its kind says why it crashed, if there is one.
  package init(
    models: ModelCatalogue, speeds: SpeedProfile, pool: ThreadPool, gate: WorkGate, program: String,
    crashLog: String? = nil
  ) {
    self.models = models
    self.speeds = speeds
    self.pool = pool
    self.gate = gate
    self.program = program
    self.crashLog = crashLog
  }

  /// Reads, plans, restores, writes.
  ///
  /// - Parameters:
  ///   - journal: keeps tiles of pictures with more than one, and the steps; nil for pictures that leave no trace.
  ///   - isCancelled: asked between transformer blocks, beside the gate.
  ///   - onRead: called when the input has been read.
  ///   - onVerify: called with the progress of a second restoration without tiles, which is made only where this is given.
  /// - Throws: before anything is computed `resultClaimed`, where another process makes the result, and `died`, where two
  ///   processes before this one ended at the picture; `resultExists`, then or at the end.
  package func run(
    _ order: PictureOrder, journal: (any PictureJournal)?, isCancelled: () -> Bool, onRead: () -> Void = {},
    onVerify: ((RestorationProgress) -> Void)? = nil, onEvent: (PictureEvent) -> Void
  ) throws(JobError) -> PictureOutcome {
    // Standard input may be long in coming, and Ctrl-C ends that wait at once.
    let isStream = ImageFile.isStream(order.input)
    var claim = isStream ? nil : try self.claim(order, journal)
    defer { claim?.release() }
    if let journal {
      try journal.checkDeaths(at: order.input, program: program, crashLog: crashLog) {
        onEvent(.log(.warning, "\(order.input): \($0)"))
      }
      try journal.put(.attempt(picture: journal.picture, process: .current))
    }
    CrashPoint.passTrap(order.input)
    let source = try SourcePicture(
      order.input, order.settings, models, threadCount: order.threadCount, output: order.output)
    onRead()
    if isStream { claim = try self.claim(order, journal) }
    var order = order
    order.settings = source.settings
    let right = try order.settings.right.map { (path) throws(JobError) in
      try source.rightView(path, of: order.input)
    }
    let shape = PictureShape(source.image)
    let restorer: Restorer
    let work: PictureWork
    let wholePlan: RestorationPlan?
    do throws(RestorationError) {
      restorer = try self.restorer(for: shape, order)
      work = try PictureWork(order, shape, restorer, models, found: journal?.found) {
        onEvent(.log(.warning, "\(order.input): \($0)"))
      }
      // A picture that does not fit whole is refused before its tiles take hours.
      wholePlan = onVerify == nil ? nil : try restorer.wholePlan(of: work.plan)
    } catch {
      throw .restoration(error, picture: order.input)
    }
    let plan = work.plan
    try order.settings.checkSize(plan.result, output: order.output)
    onEvent(.planned(plan, model: restorer.model.card, image: source.shown, reason: work.reason))

    var tileStore: FolderTileStore?
    let isUnknown = journal?.folder == nil
    if let journal, plan.tiles.tileCount > 1, let folder = journal.makeFolder() {
      if isUnknown { try journal.put(.attempt(picture: journal.picture, process: .current)) }
      tileStore = try self.tileStore(for: work, order, restorer.model.card, journal, folder)
    }
    var last: RestorationProgress?
    let restored: RestoredImage
    do {
      restored = try restorer.restore(
        source.image, right: right, plan: plan, tileStore: tileStore, isCancelled: isCancelled,
        onTile: { event in
          onEvent(.tile(event.rendered(by: source)))
          if case .began(let tile) = event { CrashPoint.passTrap(order.input, tile: tile + 1) }
        },
        onProgress: {
          claim?.touch()
          last = $0
          onEvent(.progress($0))
        })
    } catch {
      throw JobError(error, picture: order.input)
    }
    let computing = journal?.found.map { $0.tiles.values.reduce(0) { $0 + $1.seconds } }
    let lost = try write(source.finished(restored.image, plan), order, journal)
    var tiling: TilingEffect?
    if let wholePlan, let onVerify {
      do {
        tiling = try restorer.tilingEffect(
          on: source.image, right: right, tiled: restored.image, plan: plan, wholePlan: wholePlan,
          isCancelled: isCancelled,
          onProgress: {
            claim?.touch()
            onVerify($0)
          })
      } catch {
        throw JobError(error, picture: order.input)
      }
    }
    let outcome = PictureOutcome(
      report: restored.report, reason: work.reason, seconds: max(computing ?? 0, restored.report.seconds),
      notes: source.warnings + restored.report.notes + lost, tiling: tiling)
    try finish(outcome, journal)
    if let last { remember(last, plan, restorer.model.card) }
    return outcome
  }

  // MARK: Before the work

  /// Claims the result for this process, then checks that nobody has made it yet.
  private func claim(_ order: PictureOrder, _ journal: (any PictureJournal)?) throws(JobError) -> ResultClaim? {
    while true {
      do throws(JobError) {
        let claim = try take(order.output)
        journal?.recovered()
        if mustNotExist(order, journal) { throw .resultExists(path: order.output, others: 0) }
        return claim
      } catch {
        guard error.isDiskFull, try journal?.retries(error) == true else { throw error }
      }
    }
  }

  private func take(_ output: String) throws(JobError) -> ResultClaim? {
    do { return try ResultClaim.take(output, program: program) } catch { throw JobError(error, path: output) }
  }

  /// Whether something has the result's name that is neither to be replaced nor what an attempt that died may have written itself.
  private func mustNotExist(_ order: PictureOrder, _ journal: (any PictureJournal)?) -> Bool {
    order.output != "-" && !order.mayReplace && journal?.found?.isWriting != true && fileExists(order.output)
  }

  private func restorer(for shape: PictureShape, _ order: PictureOrder) throws(RestorationError) -> Restorer {
    let card = try models.card(order.settings, for: shape)
    let options = order.settings.options
    if let restorer, restorer.model.card == card, restorer.threadCount == order.threadCount,
      restorer.model.network.device.description == options.device.description
    {
      return restorer
    }
    restorer = nil  // Two at once would hold two sets of weights.
    let made = Restorer(
      model: try models.model(card, precision: options.precision, kernels: options.kernels),
      threads: ThreadLease(threadCount: order.threadCount, of: pool, gate: gate))
    restorer = made
    return made
  }

  /// The picture's tiles in its folder: those of an earlier run where they still belong to it, none where they do not.
  private func tileStore(
    for work: PictureWork, _ order: PictureOrder, _ card: ModelCard, _ journal: any PictureJournal, _ folder: JobFolder
  ) throws(JobError) -> FolderTileStore? {
    if !work.isResumed {
      let record = try work.record(order, card, models)
      folder.removeTiles(of: journal.picture)
      try journal.put(.began(picture: journal.picture, record: record))
      CrashPoint.pictureBegun.pass()
      guard journal.folder != nil else { return nil }
    }
    return FolderTileStore(folder, picture: journal.picture, tileBytes: work.plan.tileShape.count * 4, journal: journal)
  }

  private func write(_ image: Image, _ order: PictureOrder, _ journal: (any PictureJournal)?) throws(JobError)
    -> [String]
  {
    if mustNotExist(order, journal) { throw .resultExists(path: order.output, others: 0) }
    let settings = order.settings
    let format: ImageFile.Format
    if let wanted = settings.format {
      format = wanted
    } else {
      format = order.output == "-" ? .png : try pictureFormat(of: order.output)
    }
    let isOwn = journal?.found?.isWriting ?? false
    var mayReplace = order.mayReplace
    if isOwn && !mayReplace { mayReplace = try holds(order.output, image, format, settings.encoding) }
    if let journal, !isOwn { try journal.put(.writing(picture: journal.picture)) }
    CrashPoint.resultAnnounced.pass()
    while true {
      do {
        let lost = try ImageFile.write(
          image, to: order.output, format: format, encoding: settings.encoding, mayReplace: mayReplace)
        CrashPoint.resultWritten.pass()
        journal?.recovered()
        return lost
      } catch .exists {
        throw .resultExists(path: order.output, others: 0)
      } catch {
        guard try journal?.retries(.image(error)) == true else { throw .image(error) }
      }
    }
  }

  /// Whether the file at `path` is what `image` makes: the result of an attempt that died behind its writing.
  private func holds(
    _ path: String, _ image: Image, _ format: ImageFile.Format, _ encoding: ImageFile.Encoding
  ) throws(JobError) -> Bool {
    guard fileExists(path) else { return false }
    do throws(ImageError) {
      let bytes = try ImageFile.encode(image, format: format, encoding: encoding)
      do throws(StoreError) { return try DurableFile.read(path, limit: bytes.count) == bytes } catch { return false }
    } catch {
      throw .image(error)
    }
  }

  private func finish(_ outcome: PictureOutcome, _ journal: (any PictureJournal)?) throws(JobError) {
    guard let journal else { return }
    let seconds = (outcome.seconds * 1000).rounded() / 1000
    try journal.put(
      .done(
        picture: journal.picture, seconds: seconds, seamScore: outcome.report.seamScore,
        notes: outcome.notes + [outcome.consistencyNote].compactMap(\.self)))
    CrashPoint.pictureDone.pass()
    journal.folder?.removeTiles(of: journal.picture)
    CrashPoint.tilesRemoved.pass()
  }

  private func remember(_ last: RestorationProgress, _ plan: RestorationPlan, _ card: ModelCard) {
    guard plan.options.kernels == .preferred, last.pixelsPerSecond > 0, last.secondsElapsed >= Self.fewestSeconds else {
      return
    }
    let share = Double(plan.networkPixels) / Double(plan.area.width * plan.area.height)
    do {
      speeds.record(
        model: try models.hash(card), precision: plan.options.precision, pixelsPerSecond: last.pixelsPerSecond * share)
    } catch { return }
  }
}

extension TileEvent {
  /// A finished tile in the colours of a screen.
  fileprivate func rendered(by source: SourcePicture) -> TileEvent {
    guard case .finished(let index, let place, let pixels, let isComputed) = self,
      let values = source.rendered(pixels.values, channels: pixels.shape.channels)
    else { return self }
    let channels = values.count / pixels.shape.pixels
    let colours = Tensor(
      shape: Shape(height: pixels.shape.height, width: pixels.shape.width, channels: channels), values: values)
    return .finished(index: index, place: place, pixels: colours, isComputed: isComputed)
  }
}
