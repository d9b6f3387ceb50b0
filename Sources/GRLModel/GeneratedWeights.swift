import Checkpoints

/// Deterministic weights of any network, the same in every language: for benchmarks and tests, where no trained ones are needed.
///
/// Each element is `base + amplitude * k / 2^31` with `k` from a SplitMix64 stream of the parameter's name, so the golden files
/// and other engines can be given the very same network (Docs/Network.md section 9).
public enum GeneratedWeights {
  /// A checkpoint that fills every parameter of `configuration` from the streams of `seed`.
  public static func checkpoint(_ configuration: GRLConfiguration, seed: UInt64) -> Checkpoint {
    var tensors: [String: StoredTensor] = [:]
    for (name, shape) in GRL.parameters(of: configuration) {
      tensors[name] = StoredTensor(shape: shape, values: tensor(name, shape: shape, seed: seed))
    }
    return Checkpoint(path: "generated weights", tensors: tensors)
  }

  /// The values of parameter `name`, row-major.
  public static func tensor(_ name: String, shape: [Int], seed: UInt64) -> [Float] {
    let (base, amplitude) = range(of: name, shape: shape)
    return stream(name, count: shape.reduce(1, *), seed: seed).map { Float(base + amplitude * $0) }
  }

  /// The first numbers of a parameter's stream, -1 ..< 1.
  package static func stream(_ name: String, count: Int, seed: UInt64) -> [Double] {
    let state = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } ^ seed
    return (0..<count).map { index in
      var z = state &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      return Double(Int32(truncatingIfNeeded: z >> 32)) / 2_147_483_648
    }
  }

  private static func range(of name: String, shape: [Int]) -> (base: Double, amplitude: Double) {
    let isBias = name.hasSuffix(".bias")
    if name == "input" { return (0.5, 0.5) }
    if name.hasSuffix(".logit_scale") { return (2.5, 2.5) }
    if ["norm_start", "norm_end", "norm1", "norm2"].contains(where: name.contains) {
      return isBias ? (0, 0.125) : (0.75, 0.25)
    }
    if name.contains("cpb_mlp.0.") { return (0, 0.5) }
    if name.contains("cpb_mlp.2.") { return (0, 0.25) }
    if isBias { return (0, 0.0625) }
    let fanIn = shape.dropFirst().reduce(1, *)
    return (0, (4096 * (3 / Double(fanIn)).squareRoot()).rounded(.down) / 4096)
  }
}
