import Base
import Restoration

/// Why an evaluation, or one picture of it, came to no result.
package enum EvaluationError: KnownFailure {
  /// A set or a picture that cannot be measured.
  case badInput(String)
  case noFittingModel(RestorationError)
  /// The library's error at `picture`, where it is about one.
  case restoration(RestorationError, picture: String?)
  /// Results cannot be kept.
  case notKept(String)
  case interrupted

  /// Whether the other pictures can be measured all the same.
  package var isOfOnePicture: Bool {
    switch self {
    case .badInput: true
    case .restoration(let error, _): error.kind == .badInput
    case .noFittingModel, .notKept, .interrupted: false
    }
  }

  package var kind: FailureKind {
    switch self {
    case .badInput: .badInput
    case .noFittingModel: .model
    case .restoration(let error, _): error.kind
    case .notKept: .system
    case .interrupted: .cancelled
    }
  }

  package var description: String {
    switch self {
    case .badInput(let reason), .notKept(let reason): reason
    case .noFittingModel(let error): error.description
    case .restoration(let error, let picture): error.description(at: picture)
    case .interrupted:
      "interrupted; what was measured is kept: run the same command again and it goes on from there"
    }
  }
}
