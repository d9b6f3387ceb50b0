import EngineWire

extension PlanRow {
  /// Changes the row's value to the next (`by` 1) or the one before (-1).
  func step(_ request: inout JobRequest, by step: Int, _ session: Session) {
    var steps = option.steps
    switch self {
    case .task: return Self.choose(Self.next(option.values, request.task, step), &request, session.models)
    case .model:
      steps = [nil] + PlanModels.fitting(request, session.models).map(\.name)
      request.variant = nil
    case .scale:
      let scales = request.tasks.contains("sr") ? ["2", "3", "4"] : ["4"]
      _ = option.read(Self.next(scales, option.text(request) ?? scales[0], step), into: &request)
      request.model = nil
      return
    case .threads: steps += (1...max(1, session.engine?.threadCount ?? 1)).map { String($0) }
    case .folder: request.output = nil
    case .name: return request.name = JobOption.standardName
    default: break
    }
    _ = option.read(Self.next(steps, option.text(request), step), into: &request)
  }

  /// Changes a value of numbers, or of two words, to the next one above or below, staying at the ends.
  func move(_ request: inout JobRequest, by step: Int) {
    let steps = option.values.isEmpty ? option.steps.map { $0 ?? option.standard ?? "" } : option.values
    func number(_ text: String?) -> Double {
      let text = text ?? option.standard ?? ""
      return Double(text) ?? Double(steps.firstIndex(of: text) ?? 0)
    }
    let now = number(option.text(request))
    let next = step > 0 ? steps.first { number($0) > now + 1e-9 } : steps.last { number($0) < now - 1e-9 }
    if let next { _ = option.read(next, into: &request) }
  }

  /// Takes what was typed; says why not where it means nothing here.
  func take(_ text: String, _ request: inout JobRequest, _ session: Session) -> String? {
    let text = text.trimmed
    let isAutomatic = ["", "auto", "automatic"].contains(text)
    switch self {
    case .task:
      let steps = text.split(separator: ",").map { String($0).trimmed }.joined(separator: ",")
      var wanted = request
      guard option.read(steps, into: &wanted) else {
        return "the tasks are \(option.allowed); steps stand with commas: denoise,sr"
      }
      Self.choose(steps, &request, session.models)
    case .model: request.model = isAutomatic ? nil : text
    case _ where takesNumber:
      let isLevel = self == .sigma || self == .quality
      let isStandard = isAutomatic && !(self == .exposure && text == "auto") || isLevel && text == "blind"
      guard option.read(isStandard ? nil : text, into: &request) else {
        return "\(option.title) is \(option.allowed)" + (isLevel ? ", or blind" : self == .tile ? "" : ", or auto")
      }
    case .right: request.right = text.isEmpty || text.hasSuffix("/") ? nil : session.absolute(text)
    case .folder:
      let isFile = JobOption.endings.contains { text.lowercased().hasSuffix("." + $0) }
      let path = session.absolute(text)
      (request.output, request.outputFolder) = (isFile ? path : nil, isFile || text.isEmpty ? nil : path)
    case .name: request.name = text.isEmpty ? JobOption.standardName : text
    default: return "left and right change this row"
    }
    return nil
  }

  /// Another task, with nothing left of what only some tasks know.
  static func choose(_ task: String, _ request: inout JobRequest, _ models: [ModelInfo]) {
    guard task != request.task else { return }
    request.task = task
    for option in JobOption.all where !option.tasks.isEmpty { _ = option.read(nil, into: &request) }
    (request.model, request.variant) = (nil, nil)
    let tasks = request.tasks
    request.scale =
      tasks.contains("sr") ? PlanModels.scales("sr", models).first ?? 2 : tasks.contains("real-sr") ? 4 : nil
    // Who looks at pictures on a screen wants them crisp; a command line says so by --style.
    if tasks.contains("real-sr"), models.contains(where: \.isSharp) { request.style = "sharp" }
  }

  /// The value `step` places on, staying at the ends. A value that stands between two goes to the neighbour.
  private static func next<Value: Equatable>(_ values: [Value], _ value: Value, _ step: Int) -> Value {
    guard let place = values.firstIndex(of: value) else { return step > 0 ? values[values.count - 1] : values[0] }
    return values[((place + step) % values.count + values.count) % values.count]
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
