import Base
import Checkpoints
import Foundation
import GRLTraining
import Imaging

/// How far a training is, and how it went.
public struct TrainingRecord: Codable, Sendable, Hashable {
  /// Held-out results at a step.
  public struct Measured: Codable, Sendable, Hashable {
    public var step: Int
    public var results: [HeldOutResult]
  }

  public var step = 0
  /// Seconds in the loop.
  public var seconds = 0.0
  /// Seen so far.
  public var patches = 0
  public var pixels = 0
  /// A factor on all rates, halved with each step back.
  public var rateScale = 1.0
  public var stepsBack = 0
  /// Running mean of the loss.
  public var usualLoss: Double?
  public var results: [Measured] = []
  /// The most pixels that were kept of a photograph, where memory did not allow all: the patches depend on it.
  public var pixelsPerPicture: Int?
  /// What a state and the training that goes on from it must have in common: settings, and a hash of the data.
  let plan: String
  let data: String

  init(_ settings: TrainingSettings, data: TrainingData) {
    (plan, self.data) = (settings.plan, data.fingerprint())
    if case .photographs(let library) = data.pictures { pixelsPerPicture = library.pixelsPerPicture }
  }
}

extension TrainingSettings {
  /// What a training must keep to from its first to its last session, in words.
  var plan: String {
    let preset = preset
    return [
      "task \(preset.task)", "variant \(preset.variant.rawValue)", "damage \(preset.damage)", "phases \(preset.phases)",
      "limit \(limit)", "rate \(preset.rate)", "seed \(seed)", "optimiser \(optimiser.kind.rawValue)", "loss \(loss)",
    ].joined(separator: "; ")
  }
}

public enum TrainingStateError: KnownFailure, Hashable {
  case unreadable(path: String, reason: String)
  /// The state is of a training with other settings.
  case otherTraining(path: String, stored: String, wanted: String)
  /// The pictures are not those that the training was begun with.
  case otherData(path: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): not the state of a training: \(reason)".printable
    case .otherTraining(let path, let stored, let wanted):
      "\(path): the state of another training (\(stored)), not of this one (\(wanted)); give the options that it was begun with, or another output"
        .printable
    case .otherData(let path):
      "\(path): the training was begun with other pictures; give the same ones as they were, or begin another training with another output"
        .printable
    }
  }

  public var kind: FailureKind {
    switch self {
    case .unreadable, .otherData: .badInput
    case .otherTraining: .usage
    }
  }
}

/// A training between two steps: weights, their average, moments and record, as one safetensors file.
public struct TrainingState {
  public let record: TrainingRecord
  private let path: String
  private let checkpoint: Checkpoint

  /// What each buffer's tensors are called, before the parameter's name.
  private static let kinds = ["weights/", "average/", "first/", "second/"]
  private static let format = "grl training state 1"

  init(_ record: TrainingRecord, _ buffers: [ParameterBuffer], of weights: TrainingWeights) {
    self.record = record
    path = ""
    var tensors: [String: StoredTensor] = [:]
    for (kind, buffer) in zip(TrainingState.kinds, buffers) {
      for (name, shape, values) in weights.tensors(of: buffer) {
        tensors[kind + name] = StoredTensor(shape: shape, values: values)
      }
    }
    checkpoint = Checkpoint(
      path: "", metadata: ["format": TrainingState.format, "record": jsonLine(record)], tensors: tensors)
  }

  /// - Throws: `unreadable`.
  public init(contentsOf path: String) throws(TrainingStateError) {
    self.path = path
    do {
      checkpoint = try Checkpoint(contentsOf: path)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    guard checkpoint.metadata["format"] == TrainingState.format, let text = checkpoint.metadata["record"] else {
      throw .unreadable(path: path, reason: "it has no record of a training")
    }
    do {
      record = try JSONDecoder().decode(TrainingRecord.self, from: Data(text.utf8))
    } catch {
      throw .unreadable(path: path, reason: "its record cannot be read")
    }
  }

  /// Puts weights, average and moments back.
  ///
  /// - Throws: `otherTraining`, `unreadable` where tensors are missing or of other sizes.
  func write(
    to buffers: [ParameterBuffer], of weights: TrainingWeights, _ settings: TrainingSettings, data: String
  ) throws(TrainingStateError) {
    guard record.plan == settings.plan else {
      throw .otherTraining(path: path, stored: record.plan, wanted: settings.plan)
    }
    guard record.data == data else { throw .otherData(path: path) }
    for (kind, buffer) in zip(TrainingState.kinds, buffers) {
      for parameter in weights.parameters {
        guard let tensor = checkpoint.tensors[kind + parameter.name], tensor.shape == parameter.shape else {
          throw .unreadable(path: path, reason: "\(kind + parameter.name) is missing or of another shape")
        }
        weights.write(tensor.floats(), of: parameter.name, to: buffer)
      }
    }
  }

  /// Writes the file, whole or not at all.
  func write(to path: String) throws(ImageError) { try WholeFile.write(checkpoint.safetensorsFile(), to: path) }
}
