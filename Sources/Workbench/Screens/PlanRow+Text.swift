import Base
import EngineWire

extension PlanRow {
  /// What the row says of `request`.
  func value(_ request: JobRequest) -> String {
    switch self {
    case .task: request.task
    case .model: request.model.map(lastComponent) ?? request.variant.map { "automatic, \($0)" } ?? "automatic"
    case .sigma: request.sigma.map(Quantity.short) ?? "blind"
    case .noise: request.noise ?? "automatic"
    case .quality: request.quality.map(String.init) ?? "blind"
    case .scale: "x\(request.scale ?? (request.task == "real-sr" ? 4 : 2))"
    case .pattern: request.filters
    case .transfer: request.transfer == "linear" ? "linear" : "sRGB"
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
    case .precision: request.precision ?? Self.precisions[0]
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
    case .damaged: request.damaged == "keep" ? "keep what is there" : "refuse"
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
    case .right: (request.right ?? parentFolder(session.current ?? "/") + "/", .path)
    case .tile:
      switch request.tile {
      case .automatic: ("", .words(["auto", "none"]))
      case .whole: ("none", .words(["auto", "none"]))
      case .side(let side): (String(side), .words(["auto", "none"]))
      }
    case .overlap: (request.overlap.map(String.init) ?? "", .none)
    case .memory: (request.memoryBytes.map(JobRequest.sizeText) ?? "", .none)
    case .threads: (request.threadCount.map(String.init) ?? "", .none)
    case .folder: (request.output ?? request.outputFolder ?? "", .path)
    case .name: (request.name, .none)
    default: nil
    }
  }
}
