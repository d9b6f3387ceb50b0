/// Named tensors and text metadata read from a weight file.
///
/// Names are those of the published GRL code (`layers.0.blocks.0.attn.qkv.body.weight`), wrappers stripped.
public struct Checkpoint: Sendable {
  /// Where it was read from; for messages only.
  public let path: String
  public let metadata: [String: String]
  public let tensors: [String: StoredTensor]
  /// Shapes of the tables, indices and masks (`table_w`, `index_sh_w2a`, ...) that the file stores beside the parameters.
  /// They follow from window, stripes and anchor factor, and so reveal them.
  public let derivedShapes: [String: [Int]]
  /// Which weights were taken where the file holds several sets; nil where it holds one.
  public let weightSet: WeightSet?
  /// What the training was started with (Lightning's `hyper_parameters`); nil where the file does not tell.
  package let hyperparameters: JSON?

  public init(
    path: String, metadata: [String: String] = [:], tensors: [String: StoredTensor],
    derivedShapes: [String: [Int]] = [:]
  ) {
    self.init(
      path: path, metadata: metadata, tensors: tensors, derivedShapes: derivedShapes, weightSet: nil,
      hyperparameters: nil)
  }

  package init(
    path: String, metadata: [String: String], tensors: [String: StoredTensor], derivedShapes: [String: [Int]],
    weightSet: WeightSet?, hyperparameters: JSON?
  ) {
    self.weightSet = weightSet
    self.hyperparameters = hyperparameters
    self.path = path
    self.metadata = metadata
    self.tensors = tensors
    self.derivedShapes = derivedShapes
  }

  /// Reads a safetensors file or a zip checkpoint of `torch.save` (`.pth`, Lightning `.ckpt`), told apart by content.
  ///
  /// The structure of the file is checked wholly before any tensor is read; of torch archives only the network's
  /// tensors are read, not optimiser states. Nothing in the file is ever run.
  ///
  /// - Throws: `CheckpointError` for everything that is not a sound file of these kinds within `limits`.
  public init(contentsOf path: String, limits: CheckpointLimits = CheckpointLimits()) throws(CheckpointError) {
    try self.init(try ByteSource(path: path), limits: limits)
  }

  /// The same from bytes in memory; `path` is for messages.
  package init(
    bytes: [UInt8], path: String, limits: CheckpointLimits = CheckpointLimits()
  ) throws(CheckpointError) {
    try self.init(ByteSource(path: path, bytes: bytes), limits: limits)
  }

  private init(_ source: ByteSource, limits: CheckpointLimits) throws(CheckpointError) {
    switch try WeightFileKind(source) {
    case .safetensors: try self.init(try SafetensorsFile(source, limits: limits), path: source.path, limits: limits)
    case .zip: try self.init(try TorchArchive(source, limits: limits), path: source.path, limits: limits)
    case .legacyTorch: throw .legacyTorch(path: source.path)
    case .other(let looksLike): throw .notAWeightFile(path: source.path, looksLike: looksLike)
    }
  }

  /// Takes the network's tensors out of `container`, each parameter once.
  private init<Container: TensorContainer>(
    _ container: Container, path: String, limits: CheckpointLimits
  ) throws(CheckpointError) {
    let wrappers = WeightWrappers(of: container.found.lazy.map(\.name))
    var parameters: [(name: String, tensor: FoundTensor<Container.Content>)] = []
    var contents: [String: Container.Content] = [:]
    var derivedShapes: [String: [Int]] = [:]
    for tensor in container.found {
      switch WeightName(tensor.name, wrappers: wrappers) {
      case .parameter(let name):
        // One network under two names usually shares its storages: nothing to compare then.
        if contents.updateValue(tensor.content, forKey: name) != tensor.content { parameters.append((name, tensor)) }
      case .derived(let name):
        let earlier = derivedShapes.updateValue(tensor.shape, forKey: name)
        guard earlier == nil || earlier == tensor.shape else { throw .disagreement(path: path, name: name) }
      case .ignored: break
      }
    }

    var total = 0
    for (_, tensor) in parameters {
      total = total.addingClamped(tensor.byteCount)
      guard total <= limits.tensorBytes else {
        throw .tooLarge(path: path, what: "bytes of tensors", found: total, limit: limits.tensorBytes)
      }
    }
    var container = container
    var tensors: [String: StoredTensor] = [:]
    for (name, tensor) in parameters {
      let stored = StoredTensor(
        elementType: tensor.elementType, shape: tensor.shape, bytes: try container.bytes(of: tensor))
      let earlier = tensors.updateValue(stored, forKey: name)
      guard earlier == nil || earlier == stored else { throw .disagreement(path: path, name: name) }
    }
    var weightSet = container.weightSet
    if let averaged = wrappers.averaged {
      let place = [weightSet?.name, String(averaged.dropLast())].compactMap(\.self).joined(separator: ".")
      weightSet = WeightSet(name: place, others: (weightSet?.others ?? []) + ["weights of the last step"])
    }
    self.init(
      path: path, metadata: container.metadata, tensors: tensors, derivedShapes: derivedShapes,
      weightSet: weightSet.flatMap { $0.others.isEmpty ? nil : $0 }, hyperparameters: container.hyperparameters)
  }
}
