import ArgumentParser
import EngineCore
import EngineWire
import GRLModel
import Restoration
import Tensors

/// What the user says about a weight file that does not tell all itself.
struct NetworkOptions: ParsableArguments {
  @Option(.window) var window: String?
  @Option(.stripe) var stripe: String?
  @Option(.anchorFactor) var anchorFactor: String?

  var values: [(JobOption, String?)] { [(.window, window), (.stripe, stripe), (.anchorFactor, anchorFactor)] }

  /// - Throws: `ValidationError` where something is said of a model that is not named.
  func check(model: String?) throws {
    guard model == nil, values.contains(where: { $0.1 != nil }) else { return }
    throw ValidationError("--window, --stripe and --anchor-factor go with --model FILE")
  }

  func overrides(task: PublishedSettings.Task? = nil, variant: ModelVariant? = nil) -> ConfigurationOverrides {
    var job = JobRequest(inputs: [], task: "")
    job.take(values)
    return ConfigurationOverrides(job.network, task: task, variant: variant)
  }
}

/// What a picture suffers from, and the network that shall help: of all verbs that look at one picture's restoration.
struct TaskOptions: ParsableArguments {
  @Option(.task) var task: String
  @Option(.sigma) var sigma: String?
  @Option(.noise) var noise: String?
  @Option(.scale) var scale: String?
  @Option(.style) var style: String?
  @Option(.quality) var quality: String?
  @Option(.pattern) var cfa: String?
  @Option(.right) var right: String?
  @Option(.model) var model: String?
  @Option(.variant) var variant: String?
  @OptionGroup var network: NetworkOptions
  @Option(.tile) var tile: String?

  func validate() throws { try network.check(model: model) }

  /// The job that asks for it.
  func job(_ inputs: [String]) -> JobRequest {
    var job = JobRequest(inputs: inputs, task: task)
    job.take(
      [
        (.sigma, sigma), (.noise, noise), (.scale, scale), (.style, style), (.quality, quality), (.pattern, cfa),
        (.right, right),
        (.model, model), (.variant, variant), (.tile, tile),
      ] + network.values)
    return job
  }
}

/// What becomes of the network's result.
struct FinishOptions: ParsableArguments {
  @Option(.strength) var strength: String?
  @Option(.texture) var texture: String?
  @Flag(.chromaOnly) var chromaOnly = false
  @Option(.grain) var grain: String?
  @Option(.grainSeed) var grainSeed: String?
  @Option(.width) var width: String?
  @Option(.height) var height: String?
  @Option(.fit) var fit: String?
  @Option(.maxMegapixels) var maxMegapixels: String?

  var values: [(option: JobOption, text: String?)] {
    [
      (.strength, strength), (.texture, texture), (.chromaOnly, chromaOnly ? "on" : nil), (.grain, grain),
      (.grainSeed, grainSeed), (.width, width), (.height, height), (.fit, fit), (.maxMegapixels, maxMegapixels),
    ]
  }
}

/// Everything that settles what a job makes and where its results lie: of all verbs that restore pictures.
struct RestoreOptions: ParsableArguments {
  @OptionGroup var task: TaskOptions
  @Flag(.transfer, "linear") var linear = false
  @Option(.exposure) var exposure: String?
  @Option(.overlap) var overlap: String?
  @Option(.memory) var memory: String?
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var device: DeviceOptions
  @Option(.precision) var precision: String?
  @Option(.region) var region: String?
  @Flag(.ensemble) var ensemble = false
  @OptionGroup var finish: FinishOptions
  @Option(.output) var output: String?
  @Option(.folder) var outputDir: String?
  @Option(.fileName) var name: String?
  @Flag(.subfolders) var recursive = false
  @Flag(.existing, "skip") var skipExisting = false
  @Flag(.existing, "replace") var overwrite = false
  @Flag(.existing, "rename") var renameExisting = false
  @Option(.depth) var depth: String?
  @Option(.metadata) var metadata: String?
  @Option(.format) var format: String?
  @Option(.qualityOut) var qualityOut: String?
  @Option(.chroma) var chroma: String?
  @Option(.compression) var compression: String?
  @Option(.damaged) var damaged: String?
  @OptionGroup var limits: LimitOptions

  func validate() throws {
    try device.check(precision.flatMap { PrecisionChoice(rawValue: $0) } ?? .float32)
    if skipExisting && overwrite { throw ValidationError("--skip-existing and --overwrite exclude each other") }
    if renameExisting && (skipExisting || overwrite) {
      throw ValidationError("--rename-existing excludes --skip-existing and --overwrite")
    }
    if output != nil && outputDir != nil { throw ValidationError("-o and --output-dir exclude each other") }
    if output != nil && name != nil { throw ValidationError("-o and --name exclude each other") }
  }

  /// The job that asks for it.
  func job(_ inputs: [String]) -> JobRequest {
    var job = task.job(inputs)
    job.take(
      [
        (.transfer, linear ? "linear" : nil), (.exposure, exposure), (.overlap, overlap), (.memory, memory),
        (.precision, precision),
        (.region, region), (.ensemble, ensemble ? "on" : nil), (.output, output), (.folder, outputDir),
        (.fileName, name),
        (.subfolders, recursive ? "on" : nil),
        (.existing, skipExisting ? "skip" : overwrite ? "replace" : renameExisting ? "rename" : nil), (.depth, depth),
        (.metadata, metadata), (.damaged, damaged), (.format, format), (.qualityOut, qualityOut), (.chroma, chroma),
        (.compression, compression),
      ] + finish.values)
    (job.threadCount, job.kernels, job.maxPixels) = (threads.threads, device.kernels?.rawValue, limits.maxPixels)
    job.device = device.device
    return job
  }
}

extension JobRequest {
  /// Takes values that were checked when they were parsed; nil leaves what holds.
  mutating func take(_ values: [(option: JobOption, text: String?)]) {
    for (option, text) in values {
      guard let text else { continue }
      precondition(option.read(text, into: &self), "\(option.name) \(text)")
    }
  }
}

extension Option where Value == String? {
  /// An option of a job, as the table has it.
  init(_ option: JobOption) {
    self.init(
      name: option.names, help: ArgumentHelp(option.helpText), completion: option.shellCompletion,
      transform: { try option.checked($0) })
  }
}

extension Option where Value == String {
  /// The same where it has to be given.
  init(_ option: JobOption) {
    self.init(
      name: option.names, help: ArgumentHelp(option.helpText), completion: option.shellCompletion,
      transform: { try option.checked($0) })
  }
}

extension Flag where Value == Bool {
  /// Stands for a value of an option.
  init(wrappedValue: Bool, _ option: JobOption, _ value: String = "on") {
    let flag = option.flags.first { $0.value == value }!
    self.init(
      wrappedValue: wrappedValue, name: .customLong(String(flag.word.dropFirst(2))), help: ArgumentHelp(flag.help))
  }
}

extension JobOption {
  fileprivate var names: NameSpecification {
    word == "-o" ? [.customShort("o"), .customLong("output")] : .customLong(String(word.dropFirst(2)))
  }

  /// With the values there are.
  fileprivate var helpText: String {
    guard !values.isEmpty else { return help }
    return "\(help) (values: \(values.joined(separator: ", "))" + (standard.map { "; default: \($0))" } ?? ")")
  }

  fileprivate var shellCompletion: CompletionKind? {
    if name == Self.model.name { return .models }
    if !values.isEmpty { return .list(values) }
    return switch completion {
    case .none: nil
    case .file: .file()
    case .folder: .directory
    }
  }

  /// Passes on a value that can be read.
  fileprivate func checked(_ text: String) throws -> String {
    var job = JobRequest(inputs: [], task: Self.task.values[0])
    guard read(text, into: &job) else { throw ValidationError("give \(allowed)") }
    return text
  }
}

/// The same for verbs that are not told the task otherwise.
struct ModelOptions: ParsableArguments {
  @OptionGroup var network: NetworkOptions
  @Option(help: "Task that the weights are for, where they do not tell.") var task: RestorationTask?
  @Flag(help: "The weights take the two views of a dual-pixel sensor (defocus-deblur).") var dualPixel = false
  @Option(help: "Size of the network: with --task, its published settings hold.") var variant: ModelVariant?

  var overrides: ConfigurationOverrides {
    network.overrides(task: task?.published(isDualPixel: dualPixel), variant: variant)
  }
}
