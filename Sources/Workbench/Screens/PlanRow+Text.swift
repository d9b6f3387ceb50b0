import EngineWire

extension PlanRow {
  /// What the row says of `request`.
  func value(_ request: JobRequest) -> String {
    switch self {
    case .task: request.task
    case .model: request.model.map(FilesTree.lastComponent) ?? request.variant.map { "automatic, \($0)" } ?? "automatic"
    case .sigma: request.sigma.map(Quantity.short) ?? "blind"
    case .quality: request.quality.map(String.init) ?? "blind"
    case .scale: "x\(request.scale ?? (request.task == "real-sr" ? 4 : 2))"
    case .pattern: request.filters
    case .right: request.right ?? "none: a single picture"
    case .region: request.region.map { "\($0.width) x \($0.height) at \($0.x),\($0.y)" } ?? "all of it"
    case .tile:
      switch request.tile {
      case .automatic: "automatic"
      case .whole: "none: the whole picture at once"
      case .side(let side): String(side)
      }
    case .overlap: request.overlap.map(String.init) ?? "automatic"
    case .memory: request.memoryBytes.map(Quantity.memory) ?? "automatic"
    case .threads: request.threadCount.map(String.init) ?? "all cores"
    case .ensemble: request.usesSelfEnsemble ? "on" : "off"
    case .depth: request.depth == "keep" ? "as the picture" : request.depth + " bit"
    case .metadata: request.metadata == "strip" ? "dropped" : "kept"
    case .folder: request.output ?? request.outputFolder ?? "beside each picture"
    case .name: request.output == nil ? request.name : "as the output says"
    case .existing:
      switch request.existing {
      case .refuse: "refuse"
      case .skip: "skip that picture"
      case .replace: "replace it"
      case .rename: "choose another name"
      }
    case .subfolders: request.isRecursive ? "taken too" : "left out"
    }
  }

  /// Differs from what an untouched plan says.
  func isChosen(_ request: JobRequest) -> Bool {
    value(request) != value(JobRequest(inputs: [], task: request.task))
  }

  /// What stands in the prompt when the row is typed into; nil where there is nothing to type.
  func prompt(_ request: JobRequest, _ session: Session) -> (text: String, completion: Prompt.Completion)? {
    switch self {
    case .task: (request.task, .words(Self.tasks))
    case .model: (request.model ?? "", .words(PlanModels.fitting(request, session.models).map(\.name)))
    case .sigma: (request.sigma.map(Quantity.short) ?? "", .none)
    case .quality: (request.quality.map(String.init) ?? "", .none)
    case .right: (request.right ?? FilesTree.parent(of: session.current ?? "/") + "/", .path)
    case .tile:
      switch request.tile {
      case .automatic: ("", .words(["auto", "none"]))
      case .whole: ("none", .words(["auto", "none"]))
      case .side(let side): (String(side), .words(["auto", "none"]))
      }
    case .overlap: (request.overlap.map(String.init) ?? "", .none)
    case .memory: (request.memoryBytes.map(Self.sizeText) ?? "", .none)
    case .threads: (request.threadCount.map(String.init) ?? "", .none)
    case .folder: (request.output ?? request.outputFolder ?? "", .path)
    case .name: (request.name, .none)
    default: nil
    }
  }

  /// `4G`, `512M`, or bytes: as the command line takes it.
  static func sizeText(_ bytes: Int) -> String {
    for (unit, size) in [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)] where bytes > 0 && bytes % size == 0 {
      return "\(bytes / size)\(unit)"
    }
    return String(bytes)
  }
}

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

  /// `GRL-T, 0.88 M parameters, PSNR CBSD68/25 30.10 dB`: what the file says of itself.
  static func text(_ model: ModelInfo) -> String {
    var parts: [String] = []
    switch model.variant {
    case "tiny": parts.append("GRL-T")
    case "small": parts.append("GRL-S")
    case "base": parts.append("GRL-B")
    default: break
    }
    parts.append(Quantity.decimal(Double(model.parameterCount) / 1e6, 2) + " M parameters")
    if let quality = model.facts.first(where: { $0.name == "quality" }) { parts.append(quality.text) }
    return parts.joined(separator: ", ")
  }
}
