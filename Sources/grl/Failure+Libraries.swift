import Checkpoints
import Imaging

extension Failure {
  /// The failure that an error of the libraries amounts to; nil for errors of the argument parser.
  init?(libraryError error: any Error, subject: String? = nil) {
    switch error {
    case let failure as Failure: self = failure
    case let error as ImageError: self.init(.badInput, "\(error)")
    case let error as CheckpointError: self.init(.modelProblem, "\(error)")
    case is CancellationError: self.init(.interrupted, "interrupted")
    default: return nil
    }
  }
}
