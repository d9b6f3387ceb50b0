import Checkpoints
import EngineCore
import Evaluation
import Imaging
import JobStore
import Restoration
import Tensors

/// Why the program, or one picture of a batch, ends without a result: the exit status and one line
/// (*file: reason; what to do*) that is printed behind `grl: `.
struct Failure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}

extension Failure {
  /// The failure that an error of the libraries amounts to; nil for errors of the argument parser.
  ///
  /// - Parameter picture: path of the picture in work, put in front where the error does not name a file itself.
  init?(libraryError error: any Error, picture: String? = nil) {
    switch error {
    case let failure as Failure:
      self = failure
    case let error as StoreError:
      self.init(libraryError: JobError.store(error))
    case let error as JobError:
      self.init(ExitStatus(rawValue: error.kind.rawValue) ?? .someFailed, "\(error)")
    case let error as ImageError:
      switch error {
      case .unwritable, .notFlushed: self.init(.someFailed, "\(error)")
      case .exists: self.init(.usage, "\(error)")
      case .outOfMemory: self.init(.overMemoryBudget, "\(error)")
      default: self.init(.badInput, "\(error)")
      }
    case let error as CheckpointError:
      self.init(.modelProblem, "\(error)")
    case let error as RestorationError:
      self.init(error, picture: picture)
    case let error as EvaluationError:
      self.init(error)
    case let error as OutOfMemory:
      self.init(.outOfMemory(error), picture: picture)
    default:
      return nil
    }
  }

  private init(_ error: EvaluationError) {
    switch error {
    case .badInput: self.init(.badInput, "\(error)")
    case .noFittingModel: self.init(.modelProblem, "\(error); or measure the input alone with --baseline-only")
    case .restoration(let error, let picture): self.init(error, picture: picture)
    case .notKept: self.init(.someFailed, "\(error)")
    case .interrupted: self.init(.interrupted, "\(error)")
    }
  }

  private init(_ error: RestorationError, picture: String?) {
    let status: ExitStatus =
      switch error.category {
      case .usage: .usage
      case .badInput: .badInput
      case .model: .modelProblem
      case .memory: .overMemoryBudget
      case .verification: .verificationFailed
      case .cancelled: .interrupted
      }
    self.init(status, error.description(at: picture))
  }
}

/// What the program tells the shell. `Docs/Guide.md` lists these for the user.
enum ExitStatus: Int32 {
  case done = 0
  /// Some of several pictures failed (the others are done), a picture could not be written, or `--fail-below` was not met.
  case someFailed = 1
  case usage = 2
  case badInput = 3
  case modelProblem = 4
  case overMemoryBudget = 5
  case verificationFailed = 6
  /// The engine cannot be started or reached, or is gone.
  case engineLost = 7
  case interrupted = 130
}
