import Checkpoints

/// Why a set of numbers is no GRL network that can run.
public enum ConfigurationFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// The text is not strict JSON, or not an object.
  case malformed(String)
  case missingKey(String)
  case unknownKey(String)
  /// `found` is the value as text.
  case wrongValue(key: String, found: String, allowed: String)
  /// Sizes that are each allowed do not fit each other.
  case inconsistent(String)

  public var description: String {
    switch self {
    case .malformed(let problem): "configuration: \(problem)"
    case .missingKey(let key): "configuration: \(key) is missing"
    case .unknownKey(let key): "configuration: unknown key \(key.printable())"
    case .wrongValue(let key, let found, let allowed): "\(key): \(found.printable()), allowed is \(allowed)"
    case .inconsistent(let rule): rule
    }
  }
}
