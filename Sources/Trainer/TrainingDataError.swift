import Base
import Imaging
import Restoration
import Tensors

/// Why there is nothing to train on.
public enum TrainingDataError: KnownFailure {
  /// The folder, archive or file cannot be listed or read.
  case unreadable(path: String, reason: String)
  /// An archive that contradicts its format at byte `offset`.
  case archive(path: String, offset: Int, rule: String)
  /// Nothing was found that can be trained on; `refused` holds a line for each file that could not be read.
  case noPictures(path: String, wanted: String, refused: [String])
  /// What was found does not fit into memory, even with less of every picture.
  case overBudget(path: String, pictures: Int, neededBytes: Int, budgetBytes: Int)
  /// No picture is large enough for squares of `side` pixels, which patches of `patch` take.
  case tooSmall(side: Int, patch: Int, largestWidth: Int, largestHeight: Int)
  /// The task is not learned from such data.
  case unfit(reason: String)
  /// A picture could not be damaged.
  case damage(DegradationError)
  /// The flag was set while the data were read.
  case cancelled
}

extension TrainingDataError {
  public var kind: FailureKind {
    switch self {
    case .unreadable, .archive, .noPictures, .tooSmall, .damage: .badInput
    case .unfit: .usage
    case .overBudget: .memory
    case .cancelled: .cancelled
    }
  }

  /// One line: what, where, what was allowed, what to do next.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)".printable
    case .archive(let path, let offset, let rule):
      "\(path): not a sound tar archive: \(rule) at byte \(offset); make it anew with `tar cf`, or give the folder itself"
        .printable
    case .noPictures(let path, let wanted, let refused):
      "\(path): no \(wanted)".printable
        + (refused.isEmpty ? "" : "; \(refused.count) could not be read: \(refused.listed(limit: 3))")
        + "; PNG, JPEG, BMP and TIFF files are read"
    case .overBudget(let path, let pictures, let needed, let budget):
      "\(path): \(pictures) pictures take \(MemoryBudget.text(needed)) of memory, over the \(MemoryBudget.text(budget)) there are"
        .printable
        + "; raise --memory to \(MemoryBudget.text(needed, rounding: .up).filter { $0 != " " }), or give fewer or smaller pictures"
    case .tooSmall(let side, let patch, let width, let height):
      "patches of \(patch) pixels take squares of \(side) x \(side), and the largest picture has \(width) x \(height); "
        + "give larger pictures, or train with a smaller --patch"
    case .unfit(let reason): reason
    case .damage(let error): "\(error)"
    case .cancelled: "reading the data was interrupted"
    }
  }
}
