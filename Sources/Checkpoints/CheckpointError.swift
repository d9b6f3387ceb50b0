/// Why a weight file was refused.
public enum CheckpointError: Error, CustomStringConvertible {
  /// The file is sound but does not fit the network: every missing, misshapen, unusable and surplus tensor.
  case mismatch(path: String, problems: [String])

  public var description: String {
    switch self {
    case .mismatch(let path, let problems):
      "\(path): does not fit the network: " + problems.joined(separator: "; ")
    }
  }
}
