import Base
import Checkpoints
import GRLModel
import Imaging
import Tensors

/// Why a restoration was refused or stopped. One line each: what, where, what was allowed, what to do next.
public enum RestorationError: KnownFailure {
  // Usage
  case optionMissing(option: String, task: RestorationTask, allowed: String)
  case optionOutOfRange(option: String, value: String, allowed: String)
  case optionNotOfTask(option: String, task: RestorationTask, tasks: [RestorationTask])
  case optionsContradict(first: String, second: String)
  // Input
  case regionOutside(Rectangle, width: Int, height: Int)
  case sizesDiffer(left: PictureShape, right: PictureShape)
  /// Of a picture that is read, or a result that is written, by rows.
  case picture(ImageError)
  /// A query outside the picture is bad input; a block or head that does not exist is usage.
  case attention(AttentionError)
  // Model
  case noSuchModel(name: String, available: [String])
  /// `available` are the models of the same task.
  case noFittingModel(wanted: String, available: [String])
  case modelNotForTask(model: String, reason: String)
  case modelNameTaken(name: String, path: String)
  case modelNameInvalid(name: String)
  case modelNotWritten(path: String, reason: String)
  case modelTaskUnknown(path: String)
  case checkpoint(CheckpointError)
  case configuration(ConfigurationError)
  /// A device that cannot be used as it was chosen, or failed where nothing could take its place.
  case device(DeviceError)
  // Memory
  /// `estimate` is what would do.
  case overBudget(estimate: MemoryEstimate, budgetBytes: Int, advice: String)
  /// The same of a graphics card.
  case overCard(estimate: MemoryEstimate, freeBytes: Int, advice: String)
  case outOfMemory(OutOfMemory)
  // Verification
  case suspiciousOutput(tile: Rectangle, what: SuspiciousOutput)
  /// The weights are whole, but do not restore what they are for.
  case notSound(model: String, damage: String, fault: ModelTrial.Fault)
  case cancelled

  /// What is wrong with a tile that the network returned.
  public enum SuspiciousOutput: Hashable, Sendable {
    case notFinite(count: Int)
    case flat(value: Float)
    case repeated(of: Rectangle)
    case meanDrift(from: Double, to: Double, bound: Double)
    /// Of each channel, how far its mean is from that of all.
    case colourDrift(from: [Double], to: [Double], bound: Double)
  }

  public var kind: FailureKind {
    switch self {
    case .optionMissing, .optionOutOfRange, .optionNotOfTask, .optionsContradict, .device: .usage
    case .regionOutside, .sizesDiffer, .attention(.queryOutside): .badInput
    case .attention: .usage
    case .picture(let error): error.kind
    case .noSuchModel, .noFittingModel, .modelNotForTask, .modelNameTaken, .modelNameInvalid, .modelNotWritten,
      .modelTaskUnknown, .checkpoint, .configuration:
      .model
    case .overBudget, .overCard, .outOfMemory: .memory
    case .suspiciousOutput, .notSound: .verification
    case .cancelled: .cancelled
    }
  }

  public var description: String {
    switch self {
    case .optionMissing(let option, let task, let allowed):
      "task \(task) needs \(option): give \(allowed)"
    case .optionOutOfRange(let option, let value, let allowed):
      "\(option) \(value) is out of range: give \(allowed)"
    case .optionNotOfTask(let option, let task, let tasks):
      "\(option) does not apply to task \(task), only to \(tasks.map(\.rawValue).joined(separator: " and ")): leave it out"
    case .optionsContradict(let first, let second):
      "\(first) and \(second) exclude each other: give one of them"
    case .regionOutside(let region, let width, let height):
      "region \(region.text) does not lie within the picture of \(width) x \(height) pixels: "
        + "give X,Y,WIDTH,HEIGHT inside 0,0,\(width),\(height)"
    case .sizesDiffer(let left, let right):
      "the left view is \(left.width) x \(left.height) and the right view \(right.width) x \(right.height) pixels: "
        + "both views of a dual-pixel picture must have one size"
    case .attention(let error):
      error.description
    case .picture(let error):
      error.description
    case .noSuchModel(let name, let available):
      "no model and no file is called \(name.printable): \(Self.list(available))"
    case .noFittingModel(let wanted, let available):
      "no model for \(wanted) is installed\(available.isEmpty ? "" : "; this task has \(Self.names(available)): ask for one of these")"
        + "\(available.isEmpty ? ":" : ", or") get a checkpoint and run grl models import FILE"
    case .modelNotForTask(let model, let reason):
      "model \(model.printable) does not fit: \(reason); see grl models list"
    case .modelNameTaken(let name, let path):
      "a model called \(name.printable) is installed already (\(path.printable)): give another name or delete that file"
    case .modelNameInvalid(let name):
      "\"\(name.printable)\" cannot name a model: use 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"
    case .modelNotWritten(let path, let reason):
      "\(path.printable): the model could not be written: \(reason)"
    case .modelTaskUnknown(let path):
      "\(path.printable): nothing in the file says which task it is for: give --task"
    case .checkpoint(let error):
      error.description
    case .configuration(let error):
      error.description
    case .overBudget(let estimate, let budget, let advice):
      "needs at least \(MemoryBudget.text(estimate.totalBytes, rounding: .up)) (\(estimate)), over the memory budget of "
        + "\(MemoryBudget.text(budget)): \(advice)"
    case .outOfMemory(let refusal):
      "the system refused \(MemoryBudget.text(refusal.bytes)) of working memory: lower --memory or --tile, or lift the limit (ulimit -v)"
    case .suspiciousOutput(let tile, let what):
      "the network's output for tile \(tile.text) cannot be right: \(what); no picture was made; "
        + "check that the model and its settings belong together (grl models show)"
    case .notSound(let model, let damage, let fault):
      "\(model.printable): not sound: \(fault), tried with \(damage) on the bundled photograph; get the file anew or import "
        + "another one"
    case .device(let error):
      error.description
    case .overCard(let estimate, let freeBytes, let advice):
      "needs \(MemoryBudget.text(estimate.card)) on the card, of which \(MemoryBudget.text(freeBytes)) may be taken: \(advice)"
    case .cancelled:
      "cancelled"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "no models are installed" : "installed are " + Self.names(names)
  }

  private static func names(_ names: [String]) -> String { names.map(\.printable).joined(separator: ", ") }
}

extension RestorationError.SuspiciousOutput: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFinite(let count): "\(count) values are not finite"
    case .flat(let value): "every value is \(value) although the input is not flat"
    case .repeated(let earlier): "it equals that of tile \(earlier.text) although their inputs differ"
    case .meanDrift(let from, let to, let bound):
      "its mean is \(to.fixed(3)) where the input's is \(from.fixed(3)), further than \(bound)"
    case .colourDrift(let from, let to, let bound):
      "its colour has changed: red, green and blue are \(Self.list(to)) off its mean where the input's are \(Self.list(from)), "
        + "further than \(bound)"
    }
  }

  private static func list(_ tint: [Double]) -> String {
    tint.map { ($0 < 0 ? "" : "+") + $0.fixed(3) }.joined(separator: ", ")
  }
}

extension RestorationError {
  /// The description with the picture in front that was in work; "-" is standard input.
  package func description(at picture: String?) -> String {
    (picture.map { ($0 == "-" ? "standard input" : $0) + ": " } ?? "") + description
  }
}
