/// A checkpoint written by `torch.save` (PyTorch 1.6 and later): a zip archive with `NAME/data.pkl`, which describes the
/// tensors, and one entry `NAME/data/KEY` for the bytes of each storage.
struct TorchArchive: TensorContainer {
  let metadata: [String: String] = [:]
  private(set) var hyperparameters: JSON?
  private(set) var weightSet: WeightSet?
  private(set) var found: [FoundTensor<TorchView>] = []

  private let path: String
  private let archive: ZipArchive
  private let root: String
  private let limits: CheckpointLimits
  /// The storage read last; tensors that share one follow each other.
  private var current: (key: String, bytes: [UInt8])?
  private var storageBytesRead = 0

  /// Keys under which training code keeps weights, averaged ones before those of the last step.
  private static let weightKeys = [
    "state_dict_ema", "ema_state_dict", "model_ema", "params_ema", "net_g_ema", "generator_ema", "ema", "state_dict",
    "model_state_dict", "params", "net_g", "generator", "model", "network", "net", "weights",
  ]

  init(_ source: ByteSource, limits: CheckpointLimits) throws(CheckpointError) {
    path = source.path
    self.limits = limits
    archive = try ZipArchive(source, limits: limits)
    let pickles = archive.names.filter { $0.hasSuffix("/data.pkl") }
    guard pickles.count == 1, let pickle = pickles.first else {
      throw .archive(path: path, fault: .notTorch(pickles: pickles.count))
    }
    root = String(pickle.dropLast("data.pkl".count))
    if archive.size(of: root + "constants.pkl") != nil { throw .archive(path: path, fault: .torchScript) }
    if archive.size(of: root + "byteorder") != nil {
      guard try read(root + "byteorder", what: "byteorder bytes", limit: 16).starts(with: "little".utf8) else {
        throw .archive(path: path, fault: .bigEndian)
      }
    }
    let result = try PickleMachine.weights(
      in: try read(pickle, what: "pickle bytes", limit: limits.headerBytes),
      preferring: Self.weightKeys, file: path, limits: limits)
    guard !result.weights.tensors.isEmpty else { throw .noTensors(path: path, found: result.weights.keys) }
    hyperparameters = result.hyperparameters
    if !result.path.isEmpty { weightSet = WeightSet(name: result.path.joined(separator: "."), others: result.others) }
    var names: Set<String> = []
    for (name, view) in result.weights.tensors {
      guard names.insert(name).inserted else { throw .tensor(path: path, name: name, fault: .duplicateName) }
      found.append(FoundTensor(name: name, elementType: view.elementType, shape: view.shape, content: view))
    }
    found.sort { $0.content.storage.key < $1.content.storage.key }
  }

  mutating func bytes(of tensor: FoundTensor<TorchView>) throws(CheckpointError) -> [UInt8] {
    let storage = tensor.content.storage
    let entry = root + "data/" + storage.key
    if let stored = archive.size(of: entry), stored != storage.byteCount {
      throw .tensor(
        path: path, name: tensor.name,
        fault: .storageSize(entry: entry, declared: storage.byteCount, stored: stored))
    }
    if let current, current.key == storage.key { return tensor.content.dense(current.bytes) }
    storageBytesRead = storageBytesRead.addingClamped(storage.byteCount)
    guard storageBytesRead <= limits.tensorBytes else {
      throw .tooLarge(path: path, what: "bytes of storages", found: storageBytesRead, limit: limits.tensorBytes)
    }
    let bytes = try archive.read(entry)
    current = (storage.key, bytes)
    return tensor.content.dense(bytes)
  }

  private func read(_ entry: String, what: String, limit: Int) throws(CheckpointError) -> [UInt8] {
    if let size = archive.size(of: entry), size > limit {
      throw .tooLarge(path: path, what: what, found: size, limit: limit)
    }
    return try archive.read(entry)
  }
}
