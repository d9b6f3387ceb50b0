import Base
import EngineTransport
import EngineWire
import Imaging
import JobStore
import Restoration
import Tensors

extension Engine {
  /// How a picture of a job looks now.
  func jobPreview(
    _ id: String, _ place: Int, _ box: (width: Int, height: Int), _ requester: Requester
  ) async throws(JobError) -> (Reply, [UInt8]) {
    let job = jobs[try index(of: id)]
    if job.isTraining {
      guard JobFolder.crops.indices.contains(place) else { throw .badRequest("job \(id): no crop at place \(place)") }
      return try await preview(joined(store.path(id), JobFolder.crops[place]), nil, box, requester)
    }
    guard let number = job.number(at: place) else { throw .badRequest("job \(id): no picture at place \(place)") }
    let picture = job.record.job.pictures[number]
    if let running, running.job == id, running.number == number, let canvas = running.canvas {
      return try await queues.previews.run(for: requester.number, about: picture.input) { _ in
        let shown = canvas.snapshot
        let size = Fit.shrunk(shown.width, shown.height, within: box)
        let scaled = shown.scaled(width: size.width, height: size.height)
        let whole = Rectangle(x: 0, y: 0, width: canvas.pictureWidth, height: canvas.pictureHeight)
        let info = PixelsInfo(
          width: scaled.width, height: scaled.height, pictureWidth: whole.width, pictureHeight: whole.height,
          region: whole)
        return (.pixels(info), scaled.pixels)
      }
    }
    return try await preview(job.state(of: number) == .done ? picture.output : picture.input, nil, box, requester)
  }

  /// Restores a region ahead of the jobs.
  func tryRegion(
    _ job: JobRequest, _ path: String, _ region: Rectangle, _ box: (width: Int, height: Int), _ requester: Requester
  ) async throws(JobError) -> (Reply, [UInt8]) {
    var job = job
    (job.inputs, job.region) = ([path], region)
    // Shown as the network makes it, pixel by pixel.
    (job.width, job.height, job.fit, job.maxMegapixels) = (nil, nil, nil, nil)
    // The running picture keeps its memory while it is held; the program itself is counted once.
    let budget = max(1, (job.memoryBytes ?? configuration.budgetBytes) - runningBytes)
    job.memoryBytes = budget
    let settings = try JobSettings(job)
    let order = TrialOrder(
      path: path, job: job, settings: settings, threadCount: settings.threadCount ?? configuration.threadCount,
      width: box.width, height: box.height)
    let (models, pool, cache) = (models, pool, trialCache)
    let (info, pixels) = try await aheadOfJobs(requester, about: path) { (gate, flag) throws(JobError) in
      try order.run(models, ThreadLease(threadCount: order.threadCount, of: pool, gate: gate), cache, flag)
    }
    return (.trial(info), pixels)
  }
}

/// A region to restore and show beside what it was.
private struct TrialOrder: Sendable {
  let path: String
  let job: JobRequest
  let settings: JobSettings
  let threadCount: Int
  let width: Int
  let height: Int

  func run(
    _ models: ModelCatalogue, _ threads: ThreadLease, _ cache: TrialCache, _ flag: CancelFlag
  ) throws(JobError) -> (TrialInfo, [UInt8]) {
    let start = ContinuousClock.now
    var settings = settings
    settings.limits.cancelFlag = flag
    let key = TrialCache.Key(job)
    let known = cache.take(key)
    var source: SourcePicture
    if let known {
      source = known.source
    } else {
      source = try SourcePicture(path, settings, models, threadCount: threadCount)
    }
    let image = source.image
    settings = settings.asking(source.settings)
    let region = try PreviewCache.region(settings.options.region, of: image)
    let right: Image?
    if let known {
      right = known.right
    } else {
      right = try settings.right.map { (right) throws(JobError) in try source.rightView(right, of: path) }
    }
    let before = scaled(source.shown, region)
    var (plan, restored): (RestorationPlan?, Image) = (nil, image)
    var names: [String] = []
    do throws(RestorationError) {
      for step in settings.steps {
        if plan != nil { source = source.next(restored) }
        let shape = PictureShape(source.image)
        let card = try models.card(step, for: shape)
        names.append(card.name)
        let model = try models.model(card, step.options)
        let restorer = Restorer(model: model, threads: threads)
        let own = try restorer.plan(for: shape, request: step.request, options: step.options)
        // What later steps see hangs on what is done behind the first one.
        let tiles = plan == nil ? TrialTiles(known?.card == card ? known?.tiles ?? [:] : [:]) : nil
        restored = try restorer.restore(
          source.image, right: plan == nil ? right : nil, plan: own, tileStore: tiles, isCancelled: { flag.isSet }
        ).image
        plan = own
        if let tiles {
          cache.keep(TrialCache.Pass(source: source, right: right, card: card, tiles: tiles.tiles), for: key)
        }
      }
    } catch {
      throw JobError(error, picture: path)
    }
    let after = scaled(plan.map { source.finished(restored, $0) } ?? restored, restored.bounds)
    func info(_ picture: ScaledPicture) -> PixelsInfo {
      PixelsInfo(
        width: picture.width, height: picture.height, pictureWidth: image.width, pictureHeight: image.height,
        region: region)
    }
    let seconds = (ContinuousClock.now - start).seconds
    return (
      TrialInfo(before: info(before), after: info(after), model: names.joined(separator: ", "), seconds: seconds),
      before.pixels + after.pixels
    )
  }

  private func scaled(_ image: Image, _ region: Rectangle) -> ScaledPicture {
    let size = Fit.shrunk(region.width, region.height, within: (width, height))
    return ScaledPicture(image, region: region, width: size.width, height: size.height)
  }
}
