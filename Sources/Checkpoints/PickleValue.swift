/// A value that the pickle machine holds. Containers lie in the machine's arenas and are named by index, so that cycles
/// and deep nesting cost nothing: no value owns another.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case string(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(PickleGlobal)
  case storage(TorchStorage)
  case tensor(Int)
  /// Something that weights do not need: kept as a mark, nothing of it is known.
  case opaque
}

/// A named Python object that a checkpoint may mention. None of them is Python here: each stands for a rule of the machine.
enum PickleGlobal: Equatable {
  case orderedDictionary
  /// `torch._utils._rebuild_tensor_v2`, the way every dense tensor is written.
  case rebuildTensor
  /// `torch._utils._rebuild_tensor_v3`: the same with the element type as an argument.
  case rebuildTypedTensor
  case rebuildParameter
  case storageType(ElementType)
  case untypedStorage
  case elementType(ElementType)
  /// A class of hyperparameters, counters and the like. Calling it makes `PickleValue.opaque`.
  case inert

  /// The object called `name`, or nil if weights do not need it.
  init?(_ name: String) {
    if let known = Self.byName[name] { self = known } else { return nil }
  }

  private static let byName: [String: PickleGlobal] = {
    var table: [String: PickleGlobal] = [
      "collections.OrderedDict": .orderedDictionary,
      "torch._utils._rebuild_tensor_v2": .rebuildTensor,
      "torch._utils._rebuild_tensor_v3": .rebuildTypedTensor,
      "torch._utils._rebuild_parameter": .rebuildParameter,
      "torch.storage.UntypedStorage": .untypedStorage,
    ]
    let types: [(ElementType, storage: String, names: [String])] = [
      (.float64, "Double", ["float64", "double"]), (.float32, "Float", ["float32", "float"]),
      (.float16, "Half", ["float16", "half"]), (.bfloat16, "BFloat16", ["bfloat16"]),
      (.int64, "Long", ["int64", "long"]), (.int32, "Int", ["int32", "int"]), (.int16, "Short", ["int16", "short"]),
      (.int8, "Char", ["int8"]), (.uint8, "Byte", ["uint8"]), (.bool, "Bool", ["bool"]),
    ]
    for type in types {
      table["torch.\(type.storage)Storage"] = .storageType(type.0)
      for name in type.names { table["torch.\(name)"] = .elementType(type.0) }
    }
    for name in inertNames { table[name] = .inert }
    return table
  }()

  /// What Lightning keeps beside the weights: counters of schedulers, hyperparameters (plain, `AttributeDict` or OmegaConf),
  /// callback states, numpy scalars. Exact names only.
  private static let inertNames =
    [
      "builtins.dict", "builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple", "builtins.int",
      "builtins.float", "builtins.str", "builtins.bool", "builtins.bytes", "builtins.complex", "collections.Counter",
      "collections.defaultdict", "collections.deque", "typing.Any", "argparse.Namespace", "pathlib.Path",
      "pathlib.PosixPath", "_codecs.encode", "torch.Size", "torch.device", "numpy.dtype", "numpy.ndarray",
      "omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig", "omegaconf.base.ContainerMetadata",
      "omegaconf.base.Metadata",
    ]
    + ["Any", "Boolean", "Bytes", "Enum", "Float", "Integer", "Path", "String"].map { "omegaconf.nodes.\($0)Node" }
    + ["numpy.core", "numpy._core"].flatMap { ["\($0).multiarray.scalar", "\($0).multiarray._reconstruct"] }
    + ["pytorch_lightning", "lightning.pytorch"].flatMap {
      ["\($0).utilities.parsing.AttributeDict", "\($0).callbacks.model_checkpoint.ModelCheckpoint"]
    }
}

/// The bytes behind one or several tensors of a torch archive: entry `data/<key>`.
struct TorchStorage: Hashable {
  let key: String
  let elementType: ElementType?
  /// Bytes that the pickle declares.
  let byteCount: Int
}

/// A tensor of a torch archive: a strided view of a storage. Counts are in elements.
struct TorchView: Hashable {
  let storage: TorchStorage
  let elementType: ElementType
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// Checks that every element lies in the storage and that there are no more of them than the storage has.
  init(
    storage: TorchStorage, elementType: ElementType, offset: Int, shape: [Int], strides: [Int], rankLimit: Int
  ) throws(TensorFault) {
    guard shape.count == strides.count, shape.count <= rankLimit else { throw .rank(shape.count, limit: rankLimit) }
    guard offset >= 0 else { throw .negative("storage offset") }
    guard shape.allSatisfy({ $0 >= 0 }) else { throw .negative("size") }
    guard strides.allSatisfy({ $0 >= 0 }) else { throw .negative("stride") }
    let available = storage.byteCount / elementType.byteCount
    guard let count = shape.checkedProduct else { throw .sizeOverflow }
    var last = offset
    if count > 0 {
      for (size, stride) in zip(shape, strides) {
        let (reach, tooLong) = (size - 1).multipliedReportingOverflow(by: stride)
        let (next, tooFar) = last.addingReportingOverflow(reach)
        guard !tooLong, !tooFar else { throw .sizeOverflow }
        last = next
      }
      guard last < available else { throw .outsideStorage(last: last, count: available) }
      guard count <= available else { throw .largerThanStorage(elements: count, count: available) }
    }
    (self.storage, self.elementType, self.offset, self.shape, self.strides) = (
      storage, elementType, offset, shape, strides
    )
  }

  /// The elements, dense and row-major, out of the bytes of the whole storage.
  func dense(_ storage: [UInt8]) -> [UInt8] {
    let width = elementType.byteCount
    let count = shape.reduce(1, *)
    guard count > 0 else { return [] }
    // Axes of extent 1 may carry any stride.
    let axes = zip(shape, strides).filter { $0.0 > 1 }.map { (size: $0.0, stride: $0.1) }
    var rowLength = 1
    var inner = axes.count
    while inner > 0, axes[inner - 1].stride == rowLength {
      inner -= 1
      rowLength *= axes[inner].size
    }
    if rowLength == count, count * width == storage.count { return storage }
    let outer = axes[..<inner]
    var result: [UInt8] = []
    result.reserveCapacity(count * width)
    var index = [Int](repeating: 0, count: outer.count)
    var position = offset
    while true {
      result.append(contentsOf: storage[position * width..<(position + rowLength) * width])
      // Advance the outer index like an odometer, last axis fastest.
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        position += outer[axis].stride
        if index[axis] < outer[axis].size { break }
        position -= outer[axis].stride * outer[axis].size
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return result }
    }
  }
}
