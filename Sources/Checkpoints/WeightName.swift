import Base

/// What a name in a weight file stands for, wrappers of the training code taken off.
///
/// Training code keeps the network as `model`, `net_g`, `generator` or (under DataParallel) `module`, one inside the other,
/// behind `_orig_mod` where it was compiled; a discriminator as `model_d`, and beside them losses and metrics.
enum WeightName: Equatable {
  /// A parameter of the network, by its name in the published code.
  case parameter(String)
  /// A table, index or mask of the whole network that follows from the configuration. Its shape reveals window, stripes
  /// and anchor factor.
  case derived(String)
  /// Nothing that the network needs.
  case ignored

  init(_ name: String, wrappers: WeightWrappers) {
    guard let bare = wrappers.unwrapped(name) else {
      self = .ignored
      return
    }
    if ["table_", "index_", "mask_"].contains(where: bare.hasPrefix) {
      self = .derived(bare)
    } else if Self.innerDerived.contains(where: bare.contains) || Self.metrics.contains(bare) {
      self = .ignored
    } else {
      self = .parameter(bare)
    }
  }

  /// A tensor that every GRL network has, and nothing else that lies beside one.
  static let firstLayer = "conv_first.weight"

  private static let innerDerived = ["relative_coords_table", "relative_position_index", "attn_mask"]
  private static let metrics = ["current_val_metric", "best_val_metric", "best_iter"]
}

/// What training code put in front of the names of one file.
struct WeightWrappers {
  /// Where the file holds averaged weights beside those of the last step under one roof: the prefix of the averaged ones.
  let averaged: String?
  private let prefixes: [String]
  /// Whether some name has a wrapper; then names without one are not the network's.
  private let isWrapped: Bool

  private static let known = [
    "module.", "_orig_mod.", "model_g.", "model.", "net_g.", "generator.", "network.", "net.",
  ]

  init(of names: some Sequence<String>) {
    var fronts: Set<String> = []  // What stands before the network's first layer, for each network in the file.
    var isWrapped = false
    for name in names {
      if name.hasSuffix("." + WeightName.firstLayer) {
        fronts.insert(String(name.dropLast(WeightName.firstLayer.count)))
      }
      isWrapped = isWrapped || Self.known.contains(where: name.hasPrefix)
    }
    let networks = fronts.filter { !$0.hasPrefix("model_d.") }
    averaged = networks.filter(Self.isAveraged).min { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    // An unknown wrapper in front of all of the network is taken off as a whole; longer ones first.
    prefixes = networks.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) } + Self.known
    self.isWrapped = isWrapped || !networks.isEmpty
  }

  /// `params_ema.`, `model_ema.module.`, `ema.`: weights averaged over the last steps.
  private static func isAveraged(_ prefix: String) -> Bool {
    prefix.split { $0 == "." || $0 == "_" }.contains { $0.lowercased() == "ema" || $0.lowercased() == "averaged" }
  }

  /// `name` without wrappers; nil for what is not the network's.
  func unwrapped(_ name: String) -> String? {
    if let averaged { return name.hasPrefix(averaged) ? String(name.dropFirst(averaged.count)) : nil }
    var bare = name[...]
    while let wrapper = prefixes.first(where: bare.hasPrefix) { bare = bare.dropFirst(wrapper.count) }
    if bare.hasPrefix("model_d.") || (isWrapped && bare.utf8.count == name.utf8.count) { return nil }
    return String(bare)
  }
}

/// Which of several sets of weights in a file was taken.
public struct WeightSet: Hashable, Sendable, CustomStringConvertible {
  /// Keys or prefix under which it lay: `params_ema`, `state_dict.generator_ema`.
  public let name: String
  /// Sets that lay beside it and were left.
  public let others: [String]

  /// `params_ema (params left)`
  public var description: String {
    name.printable() + (others.isEmpty ? "" : " (\(others.map { $0.printable() }.joined(separator: ", ")) left)")
  }
}
