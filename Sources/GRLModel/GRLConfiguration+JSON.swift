import Checkpoints

extension GRLConfiguration {
  /// Reads the `config` entry of our model files: a JSON object with the parameter names of the published code.
  ///
  /// Strict: every key but `out_channels`, `drop_path` (used in training only) and `stage_tail` must be there, no other may,
  /// and the result must pass `validated()`.
  public init(json: String) throws(ConfigurationFault) {
    let fields = try ConfigurationFields(json)
    let (rows, columns) = try fields.stripes()
    let inputChannels = try fields.integer("in_channels")
    self.init(
      inputChannels: inputChannels,
      outputChannels: fields.isNull("out_channels") ? inputChannels : try fields.integer("out_channels"),
      embeddingWidth: try fields.integer("embed_dim"), depths: try fields.integers("depths"),
      windowHeads: try fields.integer("heads_window"), stripeHeads: try fields.integer("heads_stripe"),
      windowSize: try fields.integer("window"), stripeRows: rows, stripeColumns: columns,
      shiftsStripes: try fields.bool("stripe_shift"), anchorFactor: try fields.integer("anchor_factor"),
      mlpRatio: try fields.number("mlp_ratio"), hasQKVBias: try fields.bool("qkv_bias"),
      hasChannelAttention: try fields.bool("local_connection"), upscale: try fields.integer("upscale"),
      upsampler: try fields.upsampler(), imageRange: Float(try fields.number("img_range")))
    try fields.checkText("stage_tail", is: "1conv")
    if !fields.isNull("drop_path") { _ = try fields.number("drop_path") }
    _ = try validated()
  }

  /// The text for the `config` entry of a model file; `GRLConfiguration(json:)` reads it back.
  public var json: String {
    func size(_ extent: StripeExtent) -> String { if case .pixels(let side) = extent { "\(side)" } else { "null" } }
    func groups(_ extent: StripeExtent) -> String { if case .groups(let count) = extent { "\(count)" } else { "null" } }
    let fields: [(String, String)] = [
      ("in_channels", "\(inputChannels)"), ("out_channels", "\(outputChannels)"), ("embed_dim", "\(embeddingWidth)"),
      ("depths", "\(depths)"), ("heads_window", "\(windowHeads)"), ("heads_stripe", "\(stripeHeads)"),
      ("window", "\(windowSize)"), ("stripe_size", "[\(size(stripeRows)), \(size(stripeColumns))]"),
      ("stripe_groups", "[\(groups(stripeRows)), \(groups(stripeColumns))]"), ("stripe_shift", "\(shiftsStripes)"),
      ("anchor_factor", "\(anchorFactor)"), ("mlp_ratio", "\(mlpRatio)"), ("qkv_bias", "\(hasQKVBias)"),
      ("local_connection", "\(hasChannelAttention)"), ("upscale", "\(upscale)"),
      ("upsampler", "\"\(upsampler.rawValue)\""), ("img_range", "\(imageRange)"), ("stage_tail", "\"1conv\""),
    ]
    return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }
}

/// The members of the JSON object, each read with a check of its kind.
private struct ConfigurationFields {
  private static let required: Set = [
    "in_channels", "embed_dim", "depths", "heads_window", "heads_stripe", "window", "stripe_size", "stripe_groups",
    "stripe_shift", "anchor_factor", "mlp_ratio", "qkv_bias", "local_connection", "upscale", "upsampler", "img_range",
  ]
  private static let optional: Set = ["out_channels", "drop_path", "stage_tail"]

  private let members: [String: JSON]

  init(_ text: String) throws(ConfigurationFault) {
    let json: JSON
    do { json = try JSON.parse(Array(text.utf8)) } catch { throw .malformed("\(error)") }
    guard case .object(let members) = json else { throw .malformed("expected a JSON object") }
    if let missing = Self.required.subtracting(members.keys).min() { throw .missingKey(missing) }
    if let unknown = Set(members.keys).subtracting(Self.required).subtracting(Self.optional).min() {
      throw .unknownKey(unknown)
    }
    self.members = members
  }

  /// Absent or null.
  func isNull(_ key: String) -> Bool { members[key] ?? .null == .null }

  func integer(_ key: String) throws(ConfigurationFault) -> Int {
    guard case .integer(let integer) = members[key] else { throw wrong(key, "a whole number") }
    return integer
  }

  func number(_ key: String) throws(ConfigurationFault) -> Double {
    switch members[key] {
    case .integer(let integer): return Double(integer)
    case .number(let number): return number
    default: throw wrong(key, "a number")
    }
  }

  func bool(_ key: String) throws(ConfigurationFault) -> Bool {
    guard case .bool(let value) = members[key] else { throw wrong(key, "true or false") }
    return value
  }

  /// Member `key` may be absent; otherwise it has one value only.
  func checkText(_ key: String, is only: String) throws(ConfigurationFault) {
    guard members[key] ?? .string(only) == .string(only) else { throw wrong(key, "\"\(only)\"") }
  }

  func integers(_ key: String) throws(ConfigurationFault) -> [Int] {
    try optionals(key).map { (number) throws(ConfigurationFault) in
      guard let number else { throw wrong(key, "a list of whole numbers") }
      return number
    }
  }

  func upsampler() throws(ConfigurationFault) -> GRLConfiguration.Upsampler {
    guard case .string(let name) = members["upsampler"], let upsampler = GRLConfiguration.Upsampler(rawValue: name)
    else {
      throw wrong(
        "upsampler", GRLConfiguration.Upsampler.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
    }
    return upsampler
  }

  /// Along each axis either a size in pixels or a number of groups, the other null.
  func stripes() throws(ConfigurationFault) -> (GRLConfiguration.StripeExtent, GRLConfiguration.StripeExtent) {
    let (sizes, groups) = (try optionals("stripe_size"), try optionals("stripe_groups"))
    guard sizes.count == 2, groups.count == 2 else { throw wrong("stripe_size", "two entries, as in stripe_groups") }
    var extents: [GRLConfiguration.StripeExtent] = []
    for (size, count) in zip(sizes, groups) {
      switch (size, count) {
      case (let size?, nil): extents.append(.pixels(size))
      case (nil, let count?): extents.append(.groups(count))
      default:
        throw wrong("stripe_size", "along each axis either a size or, in stripe_groups, a number, the other null")
      }
    }
    return (extents[0], extents[1])
  }

  private func optionals(_ key: String) throws(ConfigurationFault) -> [Int?] {
    guard case .array(let elements) = members[key] else { throw wrong(key, "a list") }
    return try elements.map { (element) throws(ConfigurationFault) in
      switch element {
      case .integer(let integer): integer
      case .null: nil
      default: throw wrong(key, "whole numbers or null")
      }
    }
  }

  private func wrong(_ key: String, _ allowed: String) -> ConfigurationFault {
    .wrongValue(key: key, found: members[key].map(Self.text) ?? "nothing", allowed: allowed)
  }

  private static func text(_ value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let elements): "[" + elements.prefix(8).map(text).joined(separator: ", ") + "]"
    case .object: "an object"
    }
  }
}
