import EngineWire

/// The plan as the options of `grl restore`, for those who rather type: written by `e`, and read back.
enum PlanText {
  /// `--task denoise --sigma 25 --tile 384`: what differs from an untouched plan.
  static func options(_ request: JobRequest) -> String {
    let fresh = JobRequest(inputs: [], task: request.task)
    var words = ["--task", request.task]
    func add(_ option: String, _ value: String?) { if let value { words += [option, quoted(value)] } }
    add("--sigma", request.sigma.map(Quantity.short))
    add("--quality", request.quality.map(String.init))
    add("--scale", request.scale.map(String.init))
    add("--cfa", request.filters == fresh.filters ? nil : request.filters)
    add("--right", request.right)
    add("--model", request.model)
    add("--variant", request.variant)
    switch request.tile {
    case .automatic: break
    case .whole: add("--tile", "none")
    case .side(let side): add("--tile", String(side))
    }
    add("--overlap", request.overlap.map(String.init))
    add("--memory", request.memoryBytes.map(PlanRow.sizeText))
    add("--threads", request.threadCount.map(String.init))
    add("--precision", request.precision)
    add("--region", request.region.map { "\($0.x),\($0.y),\($0.width),\($0.height)" })
    add("--depth", request.depth == "keep" ? nil : request.depth)
    add("--metadata", request.metadata == "keep" ? nil : request.metadata)
    add("-o", request.output)
    add("--output-dir", request.outputFolder)
    add("--name", request.name == fresh.name ? nil : request.name)
    if request.transfer == "linear" { words.append("--linear") }
    if request.usesSelfEnsemble { words.append("--ensemble") }
    if request.isRecursive { words.append("--recursive") }
    switch request.existing {
    case .refuse: break
    case .skip: words.append("--skip-existing")
    case .replace: words.append("--overwrite")
    case .rename: words.append("--rename-existing")
    }
    return words.joined(separator: " ")
  }

  struct Problem: Error, Hashable { let text: String }

  /// The request that `text` means, everything it does not name left at its standard; or what is wrong with it.
  static func read(_ text: String, _ session: Session) -> Result<JobRequest, Problem> {
    var request = JobRequest(inputs: [], task: session.draft.request.task)
    guard var words = words(text) else { return .failure(Problem(text: "a quote is not closed")) }
    words.reverse()
    var values: [(option: String, value: String)] = []
    var isLinear = false
    while let option = words.popLast() {
      switch option {
      case "--linear": isLinear = true
      case "--ensemble": request.usesSelfEnsemble = true
      case "--recursive": request.isRecursive = true
      case "--skip-existing": request.existing = .skip
      case "--overwrite": request.existing = .replace
      case "--rename-existing": request.existing = .rename
      default:
        guard known.contains(option) else { return .failure(Problem(text: "\(option) is not known here")) }
        guard let value = words.popLast() else { return .failure(Problem(text: "\(option) needs a value")) }
        values.append((option, value))
      }
    }
    // The task first: choosing it clears what belongs to another one.
    for (option, value) in values.filter({ $0.option == "--task" }) + values.filter({ $0.option != "--task" }) {
      let row = rows[option]
      let problem = row.map { $0.take(value, &request, session) } ?? take(option, value, &request)
      if let problem { return .failure(Problem(text: row == nil ? problem : "\(option): \(problem)")) }
    }
    if isLinear { request.transfer = "linear" }
    return .success(request)
  }

  private static let rows: [String: PlanRow] = [
    "--task": .task, "--sigma": .sigma, "--quality": .quality, "--right": .right, "--model": .model, "--tile": .tile,
    "--overlap": .overlap, "--memory": .memory, "--threads": .threads, "--name": .name,
  ]
  private static let known = Set(rows.keys).union([
    "--scale", "--cfa", "--variant", "--region", "--depth", "--metadata", "-o", "--output", "--output-dir",
    "--precision",
  ])

  /// Options that no row reads.
  private static func take(_ option: String, _ value: String, _ request: inout JobRequest) -> String? {
    switch option {
    case "--scale":
      guard let scale = Int(value), (2...4).contains(scale) else { return "--scale is 2, 3 or 4" }
      request.scale = scale
    case "--cfa":
      guard PlanRow.patterns.contains(value) else { return "--cfa is \(PlanRow.patterns.joined(separator: ", "))" }
      request.filters = value
    case "--variant":
      guard ["tiny", "small", "base"].contains(value) else { return "--variant is tiny, small or base" }
      request.variant = value
    case "--region":
      let numbers = value.split(separator: ",").compactMap { Int($0) }
      guard numbers.count == 4, numbers[0] >= 0, numbers[1] >= 0, numbers[2] > 0, numbers[3] > 0 else {
        return "--region is X,Y,WIDTH,HEIGHT"
      }
      request.region = Rectangle(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
    case "--precision":
      guard PlanRow.precisions.contains(value) else {
        return "--precision is \(PlanRow.precisions.joined(separator: ", "))"
      }
      request.precision = value == PlanRow.precisions[0] ? nil : value
    case "--depth":
      guard ["keep", "8", "16"].contains(value) else { return "--depth is keep, 8 or 16" }
      request.depth = value
    case "--metadata":
      guard ["keep", "strip"].contains(value) else { return "--metadata is keep or strip" }
      request.metadata = value
    case "-o", "--output": request.output = value
    default: request.outputFolder = value
    }
    return nil
  }

  /// As a shell takes it as one word.
  static func quoted(_ word: String) -> String {
    let isPlain = word.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "/._-,+:@%=".unicodeScalars.contains(scalar))
    }
    guard !isPlain || word.isEmpty else { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// Splits as a shell does, without its substitutions; nil where a quote stays open.
  static func words(_ text: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\" && quote != "'" {
        isEscaped = true
        word = word ?? ""
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil, !isEscaped else { return nil }
    if let word { words.append(word) }
    return words
  }
}
