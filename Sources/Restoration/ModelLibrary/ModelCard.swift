import GRLModel
import Imaging

/// Size of a network: GRL-T, GRL-S, GRL-B.
public typealias ModelVariant = PublishedSettings.Variant

/// What is known of a model without loading its weights.
public struct ModelCard: Hashable, Sendable {
  /// Where a model lies.
  public enum Origin: String, Sendable {
    case bundled, user, environment, file
  }

  /// Name for `--model`: the file's name without its ending.
  public let name: String
  public let path: String
  public let origin: Origin
  public let fileBytes: Int
  public let task: RestorationTask
  public let variant: ModelVariant?
  public let configuration: GRLConfiguration
  /// Where each setting of the configuration comes from; empty for a network that came from no file.
  public let sources: [ConfigurationSetting: SettingSource]
  /// Noise levels the model was trained for, on the scale 0...255; nil where unknown or no denoiser.
  public let sigmas: ClosedRange<Double>?
  /// The noise a denoiser was trained for; nil for other tasks.
  public let noise: NoiseKind?
  /// What an enlargement of unknown damage is after; nil for other tasks.
  public let style: EnlargementStyle?
  /// JPEG qualities the model was trained for; nil where unknown or not of task `jpeg`.
  public let qualities: ClosedRange<Double>?
  /// The furthest that blur carried the light of a point in the training, in pixels: length of a shake, radius of a disc; nil
  /// where unknown or no deblurring.
  public let largestBlur: Double?
  /// Why the model is not yet one to rely on, as its file tells; nil where it helps real pictures.
  public let experimental: String?
  /// What the file tells of its results on test sets, by set and level.
  public let results: [TestResult]
  /// One line each, as the file tells it: `title`, `training`, `quality`, `data`, `licence`, `origin`, ...
  public let facts: [Fact]

  public struct Fact: Hashable, Sendable {
    public let name: String
    public let text: String
    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }

  public init(
    name: String, path: String, origin: Origin, fileBytes: Int, task: RestorationTask, variant: ModelVariant?,
    configuration: GRLConfiguration, sources: [ConfigurationSetting: SettingSource] = [:],
    sigmas: ClosedRange<Double>? = nil, noise: NoiseKind? = nil, style: EnlargementStyle? = nil,
    qualities: ClosedRange<Double>? = nil, largestBlur: Double? = nil, experimental: String? = nil,
    results: [TestResult] = [], facts: [Fact] = []
  ) {
    self.name = name
    self.path = path
    self.origin = origin
    self.fileBytes = fileBytes
    self.task = task
    self.variant = variant
    self.configuration = configuration
    self.sources = sources
    self.sigmas = sigmas
    self.noise = noise
    self.style = style
    self.qualities = qualities
    self.largestBlur = largestBlur
    self.experimental = experimental
    self.results = results
    self.facts = facts
  }

  /// Enlargement of the output.
  public var scale: Int { configuration.upscale }
  public var isDualPixel: Bool { configuration.inputChannels == 6 }
  /// Made for gray pictures.
  public var isGray: Bool { configuration.outputChannels == 1 }
  /// Whether the network reads the strength of the damage from one more input channel, the same number everywhere (option
  /// `noise_level_map` of the published training code).
  public var takesLevelMap: Bool {
    (task == .denoise || task == .jpeg) && configuration.inputChannels == configuration.outputChannels + 1
  }
  /// `gray`, `colour` or `dual pixel`.
  public var colourText: String { isDualPixel ? "dual pixel" : isGray ? "gray" : "colour" }
}

extension ModelCard {
  /// Mean PSNR over a test set at one strength of damage, in dB.
  public struct TestResult: Hashable, Sendable {
    /// Name of the set: `CBSD68`.
    public let set: String
    /// The strength as the file tells it: `25`, `q10`, `x4`; empty where the task has none.
    public let levelText: String
    public let psnr: Double
    /// That of the input, as it is or enlarged by bicubic; nil where the file does not tell.
    public let inputPSNR: Double?

    /// - Parameter key: `SET/LEVEL`, or the set alone.
    package init(key: String, psnr: Double, inputPSNR: Double?) {
      let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
      set = parts.first ?? ""
      levelText = parts.count > 1 ? parts[1] : ""
      self.psnr = psnr
      self.inputPSNR = inputPSNR
    }

    /// Sigma, quality or scale.
    public var level: Int? { Int(levelText.drop { !$0.isNumber }) }
    var key: String { levelText.isEmpty ? set : "\(set)/\(levelText)" }
  }
}
