import Imaging
import Tensors

/// Why a picture could not be degraded.
public enum DegradationError: Error {
  /// A strength outside what makes sense.
  case outOfRange(parameter: String, value: Double, allowed: ClosedRange<Double>)
  /// Too few or too many colours.
  case wrongChannels(operation: String, found: Int, allowed: [Int])
  /// Nothing would be left.
  case tooSmall(Shape, scale: Int)
  /// The JPEG library refused.
  case codec(ImageError)
}

extension DegradationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outOfRange(let parameter, let value, let allowed):
      "\(parameter) \(Self.text(value)) is outside \(Self.text(allowed.lowerBound))...\(Self.text(allowed.upperBound)); "
        + "choose a value in that range"
    case .wrongChannels(let operation, let found, let allowed):
      "\(operation) works on pictures of \(allowed.map(String.init).joined(separator: " or ")) channels, this one has \(found); "
        + "convert it first"
    case .tooSmall(let shape, let scale):
      "a picture of \(shape.width) x \(shape.height) pixels cannot be made \(scale) times smaller; "
        + "both sides must be \(scale) or more"
    case .codec(let error): "\(error)"
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }
}
