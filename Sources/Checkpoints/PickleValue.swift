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
