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
