import Checkpoints

/// What the hyperparameters that Lightning stored beside the weights say about the network and its task.
///
/// The published training code keeps its whole experiment there: the constructor's arguments of the network under `model`, the
/// damage under `data_module`, with references from one to the other (`${stripe_size1}`), as OmegaConf writes them.
struct TrainingHyperparameters {
  let windowSize: Int?
  let anchorFactor: Int?
  /// Rows and columns of the stripes of even blocks; nil where one of the two is not told.
  let stripe: (rows: GRLConfiguration.StripeExtent, columns: GRLConfiguration.StripeExtent)?
  let shiftsStripes: Bool?
  let imageRange: Float?
  let task: PublishedSettings.Task?
  /// Noise level (0...255) or JPEG quality, where the training used a single one.
  let level: Int?
  /// Noise levels or JPEG qualities, where it drew them from a range.
  let levels: ClosedRange<Double>?

  /// nil where the file has no hyperparameters, or none of a GRL network.
  ///
  /// - Throws: `ConfigurationFault` for a network that is not computed here: another projection, distance or convolution than
  ///   the published models have.
  init?(_ checkpoint: Checkpoint) throws(ConfigurationFault) {
    guard let json = checkpoint.hyperparameters else { return nil }
    let tree = HyperparameterTree(json)
    // The network's arguments lie under `model`, or the hyperparameters are just these.
    guard let root = ["model.", ""].first(where: { tree.integer($0 + "window_size") != nil }) else { return nil }
    try Self.checkForms(tree, root)
    windowSize = tree.integer(root + "window_size")
    anchorFactor = tree.integer(root + "anchor_window_down_factor")
    func extent(_ axis: Int) -> GRLConfiguration.StripeExtent? {
      tree.integer(root + "stripe_size.\(axis)").map { .pixels($0) }
        ?? tree.integer(root + "stripe_groups.\(axis)").map { .groups($0) }
    }
    stripe = if let rows = extent(0), let columns = extent(1) { (rows, columns) } else { nil }
    shiftsStripes = tree.bool(root + "stripe_shift")
    imageRange = tree.number(root + "img_range").map { Float($0) }

    let name = tree.text("data_module.name")
    let upscale = tree.integer(root + "upscale") ?? 1
    task =
      switch name {
      case "dn": .denoise
      case "jpeg": .jpeg
      case "dm": .demosaic
      case "bsr", "realsr": .blindSuperResolution
      case "sr": .superResolution
      case "paired", "db_motion", "db_defocus":
        Self.deblurring(tree.text("data_module.train.dataset") ?? "", tree.bool("data_module.dual_pixel") ?? false)
      default: upscale > 1 && name?.contains("sr") == true ? .superResolution : nil
      }
    let (single, range) =
      switch task {
      case .denoise: ("noise_sigma", "noise_sigma_range")
      case .jpeg: ("quality_factor", "quality_factor_range")
      default: ("", "")
      }
    if let low = tree.number("data_module.\(range).0"), let high = tree.number("data_module.\(range).1"), low <= high {
      (level, levels) = (nil, low...high)
    } else {
      (level, levels) = (tree.integer("data_module.\(single)"), nil)
    }
  }

  /// The two deblurring tasks share their data module; the data set tells which it is.
  private static func deblurring(_ dataSet: String, _ isDualPixel: Bool) -> PublishedSettings.Task? {
    if isDualPixel { return .dualPixelDefocusDeblur }
    let name = dataSet.lowercased()
    if ["gopro", "hide", "realblur", "reds"].contains(where: name.contains) { return .motionDeblur }
    return name.contains("dpdd") || name.contains("defocus") ? .defocusDeblur : nil
  }

  /// What the constructor offers beside the published forms, and what is run here.
  private static func checkForms(_ tree: HyperparameterTree, _ root: String) throws(ConfigurationFault) {
    let forms: [(key: String, allowed: String)] = [
      ("qkv_proj_type", "linear"), ("anchor_proj_type", "avgpool"), ("out_proj_type", "linear"), ("conv_type", "1conv"),
    ]
    for (key, allowed) in forms {
      if let found = tree.text(root + key), found != allowed {
        throw .wrongValue(key: key, found: found, allowed: allowed)
      }
    }
    for key in ["euclidean_dist", "double_window", "stripe_square"] where tree.bool(root + key) == true {
      throw .wrongValue(key: key, found: "true", allowed: "false")
    }
    if tree.bool(root + "anchor_one_stage") == false {
      throw .wrongValue(key: "anchor_one_stage", found: "false", allowed: "true")
    }
  }
}

/// Looks values up by dotted paths and follows OmegaConf's references to other values.
///
/// Source: OmegaConf 2.x, "Variable interpolation": `${path.from.the.root}`; anything else in braces is left as text.
private struct HyperparameterTree {
  private let root: JSON

  init(_ root: JSON) { self.root = root }

  func integer(_ path: String) -> Int? {
    switch value(path) {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    case .string(let text): Int(text)
    default: nil
    }
  }

  func number(_ path: String) -> Double? {
    switch value(path) {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  func bool(_ path: String) -> Bool? {
    if case .bool(let value)? = value(path) { value } else { nil }
  }

  func text(_ path: String) -> String? {
    if case .string(let text)? = value(path) { text } else { nil }
  }

  /// - Parameter references: how many may still be followed; one that leads back to itself ends as nil.
  private func value(_ path: String, references: Int = 4) -> JSON? {
    let keys = path.split(separator: ".")
    guard keys.count <= 8 else { return nil }
    var value = root
    for key in keys {
      guard let next = followed(value, references) else { return nil }
      switch next {
      case .object(let members):
        guard let member = members[String(key)] else { return nil }
        value = member
      case .array(let elements):
        guard let index = Int(key), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return followed(value, references)
  }

  private func followed(_ value: JSON, _ references: Int) -> JSON? {
    guard case .string(let text) = value, text.hasPrefix("${"), text.hasSuffix("}") else { return value }
    guard references > 0 else { return nil }
    return self.value(String(text.dropFirst(2).dropLast()), references: references - 1)
  }
}
