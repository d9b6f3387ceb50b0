import Base
import EngineWire

/// The plan as the options of `grl restore`, for those who rather type: shown by `e` as `JobRequest` writes them, and read back.
enum PlanText {
  struct Problem: Error, Hashable { let text: String }

  /// The request that `text` means, everything it does not name left at its standard; or what is wrong with it.
  static func read(_ text: String, _ session: Session) -> Result<JobRequest, Problem> {
    var request = JobRequest(inputs: [], task: session.draft.request.task)
    guard let words = ShellLine.words(text) else { return .failure(Problem(text: "a quote is not closed")) }
    var values: [(option: String, value: String)] = []
    var isLinear = false
    var left = words[...]
    while let word = left.popFirst() {
      switch word {
      case "--linear": isLinear = true
      case "--ensemble": request.usesSelfEnsemble = true
      case "--recursive": request.isRecursive = true
      case "--skip-existing": request.existing = .skip
      case "--overwrite": request.existing = .replace
      case "--rename-existing": request.existing = .rename
      default:
        // `--option value` or `--option=value`.
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let option = word.hasPrefix("--") ? parts[0] : word
        guard known.contains(option) else { return .failure(Problem(text: "\(option) is not known here")) }
        guard let value = option != word ? parts[1] : left.popFirst() else {
          return .failure(Problem(text: "\(option) needs a value"))
        }
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
    "--task": .task, "--sigma": .sigma, "--quality": .quality, "--tile": .tile, "--overlap": .overlap,
    "--memory": .memory, "--threads": .threads,
  ]
  private static let known = Set(rows.keys).union([
    "--noise", "--scale", "--cfa", "--right", "--model", "--variant", "--window", "--stripe", "--anchor-factor",
    "--region", "--precision", "--max-pixels", "--depth", "--metadata", "--damaged", "-o", "--output", "--output-dir",
    "--name",
  ])

  /// Options that no row reads.
  private static func take(_ option: String, _ value: String, _ request: inout JobRequest) -> String? {
    func number(_ range: ClosedRange<Int>) -> Int? { Int(value).flatMap { range.contains($0) ? $0 : nil } }
    func numbers(_ count: Int) -> [Int]? {
      let numbers = value.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      return numbers.count == count && !numbers.contains(nil) ? numbers.compactMap { $0 } : nil
    }
    var network = request.network ?? .init()
    switch option {
    case "--noise":
      guard PlanRow.noises.contains(value) else { return "--noise is \(PlanRow.noises.joined(separator: " or "))" }
      request.noise = value
    case "--scale":
      guard let scale = number(2...4) else { return "--scale is 2, 3 or 4" }
      request.scale = scale
    case "--cfa":
      guard PlanRow.patterns.contains(value) else { return "--cfa is \(PlanRow.patterns.joined(separator: ", "))" }
      request.filters = value
    case "--variant":
      guard ["tiny", "small", "base"].contains(value) else { return "--variant is tiny, small or base" }
      request.variant = value
    case "--window":
      guard let side = number(1...256) else { return "--window is 1 to 256" }
      network.window = side
    case "--stripe":
      guard let sides = numbers(2), sides.allSatisfy((1...4096).contains) else { return "--stripe is H,W in pixels" }
      (network.stripeRows, network.stripeColumns) = (sides[0], sides[1])
    case "--anchor-factor":
      guard let factor = number(1...64) else { return "--anchor-factor is 1 to 64" }
      network.anchorFactor = factor
    case "--region":
      guard let sides = numbers(4), sides[0] >= 0, sides[1] >= 0, sides[2] > 0, sides[3] > 0 else {
        return "--region is X,Y,WIDTH,HEIGHT"
      }
      request.region = Rectangle(x: sides[0], y: sides[1], width: sides[2], height: sides[3])
    case "--precision":
      guard PlanRow.precisions.contains(value) else {
        return "--precision is \(PlanRow.precisions.joined(separator: ", "))"
      }
      request.precision = value == PlanRow.precisions[0] ? nil : value
    case "--max-pixels":
      guard let pixels = number(1...4_294_836_225) else { return "--max-pixels is a number of pixels" }
      request.maxPixels = pixels
    case "--depth":
      guard ["keep", "8", "16"].contains(value) else { return "--depth is keep, 8 or 16" }
      request.depth = value
    case "--metadata":
      guard ["keep", "strip"].contains(value) else { return "--metadata is keep or strip" }
      request.metadata = value
    case "--damaged":
      guard ["refuse", "keep"].contains(value) else { return "--damaged is refuse or keep" }
      request.damaged = value == "refuse" ? nil : value
    case "--right": request.right = value
    case "--model": request.model = value
    case "--name": request.name = value
    case "-o", "--output": request.output = value
    default: request.outputFolder = value
    }
    if network != request.network ?? .init() { request.network = network }
    return nil
  }
}

/// A plan in sums and a few words, worked out once: it may hold ten thousand pictures.
struct PlanTotals: Hashable, Sendable {
  let pictures: Int
  /// Those that will be restored.
  let todo: Int
  let pixels: Double
  let skipped: Int
  let failing: Int
  /// Results that stand there already.
  let clashes: Int
  /// The plan's problem is one of those results, and no other one: the engine's words begin with its path.
  let isClash: Bool
  /// Of the picture that needs most; a budget of 0 where nothing is known.
  let estimateBytes: Int
  let budgetBytes: Int
  let time: String
  /// What will be converted or lost, if anything.
  let note: String?

  init(_ plan: JobPlan) {
    let todo = plan.pictures.filter { $0.problem == nil && !$0.isSkipped }
    pictures = plan.pictures.count
    self.todo = todo.count
    pixels = todo.reduce(0) { $0 + Double($1.width) * Double($1.height) }
    skipped = plan.pictures.count(where: \.isSkipped)
    failing = plan.pictures.count { $0.problem != nil }
    clashes = plan.pictures.count(where: \.outputExists)
    isClash =
      plan.problem.map { problem in
        plan.pictures.contains { $0.outputExists && problem.hasPrefix($0.output) }
      } ?? false
    let worst = todo.max { $0.estimateBytes < $1.estimateBytes }
    estimateBytes = worst?.estimateBytes ?? 0
    budgetBytes = worst?.budgetBytes ?? 0
    time = Self.time(todo)
    note = Self.notes(todo)
  }

  /// `3 pictures, 4.51 Mpx, 1 skipped`
  var text: String {
    var text = "\(Quantity.count(todo, "picture")), \(Quantity.megapixels(pixels))"
    if skipped > 0 { text += ", \(skipped) skipped" }
    if failing > 0 { text += ", \(failing) cannot be restored" }
    return text
  }

  /// Only what was measured here is told.
  private static func time(_ pictures: [JobPlan.Picture]) -> String {
    let known = pictures.compactMap(\.seconds)
    let sum = known.reduce(0, +)
    if pictures.isEmpty { return "nothing to restore" }
    if known.isEmpty { return "time not measured yet on this machine" }
    if known.count < pictures.count {
      return "over \(Quantity.duration(sum)); \(pictures.count - known.count) not measured yet on this machine"
    }
    return "about \(Quantity.duration(sum)), from this machine's speed"
  }

  private static func notes(_ pictures: [JobPlan.Picture]) -> String? {
    var counts: [(note: String, count: Int)] = []
    for note in pictures.lazy.flatMap(\.notes) {
      if let place = counts.firstIndex(where: { $0.note == note }) {
        counts[place].count += 1
      } else if counts.count < 8 {
        counts.append((note, 1))
      }
    }
    guard let first = counts.first else { return nil }
    let who = first.count == pictures.count ? "" : "\(first.count) of \(pictures.count): "
    return who + first.note + (counts.count > 1 ? "; and more, Enter on a picture tells" : "")
  }
}

/// One picture of a plan, told in lines.
enum PlanReport {
  static func lines(_ picture: JobPlan.Picture) -> [String] {
    var lines = ["from: \(picture.input)", "to: \(picture.output)"]
    if picture.outputExists { lines.append(picture.isSkipped ? "it exists: skipped" : "it exists") }
    if let problem = picture.problem { return lines + ["", "problem: \(problem)"] }
    lines += [
      "size: \(picture.width) x \(picture.height) to \(picture.outputWidth) x \(picture.outputHeight)",
      "model: \(picture.model)",
      "tiles: \(picture.tileCount) of \(picture.tileWidth) x \(picture.tileHeight), overlap \(picture.overlap); \(picture.reason)",
      "memory: \(Quantity.memory(picture.estimateBytes)) of \(Quantity.memory(picture.budgetBytes))",
      "time: \(picture.seconds.map { "about " + Quantity.duration($0) } ?? "not measured yet on this machine")",
    ]
    if let advice = picture.advice { lines.append("note: \(advice)") }
    return lines + picture.notes.map { "note: \($0)" }
  }
}
