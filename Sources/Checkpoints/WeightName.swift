/// What a name in a weight file stands for, wrappers of the training code taken off.
///
/// Training code keeps the network as `model`, `model_g` or (under DataParallel) `module`, sometimes one inside the other, a
/// discriminator as `model_d`, and beside them losses and metrics.
enum WeightName: Equatable {
  /// A parameter of the network, by its name in the published code.
  case parameter(String)
  /// A table, index or mask of the whole network that follows from the configuration. Its shape reveals window, stripes
  /// and anchor factor.
  case derived(String)
  /// Nothing that the network needs.
  case ignored

  /// - Parameter isWrapped: whether some name of the file has a wrapper; then names without one are not the network's.
  init(_ name: String, isWrapped: Bool) {
    guard let bare = Self.unwrapped(name) else {
      self = .ignored
      return
    }
    if ["table_", "index_", "mask_"].contains(where: bare.hasPrefix) {
      self = .derived(bare)
    } else if Self.innerDerived.contains(where: bare.contains) || Self.metrics.contains(bare) {
      self = .ignored
    } else {
      self = isWrapped && bare == name ? .ignored : .parameter(bare)
    }
  }

  static func isWrapped(_ name: String) -> Bool { wrappers.contains(where: name.hasPrefix) }

  private static let wrappers = ["module.", "model_g.", "model."]
  private static let innerDerived = ["relative_coords_table", "relative_position_index", "attn_mask"]
  private static let metrics = ["current_val_metric", "best_val_metric", "best_iter"]

  /// `name` without wrappers; nil for the discriminator.
  private static func unwrapped(_ name: String) -> String? {
    var name = name[...]
    while let wrapper = wrappers.first(where: name.hasPrefix) { name = name.dropFirst(wrapper.count) }
    return name.hasPrefix("model_d.") ? nil : String(name)
  }
}
