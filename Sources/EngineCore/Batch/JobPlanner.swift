import Base
import EngineWire
import Imaging
import Restoration
import Tensors

/// Says what a job would do: reads headers and models, and times a model that was never used on this machine on a small tile, for two seconds at most.
package final class JobPlanner: Sendable {
  /// Pictures of one job, at most: what a request on the wire may name, and what a person can look through.
  package static let mostPictures = 10_000
  /// Files and folders that are looked at for one job, at most: ten for each picture, which takes some seconds.
  package static let mostFiles = 100_000

  let models: ModelCatalogue
  let speeds: SpeedProfile
  private let budgetBytes: Int
  private let threadCount: Int
  /// Whether something else computes: no model is timed then.
  private let isBusy: @Sendable () -> Bool
  private let memory = Locked(Memory())

  /// What earlier plans found out.
  private struct Memory {
    /// Measuring a network takes milliseconds for each tile tried, and folders are full of pictures of one size.
    var plans: [Key: Result<RestorationPlan, RestorationError>] = [:]
    var estimates: [FileStamp: PictureEstimates] = [:]
  }

  /// Pixels of a plan that are decoded to look at damage, at most; the rest is taken to be like the picture before.
  private static let mostLookedAt = 24_000_000

  /// What one plan has found out so far.
  struct PlanState {
    /// What the pictures need hangs on their damage.
    let looks: Bool
    fileprivate var pixelsLeft = mostLookedAt
    fileprivate var last = PictureEstimates.none
    /// Looking through the installed models takes milliseconds.
    fileprivate var cards: [Wanted: Result<ModelCard, RestorationError>] = [:]
    fileprivate var installed: [ModelCard]?

    init(looks: Bool) { self.looks = looks }
  }

  /// What the choice of a model hangs on.
  fileprivate struct Wanted: Hashable {
    let request: RestorationRequest
    let layout: Image.Layout
    let isSmall: Bool
  }

  /// How far a plan is.
  package enum Progress: Sendable {
    case searching(files: Int)
    case planning(pictures: Int, of: Int)
  }

  private struct Key: Hashable {
    let model: ModelCard
    let shape: PictureShape
    let request: RestorationRequest
    let options: RestorationOptions
    let threads: Int
  }

  package init(
    models: ModelCatalogue, speeds: SpeedProfile, budgetBytes: Int, threadCount: Int,
    isBusy: @escaping @Sendable () -> Bool = { false }
  ) {
    self.isBusy = isBusy
    self.models = models
    self.speeds = speeds
    self.budgetBytes = budgetBytes
    self.threadCount = threadCount
  }

  /// Ends the search of a job's pictures where there are too many, or `flag` is set.
  package static func look(
    _ flag: CancelFlag?, onSearch: @escaping (_ files: Int) -> Void = { _ in }
  ) -> InputList.OnLook {
    { (folder, files, pictures) throws(JobError) in
      if flag?.isSet == true { throw .cancelled }
      guard files <= mostFiles else { throw .tooManyFiles(folder: folder, limit: mostFiles) }
      // Half of them may be the results of an earlier run.
      guard pictures <= 2 * mostPictures else { throw .tooManyPictures(count: nil, limit: mostPictures) }
      onSearch(files)
    }
  }

  /// - Parameters:
  ///   - flag: ends the work.
  ///   - onProgress: called for every file and every picture.
  /// - Throws: `cancelled` only; what speaks against the job is in the plan.
  package func plan(
    _ job: JobRequest, _ flag: CancelFlag = CancelFlag(), onProgress: @escaping (Progress) -> Void = { _ in }
  ) throws(JobError) -> JobPlan {
    func refused(_ error: JobError) -> JobPlan {
      JobPlan(pictures: [], problem: error.description.printable, command: job.commandLine)
    }
    do throws(JobError) {
      var settings = try JobSettings(job, budgetBytes: budgetBytes)
      settings.limits.cancelFlag = flag
      let outputs = try OutputPlan(
        job, settings, keepsCollisions: true, onLook: Self.look(flag) { onProgress(.searching(files: $0)) })
      guard outputs.items.count + outputs.skipped.count <= Self.mostPictures else {
        return refused(
          .tooManyPictures(count: outputs.items.count + outputs.skipped.count, limit: Self.mostPictures))
      }
      var problem: String?
      if let first = outputs.items.lazy.compactMap({ outputs.collisions[$0.input] }).first {
        problem = first.description.printable
      } else {
        do { try outputs.refuseExisting() } catch { problem = error.description.printable }
      }
      let skipped = outputs.skipped.map {
        JobPlan.Picture(input: $0.input, output: $0.output, outputExists: true, isSkipped: true)
      }
      let isLooking =
        settings.looksAtNoise && models.library.knowsPhotoNoise || settings.request.task == .superResolution
      var state = PlanState(looks: isLooking)
      var pictures: [JobPlan.Picture] = []
      for item in outputs.items {
        if flag.isSet { throw .cancelled }
        onProgress(.planning(pictures: pictures.count, of: outputs.items.count))
        pictures.append(picture(item, settings, &state))
        if let collision = outputs.collisions[item.input] {
          pictures[pictures.count - 1].problem = collision.description.printable
        }
      }
      if flag.isSet { throw .cancelled }
      if problem == nil && pictures.isEmpty && skipped.isEmpty { problem = "no picture is left to restore" }
      return JobPlan(
        pictures: pictures + skipped, passedOver: JobPlan.PassedOver(outputs.passedOver), problem: problem,
        command: job.commandLine)
    } catch {
      if case .cancelled = error.kind { throw .cancelled }
      return refused(error)
    }
  }

  private func picture(_ item: OutputPlan.Item, _ settings: JobSettings, _ state: inout PlanState) -> JobPlan.Picture {
    var picture = JobPlan.Picture(input: item.input, output: item.output, outputExists: fileExists(item.output))
    do {
      let (shape, settings) = try seen(item, settings, &state, &picture)
      (picture.width, picture.height) = (shape.width, shape.height)
      try settings.checkSize(of: shape, output: item.output)
      do throws(RestorationError) {
        let planned = try plans(shape, settings, &state) { card in
          picture.model += (picture.model.isEmpty ? "" : ", ") + card.name
        }
        let (plans, cards) = (planned.map(\.plan), planned.map(\.card))
        let last = plans[plans.count - 1]
        do throws(JobError) {
          try settings.checkSize(last.result, output: item.output)
        } catch {
          picture.problem = "\(error)".printable
          return picture
        }
        let steps = try zip(plans, cards).map { (plan, card) throws(RestorationError) in try step(plan, card) }
        (picture.outputWidth, picture.outputHeight) = (last.result.width, last.result.height)
        picture.tileCount = steps.reduce(0) { $0 + $1.tileCount }
        (picture.tileWidth, picture.tileHeight) = (steps[0].tileWidth, steps[0].tileHeight)
        (picture.overlap, picture.reason) = (steps[0].overlap, steps[0].reason)
        picture.estimateBytes = steps.map(\.estimateBytes).max() ?? 0
        picture.budgetBytes = last.options.budgetBytes
        for note in plans.flatMap(\.notes) where !picture.notes.contains(note) { picture.notes.append(note) }
        let ignored = plans.reduce(into: [:]) { $0.merge($1.ignored) { $1 } }
        if !ignored.isEmpty { picture.ignored = ignored }
        if settings.looksAtNoise && cards[0].noise == .photo { picture.notes.append(Self.correlated) }
        let seconds = steps.compactMap(\.seconds)
        if seconds.count == steps.count { picture.seconds = seconds.reduce(0, +) }
        if settings.isChain {
          picture.steps = steps
        } else if settings.model == nil, settings.variant == nil {
          picture.alternatives = alternatives(to: cards[0], shape, settings, &state)
        }
      } catch {
        throw JobError.restoration(error, picture: nil)
      }
    } catch {
      picture.problem = "\(error)".printable
    }
    return picture
  }

  /// The plan and the model of each step.
  func plans(
    _ shape: PictureShape, _ settings: JobSettings, _ state: inout PlanState, onModel: (ModelCard) -> Void = { _ in }
  ) throws(RestorationError) -> [(plan: RestorationPlan, card: ModelCard)] {
    var cards: [ModelCard] = []
    let plans = try settings.plans(for: shape) { (settings, shape) throws(RestorationError) in
      let wanted = Wanted(
        request: settings.request, layout: shape.layout,
        isSmall: shape.width * shape.height <= ModelLibrary.fewPixels)
      let found =
        state.cards[wanted] ?? Result { () throws(RestorationError) in try models.card(settings, for: shape) }
      state.cards[wanted] = found
      let card = try found.get()
      cards.append(card)
      onModel(card)
      return try plan(shape, settings, card)
    }
    return Array(zip(plans, cards))
  }

  private func step(_ plan: RestorationPlan, _ card: ModelCard) throws(RestorationError) -> JobPlan.Step {
    var step = JobPlan.Step(
      task: plan.request.task.rawValue, model: card.name, outputWidth: plan.result.width,
      outputHeight: plan.result.height, tileCount: plan.tiles.tileCount, tileWidth: plan.tiles.tileWidth,
      tileHeight: plan.tiles.tileHeight, overlap: plan.tiles.overlap, reason: plan.tiles.reason,
      estimateBytes: plan.estimate.totalBytes)
    step.seconds = try seconds(plan, card)
    return step
  }

  /// How long the plan takes here; nil where no speed is known and none can be measured now.
  private func seconds(_ plan: RestorationPlan, _ card: ModelCard) throws(RestorationError) -> Double? {
    // Speeds are known of the processor's standard kernels.
    guard plan.options.hasKnownSpeed else { return nil }
    let known = speeds.pixelsPerSecond(model: try models.hash(card), precision: plan.options.precision)
    if let known { return Double(plan.networkPixels) / known }
    // A model that cannot be timed now (no memory for its tile) leaves the plan without a time.
    guard !isBusy(), let speed = try? speeds.measure(card, plan.options, models) else { return nil }
    return Double(plan.networkPixels) / speed
  }

  /// Other sizes of the model, with their times and gains; nil where there are none.
  private func alternatives(
    to card: ModelCard, _ shape: PictureShape, _ settings: JobSettings, _ state: inout PlanState
  ) -> [JobPlan.Alternative]? {
    let installed = state.installed ?? models.library.list().cards
    state.installed = installed
    let found = ModelLibrary.alternatives(to: card, of: installed, for: settings.request, layout: shape.layout)
    let alternatives = found.compactMap { (other, gain) -> JobPlan.Alternative? in
      guard let variant = other.variant, let plan = try? plan(shape, settings, other) else { return nil }
      return JobPlan.Alternative(
        model: other.name, variant: variant.rawValue, seconds: (try? seconds(plan, other)) ?? nil, gain: gain)
    }
    return alternatives.isEmpty ? nil : alternatives
  }

  static let correlated =
    "its noise is correlated, as cameras and JPEG leave it: the model for photographs is taken; --noise gaussian takes the other"
  private static let assumed =
    "its noise was taken to be like that of the pictures before; it is measured when its turn comes"

  /// Size and kind of a picture and what is asked of it. Where that depends on its damage, the picture is decoded and `picture` notes what was found.
  private func seen(
    _ item: OutputPlan.Item, _ settings: JobSettings, _ state: inout PlanState, _ picture: inout JobPlan.Picture
  ) throws(JobError) -> (shape: PictureShape, settings: JobSettings) {
    let (shape, own) = try SourcePicture.shape(item.input, settings, output: item.output)
    guard state.looks else { return (shape, own) }
    let (found, isCertain) = try look(at: item.input, shape, own, &state)
    if own.request.task == .superResolution && isCertain { picture.advice = found.adviceAgainstEnlarging }
    if own.looksAtNoise && !isCertain { picture.notes.append(Self.assumed) }
    return (shape, own.over(found.noise))
  }

  /// What the samples tell of the picture's damage, and whether they were looked at.
  private func look(
    at path: String, _ shape: PictureShape, _ settings: JobSettings, _ state: inout PlanState
  ) throws(JobError) -> (PictureEstimates, isCertain: Bool) {
    let stamp = FileStamp(path)
    if let stamp, let known = memory.withLock({ $0.estimates[stamp] }) {
      state.last = known
      return (known, true)
    }
    guard let stamp, shape.width * shape.height <= state.pixelsLeft,
      2 * shape.byteCount <= settings.options.budgetBytes
    else { return (state.last, false) }
    state.pixelsLeft -= shape.width * shape.height
    let image: Image
    do { image = try ImageFile.read(path, limits: settings.limits, damaged: settings.damaged).image } catch {
      throw .image(error)
    }
    guard let found = PictureEstimates(image, heeding: settings.limits.cancelFlag) else { throw .cancelled }
    memory.withLock { memory in
      if memory.estimates.count > 1000 { memory.estimates.removeAll() }
      memory.estimates[stamp] = found
    }
    state.last = found
    return (found, true)
  }

  private func plan(
    _ shape: PictureShape, _ settings: JobSettings, _ card: ModelCard
  ) throws(RestorationError) -> RestorationPlan {
    let threads = settings.threadCount ?? threadCount
    let key = Key(
      model: card, shape: shape, request: settings.request, options: settings.options, threads: threads)
    if let known = memory.withLock({ $0.plans[key] }) { return try known.get() }
    let result = Result { () throws(RestorationError) in
      try Restorer(
        model: models.model(card, settings.options),
        threads: ThreadLease(threadCount: threads)
      ).plan(for: shape, request: settings.request, options: settings.options)
    }
    memory.withLock { memory in
      if memory.plans.count > 1000 { memory.plans.removeAll() }
      memory.plans[key] = result
    }
    return try result.get()
  }
}

extension JobPlan.PassedOver {
  /// Files that are named in a plan, at most.
  private static let mostNamed = 20

  /// nil where nothing was passed over.
  init?(_ all: [PassedOver]) {
    guard let summary = PassedOver.summary(all) else { return nil }
    self.init(
      count: all.count, summary: summary.printable,
      first: all.prefix(Self.mostNamed).map { File(path: $0.path.printable, reason: $0.reason.printable) })
  }
}
