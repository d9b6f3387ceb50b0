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
  /// A class of hyperparameters, counters and the like. Calling it makes a `PickleValue.object` with this class name.
  case inert(String)

  /// The object called `name`, or nil if no checkpoint needs it.
  init?(_ name: String) {
    if let known = Self.byName[name] {
      self = known
    } else if Self.isInert(name) {
      self = .inert(name)
    } else {
      return nil
    }
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
    return table
  }()

  /// Whether `name` is a class whose instances lie beside the weights as data: one of `inertNames`, or a class (its last
  /// part begins with a capital, as functions do not) of a training framework.
  private static func isInert(_ name: String) -> Bool {
    if inertNames.contains(name) { return true }
    guard frameworks.contains(where: name.hasPrefix), let last = name.split(separator: ".").last else { return false }
    return last.first?.isUppercase == true && name.utf8.allSatisfy { $0 != UInt8(ascii: " ") }
  }

  /// Packages whose classes training code leaves in its checkpoints: hyperparameters, callbacks, loggers, metrics, schedulers.
  private static let frameworks = [
    "omegaconf.base.", "omegaconf.dictconfig.", "omegaconf.listconfig.", "omegaconf.nodes.", "pytorch_lightning.",
    "lightning.pytorch.", "lightning.fabric.", "lightning_fabric.", "torchmetrics.", "timm.scheduler.",
    "torch.optim.lr_scheduler.",
  ]

  /// Exact names of the standard library, PyTorch and NumPy: plain types, containers, counters, paths, scalars. `long` is what
  /// protocol 2 calls `int` where OmegaConf names the type of a key.
  private static let inertNames = Set(
    ["bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "long", "object", "range"]
      .map { "builtins.\($0)" } + ["set", "slice", "str", "tuple", "type", "unicode"].map { "builtins.\($0)" } + [
        "collections.Counter", "collections.defaultdict", "collections.deque", "typing.Any", "typing.Union",
        "typing.Optional", "argparse.Namespace", "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath",
        "pathlib.WindowsPath", "datetime.datetime", "datetime.timedelta", "_codecs.encode", "torch.Size",
        "torch.device", "numpy.dtype", "numpy.ndarray",
      ] + ["numpy.core", "numpy._core"].flatMap { ["\($0).multiarray.scalar", "\($0).multiarray._reconstruct"] })
}
