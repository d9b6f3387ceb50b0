import Checkpoints
import GRLModel

extension Checkpoint {
  /// Weights that make a network of this configuration run with finite values: drawn from a fixed seed, small enough that
  /// signals neither die nor grow. For timing only.
  static func generated(for configuration: GRLConfiguration) -> Checkpoint {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    func next() -> Float {
      // xorshift64, Marsaglia 2003
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Float(state >> 40) / Float(1 << 23) - 1
    }
    var tensors: [String: StoredTensor] = [:]
    for (name, shape) in GRL.parameters(of: configuration) {
      let fanIn = shape.dropFirst().reduce(1, *)
      let scale = 0.5 / Float(fanIn).squareRoot()
      tensors[name] = StoredTensor(shape: shape, values: (0..<shape.reduce(1, *)).map { _ in next() * scale })
    }
    return Checkpoint(path: "generated weights", tensors: tensors)
  }
}
