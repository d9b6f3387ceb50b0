import GRLModel

/// Reproducible values for kernels and layers.
public enum Noise {
  /// `count` values in -1...1, of a stream of its own for each `name`.
  public static func values(_ name: String, _ count: Int) -> [Float] {
    GeneratedWeights.tensor(name + ".cpb_mlp.0.", shape: [count], seed: 7).map { 2 * $0 }
  }
}
