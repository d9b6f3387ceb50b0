import Base
import Evaluation
import Restoration
import Tensors

/// Why the program, or one picture of a batch, ends without a result: the exit status and one line
/// (*file: reason; what to do*) that is printed behind `grl: `.
struct Failure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String
  /// A word for programs.
  let code: String

  init(_ status: ExitStatus, _ description: String, code: String? = nil) {
    self.status = status
    self.description = description
    self.code = code ?? status.code
  }

  init(kind: FailureKind, _ description: String, code: String? = nil) {
    self.init(ExitStatus(kind), description, code: code ?? kind.code)
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
    case let error as RestorationError:
      self.init(kind: error.kind, error.description(at: picture), code: error.code)
    case EvaluationError.noFittingModel(let error):
      self.init(kind: error.kind, "\(error); or measure the input alone with --baseline-only")
    case let error as any KnownFailure:
      self.init(kind: error.kind, "\(error)", code: error.code)
    case let error as OutOfMemory:
      self.init(libraryError: RestorationError.outOfMemory(error), picture: picture)
    default:
      return nil
    }
  }
}

/// Exit status of the program. `Docs/Guide.md` lists these for the user.
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
  /// A part of a shared job stopped before its end, or waits for others: the same command goes on later (`EX_TEMPFAIL`).
  case later = 75
  case interrupted = 130

  /// The same for programs, where nothing says more.
  var code: String {
    switch self {
    case .done: "done"
    case .someFailed: "failed"
    case .usage: "usage"
    case .badInput: "bad-input"
    case .modelProblem: "model"
    case .overMemoryBudget: "memory"
    case .verificationFailed: "verification"
    case .engineLost: "engine"
    case .later: "later"
    case .interrupted: "interrupted"
    }
  }

  init(_ kind: FailureKind) { self = ExitStatus(rawValue: kind.exitStatus) ?? .someFailed }
}
