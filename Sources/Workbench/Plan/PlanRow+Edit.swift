import EngineWire

extension PlanRow {
  /// Changes the row's value to the next (`by` 1) or the one before (-1).
  func step(_ request: inout JobRequest, by step: Int, _ session: Session) {
    switch self {
    case .task: Self.choose(Self.next(Self.tasks, request.task, step), &request, session.models)
    case .model:
      let names = [nil] + PlanModels.fitting(request, session.models).map { Optional($0.name) }
      request.model = Self.next(names, request.model, step)
      request.variant = nil
    case .sigma: request.sigma = Self.next([nil, 5, 10, 15, 20, 25, 30, 40, 50, 60, 75], request.sigma, step)
    case .noise: request.noise = Self.next([nil] + Self.noises, request.noise, step)
    case .quality: request.quality = Self.next([nil, 10, 20, 30, 40, 50, 60, 70, 80, 90], request.quality, step)
    case .scale:
      let scales = request.task == "real-sr" ? [4] : [2, 3, 4]
      request.scale = Self.next(scales, request.scale ?? scales[0], step)
      request.model = nil
    case .pattern: request.filters = Self.next(Self.patterns, request.filters, step)
    case .transfer: request.transfer = Self.next([nil, "linear"], request.transfer, step)
    case .right: request.right = nil
    case .region: request.region = nil
    case .tile:
      let sides = [64, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024]
      request.tile = Self.next([.automatic, .whole] + sides.map { .side($0) }, request.tile, step)
    case .overlap: request.overlap = Self.next([nil, 0, 8, 16, 24, 32, 48, 64, 96, 128], request.overlap, step)
    case .memory:
      let sizes = [256, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 65536]
      request.memoryBytes = Self.next([nil] + sizes.map { $0 << 20 }, request.memoryBytes, step)
    case .threads:
      let most = max(1, session.engine?.threadCount ?? 1)
      request.threadCount = Self.next([nil] + (1...most).map { Optional($0) }, request.threadCount, step)
    case .precision:
      let next = Self.next(Self.precisions, request.precision ?? Self.precisions[0], step)
      request.precision = next == Self.precisions[0] ? nil : next
    case .ensemble: request.usesSelfEnsemble.toggle()
    case .depth: request.depth = Self.next(["keep", "8", "16"], request.depth, step)
    case .metadata: request.metadata = Self.next(["keep", "strip"], request.metadata, step)
    case .folder: (request.output, request.outputFolder) = (nil, nil)
    case .name: request.name = Self.standardName
    case .existing: request.existing = Self.next(JobRequest.Existing.allCases, request.existing, step)
    case .damaged: request.damaged = Self.next([nil, "keep"], request.damaged, step)
    case .subfolders: request.isRecursive.toggle()
    }
  }

  /// Takes what was typed; says why not where it means nothing here.
  func take(_ text: String, _ request: inout JobRequest, _ session: Session) -> String? {
    let text = text.trimmed
    let isAutomatic = text.isEmpty || text == "auto" || text == "automatic"
    switch self {
    case .task:
      guard Self.tasks.contains(text) else { return "the tasks are \(Self.tasks.joined(separator: ", "))" }
      Self.choose(text, &request, session.models)
    case .model: request.model = isAutomatic ? nil : text
    case .sigma:
      guard let sigma = Self.optional(text, "blind", Double.init), sigma.map({ (0...255).contains($0) }) ?? true
      else { return "sigma is 0 to 255, or blind" }
      request.sigma = sigma
    case .quality:
      guard let quality = Self.optional(text, "blind", Int.init), quality.map({ (1...100).contains($0) }) ?? true
      else { return "quality is 1 to 100, or blind" }
      request.quality = quality
    case .right: request.right = text.isEmpty || text.hasSuffix("/") ? nil : text
    case .tile:
      if isAutomatic {
        request.tile = .automatic
      } else if text == "none" {
        request.tile = .whole
      } else {
        guard let side = Int(text), (16...32_768).contains(side) else { return "tile is auto, none or at least 16" }
        request.tile = .side(side)
      }
    case .overlap:
      guard let overlap = Self.optional(text, "auto", Int.init), overlap.map({ (0...32_768).contains($0) }) ?? true
      else { return "overlap is auto or a number of pixels" }
      request.overlap = overlap
    case .memory:
      guard let bytes = Self.optional(text, "auto", Self.size) else { return "memory is a size such as 4G or 512M" }
      request.memoryBytes = bytes
    case .threads:
      guard let count = Self.optional(text, "auto", Int.init), count.map({ (1...1024).contains($0) }) ?? true
      else { return "threads is 1 to 1024, or auto" }
      request.threadCount = count
    case .folder:
      let isFile = text.lowercased().hasSuffix(".png") || text.lowercased().hasSuffix(".jpg")
      (request.output, request.outputFolder) = (isFile ? text : nil, isFile || text.isEmpty ? nil : text)
    case .name: request.name = text.isEmpty ? Self.standardName : text
    default: return "left and right change this row"
    }
    return nil
  }

  /// Another task, with nothing left of what only the last one knew.
  static func choose(_ task: String, _ request: inout JobRequest, _ models: [ModelInfo]) {
    guard task != request.task else { return }
    let fresh = JobRequest(inputs: [], task: task)
    request.task = task
    (request.sigma, request.noise, request.quality) = (fresh.sigma, fresh.noise, fresh.quality)
    request.right = fresh.right
    (request.model, request.variant, request.filters) = (nil, nil, fresh.filters)
    request.transfer = nil
    let scales = PlanModels.scales(task, models)
    request.scale = task == "sr" ? scales.first ?? 2 : task == "real-sr" ? 4 : nil
  }

  /// `4G`, `512M`, `1.5g`, a number of bytes; nil for anything else.
  static func size(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let factors: [String: Double] = [
      "": 1, "k": 1024, "m": 1_048_576, "g": 1_073_741_824, "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824,
    ]
    let unit = text.dropFirst(digits.count).lowercased().trimmed
    guard let number = Double(digits), let factor = factors[unit] else { return nil }
    let bytes = number * factor
    return bytes >= 1 && bytes < 1e15 ? Int(bytes) : nil
  }

  /// The value `step` places on, staying at the ends. A value that stands between two goes to the neighbour.
  private static func next<Value: Equatable>(_ values: [Value], _ value: Value, _ step: Int) -> Value {
    guard let place = values.firstIndex(of: value) else { return step > 0 ? values[values.count - 1] : values[0] }
    return values[((place + step) % values.count + values.count) % values.count]
  }

  /// A value that may be left out: an inner nil for nothing or `word`, an outer nil for what means nothing.
  private static func optional<Value>(_ text: String, _ word: String, _ read: (String) -> Value?) -> Value?? {
    if text.isEmpty || text == word || text == "automatic" { return .some(nil) }
    return read(text).map { .some($0) }
  }
}

extension StringProtocol {
  /// Without blanks at both ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
