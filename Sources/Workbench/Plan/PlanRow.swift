import Base
import EngineWire

/// One line of the plan that can be changed. In the order of the screen, whose first rows are in sight at 80x24: what is made of the pictures,
/// where it goes and how large it is; then what is rarely touched, that of the machine last.
enum PlanRow: String, Hashable, Sendable, CaseIterable {
  case task, model, strength, sigma, noise, quality, scale, style, pattern, transfer, exposure, right, region
  case folder, name, existing, format, qualityOut = "quality-out", chroma, compression
  case width, height, fit, maxMegapixels = "max-megapixels", depth
  case texture, chromaOnly = "chroma-only", grain, grainSeed = "grain-seed"
  case metadata, damaged, subfolders
  case tile, overlap, memory, threads, precision, ensemble, kernels, device

  /// What the table of options says of it.
  var option: JobOption { Self.options[self]! }
  private static let options = Dictionary(
    uniqueKeysWithValues: allCases.map { row in (row, JobOption.all.first { $0.name == row.rawValue }!) })

  /// The rows that mean something for what is planned.
  static func rows(for request: JobRequest) -> [PlanRow] {
    allCases.filter { row in
      switch row {
      case .region: request.region != nil
      case .grainSeed: request.grain != nil
      case .subfolders: request.inputs.contains { $0.hasSuffix("/") }
      case .qualityOut: ["jpeg", "avif", "webp", "jxl"].contains(request.format)
      case .chroma: ["jpeg", "avif", "webp"].contains(request.format)
      case .compression: request.format == "tiff"
      default: row.option.isHeeded(by: request.tasks)
      }
    }
  }

  var title: String { option.title }
  /// What it is, in one line, for the row under the cursor.
  var help: String { option.note }
}

extension PlanRow {
  /// What the row says of `request`.
  func value(_ request: JobRequest) -> String {
    switch self {
    case .model: request.model.map(lastComponent) ?? request.variant.map { "automatic, \($0)" } ?? "automatic"
    case .sigma: request.sigma.map(Quantity.short) ?? "blind"
    case .scale: "x\(request.scale ?? (request.task == "real-sr" ? 4 : 2))"
    case .right: request.right ?? "none: a single picture"
    case .region: request.region.map { "\($0.width) x \($0.height) at \($0.x),\($0.y)" } ?? "all of it"
    case .memory: request.memoryBytes.map(Quantity.memory) ?? "automatic"
    case .folder: request.output ?? request.outputFolder ?? "beside each picture"
    case .name: request.output == nil ? request.name : "as the output says"
    default: shown(option.text(request) ?? option.standard)
    }
  }

  /// A value in words; nil is the one that holds where nothing is said and no word says so.
  private func shown(_ value: String?) -> String {
    switch (self, value) {
    case (.quality, nil): "blind"
    case (.format, nil): "as the name says"
    case (.format, let format?): ["jxl": "JPEG XL", "webp": "WebP", "exr": "OpenEXR"][format] ?? format.uppercased()
    case (.strength, "1"): "1: the network's result"
    case (.strength, "0"): "0: the input"
    case (.texture, "0"), (.grain, "0"): "none"
    case (.grainSeed, nil): "0"
    case (.chromaOnly, "on"): "on: the input's brightness stays"
    case (.width, nil), (.height, nil): "as it comes"
    case (.fit, nil), (.maxMegapixels, nil): "any size"
    case (.threads, nil): "all cores"
    case (_, nil): "automatic"
    case (.transfer, "srgb"): "sRGB"
    case (.tile, "none"): "none: the whole picture at once"
    case (.depth, "keep"): "as the picture"
    case (.depth, let bits?): bits + " bit"
    case (.metadata, "keep"): "kept"
    case (.metadata, _): "dropped"
    case (.existing, "skip"): "skip that picture"
    case (.existing, "replace"): "replace it"
    case (.existing, "rename"): "choose another name"
    case (.damaged, "keep"): "keep what is there"
    case (.subfolders, "on"): "taken too"
    case (.subfolders, _): "left out"
    case (_, let value?): value
    }
  }

  /// A value that is typed as the command line takes it; `auto` is the one that holds where nothing is said.
  var takesNumber: Bool {
    switch self {
    case .sigma, .quality, .exposure, .tile, .overlap, .memory, .threads, .strength, .texture, .grain, .grainSeed,
      .width, .height,
      .fit, .maxMegapixels:
      true
    default: false
    }
  }

  /// Its value is a place in the file system.
  var isPath: Bool { self == .folder || self == .right }

  /// Why the value changes nothing, as the engine says; nil where it does.
  func ignored(_ picture: JobPlan.Picture?) -> String? { picture?.ignored?[option.name] }

  /// Differs from what an untouched plan says.
  func isChosen(_ request: JobRequest) -> Bool {
    value(request) != value(JobRequest(inputs: [], task: request.task))
  }

  /// What stands in the prompt when the row is typed into; nil where there is nothing to type.
  func prompt(_ request: JobRequest, _ session: Session) -> (text: String, completion: Prompt.Completion)? {
    let text = option.text(request) ?? ""
    return switch self {
    case .task: (text, .words(option.values))
    case .model: (text, .words(PlanModels.fitting(request, session.models).map(\.name)))
    case .tile: (text, .words(["auto", "none"]))
    case _ where takesNumber: (text, .none)
    case .right: (request.right ?? parentFolder(session.current ?? "/") + "/", .path)
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
    if let ignored = ignored(picture) { return ignored }
    switch self {
    case .task:
      return request.chainProblem ?? picture?.advice
        ?? request.tasks.compactMap { Self.about[$0] }.joined(separator: ", then ")
    case .model:
      if let problem = PlanModels.problem(request, session.models) { return problem }
      if let steps = picture?.steps { return steps.map(\.model).joined(separator: ", ") }
      let name = request.model ?? picture?.model
      guard let model = session.models.first(where: { $0.name == name }) else { return name ?? "" }
      return PlanModels.text(model, isNamed: request.model == nil)
    case .tile:
      guard let picture, picture.tileCount > 0 else { return "" }
      if let steps = picture.steps {
        return steps.map { "\(Quantity.count($0.tileCount, "tile")) of \($0.tileWidth) x \($0.tileHeight)" }
          .joined(separator: ", then ")
      }
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
    case .width, .height, .fit, .maxMegapixels:
      return option.text(request) == nil ? "" : picture.map { "\($0.outputWidth) x \($0.outputHeight)" } ?? ""
    case .name: return picture.map { lastComponent($0.output) } ?? ""
    case .existing:
      guard let totals, totals.clashes > 0 else { return "" }
      return "\(totals.clashes) of \(totals.pictures) exist"
    default: return ""
    }
  }

  static let about = [
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
      $0.task == request.task && $0.scale == scale && (request.style == nil || $0.isSharp == (request.style == "sharp"))
        && ($0.colours == "dual pixel") == (request.right != nil)
    }
  }

  /// Enlargements that installed models of the task make.
  static func scales(_ task: String, _ models: [ModelInfo]) -> [Int] {
    Array(Set(models.filter { $0.task == task }.map(\.scale))).sorted()
  }

  /// Why no job of this kind can run, and what to do; nil where one can. Nothing is said before the list of models came.
  static func problem(_ request: JobRequest, _ models: [ModelInfo]) -> String? {
    if request.isChain { return request.steps.lazy.compactMap { problem($0, models) }.first }
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
  /// - Parameter isNamed: the text begins with the model's name.
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
