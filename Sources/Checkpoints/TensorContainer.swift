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
  var found: [FoundTensor<Content>] { get }
  /// The elements of `tensor`, dense and row-major.
  mutating func bytes(of tensor: FoundTensor<Content>) throws(CheckpointError) -> [UInt8]
}
