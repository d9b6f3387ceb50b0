import Base
import Checkpoints
import CPUDevice
import Foundation
import GRLModel
import Glibc
import Imaging

extension ModelLibrary {
  /// Checks a weight file in full, then writes it with its settled configuration to the user's folder, whole or not at all.
  ///
  /// - Parameters:
  ///   - path: a safetensors file or a checkpoint of PyTorch.
  ///   - name: what the model is to be called; by default the file's name.
  ///   - overrides: what the user says about a file that does not tell all itself.
  /// - Returns: the card of the installed copy.
  /// - Throws: the file's fault; `modelNameInvalid`, `modelNameTaken`, `modelNotWritten`.
  @discardableResult
  public func importModel(
    from path: String, name: String? = nil, overrides: ConfigurationOverrides = .init()
  ) throws(RestorationError) -> ModelCard {
    let name = name ?? Self.stem(path)
    guard Self.isModelName(name) else { throw .modelNameInvalid(name: name) }
    if let taken = list().cards.first(where: { $0.name == name }) {
      throw .modelNameTaken(name: name, path: taken.path)
    }

    let checkpoint: Checkpoint
    do { checkpoint = try Checkpoint(contentsOf: path) } catch { throw .checkpoint(error) }
    let card = try ModelCard(checkpoint, origin: .file, overrides: overrides)
    // Building the network checks every tensor.
    do { _ = try GRL(checkpoint, configuration: card.configuration, on: CPUDevice()) } catch {
      throw .checkpoint(error)
    }

    let target = "\(userFolder)/\(name).safetensors"
    let copy = Checkpoint(
      path: target, metadata: Self.metadata(of: card, name: name, original: checkpoint), tensors: checkpoint.tensors)
    do {
      try FileManager.default.createDirectory(atPath: userFolder, withIntermediateDirectories: true)
    } catch {
      throw .modelNotWritten(path: userFolder, reason: "the folder cannot be made: \(error.localizedDescription)")
    }
    do { try WholeFile.write(copy.safetensorsFile(), to: target) } catch {
      throw .modelNotWritten(path: target, reason: error.systemReason)
    }
    return try ModelCard(path: target, origin: .user)
  }

  /// What the copy tells of itself: all that the original did, and the settings that were settled on the way.
  private static func metadata(of card: ModelCard, name: String, original: Checkpoint) -> [String: String] {
    var metadata = original.metadata
    metadata["format"] = "grl"
    metadata["model"] = name
    metadata["task"] = card.task.published(isDualPixel: card.isDualPixel).rawValue
    metadata["scale"] = String(card.scale)
    metadata["config"] = card.configuration.json
    metadata["variant"] = card.variant?.rawValue
    if metadata["imported_from"] == nil { metadata["imported_from"] = stem(original.path) }
    if let set = original.weightSet { metadata["weight_set"] = set.description }
    if metadata["degradation"] == nil {
      func levels(_ range: ClosedRange<Double>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "[\(range.lowerBound), \(range.upperBound)]"
      }
      if let sigma = card.sigmas { metadata["degradation"] = #"{"kind": "noise", "sigma": \#(levels(sigma))}"# }
      if let quality = card.qualities {
        metadata["degradation"] = #"{"kind": "jpeg", "quality": \#(levels(quality))}"#
      }
    }
    let settled = card.sources.filter { $0.value != .metadata }
    if !settled.isEmpty {
      metadata["configuration_sources"] = ConfigurationSetting.allCases.compactMap { setting in
        settled[setting].map { "\(setting.rawValue): \($0)" }
      }.joined(separator: "; ")
    }
    return metadata
  }

  /// Names that are one plain file name everywhere.
  public static func isModelName(_ name: String) -> Bool {
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    return (1...64).contains(name.utf8.count) && isLetterOrDigit(name.utf8.first!)
      && name.utf8.allSatisfy {
        isLetterOrDigit($0) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0)
      }
  }
}

extension ImageError {
  /// Why a file could not be written, without its path.
  fileprivate var systemReason: String {
    switch self {
    case .unwritable(_, let reason), .notFlushed(_, let reason): reason
    default: description
    }
  }
}
