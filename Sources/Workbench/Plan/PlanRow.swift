import Base
import EngineWire

/// One line of the plan that can be changed.
enum PlanRow: String, Hashable, Sendable, CaseIterable {
  case task, model, sigma, noise, quality, scale, pattern, transfer, right, region
  case tile, overlap, memory, threads, precision, ensemble
  case depth, metadata, folder, name, existing, damaged, subfolders

  /// The rows that mean something for what is planned.
  static func rows(for request: JobRequest) -> [PlanRow] {
    allCases.filter { row in
      switch row {
      case .sigma, .noise: request.task == "denoise"
      case .quality: request.task == "jpeg"
      case .scale: request.task == "sr" || request.task == "real-sr"
      case .pattern, .transfer: request.task == "demosaic"
      case .right: request.task == "defocus-deblur"
      case .region: request.region != nil
      case .subfolders: request.inputs.contains { $0.hasSuffix("/") }
      default: true
      }
    }
  }

  var title: String {
    switch self {
    case .right: "right view"
    case .folder: "output"
    case .name: "name"
    case .existing: "if it exists"
    case .damaged: "if damaged"
    default: rawValue
    }
  }

  /// What it is, in one line, for the row under the cursor.
  var help: String {
    switch self {
    case .task: "what is wrong with the pictures"
    case .model: "automatic takes the best fitting one for each picture"
    case .sigma: "level of the noise, 0 to 255; blind leaves it to the model"
    case .noise: "gaussian is white; photo is what cameras and JPEG leave; automatic measures each picture"
    case .quality: "quality the JPEG was saved with, 1 to 100; blind leaves it to the model"
    case .scale: "how many times as wide and high"
    case .pattern: "colours of the mosaic's first 2 x 2 pixels; camera raw files bring their own"
    case .transfer: "of camera raw files: linear is proportional to light, in 16 bits"
    case .right: "right view of a dual-pixel picture; the one marked is the left view"
    case .region: "only this part of every picture; left or right takes it away"
    case .tile: "side of the squares it is cut into; automatic follows from the memory"
    case .overlap: "pixels that neighbouring tiles share; automatic is the published value"
    case .memory: "what the engine may hold resident; automatic: from what is free"
    case .threads: "cores that compute; the result is the same for any number"
    case .precision: "float32, exact (no shortcuts in convolutions), or bf16: faster, a last bit less sharp"
    case .ensemble: "mean over eight flips and turns: eight times slower, slightly better"
    case .depth: "bits of a sample in the result"
    case .metadata: "EXIF and resolution; colour profiles always stay"
    case .folder: "where results go"
    case .name: "{stem} {input} {ext} {task} {scale} {sigma} {quality} are filled in"
    case .existing: "what happens where a result is there already"
    case .damaged: "of a picture that is cut off or damaged: an error that says where, or what is there of it"
    case .subfolders: "whether pictures in folders of marked folders are taken too"
    }
  }

  static let tasks = ["denoise", "sr", "jpeg", "demosaic", "real-sr", "motion-deblur", "defocus-deblur"]
  static let precisions = ["float32", "exact", "bf16"]
  static let noises = ["gaussian", "photo"]
  static let patterns = ["rggb", "grbg", "gbrg", "bggr"]
  static let standardName = "{stem}_{task}.{ext}"
}

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

extension PlanRow {
  /// What the engine and the models say to the row's value; "" for nothing.
  ///
  /// - Parameter picture: of the plan, the one that is looked at; nil before there is a plan.
  func note(_ request: JobRequest, _ picture: JobPlan.Picture?, _ totals: PlanTotals?, _ session: Session) -> String {
    let picture = picture?.problem == nil ? picture : nil
    switch self {
    case .task: return picture?.advice ?? Self.about[request.task] ?? ""
    case .model:
      if let problem = PlanModels.problem(request, session.models) { return problem }
      let name = request.model ?? picture?.model
      guard let model = session.models.first(where: { $0.name == name }) else { return name ?? "" }
      return PlanModels.text(model, isNamed: request.model == nil)
    case .tile:
      guard let picture, picture.tileCount > 0 else { return "" }
      let tiles = "\(Quantity.count(picture.tileCount, "tile")) of \(picture.tileWidth) x \(picture.tileHeight)"
      return picture.reason.isEmpty ? tiles : "\(tiles): \(picture.reason)"
    case .overlap: return request.overlap == nil && picture != nil ? "\(picture!.overlap) pixels" : ""
    case .memory:
      if session.draft.request.memoryBytes == nil, request.memoryBytes != nil { return "as set in screen 7" }
      return request.memoryBytes == nil ? picture.map { "\(Quantity.memory($0.budgetBytes)) budget" } ?? "" : ""
    case .threads:
      if session.draft.request.threadCount == nil, request.threadCount != nil { return "as set in screen 7" }
      return session.engine.map { Quantity.count($0.threadCount, "core") } ?? ""
    case .scale: return picture.map { "\($0.outputWidth) x \($0.outputHeight)" } ?? ""
    case .name: return picture.map { lastComponent($0.output) } ?? ""
    case .existing:
      guard let totals, totals.clashes > 0 else { return "" }
      return "\(totals.clashes) of \(totals.pictures) exist"
    default: return ""
    }
  }

  private static let about = [
    "denoise": "takes noise away", "sr": "enlarges clean pictures", "jpeg": "takes JPEG damage away",
    "demosaic": "makes colours of a Bayer mosaic", "real-sr": "enlarges pictures of unknown damage",
    "motion-deblur": "takes motion blur away", "defocus-deblur": "sharpens what is out of focus",
  ]
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
