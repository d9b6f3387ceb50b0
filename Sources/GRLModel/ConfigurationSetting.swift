/// A part of `GRLConfiguration`, by its name in model files.
public enum ConfigurationSetting: String, Sendable, CaseIterable {
  case inputChannels = "in_channels"
  case outputChannels = "out_channels"
  case embeddingWidth = "embed_dim"
  case depths
  case windowHeads = "heads_window"
  case stripeHeads = "heads_stripe"
  case window
  case stripe = "stripes"
  case stripeShift = "stripe_shift"
  case anchorFactor = "anchor_factor"
  case mlpRatio = "mlp_ratio"
  case qkvBias = "qkv_bias"
  case channelAttention = "local_connection"
  case upscale
  case upsampler
  case imageRange = "img_range"

  /// How the command line sets it, where it can.
  public var flag: String? {
    switch self {
    case .window: "--window N"
    case .stripe: "--stripe H,W"
    case .anchorFactor: "--anchor-factor N"
    default: nil
    }
  }
}

extension GRLConfiguration {
  /// The value of one setting, for people.
  public func text(of setting: ConfigurationSetting) -> String {
    switch setting {
    case .inputChannels: "\(inputChannels)"
    case .outputChannels: "\(outputChannels)"
    case .embeddingWidth: "\(embeddingWidth)"
    case .depths: depths.map(String.init).joined(separator: ",")
    case .windowHeads: "\(windowHeads)"
    case .stripeHeads: "\(stripeHeads)"
    case .window: "\(windowSize)"
    case .stripe: "\(Self.text(of: stripeRows)),\(Self.text(of: stripeColumns))"
    case .stripeShift: shiftsStripes ? "yes" : "no"
    case .anchorFactor: "\(anchorFactor)"
    case .mlpRatio: "\(mlpRatio)"
    case .qkvBias: hasQKVBias ? "yes" : "no"
    case .channelAttention: hasChannelAttention ? "yes" : "no"
    case .upscale: "\(upscale)"
    case .upsampler: upsampler == .none ? "none" : upsampler.rawValue
    case .imageRange: "\(imageRange)"
    }
  }

  private static func text(of extent: StripeExtent) -> String {
    switch extent {
    case .pixels(let side): "\(side)"
    case .groups(let count): "1/\(count)"
    }
  }
}

/// Where the value of a setting comes from.
public enum SettingSource: Hashable, Sendable, CustomStringConvertible {
  /// The file's own `config` metadata.
  case metadata
  case weightShapes
  /// The shapes of tables and indices stored beside the weights.
  case storedTables
  /// What Lightning stored of the training beside the weights.
  case hyperparameters
  /// A row of the published settings, by its name.
  case publishedSettings(String)
  /// The same in everything that was published.
  case published
  /// Given by the user.
  case flag

  public var description: String {
    switch self {
    case .metadata: "the file's metadata"
    case .weightShapes: "shapes of the weights"
    case .storedTables: "tables stored in the file"
    case .hyperparameters: "hyperparameters stored in the file"
    case .publishedSettings(let name): "published settings of \(name)"
    case .published: "the same in all published settings"
    case .flag: "given by flag"
    }
  }
}
