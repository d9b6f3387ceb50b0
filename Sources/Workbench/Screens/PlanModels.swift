import EngineWire

/// Which of the installed models can do what is planned.
enum PlanModels {
  /// Of the task and scale, for any picture.
  static func fitting(_ request: JobRequest, _ models: [ModelInfo]) -> [ModelInfo] {
    let scale = request.task == "sr" ? request.scale ?? 2 : request.task == "real-sr" ? request.scale ?? 4 : 1
    return models.filter {
      $0.task == request.task && $0.scale == scale && ($0.colours == "dual pixel") == (request.right != nil)
    }
  }

  /// Enlargements that installed models of the task make.
  static func scales(_ task: String, _ models: [ModelInfo]) -> [Int] {
    Array(Set(models.filter { $0.task == task }.map(\.scale))).sorted()
  }

  /// Why no job of this kind can run, and what to do; nil where one can. Nothing is said before the list of models came.
  static func problem(_ request: JobRequest, _ models: [ModelInfo]) -> String? {
    guard !models.isEmpty, request.model == nil, fitting(request, models).isEmpty else { return nil }
    let scales = scales(request.task, models)
    if request.task == "sr" && !scales.isEmpty {
      return "no model for x\(request.scale ?? 2); installed: " + scales.map { "x\($0)" }.joined(separator: ", ")
    }
    if request.right != nil { return "no dual-pixel model is installed: grl models import FILE" }
    return "no model for \(request.task) is installed: grl models import FILE"
  }

  /// `denoise-color-tiny: GRL-T, 0.88 M parameters, PSNR CBSD68/25 30.10 dB`: what the file says of itself. That a model is
  /// experimental stands first, where it is not cut.
  ///
  /// - Parameter isNamed: the model's name is told too.
  static func text(_ model: ModelInfo, isNamed: Bool) -> String {
    var parts: [String] = []
    switch model.variant {
    case "tiny": parts.append("GRL-T")
    case "small": parts.append("GRL-S")
    case "base": parts.append("GRL-B")
    default: break
    }
    parts.append(Quantity.decimal(Double(model.parameterCount) / 1e6, 2) + " M parameters")
    if let quality = model.facts.first(where: { $0.name == "quality" }) { parts.append(quality.text) }
    let name = [model.isExperimental ? "experimental" : nil, isNamed ? model.name : nil].compactMap(\.self)
    return (name.isEmpty ? "" : name.joined(separator: " ") + ": ") + parts.joined(separator: ", ")
  }
}
