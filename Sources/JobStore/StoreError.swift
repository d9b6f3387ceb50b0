import Base
import Glibc

/// Why the store of jobs cannot do what it was asked for. One line each: what, where, what to do next.
package enum StoreError: KnownFailure {
  /// The file system refused, with `code` as `errno`.
  case system(path: String, code: Int32)
  case damaged(path: String, reason: String)
  case noSuchJob(id: String)
  /// Another process holds the job's lock.
  case jobElsewhere(id: String, owner: String)
  /// What stands there is not what it would have to be.
  case refused(path: String, reason: String, advice: String)
  /// A request that JSON cannot hold.
  case unwritable(String)

  /// What stands at `path` in the store cannot be read.
  package init(_ refusal: RegularFile.Refusal, path: String) {
    self =
      if case .system(let code) = refusal {
        .system(path: path, code: code)
      } else {
        .damaged(path: path, reason: "\(refusal)")
      }
  }

  package var kind: FailureKind {
    switch self {
    case .system, .damaged: .system
    case .noSuchJob: .noSuchJob
    case .jobElsewhere, .refused: .usage
    case .unwritable: .badRequest
    }
  }

  /// On one line and safe to show, whatever names are in it.
  package var description: String {
    let sentence =
      switch self {
      case .system(let path, let code): "\(path): \(systemReason(code))"
      case .damaged(let path, let reason): "\(path): \(reason); remove the job with grl jobs clean"
      case .noSuchJob(let id): "no job is called \(id); see grl jobs list"
      case .jobElsewhere(let id, let owner): "job \(id) is worked on by \(owner); stop it there first"
      case .refused(let path, let reason, let advice): "\(path): \(reason); \(advice)"
      case .unwritable(let fault): fault
      }
    return sentence.printable
  }

  /// A disk, a quota or a limit on the size of files is exhausted, so that trying again later may help.
  package var isDiskFull: Bool {
    if case .system(_, let code) = self { code == ENOSPC || code == EDQUOT || code == EFBIG } else { false }
  }
}
