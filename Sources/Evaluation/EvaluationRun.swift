import Base
import Foundation
import GRLModel
import Imaging
import Restoration
import Tensors

/// What an evaluation tells while it runs, and asks.
package struct EvaluationListener {
  package let progress: (_ label: String, _ done: Double, _ detail: String) -> Void
  package let endProgress: () -> Void
  package let measured: (_ picture: String, _ psnr: Double) -> Void
  /// A picture that could not be measured, in one line.
  package let failed: (String) -> Void
  package let isCancelled: () -> Bool

  package init(
    progress: @escaping (_ label: String, _ done: Double, _ detail: String) -> Void, endProgress: @escaping () -> Void,
    measured: @escaping (_ picture: String, _ psnr: Double) -> Void, failed: @escaping (String) -> Void,
    isCancelled: @escaping () -> Bool
  ) {
    self.progress = progress
    self.endProgress = endProgress
    self.measured = measured
    self.failed = failed
    self.isCancelled = isCancelled
  }
}

/// Works through sets and levels, picture by picture, and keeps each result as soon as it is there.
package struct EvaluationRun {
  package let sets: [(set: TestSet, setting: EvaluationSetting)]
  package let limit: Int?
  /// Pictures are turned gray first.
  package let takesGray: Bool
  package let options: RestorationOptions
  package let threads: ThreadLease
  /// Forgets what was kept.
  package let isFresh: Bool
  package let imageLimits: ImageLimits
  package let listener: EvaluationListener

  /// Nil for the baseline alone.
  private var models: EvaluatedModels?
  private var progress = EvaluationProgress([], limits: .init())
  private var network: EvaluationNetwork?
  package private(set) var failedCount = 0

  package init(
    _ sets: [(set: TestSet, setting: EvaluationSetting)], models: EvaluatedModels?, limit: Int?, takesGray: Bool,
    options: RestorationOptions, threads: ThreadLease, isFresh: Bool, imageLimits: ImageLimits,
    listener: EvaluationListener
  ) {
    self.sets = sets
    self.models = models
    self.limit = limit
    self.takesGray = takesGray
    self.options = options
    self.threads = threads
    self.isFresh = isFresh
    self.imageLimits = imageLimits
    self.listener = listener
  }

  /// - Throws: a failure that ends everything: no model, no room, nothing to measure, interrupted.
  package mutating func run() throws(EvaluationError) -> [EvaluationBlock] {
    // A model that is missing is told before anything is computed.
    var parts: [(isColour: Bool, models: [EvaluatedModel])] = []
    let sets = sets.map { ($0.set, measured($0.setting, $0.set)) }
    for (set, setting) in sets {
      let isColour = try takesGray ? false : isColour(set, setting)
      parts.append((isColour, try models?.models(for: setting, isColour: isColour) ?? []))
    }
    progress = EvaluationProgress(
      zip(sets, parts).flatMap { set, part in
        repeatElement(set.0.limited(to: limit), count: max(1, part.models.count)).joined()
      }, limits: imageLimits)
    var blocks: [EvaluationBlock] = []
    for ((set, setting), part) in zip(sets, parts) {
      blocks.append(try evaluate(set, setting, isColour: part.isColour, part.models))
    }
    listener.endProgress()
    return blocks
  }

  /// Pictures of a set that are looked at to tell its noise.
  private static let mostLookedAt = 8

  /// The setting with the kind of noise that most of the set's own inputs have, where the choice of a model hangs on it.
  private func measured(_ setting: EvaluationSetting, _ set: TestSet) -> EvaluationSetting {
    guard setting.task == .denoise, set.source == .files, setting.noise == nil, models?.named.isEmpty == true else {
      return setting
    }
    var kinds: [NoiseKind] = []
    for path in set.limited(to: Self.mostLookedAt).compactMap(\.input) {
      do throws(EvaluationError) {
        let file = try file(path)
        _ = try bytes(of: [file], channels: 0)
        if let kind = NoiseSpectrum(try image(file))?.kind { kinds.append(kind) }
      } catch {
        continue  // Reported when it is this picture's turn.
      }
    }
    var setting = setting
    if !kinds.isEmpty { setting.measuredNoise = kinds.count { $0 == .photo } * 2 > kinds.count ? .photo : .gaussian }
    return setting
  }

  private mutating func evaluate(
    _ set: TestSet, _ setting: EvaluationSetting, isColour: Bool, _ models: [EvaluatedModel]
  ) throws(EvaluationError) -> EvaluationBlock {
    let pictures = set.limited(to: limit)
    var results = try measure(pictures, of: set, setting, isColour, models.first)
    var seconds = [results.seconds]
    for model in models.dropFirst() {
      // What the first could not take, no other can; it was reported.
      let names = Set(results.pictures.map(\.name))
      let more = try measure(pictures.filter { names.contains($0.name) }, of: set, setting, isColour, model)
      for (place, picture) in more.pictures.enumerated() { results.pictures[place].models += picture.models }
      seconds.append(more.seconds)
    }
    return EvaluationBlock(
      set, setting, isColour: isColour, isLimited: limit.map { $0 < set.pictures.count } ?? false, models: models,
      pictures: results.pictures, seconds: seconds)
  }

  /// The pictures that could be measured, the others being reported, and the mean seconds that the model took for one.
  private mutating func measure(
    _ pictures: [TestSet.Picture], of set: TestSet, _ setting: EvaluationSetting, _ isColour: Bool,
    _ model: EvaluatedModel?
  ) throws(EvaluationError) -> (pictures: [EvaluationBlock.Picture], seconds: Double) {
    let common = "\(setting.title); \(isColour ? "colour" : "gray"); rules \(setting.rules.rawValue); measures 2"
    let tiles = "tile \(options.tile), overlap \(options.overlap.map { String($0) } ?? "published"), f32"
    var stores = Stores(baseline: try store("input; " + common), model: nil)
    if let model { stores.model = try store("model \(model.hash); \(tiles); \(common)") }

    var results: [EvaluationBlock.Picture] = []
    var seconds = 0.0
    for (number, picture) in pictures.enumerated() {
      progress.begin(picture, number, of: pictures.count, label: "\(set.name) \(setting.title)")
      show(0)
      do throws(EvaluationError) {
        let found = try measure(picture, of: set, setting, isColour, model, &stores)
        results.append(
          .init(name: picture.name, baseline: found.baseline.values, models: found.model.map { [$0.values] } ?? []))
        seconds += found.model?.seconds ?? 0
        let psnr = (found.model ?? found.baseline).values["psnr"] ?? .nan
        listener.measured("\(set.name)/\(picture.name)", psnr)
        progress.end(wasComputed: found.isNew)
      } catch {
        guard error.isOfOnePicture else { throw error }
        listener.failed(error.description)
        failedCount += 1
        progress.end(wasComputed: false)
      }
    }
    guard !results.isEmpty else { throw EvaluationError.badInput("\(set.folder): no picture could be measured") }
    return (results, seconds / Double(results.count))
  }

  private struct Stores {
    var baseline: EvaluationStore
    var model: EvaluationStore?
  }

  private struct Found {
    let baseline: EvaluationStore.Result
    let model: EvaluationStore.Result?
    let isNew: Bool
  }

  /// Numbers of one picture, from the stores where they are there.
  private mutating func measure(
    _ picture: TestSet.Picture, of set: TestSet, _ setting: EvaluationSetting, _ isColour: Bool,
    _ model: EvaluatedModel?, _ stores: inout Stores
  ) throws(EvaluationError) -> Found {
    if listener.isCancelled() { throw interrupted }
    let files = try [picture.clean, picture.input, picture.right].map { (path: String?) throws(EvaluationError) in
      try path.map { (path: String) throws(EvaluationError) in try file(path) }
    }
    let facts = ["\(set.name)/\(picture.name)"] + files.map { $0?.hash ?? "" }
    let key = SHA256.hex(Array(facts.joined(separator: "\n").utf8))
    let (oldBaseline, oldModel) = (stores.baseline.results[key], stores.model?.results[key])
    if let oldBaseline, model == nil || oldModel != nil {
      return Found(baseline: oldBaseline, model: oldModel, isNew: false)
    }

    let besides = try bytes(of: files.compactMap { $0 }, channels: isColour ? 3 : 1)
    let images = try files.map { (file: PictureFile?) throws(EvaluationError) in
      try file.map { (file: PictureFile) throws(EvaluationError) in try image(file) }
    }
    let sample = try setting.sample(
      clean: images[0]!, input: images[1], right: images[2], isColour: isColour, set: set.name, name: picture.name,
      on: threads)
    func result(_ image: Image, _ seconds: Double) throws(EvaluationError) -> EvaluationStore.Result {
      var values: [String: Double] = [:]
      for measure in setting.measures {
        do { values[measure.key] = try measure.metric(image, sample.target) } catch {
          throw EvaluationError.badInput("\(picture.clean): \(error)")
        }
      }
      return .init(picture: key, name: picture.name, values: values, seconds: seconds)
    }
    let baseline: EvaluationStore.Result
    if let oldBaseline {
      baseline = oldBaseline
    } else {
      baseline = try result(sample.baseline, 0)
      try stores.baseline.keep(baseline)
    }
    guard let model else { return Found(baseline: baseline, model: nil, isNew: true) }
    if let oldModel { return Found(baseline: baseline, model: oldModel, isNew: false) }
    let (restored, seconds) = try restore(sample, setting, model, besides: besides, named: picture.clean)
    let measured = try result(restored, seconds)
    try stores.model?.keep(measured)
    return Found(baseline: baseline, model: measured, isNew: true)
  }

  private mutating func restore(
    _ sample: TestSample, _ setting: EvaluationSetting, _ model: EvaluatedModel, besides: Int, named path: String
  ) throws(EvaluationError) -> (Image, seconds: Double) {
    do throws(RestorationError) {
      if network?.model.card != model.card {
        network = nil
        let library = models!.library
        network = EvaluationNetwork(
          model: try library.load(model.card, kernels: options.kernels, on: options.place), threads: threads,
          options: options)
      }
      let started = ContinuousClock.now
      var running = network!
      let output = try running.restore(
        sample.input, setting, besides: besides, isCancelled: listener.isCancelled, onProgress: { show($0) })
      network = running
      return (output.image, (ContinuousClock.now - started).seconds)
    } catch {
      if case .cancelled = error { throw interrupted }
      throw .restoration(error, picture: path)
    }
  }

  /// Gray where the user says so or every picture is, and gray models exist.
  private func isColour(_ set: TestSet, _ setting: EvaluationSetting) throws(EvaluationError) -> Bool {
    guard setting.task.hasGrayModels else { return true }
    for picture in set.pictures {
      do throws(EvaluationError) {
        let file = try file(picture.clean)
        do throws(ImageError) {
          if try file.isColour(limits: imageLimits) { return true }
        } catch {
          continue  // Reported when it is this picture's turn.
        }
      } catch {
        guard error.isOfOnePicture else { throw error }
        continue  // Reported when it is this picture's turn.
      }
    }
    return false
  }

  private func file(_ path: String) throws(EvaluationError) -> PictureFile {
    do { return try PictureFile(path, limits: imageLimits) } catch { throw EvaluationError.badInput("\(error)") }
  }

  /// Copies of a picture in float that damage holds at its peak, and a network beside it.
  private static let floatCopies = 6

  /// What the pictures of one test take beside a network's own memory.
  ///
  /// - Parameter channels: of the test in float; 0 where pictures are only decoded.
  /// - Throws: by their headers, where that alone is over the budget.
  private func bytes(of files: [PictureFile], channels: Int) throws(EvaluationError) -> Int {
    let sizes: [(pixels: Int, decodingBytes: Int)]
    do { sizes = try files.map { (file) throws(ImageError) in try file.size(limits: imageLimits) } } catch {
      throw EvaluationError.badInput("\(error)")
    }
    let samples = zip(files, sizes).reduce(0) { $0 + $1.0.bytes.count + $1.1.decodingBytes }
    let floats = (sizes.first?.pixels ?? 0) * channels * 4 * Self.floatCopies
    let estimate = MemoryEstimate(pictures: samples, workspace: floats, threadCount: threads.threadCount)
    do { try MemoryBudget.check(estimate, within: options.memoryBytes) } catch {
      throw .restoration(error, picture: files[0].path)
    }
    return samples + floats
  }

  private func image(_ file: PictureFile) throws(EvaluationError) -> Image {
    do { return try file.image(limits: imageLimits) } catch { throw EvaluationError.badInput("\(error)") }
  }

  private func store(_ settings: String) throws(EvaluationError) -> EvaluationStore {
    try EvaluationStore(settings: settings, isFresh: isFresh, environment: ProcessInfo.processInfo.environment)
  }

  private func show(_ share: Double) {
    let line = progress.line(share)
    listener.progress(line.label, line.done, line.detail)
  }

  private var interrupted: EvaluationError {
    listener.endProgress()
    return .interrupted
  }
}
