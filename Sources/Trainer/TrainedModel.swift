import Base
import Checkpoints
import Foundation
import GRLModel
import Imaging
import Restoration

/// The model file that a training ends with, like those that are bundled: half-precision weights, configuration, and what it was made of.
public struct TrainedModel {
  private let checkpoint: Checkpoint

  /// - Parameters:
  ///   - start: the file that the training began with; nil for first weights.
  ///   - style: of the model that the training began with.
  ///   - dataNote: where the pictures are from.
  public init(
    _ run: TrainingRun, startedFrom start: String?, style: EnlargementStyle? = nil, dataNote: String, pictures: Int
  ) {
    let (settings, record, configuration) = (run.settings, run.record, run.configuration)
    let preset = settings.preset
    let last = preset.phases.last!
    let isGray = !preset.isColour
    var training: [(String, String)] = [
      ("iterations", "\(record.step)"), ("samples", "\(record.patches)"), ("tokens", "\(record.pixels)"),
      ("rollbacks", "\(record.stepsBack)"), ("optimiser", settings.optimiser.kind.rawValue.jsonLiteral),
      ("peak_lr", "\(preset.rate)"), ("seed", "\(settings.seed)"),
      ("last_patch", "\(last.patch)"),
    ]
    // A training of so many steps is the same however long it took.
    if case .seconds = settings.limit {
      training.append(("minutes", String(format: "%.2f", record.seconds / 60)))
    }
    if let start { training.append(("started_from", start.printable.jsonLiteral)) }
    let measured = run.results.first { $0.name == "pictures" }
    let mean = configuration.subtractedMean.map { "\($0)" }
    var metadata = [
      "format": "grl", "title": preset.title, "config": configuration.json,
      "task": preset.task.published(isDualPixel: preset.isDualPixel).rawValue, "variant": preset.variant.rawValue,
      "scale": "\(preset.scale)", "degradation": TrainedModel.damage(preset.damage, style: style),
      "colour": TrainedModel.object([
        ("space", (isGray ? "luma BT.601" : "sRGB").jsonLiteral), ("channels_in", "\(configuration.inputChannels)"),
        ("channels_out", "\(configuration.outputChannels)"), ("order", (isGray ? "Y" : "RGB").jsonLiteral),
      ]),
      "normalisation": TrainedModel.object([
        ("input_range", "[0, 1]"),
        ("subtract", "[\((configuration.inputChannels == 3 ? mean : ["0"]).joined(separator: ", "))]"),
        ("img_range", "\(configuration.imageRange)"), ("inside_network", "true"),
      ]),
      "data": TrainedModel.object([("photos", "\(pictures)"), ("note", dataNote.printable.jsonLiteral)]),
      "training": TrainedModel.object(training), "origin": "trained with grl train",
    ]
    if let measured {
      metadata["held_out_psnr"] =
        "[\(measured.inputPSNR.map { String(format: "%.3f", $0) } ?? "null"), \(String(format: "%.3f", measured.psnr))]"
    }
    checkpoint = Checkpoint(
      path: "", metadata: metadata,
      tensors: run.averaged.tensors.mapValues { tensor in
        StoredTensor(
          elementType: .float16, shape: tensor.shape,
          bytes: tensor.floats().flatMap { value in
            withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { Array($0) }
          })
      })
  }

  /// Writes the file, whole or not at all.
  ///
  /// - Throws: `ImageError.unwritable`; `.exists` where nothing may be replaced.
  public func write(to path: String, mayReplace: Bool = true) throws(ImageError) {
    try WholeFile.write(checkpoint.safetensorsFile(), to: path, mayReplace: mayReplace)
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\($0.0.jsonLiteral): \($0.1)" }.joined(separator: ", ") + "}"
  }

  /// The `degradation` entry: what `ModelMetadata` reads.
  private static func damage(_ damage: TrainingDamage, style: EnlargementStyle?) -> String {
    func entry(_ kind: String, _ more: (String, String)...) -> String { object([("kind", kind.jsonLiteral)] + more) }
    switch damage {
    case .noise(let sigma): return entry("noise", ("sigma", "[\(sigma.lowerBound), \(sigma.upperBound)]"))
    case .jpeg(let quality): return entry("jpeg", ("quality", "[\(quality.lowerBound), \(quality.upperBound)]"))
    case .bicubic: return entry("sr")
    case .mosaic: return entry("dm")
    case .motion(let length): return entry("motion", ("length", "\(length)"))
    case .defocus(let radius, let isDualPixel):
      return entry("defocus", ("radius", "\(radius)"), ("dual", "\(isDualPixel)"))
    case .photograph: return entry("photo")
    case .realWorld:
      guard let style else { return entry("real") }
      return entry("real", ("style", style.rawValue.jsonLiteral))
    }
  }
}
