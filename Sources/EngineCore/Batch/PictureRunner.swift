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
  package let speeds: SpeedProfile
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
  ///   - tiles: of a picture that is joined: those that were made of it elsewhere, cut as `journal` has them.
  ///   - onVerify: called with the progress of a second restoration without tiles, which is made only where this is given.
  /// - Throws: before anything is computed `resultClaimed`, where another process makes the result, and `died`, where two
  ///   processes before this one ended at the picture; `resultExists`, then or at the end.
  package func run(
    _ order: PictureOrder, journal: (any PictureJournal)?, tiles: (any TileStore)? = nil, isCancelled: () -> Bool,
    onRead: () -> Void = {},
    onVerify: ((RestorationProgress) -> Void)? = nil, onEvent: (PictureEvent) -> Void
  ) throws(JobError) -> PictureOutcome {
    // Standard input may be long in coming, and Ctrl-C ends that wait at once.
    let isStream = ImageFile.isStream(order.input)
    var claim = isStream ? nil : try self.claim(order, journal)
    defer { claim?.release() }
    let (order, picture, work) = try prepare(order, journal, onRead: onRead, onEvent: onEvent)
    if isStream { claim = try self.claim(order, journal) }
    // A picture that does not fit whole is refused before its tiles take hours.
    let wholePlan: RestorationPlan?
    do throws(RestorationError) {
      wholePlan = onVerify == nil ? nil : try restorer?.wholePlan(of: work.steps[0].plan)
    } catch {
      throw .restoration(error, picture: order.input)
    }
    if tiles != nil && !work.isResumed { throw .partsVoid(picture: order.input) }
    let plan = work.steps[work.steps.count - 1].plan
    try order.settings.checkSize(plan.result, output: order.output)
    let folder = try begin(work, order, journal)
    let whole: (source: SourcePicture, right: Image?)
    switch picture {
    case .whole(let source, let right):
      whole = (source, right)
      if onVerify == nil, writesAtOnce(order, source, work) {
        return try runRows(
          BandedPicture(source, right: right), work, order, journal,
          tiles: { [self] in tiles ?? tileStore(of: 0, in: work, folder, journal) }, isCancelled: isCancelled,
          touch: { claim?.touch() }, onEvent: onEvent)
      }
    case .rows(let rows):
      if onVerify != nil {
        throw .badRequest(
          "\(order.input): --verify restores the picture whole, which is over the memory budget; leave it out, or raise --memory"
        )
      }
      return try runRows(
        rows, work, order, journal, tiles: { [self] in tiles ?? tileStore(of: 0, in: work, folder, journal) },
        isCancelled: isCancelled, touch: { claim?.touch() }, onEvent: onEvent)
    }
    var source = whole.source
    let right = whole.right
    var (reports, ends) = ([RestorationReport](), [RestorationProgress?]())
    var restored = source.image
    let warnings = source.warnings
    for (place, step) in work.steps.enumerated() {
      let task = step.settings.request.task.rawValue
      onEvent(
        .planned(
          step.plan, model: step.card, image: source.shown, reason: step.reason,
          step: work.steps.count > 1 ? JobStep(number: place + 1, count: work.steps.count, task: task) : nil))
      let tileStore = tiles ?? tileStore(of: place, in: work, folder, journal)
      var last: RestorationProgress?
      do {
        let restorer = try restorer(for: step.card, step.settings, order.threadCount)
        let result = try restorer.restore(
          source.image, right: place == 0 ? right : nil, plan: step.plan, tileStore: tileStore,
          isCancelled: isCancelled,
          onTile: { event in
            onEvent(.tile(event.rendered { source.rendered($0, channels: $1) }))
            if case .began(let tile) = event { CrashPoint.passTrap(order.input, tile: tile + 1) }
          },
          onProgress: {
            claim?.touch()
            last = $0
            onEvent(.progress($0))
          })
        (restored, reports) = (result.image, reports + [result.report])
      } catch {
        throw JobError(error, picture: order.input)
      }
      ends.append(last)
      if place < work.steps.count - 1 { source = source.next(restored) }
    }
    let computing = journal?.found.map { $0.tiles.values.reduce(0) { $0 + $1.seconds } }
    var result = source.finished(restored, plan)
    result.metadata.provenance = try provenance(work, order)
    let lost = try write(result, order, journal)
    var tiling: TilingEffect?
    if let wholePlan, let onVerify, let restorer {
      do {
        tiling = try restorer.tilingEffect(
          on: source.image, right: right, tiled: restored, plan: plan, wholePlan: wholePlan,
          isCancelled: isCancelled,
          onProgress: {
            claim?.touch()
            onVerify($0)
          })
      } catch {
        throw JobError(error, picture: order.input)
      }
    }
    let notes = reports.flatMap(\.notes)
    let outcome = PictureOutcome(
      reports: reports, reason: work.steps[work.steps.count - 1].reason,
      seconds: max(computing ?? 0, reports.reduce(0) { $0 + $1.seconds }),
      notes: warnings + notes.indices.filter { !notes[..<$0].contains(notes[$0]) }.map { notes[$0] } + lost,
      tiling: tiling)
    try finish(outcome, journal)
    for (step, last) in zip(work.steps, ends) {
      if let last { remember(last, step.plan, step.card) }
    }
    return outcome
  }

  private func provenance(_ work: PictureWork, _ order: PictureOrder) throws(JobError) -> Provenance? {
    do throws(RestorationError) {
      var made: [(ModelCard, String)] = []
      for step in work.steps { made.append((step.card, try models.hash(step.card))) }
      return order.settings.provenance(made)
    } catch {
      throw .restoration(error, picture: order.input)
    }
  }

  // MARK: By rows

  /// Whether rows of the result are written while tiles are computed: where several are at once, writing behind them would leave their threads idle.
  private func writesAtOnce(_ order: PictureOrder, _ source: SourcePicture, _ work: PictureWork) -> Bool {
    let plan = work.steps[0].plan
    guard work.steps.count == 1, plan.lanes > 1, source.sensor == nil, source.storedLayout == nil, order.output != "-"
    else { return false }
    // A result that is resized, or held against its input, is needed whole.
    return plan.result.width == plan.input.width && plan.result.height == plan.input.height
      && (order.settings.format ?? ImageFile.Format(path: order.output))?.isWrittenByRows == true
  }

  /// Restores a picture by rows into the file of its result, which has its name when all is there.
  ///
  /// - Parameters:
  ///   - tiles: where finished tiles come from and go to, as it is now.
  ///   - touch: tells that the result is being made.
  private func runRows(
    _ picture: BandedPicture, _ work: PictureWork, _ order: PictureOrder, _ journal: (any PictureJournal)?,
    tiles: () -> (any TileStore)?, isCancelled: () -> Bool, touch: () -> Void, onEvent: (PictureEvent) -> Void
  ) throws(JobError) -> PictureOutcome {
    let (step, format) = (work.steps[0], try format(of: order))
    let plan = step.plan
    onEvent(.planned(plan, model: step.card, image: picture.shown, reason: step.reason, step: nil))
    let (model, hadThumbnail) = picture.model(of: plan, try provenance(work, order))
    let isOwn = journal?.found?.isWriting ?? false
    let isThere = isOwn && !order.mayReplace && fileExists(order.output)
    var (source, report, last) = (picture, RestorationReport?.none, RestorationProgress?.none)
    var lost: [String] = []
    while true {
      if mustNotExist(order, journal) { throw .resultExists(path: order.output, others: 0) }
      do throws(JobError) {
        lost = try ImageFile.writeRows(
          like: model, height: plan.result.height, to: order.output, format: format, encoding: order.settings.encoding,
          mayReplace: order.mayReplace || isThere, failure: { .image($0) }
        ) { (writer) throws(JobError) in
          report = try restoreRows(
            source, step, order, tileStore: tiles(), isCancelled: isCancelled, onEvent: onEvent,
            onProgress: {
              touch()
              last = $0
            }, writer)
        } finished: { (descriptor) throws(JobError) in
          // The result of an attempt that died behind its writing has these bytes.
          if isThere && !Descriptor.isEqual(descriptor, order.output) {
            throw .resultExists(path: order.output, others: 0)
          }
          if let journal, !isOwn { try journal.put(.writing(picture: journal.picture)) }
          CrashPoint.resultAnnounced.pass()
        }
        CrashPoint.resultWritten.pass()
        journal?.recovered()
        break
      } catch .image(.exists) {
        throw .resultExists(path: order.output, others: 0)
      } catch {
        guard error.isDiskFull, try journal?.retries(error) == true else { throw error }
        do { source = try picture.anew() } catch { throw .image(error) }
      }
    }
    guard let report else { throw .cancelled }
    let computing = journal?.found.map { $0.tiles.values.reduce(0) { $0 + $1.seconds } } ?? 0
    let outcome = PictureOutcome(
      reports: [report], reason: step.reason, seconds: max(computing, report.seconds),
      notes: source.warnings + report.notes + (hadThumbnail ? [RestorationPlan.thumbnailNote] : []) + lost,
      tiling: nil)
    try finish(outcome, journal)
    if let last { remember(last, plan, step.card) }
    return outcome
  }

  private func restoreRows(
    _ source: BandedPicture, _ step: PictureWork.Step, _ order: PictureOrder, tileStore: (any TileStore)?,
    isCancelled: () -> Bool, onEvent: (PictureEvent) -> Void, onProgress: (RestorationProgress) -> Void,
    _ writer: RowWriter
  ) throws(JobError) -> RestorationReport {
    let right = try source.rightView()
    var top = 0
    do throws(RestorationError) {
      return try restorer(for: step.card, step.settings, order.threadCount).restore(
        rowsOf: source, right: right, plan: step.plan, tileStore: tileStore, isCancelled: isCancelled,
        onTile: { event in
          onEvent(.tile(event.rendered { source.rendered($0, channels: $1) }))
          if case .began(let tile) = event { CrashPoint.passTrap(order.input, tile: tile + 1) }
        },
        onProgress: {
          onProgress($0)
          onEvent(.progress($0))
        }
      ) { (rows) throws(RestorationError) in
        do throws(ImageError) {
          try writer.put(source.finished(rows, top: top, step.plan))
        } catch {
          throw .picture(error)
        }
        top += rows.height
      }
    } catch {
      throw JobError(error, picture: order.input)
    }
  }

  // MARK: Parts

  /// Reads, plans, and makes some rows of a picture's tiles, which stay in the job's folder for whoever joins them.
  ///
  /// - Parameters:
  ///   - rows: of tiles, from the top.
  ///   - journal: of a folder: without one there is nowhere for the tiles to go.
  /// - Returns: seconds of computing.
  package func runPart(
    _ order: PictureOrder, rows: Range<Int>, journal: any PictureJournal, isCancelled: () -> Bool,
    onEvent: (PictureEvent) -> Void
  ) throws(JobError) -> Double {
    let (order, picture, work) = try prepare(order, journal, onRead: {}, onEvent: onEvent)
    let step = work.steps[0]
    let count = step.plan.tiles.tileCount / step.plan.tiles.tilesPerRow
    guard work.steps.count == 1, rows.upperBound <= count, let made = journal.makeFolder(),
      let folder = try begin(work, order, journal, made),
      let store = tileStore(of: 0, in: work, folder, journal)
    else { throw .partsVoid(picture: order.input) }
    func onTile(_ event: TileEvent) {
      onEvent(.tile(event))
      if case .began(let tile) = event { CrashPoint.passTrap(order.input, tile: tile + 1) }
    }
    var shown: Image?
    if case .whole(let source, _) = picture { shown = source.shown }
    onEvent(.planned(step.plan, model: step.card, image: shown, reason: step.reason, step: nil))
    let seconds: Double
    var right: (any PictureSource)?
    if case .rows(let source) = picture { right = try source.rightView() }
    do throws(RestorationError) {
      let restorer = try restorer(for: step.card, step.settings, order.threadCount)
      switch picture {
      case .whole(let source, let right):
        seconds = try restorer.restoreTiles(
          of: source.image, right: right, plan: step.plan, rows: rows, tileStore: store, isCancelled: isCancelled,
          onTile: onTile, onProgress: { onEvent(.progress($0)) })
      case .rows(let source):
        seconds = try restorer.restoreTiles(
          rowsOf: source, right: right, plan: step.plan, rows: rows, tileStore: store, isCancelled: isCancelled,
          onTile: onTile, onProgress: { onEvent(.progress($0)) })
      }
    } catch {
      throw JobError(error, picture: order.input)
    }
    let all = journal.found.map { $0.tiles.values.reduce(0) { $0 + $1.seconds } } ?? seconds
    try journal.put(.made(picture: journal.picture, seconds: (max(all, seconds) * 1000).rounded() / 1000))
    return seconds
  }

  private func tileStore(
    of place: Int, in work: PictureWork, _ folder: JobFolder?, _ journal: (any PictureJournal)?
  ) -> (any TileStore)? {
    guard let folder, let journal else { return nil }
    return FolderTileStore(
      folder, picture: journal.picture, step: place, firstTile: work.firstTile(of: place),
      tileBytes: work.steps[place].plan.tileShape.count * 4, journal: journal)
  }

  // MARK: Before the work

  private typealias Prepared = (order: PictureOrder, picture: Picture, work: PictureWork)

  private enum Picture {
    case whole(SourcePicture, right: Image?)
    /// Over the memory budget as a whole.
    case rows(BandedPicture)
  }

  /// Bytes of picture and result up to which there is no look at the plan before the picture is read.
  private static let surelyWhole = 1 << 18

  /// The picture by rows where it is over the memory budget as a whole; nil where it is not.
  private func rows(of order: PictureOrder) throws(JobError) -> BandedPicture? {
    guard !ImageFile.isStream(order.source), !RawFile.isRaw(order.source) else { return nil }
    let (shape, settings) = try SourcePicture.shape(order.source, order.settings, output: order.output)
    let least = MemoryEstimate(leastFor: shape, settings.request, settings.options).pictures
    guard least > Self.surelyWhole else { return nil }
    try settings.checkSize(of: shape, output: order.output)
    do throws(RestorationError) {
      let plans = try settings.plans(for: shape) { (settings, shape) throws(RestorationError) in
        try restorer(for: try models.card(settings, for: shape), settings, order.threadCount)
          .plan(for: shape, request: settings.request, options: settings.options)
      }
      guard plans[0].options.isBanded else { return nil }
    } catch {
      throw .restoration(error, picture: order.input)
    }
    do { return try BandedPicture(order.source, settings) } catch { throw .image(error) }
  }

  /// Reads the picture, or its header where it is read by rows, and settles how it is cut.
  private func prepare(
    _ order: PictureOrder, _ journal: (any PictureJournal)?, onRead: () -> Void, onEvent: (PictureEvent) -> Void
  ) throws(JobError) -> Prepared {
    if let journal {
      try journal.checkDeaths(at: order.input, program: program, crashLog: crashLog) {
        onEvent(.log(.warning, "\(order.input): \($0)"))
      }
      try journal.put(.attempt(picture: journal.picture, process: .current))
    }
    CrashPoint.passTrap(order.input)
    var order = order
    let (picture, shape): (Picture, PictureShape)
    if let rows = try rows(of: order) {
      (picture, shape, order.settings) = (.rows(rows), rows.shape, rows.settings)
      onRead()
    } else {
      let source = try SourcePicture(
        order.source, order.settings, models, threadCount: order.threadCount, output: order.output)
      onRead()
      order.settings = source.settings
      let right = try order.settings.right.map { (path) throws(JobError) in
        try source.rightView(path, of: order.input)
      }
      (picture, shape) = (.whole(source, right: right), PictureShape(source.image))
    }
    let work: PictureWork
    do throws(RestorationError) {
      work = try PictureWork(order, shape, models, found: journal?.found) {
        (settings, shape) throws(RestorationError) in
        let restorer = try self.restorer(for: try models.card(settings, for: shape), settings, order.threadCount)
        let plan = try restorer.plan(for: shape, request: settings.request, options: settings.options)
        return (plan, restorer.model.card)
      } onRestart: {
        onEvent(.log(.warning, "\(order.input): \($0)"))
      }
    } catch {
      throw .restoration(error, picture: order.input)
    }
    return (order, picture, work)
  }

  /// Claims the result for this process, then checks that nobody has made it yet.
  private func claim(_ order: PictureOrder, _ journal: (any PictureJournal)?) throws(JobError) -> ResultClaim? {
    while true {
      do throws(JobError) {
        let claim = try take(order.output, gone: journal?.found?.attempt)
        journal?.recovered()
        if mustNotExist(order, journal) { throw .resultExists(path: order.output, others: 0) }
        return claim
      } catch {
        guard error.isDiskFull, try journal?.retries(error) == true else { throw error }
      }
    }
  }

  /// - Parameter gone: whose folder this is now, that one's work is over.
  private func take(_ output: String, gone: ProcessIdentity?) throws(JobError) -> ResultClaim? {
    do { return try ResultClaim.take(output, program: program, gone: gone) } catch {
      throw JobError(error, path: output)
    }
  }

  /// Whether something has the result's name that is neither to be replaced nor what an attempt that died may have written itself.
  private func mustNotExist(_ order: PictureOrder, _ journal: (any PictureJournal)?) -> Bool {
    order.output != "-" && !order.mayReplace && journal?.found?.isWriting != true && fileExists(order.output)
  }

  private func restorer(
    for card: ModelCard, _ settings: JobSettings, _ threadCount: Int
  ) throws(RestorationError) -> Restorer {
    let options = settings.options
    if let restorer, restorer.model.card == card, restorer.threadCount == threadCount,
      restorer.model.network.device.description == options.device.description
    {
      return restorer
    }
    restorer = nil  // Two at once would hold two sets of weights.
    let made = Restorer(
      model: try models.model(card, options),
      threads: ThreadLease(threadCount: threadCount, of: pool, gate: gate))
    restorer = made
    return made
  }

  /// The same where the picture has several tiles and a journal.
  private func begin(
    _ work: PictureWork, _ order: PictureOrder, _ journal: (any PictureJournal)?
  ) throws(JobError) -> JobFolder? {
    let isUnknown = journal?.folder == nil
    guard let journal, work.tileCount > 1, let made = journal.makeFolder() else { return nil }
    if isUnknown { try journal.put(.attempt(picture: journal.picture, process: .current)) }
    return try begin(work, order, journal, made)
  }

  /// The folder with the picture's tiles: those of an earlier run where they still belong to it, none where they do not. nil where nothing
  /// can be kept.
  private func begin(
    _ work: PictureWork, _ order: PictureOrder, _ journal: any PictureJournal, _ folder: JobFolder
  ) throws(JobError) -> JobFolder? {
    guard !work.isResumed else { return folder }
    let record = try work.record(order, models)
    folder.removeTiles(of: journal.picture)
    try journal.put(.began(picture: journal.picture, record: record))
    CrashPoint.pictureBegun.pass()
    return journal.folder == nil ? nil : folder
  }

  private func write(_ image: Image, _ order: PictureOrder, _ journal: (any PictureJournal)?) throws(JobError)
    -> [String]
  {
    if mustNotExist(order, journal) { throw .resultExists(path: order.output, others: 0) }
    let settings = order.settings
    let format = try format(of: order)
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

  private func format(of order: PictureOrder) throws(JobError) -> ImageFile.Format {
    if let wanted = order.settings.format { return wanted }
    return order.output == "-" ? .png : try pictureFormat(of: order.output)
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
    guard plan.options.hasKnownSpeed, last.pixelsPerSecond > 0, last.secondsElapsed >= Self.fewestSeconds else {
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
  fileprivate func rendered(_ render: (_ values: [Float], _ channels: Int) -> [Float]?) -> TileEvent {
    guard case .finished(let index, let place, let pixels, let isComputed) = self,
      let values = render(pixels.values, pixels.shape.channels)
    else { return self }
    let channels = values.count / pixels.shape.pixels
    let colours = Tensor(
      shape: Shape(height: pixels.shape.height, width: pixels.shape.width, channels: channels), values: values)
    return .finished(index: index, place: place, pixels: colours, isComputed: isComputed)
  }
}
