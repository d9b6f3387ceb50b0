/// A value that the pickle machine holds. Containers lie in the machine's arenas and are named by index, so that cycles
/// and deep nesting cost nothing: no value owns another.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case string(String)
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  case global(PickleGlobal)
  case storage(TorchStorage)
  case tensor(Int)
  /// An instance of a class that weights do not need: plain data, never more.
  case object(Int)
  /// Something of which nothing is kept.
  case opaque
}

/// What the pickle says of an instance of an inert class.
struct PickleObject {
  /// The class by its full name, as in `omegaconf.dictconfig.DictConfig`.
  let className: String
  /// What BUILD gave it.
  var state: PickleValue = .none
  /// The items of a class that extends `dict`.
  var items: [(key: PickleValue, value: PickleValue)] = []
}
