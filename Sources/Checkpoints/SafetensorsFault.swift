import Base

/// A broken rule of the safetensors format.
public enum SafetensorsFault: Error, Equatable, Sendable, CustomStringConvertible {
  case headerPastEnd(length: UInt64, available: Int)
  case header(String)
  /// The value of `key` (a tensor, or a field as `tensor.field`) is not what the format asks for.
  case wrongValue(key: String, expected: String)
  case unknownElementType(tensor: String, name: String)
  case sizeMismatch(tensor: String, declared: Int, stored: Int)
  /// The tensor's shape has more bytes than can be counted.
  case sizeOverflow(tensor: String)
  case reversedOffsets(tensor: String, begin: Int, end: Int)
  /// Bytes before this tensor belong to no tensor.
  case gap(tensor: String, from: Int, to: Int)
  case overlap(tensor: String, begin: Int, taken: Int)
  case pastEnd(tensor: String, end: Int, available: Int)
  case trailingBytes(Int)

  public var description: String {
    switch self {
    case .headerPastEnd(let length, let available): "header of \(length) bytes where \(available) follow"
    case .header(let problem): "header: \(problem)"
    case .wrongValue(let key, let expected): "\(key.printable()): expected \(expected)"
    case .unknownElementType(let tensor, let name):
      "\(tensor.printable()): element type \(name.printable(limit: 20)), known are "
        + ElementType.allCases.map(\.rawValue).joined(separator: " ")
    case .sizeMismatch(let tensor, let declared, let stored):
      "\(tensor.printable()): shape and type make \(declared) bytes, \(stored) are stored"
    case .sizeOverflow(let tensor): "\(tensor.printable()): the shape has more elements than can be counted"
    case .reversedOffsets(let tensor, let begin, let end):
      "\(tensor.printable()): begins at \(begin) and ends at \(end)"
    case .gap(let tensor, let from, let to):
      "\(tensor.printable()): bytes \(from) to \(to) before it belong to no tensor"
    case .overlap(let tensor, let begin, let taken):
      "\(tensor.printable()): begins at \(begin), but the tensors before it reach to \(taken)"
    case .pastEnd(let tensor, let end, let available):
      "\(tensor.printable()): ends at byte \(end) of \(available)"
    case .trailingBytes(let count): "\(count) bytes after the last tensor"
    }
  }
}
