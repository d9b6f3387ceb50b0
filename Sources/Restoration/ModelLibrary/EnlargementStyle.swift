/// What an enlargement of unknown damage is after.
public enum EnlargementStyle: String, Sendable, CaseIterable {
  /// Only what the input supports: the picture nearest to the truth on average, soft where that is uncertain.
  case faithful
  /// Edges and textures as crisp as those of a network that was trained to paint them; detail may be invented.
  case sharp
}
