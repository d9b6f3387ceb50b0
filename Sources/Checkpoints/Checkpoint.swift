/// Named tensors and text metadata read from a weight file.
///
/// Names are those of the published GRL code (`layers.0.blocks.0.attn.qkv.body.weight`), wrappers stripped.
public struct Checkpoint: Sendable {
  /// Where it was read from; for messages only.
  public let path: String
  public let metadata: [String: String]
  public let tensors: [String: StoredTensor]

  public init(path: String, metadata: [String: String] = [:], tensors: [String: StoredTensor]) {
    self.path = path
    self.metadata = metadata
    self.tensors = tensors
  }
}
