import Base
import EngineWire
import Glibc
import Imaging
import JobStore
import Restoration
import Tensors

/// Why a job, or one picture of it, ends without a result. One line each: what, where, what was allowed, what to do next.
package enum JobError: KnownFailure {
  // Usage
  /// `passedOver` counts what the folder holds instead.
  case noPictures(folder: String, isRecursive: Bool, passedOver: String?)
  case folderNotListed(folder: String, reason: String)
  case nameRule(template: String, fault: String)
  case formatUnknown(path: String)
  case manyForOneResult(path: String, pictures: Int)
  case resultIsFolder(path: String)
  /// The file system holds no such name, or no such path.
  case nameTooLong(path: String, bytes: Int, limit: Int)
  case resultsCollide(path: String, first: String, second: String)
  case resultIsInput(path: String)
  case resultExists(path: String, others: Int)
  /// Another process is making this result.
  case resultClaimed(path: String, holder: String)
  case folderNotMade(folder: String)
  case folderNotWritable(folder: String, reason: String)
  case badRequest(String)
  /// `count` is nil where nobody counted on.
  case tooManyPictures(count: Int?, limit: Int)
  /// Folders hold more than a plan looks through.
  case tooManyFiles(folder: String, limit: Int)
  // A picture
  case image(ImageError)
  /// `picture` is put in front where the error does not name a file itself.
  case restoration(RestorationError, picture: String?)
  /// Tiles that several machines made of the picture do not belong together, or to what it is now.
  case partsVoid(picture: String)
  /// `program` died twice in a row at `place` of the picture; `log` is its last word, or where to look for it.
  case died(picture: String, program: String, place: String, log: String?)
  /// Before anything is computed; `limit` is what it is over.
  case resultTooLarge(path: String, width: Int, height: Int, limit: String)
  case previewTooLarge(path: String, bytes: Int, limit: Int)
  case comparisonTooLarge(bytes: Int, limit: Int)
  /// `option` of `grl train` is to be changed.
  case training(any KnownFailure, option: String)
  // Jobs
  case store(StoreError)
  case jobState(id: String, state: String, wanted: String)
  /// The file system has let a request wait for too long.
  case noAnswer(path: String, seconds: Int)
  // Jobs of several machines
  case noneRestorable
  /// A command of a cluster's scheduler; what it said.
  case scheduler(String)
  case cancelled

  package var kind: FailureKind {
    switch self {
    case .noPictures, .folderNotListed, .noneRestorable: .badInput
    case .nameRule, .formatUnknown, .manyForOneResult, .resultIsFolder, .nameTooLong, .resultsCollide, .resultIsInput,
      .resultExists, .resultTooLarge, .resultClaimed, .folderNotMade, .folderNotWritable, .tooManyPictures,
      .tooManyFiles,
      .jobState:
      .usage
    case .image(let error): error.kind
    case .restoration(let error, _): error.kind
    case .training(let error, _): error.kind
    case .store(let error): error.kind
    case .badRequest: .badRequest
    case .scheduler: .scheduler
    case .previewTooLarge, .comparisonTooLarge: .memory
    case .died, .noAnswer, .partsVoid: .system
    case .cancelled: .cancelled
    }
  }

  package var code: String {
    switch self {
    case .noPictures: "no-pictures"
    case .folderNotListed: "unreadable"
    case .formatUnknown: "format-unknown"
    case .resultsCollide, .resultIsInput, .manyForOneResult: "results-collide"
    case .resultExists: "exists"
    case .resultClaimed: "claimed"
    case .resultTooLarge, .tooManyPictures, .tooManyFiles: "too-large"
    case .folderNotMade, .folderNotWritable: "unwritable"
    case .died: "died"
    case .partsVoid: "parts-void"
    case .noAnswer: "no-answer"
    case .jobState: "job-state"
    case .image(let error): error.code
    case .restoration(let error, _): error.code
    case .training(let error, _): error.code
    case .store(let error): error.code
    case .nameRule, .resultIsFolder, .nameTooLong, .badRequest, .previewTooLarge, .comparisonTooLarge, .noneRestorable,
      .scheduler, .cancelled:
      kind.code
    }
  }

  /// On one line and safe to show, whatever names and words of a request or a file are in it.
  package var description: String { sentence.printable }

  private var sentence: String {
    switch self {
    case .noPictures(let folder, let isRecursive, let passedOver):
      "\(folder): no pictures in this folder" + (passedOver.map { ", \($0)" } ?? "") + "; "
        + (isRecursive ? "give a folder that holds some" : "add --recursive to look into its folders")
    case .folderNotListed(let folder, let reason):
      "\(folder): cannot list this folder (\(reason)); check its permissions"
    case .nameRule(let template, let fault):
      "--name '\(template)': \(fault)"
    case .formatUnknown(let path):
      "\(path): the name does not say which format to write; end it with .png, .jpg, .tif or another ending of grl formats, or say --format"
    case .manyForOneResult(let path, let pictures):
      "-o \(path): names one result, but there are \(pictures) pictures; use --output-dir or --name"
    case .resultIsFolder(let path):
      "\(path): is a folder; use --output-dir \(ShellLine.quoted(path))"
    case .nameTooLong(let path, let bytes, let limit):
      "\(path): this name of a result has \(bytes) bytes, \(limit) are the most here; choose a shorter one with --name or -o"
    case .resultsCollide(let path, let first, let second):
      "\(path): both \(first) and \(second) would be written here; restore them apart, or with --name "
        + "such as '{input}_{task}.png'"
    case .resultIsInput(let path):
      "\(path): is one of the pictures to read; choose another name with -o or --name"
    case .resultExists(let path, let others):
      "\(path): exists already" + (others > 0 ? " (and \(others) more)" : "")
        + "; add --overwrite to replace or --skip-existing to keep it"
    case .resultTooLarge(let path, let width, let height, let limit):
      "\(path): the result would be \(width) x \(height), \((Double(width) * Double(height) / 1e6).fixed(1)) megapixels, over "
        + "\(limit); make it smaller with --fit WxH or --max-megapixels, or restore a part with --region"
    case .resultClaimed(let path, let holder):
      "\(path): \(holder), is making this result; wait until it has ended, add --skip-existing to leave it that picture, or choose "
        + "another name with -o, --output-dir or --name"
    case .folderNotMade(let folder):
      "\(folder): cannot make this folder; choose another one with --output-dir or -o"
    case .folderNotWritable(let folder, let reason):
      "\(folder): cannot write to this folder (\(reason)); choose another one with --output-dir or -o"
    case .badRequest(let fault):
      fault
    case .tooManyPictures(let count, let limit):
      (count.map { "\($0) pictures, over" } ?? "the folders hold more pictures than")
        + " the limit of \(limit) for one job; make several"
    case .tooManyFiles(let folder, let limit):
      "\(folder): over \(limit) files and folders to look through, the limit for one job; name folders that lie deeper"
    case .image(let error):
      error.description
    case .restoration(let error, let picture):
      error.description(at: picture)
    case .training(let error, _):
      "\(error)"
    case .partsVoid(let picture):
      "\(picture): its parts belong to another picture, model or size of tiles, or there is no room for them; see that it and the "
        + "model are what they were, then grl jobs resume makes them again"
    case .died(let picture, let program, let place, let log):
      "\(picture): \(program) died twice at \(place)" + (log.map { "; log: \($0)" } ?? "")
    case .previewTooLarge(let path, let bytes, let limit):
      "\(path): needs at least \(MemoryBudget.text(bytes, rounding: .up)) to be shown, over the \(MemoryBudget.text(limit)) that "
        + "the memory budget leaves for previews; give the engine more memory, or make the picture smaller"
    case .comparisonTooLarge(let bytes, let limit):
      "needs at least \(MemoryBudget.text(bytes, rounding: .up)) to compare these pictures, over the \(MemoryBudget.text(limit)) "
        + "that the memory budget leaves; compare fewer at a time, or parts of them"
    case .store(let error):
      error.description
    case .jobState(let id, let state, let wanted):
      "job \(id) is \(state); it would have to be \(wanted)"
    case .noAnswer(let path, let seconds):
      "\(path): its file system has not answered for \(seconds) s; see whether the disk or the server behind it is still there "
        + "(mount, df), and ask again"
    case .noneRestorable:
      "none of these pictures can be restored; nothing was planned"
    case .scheduler(let fault):
      fault
    case .cancelled:
      "cancelled"
    }
  }

  /// Whether a disk, a quota or a limit on the size of files is exhausted, so that trying again later may help.
  var isDiskFull: Bool {
    switch self {
    case .store(let error): error.isDiskFull
    case .image(.unwritable(_, let reason)):
      [ENOSPC, EDQUOT, EFBIG].contains { reason.hasPrefix(systemReason($0)) }
    default: false
    }
  }

  /// What `body` returns; an error of the store becomes one of the job.
  package static func storing<Value>(_ body: () throws(StoreError) -> Value) throws(JobError) -> Value {
    do { return try body() } catch { throw .store(error) }
  }

  package init(_ error: RestorationError, picture: String?) {
    self =
      switch error {
      case .picture(let error): error.kind == .cancelled ? .cancelled : .image(error)
      default: error.kind == .cancelled ? .cancelled : .restoration(error, picture: picture)
      }
  }

  /// Why the result at `path` cannot be claimed.
  package init(_ refusal: ResultClaim.Refusal, path: String) {
    self =
      switch refusal {
      case .held(let holder): .resultClaimed(path: path, holder: holder)
      case .unwritable(let reason): .image(.unwritable(path: path, reason: reason))
      }
  }
}

extension Reply {
  /// Why a request was not carried out, made safe to print.
  init(_ error: JobError) {
    self = .failure(Failure(error.kind, error.description.printable))
  }
}
