import Checkpoints

/// The settings of a network that were settled, and how.
public struct ResolvedConfiguration: Hashable, Sendable {
  public let configuration: GRLConfiguration
  /// Where each setting comes from; every setting has an entry.
  public let sources: [ConfigurationSetting: SettingSource]
  /// From metadata, file name or flag; nil where none of them says.
  public let task: PublishedSettings.Task?
  /// From metadata or the weights' shapes; nil for sizes that were not published.
  public let variant: PublishedSettings.Variant?
  /// Noise level (0...255) or JPEG quality that the weights are for, from the name of a released checkpoint or from
  /// hyperparameters.
  public let level: Int?
  /// The range of them, where the training drew them from one.
  public let levels: ClosedRange<Double>?
  /// The row of published settings with just this configuration and task, if any.
  public let published: PublishedSettings?
}

/// What the user says about a network whose file does not.
public struct ConfigurationOverrides: Hashable, Sendable {
  public var window: Int?
  public var stripe: Stripe?
  public var anchorFactor: Int?
  /// With `variant`: the weights were trained with the published settings of this pair. Alone: what they must be for.
  public var task: PublishedSettings.Task?
  public var variant: PublishedSettings.Variant?

  public init(
    window: Int? = nil, stripe: Stripe? = nil, anchorFactor: Int? = nil, task: PublishedSettings.Task? = nil,
    variant: PublishedSettings.Variant? = nil
  ) {
    self.window = window
    self.stripe = stripe
    self.anchorFactor = anchorFactor
    self.task = task
    self.variant = variant
  }
}

/// Settles the configuration of a checkpoint, or says what is missing. Wrong window or stripe sizes give garbage, so nothing
/// is guessed:
///
/// 1. The file's own `config` metadata decides everything.
/// 2. Otherwise shapes of weights give all but window, stripes and anchor factor.
/// 3. Tables stored in the file, and the hyperparameters that Lightning stored beside the weights, give those three; the latter
///    also task and level. Where both speak they must agree.
/// 4. What they leave open is taken from flags, then from the row of published settings that the file name belongs to, or that
///    `task` and `variant` name together.
///
/// Flags must agree with what the file itself holds. Where file name and tables disagree, a flag settles it.
public enum ConfigurationResolver {
  /// - Parameter fileName: name to look up among the released checkpoints; by default the name in `checkpoint.path`.
  public static func resolve(
    _ checkpoint: Checkpoint, fileName: String? = nil, overrides: ConfigurationOverrides = ConfigurationOverrides()
  ) throws(ConfigurationError) -> ResolvedConfiguration {
    if let json = checkpoint.metadata["config"] {
      return try resolve(checkpoint, json: json, overrides)
    }
    let shapes = try NetworkShapes(checkpoint).configuration
    let variant = PublishedSettings.Variant.allCases.first { $0.fits(shapes) }
    if let wanted = overrides.variant, let variant, wanted != variant {
      throw contradiction(
        checkpoint, "variant", (variant.rawValue, .weightShapes), (wanted.rawValue, .flag))
    }
    let stated = try valid(checkpoint) { () throws(ConfigurationFault) in try TrainingHyperparameters(checkpoint) }
    if let wanted = overrides.task, let task = stated?.task, wanted != task {
      throw contradiction(
        checkpoint, "task", (task.description, .hyperparameters), (wanted.description, .flag))
    }
    let named = try released(checkpoint, fileName ?? checkpoint.path, shapes, overrides)
    if let named, let task = stated?.task, named.settings.task != task {
      throw contradiction(
        checkpoint, "task", (named.settings.task.description, .publishedSettings(named.settings.name)),
        (task.description, .hyperparameters))
    }
    let candidates = if let named { [named.settings] } else { statedByUser(shapes, overrides) }

    var settlement = Settlement(checkpoint, shapes, candidates)
    let tables = try valid(checkpoint) { () throws(ConfigurationFault) in try StoredTables(checkpoint.derivedShapes) }
    let window = try settlement.settle(
      .window, tables.windowSize, stated?.windowSize, overrides.window, \.windowSize)
    let anchorFactor = try settlement.settle(
      .anchorFactor, tables.anchorFactor, stated?.anchorFactor, overrides.anchorFactor, \.anchorFactor)
    let tabled = try valid(checkpoint) { () throws(ConfigurationFault) in
      if let anchorFactor { try tables.stripe(anchorFactor: anchorFactor) } else { nil as Stripe? }
    }
    let stripe: StripeExtents?
    if let extents = stated?.stripe.map(StripeExtents.init), extents.stripe == nil {
      // A share of the picture: stored tables belong to the size of the training's patches alone.
      stripe = try settlement.settle(.stripe, nil, extents, overrides.stripe.map(StripeExtents.init)) {
        $0.stripe.extents
      }
    } else {
      stripe = try settlement.settle(
        .stripe, tabled, stated?.stripe.flatMap { StripeExtents($0).stripe }, overrides.stripe, \.stripe)?.extents
    }
    guard let window, let anchorFactor, let stripe else {
      if candidates.isEmpty, let task = overrides.task, let variant = overrides.variant {
        throw .notPublished(path: checkpoint.path, task: task.description, variant: variant.rawValue)
      }
      throw .unsettled(
        path: checkpoint.path, settings: settlement.open,
        candidates: candidates.map {
          "--window \($0.windowSize) --stripe \($0.stripe) --anchor-factor \($0.anchorFactor)"
        })
    }

    var configuration = shapes
    configuration.windowSize = window
    configuration.anchorFactor = anchorFactor
    (configuration.stripeRows, configuration.stripeColumns) = (stripe.rows, stripe.columns)
    if let shiftsStripes = stated?.shiftsStripes {
      configuration.shiftsStripes = shiftsStripes
      settlement.note(.stripeShift, .hyperparameters)
    }
    if let imageRange = stated?.imageRange {
      configuration.imageRange = imageRange
      settlement.note(.imageRange, .hyperparameters)
    }
    configuration = try valid(checkpoint) { () throws(ConfigurationFault) in try configuration.validated() }
    let task = named?.settings.task ?? stated?.task ?? overrides.task
    return ResolvedConfiguration(
      configuration: configuration, sources: settlement.sources, task: task, variant: variant,
      level: named?.level ?? stated?.level, levels: stated?.levels,
      published: PublishedSettings.all.first { $0.task == task && $0.configuration == configuration })
  }

  /// Our own files hold everything.
  private static func resolve(
    _ checkpoint: Checkpoint, json: String, _ overrides: ConfigurationOverrides
  ) throws(ConfigurationError) -> ResolvedConfiguration {
    let configuration = try valid(checkpoint) { () throws(ConfigurationFault) in try GRLConfiguration(json: json) }
    let task = checkpoint.metadata["task"].flatMap(PublishedSettings.Task.init(rawValue:))
    let variant = checkpoint.metadata["variant"].flatMap(PublishedSettings.Variant.init(rawValue:))
    let stripe = overrides.stripe.map { configuration.with(stripe: $0) } ?? configuration
    let claims: [(String, inFile: String?, flag: String?)] = [
      ("task", task?.description, overrides.task?.description),
      ("variant", variant?.rawValue, overrides.variant?.rawValue),
      ("window", "\(configuration.windowSize)", overrides.window.map(String.init)),
      ("stripes", configuration.text(of: .stripe), stripe.text(of: .stripe)),
      ("anchor_factor", "\(configuration.anchorFactor)", overrides.anchorFactor.map(String.init)),
    ]
    for case (let setting, let inFile?, let flag?) in claims where inFile != flag {
      throw contradiction(checkpoint, setting, (inFile, .metadata), (flag, .flag))
    }
    return ResolvedConfiguration(
      configuration: configuration,
      sources: Dictionary(uniqueKeysWithValues: ConfigurationSetting.allCases.map { ($0, .metadata) }),
      task: task ?? overrides.task, variant: variant, level: nil, levels: nil,
      published: PublishedSettings.all.first { $0.task == task && $0.configuration == configuration })
  }

  /// The released checkpoint that the file name belongs to; weights and flags must agree with it.
  private static func released(
    _ checkpoint: Checkpoint, _ fileName: String, _ shapes: GRLConfiguration, _ overrides: ConfigurationOverrides
  ) throws(ConfigurationError) -> (settings: PublishedSettings, level: Int?)? {
    guard let (settings, level) = PublishedSettings.named(fileName) else { return nil }
    let source = SettingSource.publishedSettings(settings.name)
    for setting in ConfigurationSetting.shownByShapes {
      let (found, published) = (shapes.text(of: setting), settings.configuration.text(of: setting))
      guard found == published else {
        throw contradiction(checkpoint, setting.rawValue, (found, .weightShapes), (published, source))
      }
    }
    if let task = overrides.task, task != settings.task {
      throw contradiction(checkpoint, "task", (settings.task.description, source), (task.description, .flag))
    }
    return (settings, level)
  }

  /// The published settings of the task and variant that the user gives together, as far as they fit the weights.
  private static func statedByUser(
    _ shapes: GRLConfiguration, _ overrides: ConfigurationOverrides
  ) -> [PublishedSettings] {
    guard let task = overrides.task, let variant = overrides.variant else { return [] }
    return PublishedSettings.all.filter { row in
      row.task == task && row.variant == variant
        && ConfigurationSetting.shownByShapes.allSatisfy { shapes.text(of: $0) == row.configuration.text(of: $0) }
    }
  }

  /// The value of `body`, faults with the file's path.
  private static func valid<Value>(
    _ checkpoint: Checkpoint, _ body: () throws(ConfigurationFault) -> Value
  ) throws(ConfigurationError) -> Value {
    do { return try body() } catch { throw .invalid(path: checkpoint.path, fault: error) }
  }

  fileprivate static func contradiction(
    _ checkpoint: Checkpoint, _ setting: String, _ one: (String, SettingSource), _ other: (String, SettingSource)
  ) -> ConfigurationError {
    .contradiction(
      path: checkpoint.path, setting: setting,
      claims: [.init(value: one.0, source: one.1), .init(value: other.0, source: other.1)])
  }
}

/// The settings settled so far.
private struct Settlement {
  private let checkpoint: Checkpoint
  private let candidates: [PublishedSettings]
  private(set) var sources: [ConfigurationSetting: SettingSource] = [.stripeShift: .published, .imageRange: .published]
  /// Settings that nothing tells.
  private(set) var open: [ConfigurationSetting] = []

  init(_ checkpoint: Checkpoint, _ shapes: GRLConfiguration, _ candidates: [PublishedSettings]) {
    self.checkpoint = checkpoint
    self.candidates = candidates
    for setting in ConfigurationSetting.shownByShapes { sources[setting] = .weightShapes }
  }

  mutating func note(_ setting: ConfigurationSetting, _ source: SettingSource) { sources[setting] = source }

  /// Decides one setting that shapes of weights do not show; nil, and an entry in `open`, if nothing tells it.
  ///
  /// - Parameters:
  ///   - tabled: from tables stored in the file.
  ///   - stated: from hyperparameters stored in the file.
  mutating func settle<Value: Hashable>(
    _ setting: ConfigurationSetting, _ tabled: Value?, _ stated: Value?, _ flag: Value?,
    _ published: (PublishedSettings) -> Value
  ) throws(ConfigurationError) -> Value? {
    let rows = Dictionary(grouping: candidates, by: published)
    let row = rows.count == 1 ? rows.first?.key : nil
    let rowSource = SettingSource.publishedSettings(candidates.first?.name ?? "")
    let inFile: (Value, SettingSource)? = tabled.map { ($0, .storedTables) } ?? stated.map { ($0, .hyperparameters) }
    if let inFile {
      let others: [(Value, SettingSource)?] = [
        stated.map { ($0, .hyperparameters) }, flag.map { ($0, .flag) } ?? row.map { ($0, rowSource) },
      ]
      for case let other? in others where other.0 != inFile.0 {
        throw ConfigurationResolver.contradiction(
          checkpoint, setting.rawValue, ("\(inFile.0)", inFile.1), ("\(other.0)", other.1))
      }
      sources[setting] = inFile.1
      return inFile.0
    }
    if let flag {
      sources[setting] = .flag
      return flag
    }
    if let row {
      sources[setting] = rowSource
      return row
    }
    open.append(setting)
    return nil
  }
}

/// Stripes by pixels or by shares of the picture.
private struct StripeExtents: Hashable, CustomStringConvertible {
  let rows: GRLConfiguration.StripeExtent
  let columns: GRLConfiguration.StripeExtent

  init(_ extents: (rows: GRLConfiguration.StripeExtent, columns: GRLConfiguration.StripeExtent)) {
    (rows, columns) = extents
  }

  init(_ stripe: Stripe) { self.init((.pixels(stripe.rows), .pixels(stripe.columns))) }

  /// nil where a side is a share.
  var stripe: Stripe? {
    if case .pixels(let rows) = rows, case .pixels(let columns) = columns {
      Stripe(rows: rows, columns: columns)
    } else {
      nil
    }
  }

  var description: String {
    [rows, columns].map { extent in
      switch extent {
      case .pixels(let side): "\(side)"
      case .groups(let count): "1/\(count)"
      }
    }.joined(separator: ",")
  }
}

extension Stripe {
  fileprivate var extents: StripeExtents { StripeExtents(self) }
}

extension ConfigurationSetting {
  /// What the shapes of the weights show.
  fileprivate static let shownByShapes: [ConfigurationSetting] = [
    .inputChannels, .outputChannels, .embeddingWidth, .depths, .windowHeads, .stripeHeads, .mlpRatio, .qkvBias,
    .channelAttention, .upscale, .upsampler,
  ]
}

extension PublishedSettings.Variant {
  /// Whether a network with the shapes of `configuration` is of this size.
  package func fits(_ configuration: GRLConfiguration) -> Bool {
    let size = size
    return configuration.embeddingWidth == size.width && configuration.depths == size.depths
      && configuration.windowHeads == size.heads && configuration.stripeHeads == size.heads
      && configuration.hasChannelAttention == (self == .base)
  }
}

extension GRLConfiguration {
  fileprivate func with(stripe: Stripe) -> GRLConfiguration {
    var copy = self
    (copy.stripeRows, copy.stripeColumns) = (.pixels(stripe.rows), .pixels(stripe.columns))
    return copy
  }
}
