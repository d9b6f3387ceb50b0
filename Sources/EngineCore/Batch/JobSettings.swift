import Base
import EngineWire
import GRLModel
import Imaging
import Restoration
import Tensors

/// A `JobRequest` in the words of `Restoration`, every value checked.
package struct JobSettings: Sendable {
  package private(set) var request: RestorationRequest
  package let options: RestorationOptions
  package var limits: ImageLimits
  package let right: String?
  /// How what is made of a camera raw file is stored.
  package let transfer: SensorTransfer
  /// What becomes of pictures that are damaged or cut off.
  package let damaged: DamagePolicy
  /// Name or file; nil to choose by picture.
  package let model: String?
  package let variant: ModelVariant?
  package let overrides: ConfigurationOverrides
  package let threadCount: Int?

  /// - Parameter budgetBytes: what a job that names no budget may hold resident; nil leaves that to `RestorationOptions`.
  package init(_ job: JobRequest, budgetBytes: Int? = nil) throws(JobError) {
    func refuse(_ name: String, _ value: String, _ allowed: [String]) -> JobError {
      .badRequest("\(name) '\(value)' is not known: give \(allowed.joined(separator: ", "))")
    }
    guard let task = RestorationTask(rawValue: job.task) else {
      throw refuse("task", job.task, RestorationTask.allCases.map(\.rawValue))
    }
    guard let filters = ColourFilterArray(rawValue: job.filters) else {
      throw refuse("colour filters", job.filters, ColourFilterArray.allCases.map(\.rawValue))
    }
    guard let depth = OutputDepth(rawValue: job.depth) else {
      throw refuse("depth", job.depth, OutputDepth.allCases.map(\.rawValue))
    }
    guard let metadata = MetadataPolicy(rawValue: job.metadata) else {
      throw refuse("metadata", job.metadata, MetadataPolicy.allCases.map(\.rawValue))
    }
    guard let precision = PrecisionChoice(rawValue: job.precision ?? "float32") else {
      throw refuse("precision", job.precision ?? "", PrecisionChoice.allCases.map(\.rawValue))
    }
    let noise = job.noise.flatMap { NoiseKind(rawValue: $0) }
    if let name = job.noise, noise == nil { throw refuse("noise", name, NoiseKind.allCases.map(\.rawValue)) }
    if let name = job.variant, ModelVariant(rawValue: name) == nil {
      throw refuse("variant", name, ModelVariant.allCases.map(\.rawValue))
    }
    if let threads = job.threadCount, !(1...1024).contains(threads) {
      throw .badRequest("\(threads) threads: give 1 to 1024")
    }
    if let memory = job.memoryBytes, memory < 1 {
      throw .badRequest("memory of \(memory) bytes: give a size such as 4G")
    }
    if let pixels = job.maxPixels, pixels < 1 {
      throw .badRequest("largest picture of \(pixels) pixels: give at least 1")
    }

    guard let damaged = DamagePolicy(rawValue: job.damaged ?? "refuse") else {
      throw refuse("damaged", job.damaged ?? "", DamagePolicy.allCases.map(\.rawValue))
    }
    self.damaged = damaged

    guard let transfer = SensorTransfer(rawValue: job.transfer ?? "srgb") else {
      throw refuse("transfer", job.transfer ?? "", SensorTransfer.allCases.map(\.rawValue))
    }
    if transfer == .linear, task != .demosaic || depth == .eight {
      throw .badRequest("--linear is for --task demosaic with a depth of 16 bits")
    }
    self.transfer = transfer

    request = RestorationRequest(
      task, sigma: job.sigma, noise: noise, quality: job.quality, scale: job.scale, filters: filters,
      isDualPixel: job.right != nil)
    do { try request.validate(modelIsNamed: job.model != nil) } catch { throw .restoration(error, picture: nil) }
    right = job.right
    model = job.model
    variant = job.variant.flatMap { ModelVariant(rawValue: $0) }
    overrides = try Self.overrides(job.network)
    threadCount = job.threadCount
    var limits = ImageLimits.standard
    if let pixels = job.maxPixels { limits.pixels = pixels }
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
    if let region = job.region {
      guard region.x >= 0, region.y >= 0, region.width > 0, region.height > 0 else {
        throw .badRequest("region \(region.text) is empty or begins outside")
      }
      options.region = region
    }
    options.depth = depth
    options.metadata = metadata
    options.precision = precision
    options.usesSelfEnsemble = job.usesSelfEnsemble
    self.options = options
  }

  /// The same for what a sensor recorded: its own colour filters count.
  func over(_ sensor: SensorHeader?) -> JobSettings {
    guard let sensor else { return self }
    var settings = self
    settings.request.filters = sensor.filters
    return settings
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

  private static func overrides(_ network: JobRequest.Network?) throws(JobError) -> ConfigurationOverrides {
    guard let network else { return ConfigurationOverrides() }
    let sides = [network.window, network.stripeRows, network.stripeColumns, network.anchorFactor].compactMap { $0 }
    guard sides.allSatisfy({ (1...4096).contains($0) }), (network.stripeRows == nil) == (network.stripeColumns == nil)
    else { throw .badRequest("window, stripe and anchor factor must be 1 to 4096, both sides of the stripe given") }
    return ConfigurationOverrides(
      window: network.window,
      stripe: network.stripeRows.flatMap { rows in network.stripeColumns.map { Stripe(rows: rows, columns: $0) } },
      anchorFactor: network.anchorFactor)
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

extension OutputPlan {
  /// The pictures of a job and where their results go.
  ///
  /// - Parameter onLook: see `InputList.expand`.
  package init(
    _ job: JobRequest, _ settings: JobSettings,
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
      inputs, beside: job.right, to: try Self.destination(job, settings.request), existing: existing,
      passedOver: passedOver)
  }

  private static func destination(_ job: JobRequest, _ request: RestorationRequest) throws(JobError) -> Destination {
    if let output = job.output { return .file(output) }
    var values = ["task": request.task.rawValue]
    if let scale = request.scale { values["scale"] = "x\(scale)" }
    if let sigma = request.sigma { values["sigma"] = sigma.shortText }
    if let quality = request.quality { values["quality"] = String(quality) }
    let name = try OutputName(job.name, values: values)
    return job.outputFolder.map { .folder($0, name) } ?? .besideInputs(name)
  }
}
