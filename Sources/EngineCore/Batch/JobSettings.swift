import Base
import EngineWire
import GRLModel
import Imaging
import Restoration
import Tensors

/// A `JobRequest` in the words of `Restoration`, every value checked. Of a chain, those of its first step, with the others behind them.
package struct JobSettings: Sendable {
  package private(set) var request: RestorationRequest
  package private(set) var options: RestorationOptions
  /// Bits of a sample in the result, whatever the network gives.
  let wantedDepth: OutputDepth
  package var limits: ImageLimits
  package let right: String?
  /// How what is made of a camera raw file is stored.
  package let transfer: SensorTransfer
  /// Brightness of what is made of a camera raw file.
  package let exposure: SensorExposure
  /// Of the results; nil leaves it to their names.
  package let format: ImageFile.Format?
  package let encoding: ImageFile.Encoding
  /// What becomes of pictures that are damaged or cut off.
  package let damaged: DamagePolicy
  /// Name or file; nil to choose by picture.
  package let model: String?
  package let variant: ModelVariant?
  package let overrides: ConfigurationOverrides
  package let threadCount: Int?
  /// `JobRequest.settings` of all steps.
  private var words = ""
  /// The steps behind this one.
  package private(set) var later: [JobSettings] = []
  /// What is done where the picture and its result are over the memory budget; nil where its file was not looked at.
  private var bands: Bands?
  /// What of `options.besidesBytes` follows the picture.
  private var wholeBytes = 0

  /// Whether a picture can be restored by rows.
  enum Bands: Sendable {
    /// Reading holds so many bytes beside the rows.
    case possible(rowsBytes: Int)
    case impossible(reason: String)

    /// Why it is not done by rows; nil where it can be.
    func reason(_ settings: JobSettings) -> String? {
      if case .impossible(let reason) = self { return reason }
      guard settings.looksAtNoise, settings.request.measuredNoise == nil else { return nil }
      return "its noise is not looked at then; say which it is with --noise or --sigma"
    }
  }

  /// - Parameter budgetBytes: what a job that names no budget may hold resident; nil leaves that to `RestorationOptions`.
  package init(_ job: JobRequest, budgetBytes: Int? = nil) throws(JobError) {
    if let fault = JobOption.task.fault(in: job) ?? job.chainProblem { throw .badRequest(fault) }
    let steps = job.steps
    try self.init(step: steps[0], budgetBytes: budgetBytes)
    words = job.settings
    for step in steps.dropFirst() { later.append(try JobSettings(step: step, budgetBytes: budgetBytes)) }
    guard isChain else { return }
    // Floats from the first step to the last; the file gets the bits that were asked for.
    options.depth = .keep
    for step in later.indices { later[step].options.depth = .keep }
  }

  /// For one task.
  private init(step job: JobRequest, budgetBytes: Int?) throws(JobError) {
    // What a task knows of is the request's to check: its messages say more.
    for option in JobOption.all where !option.values.isEmpty || option.tasks.isEmpty {
      if let fault = option.fault(in: job) { throw .badRequest(fault) }
    }
    func value<Value: RawRepresentable<String>>(_ text: String) throws(JobError) -> Value {
      guard let value = Value(rawValue: text) else { throw .badRequest("'\(text)' is not known here") }
      return value
    }
    let task: RestorationTask = try value(job.task)
    let depth: OutputDepth = try value(job.depth)
    damaged = try value(job.damaged ?? "refuse")
    format = try job.format.map { (text) throws(JobError) in try value(text) }
    if let reason = format?.reasonAgainstWriting { throw .badRequest("--format \(job.format ?? ""): \(reason)") }
    encoding = ImageFile.Encoding(
      quality: job.outputQuality, chroma: try value(job.chroma ?? "full"),
      compression: try value(job.compression ?? "deflate"))
    transfer = try value(job.transfer ?? "srgb")
    exposure =
      switch job.exposure {
      case nil: transfer == .linear ? .value(0) : .automatic
      case "auto": .automatic
      case let text?: .value(Double(text) ?? 0)
      }
    if transfer == .linear, task != .demosaic || depth == .eight {
      throw .badRequest("--linear is for --task demosaic with a depth of 16 bits")
    }
    request = RestorationRequest(
      task, sigma: job.sigma, noise: try job.noise.map { (text) throws(JobError) in try value(text) },
      quality: job.quality, scale: job.scale,
      style: try job.style.map { (text) throws(JobError) in try value(text) }, filters: try value(job.filters),
      isDualPixel: job.right != nil)
    do { try request.validate(modelIsNamed: job.model != nil) } catch { throw .restoration(error, picture: nil) }
    right = job.right
    model = job.model
    variant = try job.variant.map { (text) throws(JobError) in try value(text) }
    guard (job.network?.stripeRows == nil) == (job.network?.stripeColumns == nil) else {
      throw .badRequest("both sides of the stripe have to be given")
    }
    overrides = ConfigurationOverrides(job.network)
    threadCount = job.threadCount
    var limits = ImageLimits.standard
    if let pixels = job.maxPixels {
      limits.pixels = pixels
      // Four floats a pixel, and as much again for whatever holds them.
      limits.fileBytes = max(limits.fileBytes, pixels.multipliedReportingOverflow(by: 32).overflow ? .max : pixels * 32)
    }
    self.limits = limits

    var options = RestorationOptions()
    options.tile =
      switch job.tile {
      case .automatic: .automatic
      case .whole: .whole
      case .side(let side): .side(side)
      }
    options.overlap = job.overlap
    if let memory = job.memoryBytes {
      options.memoryBytes = memory
    } else if let budgetBytes {
      options.memoryBytes = options.tile == .automatic ? min(budgetBytes, 4 << 30) : budgetBytes
    }
    options.region = job.region
    options.depth = depth
    wantedDepth = depth
    options.metadata = try value(job.metadata)
    options.precision = try value(job.precision ?? "float32")
    if let kernels = job.kernels {
      options.kernels = try value(kernels)
      if options.kernels == .blas && options.precision == .bfloat16 {
        throw .badRequest("--kernels blas computes in float32: leave --precision bf16 away, or take --kernels own")
      }
      if options.kernels == .blas {
        do { _ = try OpenBLAS() } catch { throw .badRequest("--kernels blas: \(error)") }
      }
    }
    if let device = job.device {
      options.place = DeviceChoice(device)
      do {
        _ = try options.precision.device(by: options.kernels, on: options.place)
      } catch {
        throw .restoration(.device(error), picture: nil)
      }
    }
    options.usesSelfEnsemble = job.usesSelfEnsemble
    (options.finish, options.size) = (ResultFinish(job), ResultSize(job))
    do throws(RestorationError) {
      try options.size.validate()
    } catch {
      throw .restoration(error, picture: nil)
    }
    self.options = options
  }

  /// The same for what a sensor recorded: its own colour filters count.
  func over(_ sensor: SensorHeader?) -> JobSettings {
    guard let sensor else { return self }
    var settings = self
    settings.request.filters = sensor.filters
    return settings
  }

  /// The same for a picture whose values are taken to sRGB's curve first: the network gets and gives floats, and the result gets
  /// the bits that were asked for behind it.
  func over(_ colours: NetworkColours?, of picture: PictureShape) -> JobSettings {
    guard colours != nil else { return self }
    var settings = self
    settings.options.depth = .keep
    // The result in floats and in the bits of its file.
    if !isChain {
      settings.wholeBytes = picture.width * picture.height * picture.layout.channels * 4
      settings.options.besidesBytes += settings.wholeBytes
    }
    return settings
  }

  /// The same for a picture with this header, whose result goes to `output`.
  func over(_ header: ImageFile.Header, output: String) -> JobSettings {
    var settings = self
    let written = format ?? ImageFile.Format(path: output)
    let reason: String? =
      if let reason = header.wholeReason {
        reason
      } else if isChain {
        "the steps of a chain hand on whole pictures; restore step by step"
      } else if damaged == .keep {
        "what is damaged is kept of whole pictures only; leave --damaged keep out"
      } else if options.size != ResultSize() {
        "a result is resized whole; resize it afterwards"
      } else if output == "-" || written?.isWrittenByRows != true {
        "only PNG, TIFF and OpenEXR files are written by rows; choose such a name for the result"
      } else {
        nil
      }
    settings.bands = reason.map { .impossible(reason: $0) } ?? .possible(rowsBytes: header.rowsBytes)
    return settings
  }

  /// What the result's file says of its making; nil where it is to say nothing.
  ///
  /// - Parameter models: of each step.
  package func provenance(_ models: [(card: ModelCard, sha256: String)]) -> Provenance? {
    guard options.metadata == .keep else { return nil }
    let made = zip(steps, models).map { step, model in
      Provenance.Step(task: step.request.task.rawValue, model: model.card.name, sha256: model.sha256)
    }
    return Provenance(version: Version.current, steps: made, settings: words)
  }

  /// The same with tiles as an earlier run cut them.
  package func cut(side: Int, overlap: Int) -> JobSettings {
    var settings = self
    (settings.options.tile, settings.options.overlap) = (.side(side), overlap)
    return settings
  }

  /// Several steps, with floats between them.
  package var isChain: Bool { !later.isEmpty }

  /// The settings of each step.
  package var steps: [JobSettings] { [self] + later }

  /// The plans of all steps, each for what the one before it makes.
  ///
  /// - Parameter plan: plans one of them.
  func plans(
    for picture: PictureShape,
    _ plan: (JobSettings, PictureShape) throws(RestorationError) -> RestorationPlan
  ) throws(RestorationError) -> [RestorationPlan] {
    guard isChain else {
      do throws(RestorationError) {
        return [try plan(self, picture)]
      } catch {
        guard case .overBudget(let estimate, let budgetBytes, let advice) = error, let bands else { throw error }
        var rows = self
        rows.options.isBanded = true
        rows.options.besidesBytes -= wholeBytes
        if case .possible(let rowsBytes) = bands { rows.options.besidesBytes += rowsBytes }
        let made: RestorationPlan
        do throws(RestorationError) { made = try plan(rows, picture) } catch {
          guard case .overBudget(let byRows, _, _) = error, byRows.totalBytes < estimate.totalBytes,
            bands.reason(self) == nil
          else { throw .overBudget(estimate: estimate, budgetBytes: budgetBytes, advice: advice) }
          throw error
        }
        guard let reason = bands.reason(self) else { return [made] }
        throw .overBudget(
          estimate: estimate, budgetBytes: budgetBytes,
          advice: "\(advice); reading it by rows would do, but \(reason)")
      }
    }
    var (shape, plans) = (picture, [RestorationPlan]())
    for var step in steps {
      // Weights of another step's model stay loaded, and the last result is held in floats and in the bits of its file.
      step.options.besidesBytes += plans.last?.estimate.weights ?? 0
      if plans.count == later.count {
        let scale = step.request.leastScale
        step.options.besidesBytes += shape.width * shape.height * scale * scale * shape.layout.channels * 4
      }
      plans.append(try plan(step, shape))
      shape = plans[plans.count - 1].output
    }
    return plans
  }

  /// The same options for what is asked of a picture that was read by other settings of the job.
  func asking(_ other: JobSettings) -> JobSettings {
    var settings = self
    settings.request = other.request
    return settings
  }

  /// The same by the picture's header alone, before any model is looked at: of a named model the scale may not be known yet.
  func checkSize(of picture: PictureShape, output: String) throws(JobError) {
    let region = options.region.flatMap { $0.fits(width: picture.width, height: picture.height) ? $0 : nil }
    var sides = (width: region?.width ?? picture.width, height: region?.height ?? picture.height)
    for (place, step) in steps.enumerated() {
      let scale = step.request.leastScale
      sides = step.options.size.sides(sides.width * scale, sides.height * scale)
      let result = PictureShape(width: sides.width, height: sides.height, layout: picture.layout)
      if place == later.count { try checkSize(result, output: output) } else { try checkPixels(result, output) }
    }
  }

  /// Refuses a result that is over the limit of pixels or has sides that its format does not hold.
  ///
  /// - Parameter output: the result's path.
  func checkSize(_ result: PictureShape, output: String) throws(JobError) {
    let format = if let format { format } else { output == "-" ? .png : try pictureFormat(of: output) }
    if max(result.width, result.height) > format.largestSide {
      throw .resultTooLarge(
        path: output, width: result.width, height: result.height,
        limit: "the \(format.largestSide) pixels a side that \(format.name) holds")
    }
    try checkPixels(result, output)
  }

  private func checkPixels(_ result: PictureShape, _ output: String) throws(JobError) {
    guard result.width * result.height > limits.pixels else { return }
    throw .resultTooLarge(
      path: output, width: result.width, height: result.height,
      limit: "the limit of \(limits.pixels / 1_000_000) megapixels, which --max-pixels moves")
  }

  /// Whether the choice of the model hangs on the picture's noise.
  var looksAtNoise: Bool {
    request.task == .denoise && request.noise == nil && request.sigma == nil && model == nil
  }

  /// The same for a picture with such noise.
  func over(_ noise: NoiseKind?) -> JobSettings {
    guard looksAtNoise else { return self }
    var settings = self
    settings.request.measuredNoise = noise
    return settings
  }

  /// The card of the model that `model` names, or of the one that fits the picture best.
  ///
  /// The task is put to a weight file only where it needs it: a file that is for another task is then reported as such.
  package func card(
    in library: ModelLibrary, for picture: PictureShape
  ) throws(RestorationError) -> ModelCard {
    guard let model else { return try library.best(for: request, picture: picture, variant: variant) }
    let published = request.task.published(isDualPixel: request.isDualPixel)
    func overrides(_ task: PublishedSettings.Task?) -> ConfigurationOverrides {
      ConfigurationOverrides(
        window: self.overrides.window, stripe: self.overrides.stripe, anchorFactor: self.overrides.anchorFactor,
        task: task, variant: variant)
    }
    do {
      return try library.card(model, overrides: overrides(variant == nil ? nil : published))
    } catch .modelTaskUnknown {
      return try library.card(model, overrides: overrides(published))
    }
  }
}

extension ResultFinish {
  fileprivate init(_ job: JobRequest) {
    self.init()
    (strength, texture, grain) = (job.strength ?? 1, job.texture ?? 0, job.grain ?? 0)
    (isChromaOnly, grainSeed) = (job.chromaOnly == "on", job.grainSeed ?? 0)
  }
}

extension ResultSize {
  fileprivate init(_ job: JobRequest) {
    self.init()
    (width, height, maxMegapixels) = (job.width, job.height, job.maxMegapixels)
    (fitWidth, fitHeight) = (job.fit?.width, job.fit?.height)
  }
}

extension ConfigurationOverrides {
  /// What is said about a weight file that does not tell all itself.
  package init(_ network: JobRequest.Network?, task: PublishedSettings.Task? = nil, variant: ModelVariant? = nil) {
    self.init(
      window: network?.window,
      stripe: network?.stripeRows.flatMap { rows in network?.stripeColumns.map { Stripe(rows: rows, columns: $0) } },
      anchorFactor: network?.anchorFactor, task: task, variant: variant)
  }
}

extension OutputPlan {
  /// The pictures of a job and where their results go.
  ///
  /// - Parameters:
  ///   - keepsCollisions: see `collisions`.
  ///   - onLook: see `InputList.expand`.
  package init(
    _ job: JobRequest, _ settings: JobSettings, keepsCollisions: Bool = false,
    onLook: @escaping InputList.OnLook = { (_, _, _) throws(JobError) in }
  ) throws(JobError) {
    guard !job.inputs.isEmpty else { throw .badRequest("no picture was given") }
    let (inputs, passedOver) = try InputList.expand(
      job.inputs, isRecursive: job.isRecursive, excluding: job.outputFolder,
      extensions: settings.request.task == .demosaic
        ? ImageFile.extensions.union(RawFile.extensions) : ImageFile.extensions,
      onLook: onLook)
    let existing: Existing =
      switch job.existing {
      case .refuse: .refuse
      case .skip: .skip
      case .replace: .replace
      case .rename: .rename
      }
    try self.init(
      inputs, beside: job.right, to: try Self.destination(job, settings), format: settings.format,
      existing: existing, passedOver: passedOver, keepsCollisions: keepsCollisions)
  }

  private static func destination(_ job: JobRequest, _ settings: JobSettings) throws(JobError) -> Destination {
    if let output = job.output { return .file(output) }
    let requests = settings.steps.map(\.request)
    var values = ["task": requests.map(\.task.rawValue).joined(separator: "-")]
    if requests.contains(where: { $0.scale != nil }) {
      values["scale"] = "x\(requests.reduce(1) { $0 * $1.leastScale })"
    }
    if let sigma = requests.compactMap(\.sigma).first { values["sigma"] = sigma.shortText }
    if let quality = requests.compactMap(\.quality).first { values["quality"] = String(quality) }
    let models = settings.steps.compactMap(\.model)
    if models.count == settings.steps.count {
      values["model"] =
        models.map { $0.contains("/") || fileExists($0) ? fileStem($0) : $0 }.joined(separator: "-")
    }
    if let variant = settings.variant { values["variant"] = variant.rawValue }
    let name = try OutputName(job.name, values: values, format: settings.format)
    return job.outputFolder.map { .folder($0, name) } ?? .besideInputs(name)
  }
}
