import Base
import EngineWire
import Imaging

extension Reply {
  /// Why a request was not carried out, made safe to print.
  init(_ error: JobError) {
    let kind: Failure.Kind =
      switch error {
      case .noSuchJob: .noSuchJob
      case .badRequest: .badRequest
      default:
        switch error.kind {
        case .system: .system
        case .usage: .usage
        case .badInput: .badInput
        case .model: .model
        case .memory: .memory
        case .verification: .verification
        case .cancelled: .cancelled
        }
      }
    self = .failure(Failure(kind, error.description.printable))
  }
}
