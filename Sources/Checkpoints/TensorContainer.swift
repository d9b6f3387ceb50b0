/// A tensor found in a file: everything about it but its bytes.
struct FoundTensor<Content: Hashable & Sendable>: Hashable, Sendable {
  let name: String
  let elementType: ElementType
  let shape: [Int]
  /// Where its elements lie.
  let content: Content

  /// Bytes when dense; cannot overflow because containers check shapes first.
  var byteCount: Int { shape.reduce(1, *) * elementType.byteCount }
}

/// A weight file whose structure is checked, ready to deliver the bytes of single tensors.
protocol TensorContainer {
  associatedtype Content: Hashable & Sendable
  var metadata: [String: String] { get }
  /// What the training was started with, as far as the file tells.
  var hyperparameters: JSON? { get }
  /// Where the weights lay; nil where at the top.
  var weightSet: WeightSet? { get }
  var found: [FoundTensor<Content>] { get }
  /// The elements of `tensor`, dense and row-major.
  mutating func bytes(of tensor: FoundTensor<Content>) throws(CheckpointError) -> [UInt8]
}

extension TensorContainer {
  var hyperparameters: JSON? { nil }
  var weightSet: WeightSet? { nil }
}
