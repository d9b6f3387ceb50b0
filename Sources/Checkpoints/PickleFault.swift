import Base

/// What the pickle of a torch archive does that it must not, or cannot.
public enum PickleFault: Error, Equatable, Sendable, CustomStringConvertible {
  case truncated
  case unknownInstruction(UInt8)
  case unknownProtocol(UInt8)
  case stackUnderflow
  case memoMissing(Int)
  case notUTF8
  /// Names a Python object outside the short list that weights need.
  case forbiddenName(String)
  /// Calls or changes something that is not callable here, or with other arguments than PyTorch writes.
  case badCall(String)
  case tooManySteps(limit: Int)
  case stackTooDeep(limit: Int)
  case trailingBytes(Int)
  case notADictionary
  case badTensor(TensorFault)

  public var description: String {
    switch self {
    case .truncated: "ends early; fetch the file again"
    case .unknownInstruction(let code):
      "instruction 0x\(String(code, radix: 16)), which torch.save does not write; save the file again"
    case .unknownProtocol(let version): "pickle protocol \(version), known are 2 to 5; save the file again"
    case .stackUnderflow: "takes more values than there are; the file is damaged or forged"
    case .memoMissing(let index): "recalls value \(index), which was never kept; the file is damaged or forged"
    case .notUTF8: "text that is not UTF-8; the file is damaged or forged"
    case .forbiddenName(let name):
      "asks for \(name.printable()), which weights do not need (nothing was run); get them as safetensors or a plain "
        + "model.state_dict()"
    case .badCall(let what): "\(what.printable()); the file is damaged or forged"
    case .tooManySteps(let limit): "more than \(limit) instructions; save model.state_dict() alone"
    case .stackTooDeep(let limit): "more than \(limit) values nested or waiting; save model.state_dict() alone"
    case .trailingBytes(let count): "\(count) bytes after its end; the file is damaged or forged"
    case .notADictionary: "holds no dictionary of tensors; save model.state_dict()"
    case .badTensor(let fault): "tensor: \(fault); the file is damaged or forged"
    }
  }
}

/// How a tensor fails to fit the storage that it is a view of.
public enum TensorFault: Error, Equatable, Sendable, CustomStringConvertible {
  case negative(String)
  case sizeOverflow
  case rank(Int, limit: Int)
  /// Reaches element `last` of a storage with `count` elements.
  case outsideStorage(last: Int, count: Int)
  /// Shows elements of its storage more than once, more in all than there are.
  case largerThanStorage(elements: Int, count: Int)
  /// The archive's entry for the storage has another size than declared.
  case storageSize(entry: String, declared: Int, stored: Int)
  case duplicateName

  public var description: String {
    switch self {
    case .negative(let what): "negative \(what)"
    case .sizeOverflow: "more elements than can be counted"
    case .rank(let rank, let limit): "\(rank) dimensions, at most \(limit) are read"
    case .outsideStorage(let last, let count): "reaches element \(last) of a storage with \(count)"
    case .largerThanStorage(let elements, let count): "\(elements) elements out of a storage with \(count)"
    case .storageSize(let entry, let declared, let stored):
      "storage \(entry.printable()) has \(stored) bytes, \(declared) are declared"
    case .duplicateName: "the name occurs twice"
    }
  }
}
